package resolver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FetchConfig is how documents are had from the web servers of strangers. Zero
// numbers are the defaults.
type FetchConfig struct {
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error) // net.Resolver.LookupNetIP
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)  // net.Dialer.DialContext, given an address only
	Roots  *x509.CertPool                                                        // nil is the system's
	// PermitInternalAddress lets an address through that is not public, such as
	// one of a directory inside the organisation; nil permits none.
	PermitInternalAddress func(netip.Addr) bool

	TimeoutSeconds int64 // of one fetch as a whole, default 5
	MaxConcurrent  int   // fetches at once, default 8

	// Failed is told of each fetch that failed, and why: the DID, or the URL
	// without its query. It is for the operator's log, not for whoever asked.
	// It is called by many goroutines; nil tells nobody.
	Failed func(what string, cause error)
}

// AnyType among the media types takes an answer of any.
const AnyType = "*/*"

// ErrFetchURL refuses a URL that nothing is fetched from.
var ErrFetchURL = errors.New("URL is not one of a public web server")

const (
	maxHeaderBytes = 16 << 10
	maxURL         = 2048
)

func (c *FetchConfig) validate() error {
	if c.Lookup == nil || c.Dial == nil {
		return errors.New("fetching needs Lookup and Dial")
	}
	return checkCounts(c.TimeoutSeconds, int64(c.MaxConcurrent))
}

func checkCounts(list ...int64) error {
	for _, n := range list {
		if n < 0 || n > 1<<31 {
			return fmt.Errorf("a limit of %d", n)
		}
	}
	return nil
}

func (c *FetchConfig) failed(what string, cause error) {
	if c.Failed != nil && cause != nil {
		c.Failed(what, cause)
	}
}

// Fetcher gets documents over https from public addresses, as did:web does. It
// keeps nothing. It may be used by many goroutines at once.
type Fetcher struct {
	client
	turns chan struct{}
}

// NewFetcher checks the configuration; now is the clock that certificates are
// judged by.
func NewFetcher(c FetchConfig, now func() time.Time) (*Fetcher, error) {
	if now == nil {
		return nil, errors.New("fetching needs a clock")
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	return &Fetcher{client{c, now}, make(chan struct{}, or(c.MaxConcurrent, 8))}, nil
}

// Get fetches the document at a URL, of at most so many bytes and of one of the
// media types:
//
//	1 the URL is https, its host a domain name as did:web wants it; no user and
//	  no fragment; at most 2048 characters (ErrFetchURL)
//	2 a turn comes and the answer is complete within the timeout
//	3 the rules of client.get
//
// The text of a FetchError is the same for every cause.
func (f *Fetcher) Get(ctx context.Context, address string, limit int, types ...string) ([]byte, error) {
	u, err := fetchURL(address) // 1
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, seconds(f.config.TimeoutSeconds, 5)) // 2
	defer cancel()
	var body []byte
	select {
	case f.turns <- struct{}{}:
		body, err = f.get(ctx, u, limit, types) // 3
		<-f.turns
	case <-ctx.Done():
		err = fmt.Errorf("%w: too many documents are being fetched: %w", InternalError, ctx.Err())
	}
	f.config.failed(u.Scheme+"://"+u.Host+u.EscapedPath(), err)
	return body, fetchFailed(err)
}

func fetchURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL || u.Scheme != "https" || u.Opaque != "" || u.User != nil || strings.Contains(address, "#") {
		return nil, fmt.Errorf("%w: %.140q: write https:// and a domain name", ErrFetchURL, address)
	}
	if err := checkDomain(u.Hostname()); err != nil {
		return nil, fmt.Errorf("%w: %.140q: %w", ErrFetchURL, address, err)
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return nil, fmt.Errorf("%w: %.140q: port %.10q", ErrFetchURL, address, port)
		}
	}
	return u, nil
}

// client makes requests that only reach public addresses.
type client struct {
	config FetchConfig
	now    func() time.Time
}

// http is for one fetch. The transport dials in a context of its own, which
// outlives the request; so it is given a dialler that obeys the fetch instead.
func (c *client) http(ctx context.Context) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("a redirect is not followed: the name would no longer say who answers")
		},
		Transport: &http.Transport{ // no Proxy: it would resolve names where nobody checks the address
			DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
				return c.dial(ctx, network, address)
			},
			TLSClientConfig:        &tls.Config{RootCAs: c.config.Roots, Time: c.now, MinVersion: tls.VersionTLS12},
			DisableKeepAlives:      true,
			DisableCompression:     true, // a limit is one of what is read
			MaxResponseHeaderBytes: maxHeaderBytes,
		},
	}
}

// get fetches one document:
//
//	1 https, a public address, TLS for the name; no redirect (internalError)
//	2 404 and 410 are notFound, everything but 200 is internalError
//	3 one of the content types, not encoded
//	4 at most limit bytes
func (c *client) get(ctx context.Context, at *url.URL, limit int, types []string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", InternalError, err)
	}
	req.Header.Set("Accept", strings.Join(types, ", "))
	req.Header.Set("User-Agent", "chio-node")
	res, err := c.http(ctx).Do(req)
	if err != nil { // 1
		var failure *url.Error
		if errors.As(err, &failure) { // it repeats the URL, whose query may be a secret
			err = failure.Err
		}
		return nil, fmt.Errorf("%w: fetching from %s: %w", InternalError, at.Host, err)
	}
	defer func() { _ = res.Body.Close() }() // what was read is complete or refused
	switch res.StatusCode {                 // 2
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, fmt.Errorf("%w: %s answers %d", NotFound, at.Host, res.StatusCode)
	default:
		return nil, fmt.Errorf("%w: %s answers %d", InternalError, at.Host, res.StatusCode)
	}
	if err := checkHeader(res.Header, types); err != nil { // 3
		return nil, fmt.Errorf("%w: fetching from %s: %w", InternalError, at.Host, err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(limit)+1))
	if err == nil && len(body) > limit { // 4
		err = fmt.Errorf("the answer has more than %d bytes", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: fetching from %s: %w", InternalError, at.Host, err)
	}
	return body, nil
}

func checkHeader(h http.Header, types []string) error {
	if e := h.Get("Content-Encoding"); e != "" && e != "identity" {
		return fmt.Errorf("the answer is encoded as %.40q", e)
	}
	if slices.Contains(types, AnyType) {
		return nil
	}
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if !slices.Contains(types, t) {
		return fmt.Errorf("the answer is %.80q, not what was asked for", h.Get("Content-Type"))
	}
	return err
}

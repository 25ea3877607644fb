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
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// WebConfig is how did:web reaches the network. Zero numbers are the defaults.
type WebConfig struct {
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error) // net.Resolver.LookupNetIP
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)  // net.Dialer.DialContext, given an address only
	Roots  *x509.CertPool                                                        // nil is the system's
	// PermitInternalAddress lets an address through that is not public, such as
	// one of a directory inside the organisation; nil permits none.
	PermitInternalAddress func(netip.Addr) bool

	TimeoutSeconds     int64 // of one fetch as a whole, default 5
	CacheEntries       int   // of documents, and as many of failures; default 1024
	TTLSeconds         int64 // of a document, default 300
	NegativeTTLSeconds int64 // of a failure, default 15
	MaxConcurrent      int   // fetches at once, default 8
}

const maxHeaderBytes = 16 << 10

func (c *WebConfig) validate() error {
	if c.Lookup == nil || c.Dial == nil {
		return errors.New("did:web needs Lookup and Dial")
	}
	for _, n := range []int64{c.TimeoutSeconds, int64(c.CacheEntries), c.TTLSeconds, c.NegativeTTLSeconds, int64(c.MaxConcurrent)} {
		if n < 0 || n > 1<<31 {
			return fmt.Errorf("did:web: a limit of %d", n)
		}
	}
	return nil
}

// web is did:web.
type web struct {
	config WebConfig
	now    func() time.Time
	cache  *cache
}

func newWeb(c WebConfig, now func() time.Time) (*web, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	w := &web{config: c, now: now}
	w.cache = newCache(cacheConfig{
		now: now, entries: or(c.CacheEntries, 1024), concurrent: or(c.MaxConcurrent, 8), timeout: seconds(c.TimeoutSeconds, 5),
		ttl: seconds(c.TTLSeconds, 300), negative: seconds(c.NegativeTTLSeconds, 15),
	})
	return w, nil
}

// client is for one fetch. The transport dials in a context of its own, which
// outlives the request; so it is given a dialler that obeys the fetch instead.
func (w *web) client(ctx context.Context) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("a did:web is not redirected: the name would no longer say who answers")
		},
		Transport: &http.Transport{ // no Proxy: it would resolve names where nobody checks the address
			DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
				return w.dial(ctx, network, address)
			},
			TLSClientConfig:        &tls.Config{RootCAs: w.config.Roots, Time: w.now, MinVersion: tls.VersionTLS12},
			DisableKeepAlives:      true,
			DisableCompression:     true, // 64 KiB are 64 KiB
			MaxResponseHeaderBytes: maxHeaderBytes,
		},
	}
}

func or(n, standard int) int {
	if n == 0 {
		return standard
	}
	return n
}

func seconds(n, standard int64) time.Duration {
	if n == 0 {
		n = standard
	}
	return time.Duration(n) * time.Second
}

func (*web) name() string { return "web" }

func (w *web) close() { w.cache.close() }

func (w *web) read(ctx context.Context, u did.URL, o *Options) (*document, error) {
	at, err := webURL(u)
	if err != nil {
		return nil, err
	}
	doc, err := w.cache.get(ctx, u.DID(), o.NoCache, func(ctx context.Context) (*document, error) {
		return w.fetch(ctx, u.DID(), at)
	})
	return doc, fetchFailed(err)
}

// fetch reads the document of a did:web:
//
//	1 https, a public address, TLS for the name; no redirect (internalError)
//	2 404 and 410 are notFound, everything but 200 is internalError
//	3 a content type of a DID document or of JSON, not encoded
//	4 at most 64 KiB
//	5 ParseDocument accepts it as the document of this DID
func (w *web) fetch(ctx context.Context, id string, at *url.URL) (*document, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", InternalError, err)
	}
	req.Header.Set("Accept", MediaJSONLD+", "+MediaJSON+", "+MediaDID+", application/ld+json, application/json")
	req.Header.Set("User-Agent", "chio-node")
	res, err := w.client(ctx).Do(req)
	if err != nil { // 1
		return nil, fmt.Errorf("%w: fetching %s: %w", InternalError, id, err)
	}
	defer func() { _ = res.Body.Close() }() // what was read is complete or refused
	switch res.StatusCode {                 // 2
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, fmt.Errorf("%w: %s: %s", NotFound, at, res.Status)
	default:
		return nil, fmt.Errorf("%w: fetching %s: %s", InternalError, id, res.Status)
	}
	if err := checkHeader(res.Header); err != nil { // 3
		return nil, fmt.Errorf("%w: fetching %s: %w", InternalError, id, err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(DocumentLimits.Bytes)+1))
	if err != nil {
		return nil, fmt.Errorf("%w: fetching %s: %w", InternalError, id, err)
	}
	parsed, err := ParseDocument(body, id) // 4, 5
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", InternalError, id, err)
	}
	return &document{json: wire.Raw(body), parsed: parsed}, nil
}

func checkHeader(h http.Header) error {
	if e := h.Get("Content-Encoding"); e != "" && e != "identity" {
		return fmt.Errorf("the answer is encoded as %.40q", e)
	}
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	switch t {
	case MediaJSON, MediaJSONLD, MediaDID, "application/json", "application/ld+json":
		return err
	}
	return fmt.Errorf("the answer is %.80q, not a DID document", h.Get("Content-Type"))
}

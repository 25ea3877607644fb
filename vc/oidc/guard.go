package oidc

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// The limits of what a provider is asked and answers.
const (
	maxResponseBytes = 256 << 10
	requestTimeout   = 10 * time.Second
	// The keys are fetched anew when a token names one that is not known: twice
	// at once, because a provider may change them, then every keysInterval.
	keysBurst    = 2
	keysInterval = 10 * time.Second
)

// guard is the transport to one provider.
type guard struct {
	next     http.RoundTripper
	loopback bool                   // the issuer is on a loopback address
	keys     atomic.Pointer[string] // URL of the keys, once it is known
	limit    *rate.Limiter
	now      func() time.Time
}

func newGuard(next http.RoundTripper, loopback bool, now func() time.Time) *guard {
	return &guard{next: next, loopback: loopback, now: now, limit: rate.NewLimiter(rate.Every(keysInterval), keysBurst)}
}

// client follows no redirect: a provider's addresses stand in its metadata.
func (g *guard) client() *http.Client {
	return &http.Client{Transport: g, Timeout: requestTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("the provider redirects, which is not followed")
	}}
}

// RoundTrip applies the rules of every request:
//
//	1 https, or http between loopback addresses
//	2 the keys are not fetched more often than keysInterval allows
//	3 a response is at most 256 KiB
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if !permitted(r.URL, g.loopback) { // 1
		return nil, errors.New("it is not an https address")
	}
	if keys := g.keys.Load(); keys != nil && *keys == r.URL.String() && !g.limit.AllowN(g.now(), 1) { // 2
		return nil, errors.New("its keys were fetched a moment ago: try again in a few seconds")
	}
	res, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = &capped{res.Body, maxResponseBytes} // 3
	return res, nil
}

// capped fails a body that is too long instead of ending it.
type capped struct {
	io.ReadCloser
	left int
}

func (c *capped) Read(p []byte) (int, error) {
	if len(p) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.ReadCloser.Read(p)
	if c.left -= n; c.left < 0 {
		return 0, fmt.Errorf("the response is larger than %d bytes", maxResponseBytes)
	}
	return n, err
}

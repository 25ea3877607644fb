package oidc_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/internal/idp"
	"github.com/backbay-labs/chio-node/vc/oidc"
)

const (
	client   = "chio-test"
	secret   = "s3cret-of-the-client"
	redirect = "http://127.0.0.1:4711/callback"
)

// world is a provider, the logins at it, and a clock for both.
type world struct {
	*idp.Provider
	logins *oidc.Logins
	clock  time.Time
}

// newWorld starts a provider over TLS. change edits what is configured of it.
func newWorld(t testing.TB, change func(*oidc.Provider)) *world {
	t.Helper()
	w := &world{clock: time.Unix(1_800_000_000, 0)}
	now := func() time.Time { return w.clock }
	w.Provider = idp.New(t, idp.Config{TLS: true, ClientID: client, ClientSecret: secret, Now: now})
	p := oidc.Provider{Name: "corp", Issuer: w.URL, ClientID: client, Scopes: []string{"openid"}, Secret: func() (string, error) { return secret, nil }}
	if change != nil {
		change(&p)
	}
	var err error
	w.logins, err = oidc.New(oidc.Config{Providers: []oidc.Provider{p}, Transport: w.Server.Client().Transport, Now: now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// start begins a login and is the browser of the person, up to the redirect.
func (w *world) start(t testing.TB) oidc.Answer {
	t.Helper()
	s, err := w.logins.Start(context.Background(), "corp", redirect)
	if err != nil {
		t.Fatal(err)
	}
	return w.browse(t, s)
}

func (w *world) browse(t testing.TB, s *oidc.Started) oidc.Answer {
	t.Helper()
	c := &http.Client{Transport: w.Server.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusFound {
		t.Fatal(res.Status, err)
	}
	q := back.Query()
	return oidc.Answer{ID: s.ID, Code: q.Get("code"), State: q.Get("state"), Issuer: q.Get("iss")}
}

// login is a whole one.
func (w *world) login(t testing.TB) (*oidc.Login, error) {
	t.Helper()
	return w.logins.Redeem(context.Background(), w.start(t))
}

// refused fails unless the error is of the cause.
func refused(t testing.TB, err, cause error) {
	t.Helper()
	if !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
	t.Log(err)
}

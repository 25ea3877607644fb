package oidc

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/backbay-labs/chio-node/wire"
)

// metadataLife is how long a provider's metadata is believed.
const metadataLife = 10 * time.Minute

// metadata is what of a provider's metadata we read ourselves.
type metadata struct {
	Issuer      string   `json:"issuer"`
	Auth        string   `json:"authorization_endpoint"`
	Token       string   `json:"token_endpoint"`
	Keys        string   `json:"jwks_uri"`
	Device      string   `json:"device_authorization_endpoint"`
	Methods     []string `json:"token_endpoint_auth_methods_supported"`
	Challenges  []string `json:"code_challenge_methods_supported"`
	NamesIssuer bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
}

// endpoint is a provider as it was discovered.
type endpoint struct {
	provider *goidc.Provider
	meta     metadata
	style    oauth2.AuthStyle
}

// source discovers one provider, and remembers it for metadataLife.
type source struct {
	config Provider
	guard  *guard

	mu    sync.Mutex
	known *endpoint
	until time.Time
}

// get returns the provider's metadata:
//
//	1 from the well-known address of the issuer, which names exactly that issuer
//	2 JSON without a member twice, as every other document here
//	3 the addresses of a login are https, or loopback as the issuer is
//	4 PKCE with S256 is not ruled out
//	5 the client can authenticate as the provider wants it
func (s *source) get(ctx context.Context) (*endpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known != nil && s.guard.now().Before(s.until) {
		return s.known, nil
	}
	p, err := goidc.NewProvider(goidc.ClientContext(ctx, s.guard.client()), s.config.Issuer)
	if err != nil { // 1
		return nil, s.unusable("%s", brief(err.Error()))
	}
	var raw wire.Raw
	if err := p.Claims(&raw); err != nil {
		return nil, s.unusable("%s", brief(err.Error()))
	}
	e := &endpoint{provider: p}
	if err := wire.UnmarshalLenient(raw, &e.meta, wire.DocumentLimits); err != nil { // 2
		return nil, s.unusable("its metadata: %s", brief(err.Error()))
	}
	if e.meta.Issuer != s.config.Issuer { // 1
		return nil, s.unusable("it calls itself %.140q", e.meta.Issuer)
	}
	for _, address := range []string{e.meta.Auth, e.meta.Token, e.meta.Keys} { // 3
		if u, err := url.Parse(address); err != nil || !permitted(u, s.guard.loopback) {
			return nil, s.unusable("its metadata has %.140q where an https address belongs", address)
		}
	}
	if m := e.meta.Challenges; len(m) > 0 && !slices.Contains(m, "S256") { // 4
		return nil, s.unusable("it does not know PKCE with S256")
	}
	if e.style, err = s.authentication(e.meta.Methods); err != nil { // 5
		return nil, err
	}
	s.guard.keys.Store(&e.meta.Keys)
	s.known, s.until = e, s.guard.now().Add(metadataLife)
	return e, nil
}

// authentication is how the client shows its secret; a public one has none.
func (s *source) authentication(methods []string) (oauth2.AuthStyle, error) {
	switch {
	case s.config.Secret == nil:
		return oauth2.AuthStyleInParams, nil // its id alone
	case len(methods) == 0 || slices.Contains(methods, "client_secret_basic"): // the default of the metadata
		return oauth2.AuthStyleInHeader, nil
	case slices.Contains(methods, "client_secret_post"):
		return oauth2.AuthStyleInParams, nil
	}
	return 0, s.unusable("it takes no client secret, neither basic nor post")
}

func (s *source) unusable(format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrProvider, s.config.Name, fmt.Sprintf(format, args...))
}

// oauth is the client, with its secret as of now.
func (s *source) oauth(e *endpoint, redirect string) (*oauth2.Config, error) {
	c := &oauth2.Config{ClientID: s.config.ClientID, RedirectURL: redirect, Scopes: s.config.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: e.meta.Auth, TokenURL: e.meta.Token, AuthStyle: e.style}}
	if s.config.Secret == nil {
		return c, nil
	}
	var err error
	if c.ClientSecret, err = s.config.Secret(); err != nil || c.ClientSecret == "" {
		return nil, s.unusable("its client secret cannot be read: %v", err)
	}
	return c, nil
}

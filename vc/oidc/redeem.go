package oidc

import (
	"context"
	"errors"
	"fmt"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/backbay-labs/chio-node/wire"
)

const (
	maxToken = 64 << 10
	maxCode  = 4096
)

// Login is a login that took place, as the provider's own token says.
type Login struct {
	Name       string // of the provider, in the configuration
	Provider   string // its issuer
	Facts      Facts
	VerifiedAt int64

	// GivesRoles: the configuration says which roles a login gives, so that
	// there are none besides Facts.Roles.
	GivesRoles bool

	token wire.Digest // of the ID token
}

// Redeem turns an answer into a login:
//
//	1 the login was started here, is not over, and was not answered before
//	2 state is the one of its URL
//	3 iss names the provider, and is there if the provider says it always is (RFC 9207)
//	4 the provider itself gives an ID token for the code and the PKCE verifier, or for the device code
//	5 the token verifies (verify)
//	6 it says what the configuration requires (normalise)
//
// A code is spent by the first answer, right or wrong. ErrPending: the person
// at the device's page is not done; ask again after the interval.
func (l *Logins) Redeem(ctx context.Context, a Answer) (*Login, error) {
	p, err := l.take(a.ID) // 1
	if err != nil {
		return nil, err
	}
	if p.device != "" {
		return l.redeemDevice(ctx, a.ID, p)
	}
	e, err := p.source.get(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case a.State == "" || !sameSecret(a.State, p.state): // 2
		return nil, fmt.Errorf("%w: state is not that of this login", ErrRefused)
	case a.Issuer == "" && e.meta.NamesIssuer: // 3
		return nil, fmt.Errorf("%w: iss is missing, and the provider announces it", ErrRefused)
	case a.Issuer != "" && a.Issuer != p.source.config.Issuer: // 3
		return nil, fmt.Errorf("%w: iss is %.140q, another provider's answer", ErrRefused, a.Issuer)
	case a.Code == "" || len(a.Code) > maxCode: // 4
		return nil, fmt.Errorf("%w: the code is missing or too long", ErrRefused)
	}
	client, err := p.source.oauth(e, p.redirect)
	if err != nil {
		return nil, err
	}
	ctx = goidc.ClientContext(ctx, p.source.guard.client())
	t, err := client.Exchange(ctx, a.Code, oauth2.VerifierOption(p.verifier)) // 4
	if err != nil {
		return nil, p.source.exchangeFailed(err)
	}
	return l.finish(ctx, p, e, t)
}

// redeemDevice asks once whether the person is done.
func (l *Logins) redeemDevice(ctx context.Context, id string, p *pending) (*Login, error) {
	e, err := p.source.get(ctx)
	if err != nil {
		l.polled(p, false)
		return nil, err
	}
	client, err := p.source.oauth(e, "")
	if err != nil {
		l.polled(p, false)
		return nil, err
	}
	ctx = goidc.ClientContext(ctx, p.source.guard.client())
	t, err := client.Exchange(ctx, "", // 4
		oauth2.SetAuthURLParam("grant_type", grantDevice), oauth2.SetAuthURLParam("device_code", p.device))
	if again, slower := waiting(err); again {
		l.polled(p, slower)
		return nil, ErrPending
	}
	l.mu.Lock()
	delete(l.open, id)
	l.mu.Unlock()
	if err != nil {
		return nil, p.source.exchangeFailed(err)
	}
	return l.finish(ctx, p, e, t)
}

// polled notes when the provider may be asked again.
func (l *Logins) polled(p *pending, slower bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slower {
		p.interval += slowDown
	}
	p.polling, p.nextPoll = false, l.now()+p.interval
}

// exchangeFailed says what the provider said, but for its prose.
func (s *source) exchangeFailed(err error) error {
	var e *oauth2.RetrieveError
	if !errors.As(err, &e) {
		return s.unusable("%s", brief(err.Error()))
	}
	code := e.ErrorCode
	if code == "" && e.Response != nil {
		code = e.Response.Status
	}
	return fmt.Errorf("%w: %s gives no token: %s", ErrRefused, s.config.Name, brief(code))
}

func (l *Logins) finish(ctx context.Context, p *pending, e *endpoint, t *oauth2.Token) (*Login, error) {
	raw, ok := t.Extra("id_token").(string)
	if !ok || raw == "" || len(raw) > maxToken { // 4
		return nil, fmt.Errorf("%w: there is none, or one over %d bytes", ErrToken, maxToken)
	}
	c, err := p.source.verify(ctx, e, raw, t.AccessToken, p.nonce, l.cfg.Now()) // 5
	if err != nil {
		return nil, err
	}
	facts, err := normalise(c, &p.source.config) // 6
	if err != nil {
		return nil, err
	}
	cfg := &p.source.config
	return &Login{Name: cfg.Name, Provider: cfg.Issuer, Facts: *facts, VerifiedAt: l.now(),
		GivesRoles: cfg.RolesClaim != "" || len(cfg.RoleOfGroup) > 0, token: wire.Hash([]byte(raw))}, nil
}

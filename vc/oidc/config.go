package oidc

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// Provider is one identity provider and what a login there must say. It is
// what an operator writes; Validate refuses what nobody can have meant.
type Provider struct {
	Name     string
	Issuer   string // https URL, exactly as the provider spells it
	ClientID string
	Secret   func() (string, error) // asked for at each login; nil is a public client
	Scopes   []string

	// The claims that facts are read from; "" is not read.
	TenantClaim, OrganizationClaim, GroupsClaim, RolesClaim string

	Tenants        []string            // one of these, if any is named
	RequiredGroups []string            // one of these, if any is named
	RequiredClaims map[string]string   // each of these, exactly
	RoleOfGroup    map[string][]string // which roles a member of a group may have
	MaxAgeSeconds  int64               // since the person typed a password; 0 asks for nothing
}

// The limits of a configuration.
const (
	maxProviders = 16
	maxListed    = 256 // groups, tenants, claims
	maxURL       = 256
	maxValue     = 255 // a claim's text, in bytes
	maxAge       = 366 * 24 * 3600
)

var (
	namePattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	scopePattern = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]{1,128}$`) // RFC 6749 §3.3
)

// Validate checks one provider:
//
//	1 name, client id, issuer (https; http on a loopback address only), no query
//	2 scopes are words, and openid is among them
//	3 what is required can be met: a list that judges a claim names the claim
//	4 every list and text is bounded and printable
func (p *Provider) Validate() error {
	switch {
	case !namePattern.MatchString(p.Name): // 1
		return fmt.Errorf("name %.80q: use 1 to 64 letters, digits, '.', '_' or '-'", p.Name)
	case !isText(p.ClientID, maxValue): // 1
		return errors.New("client_id is missing or too long")
	case p.MaxAgeSeconds < 0 || p.MaxAgeSeconds > maxAge: // 4
		return fmt.Errorf("max_age_seconds %d: use 0 to %d", p.MaxAgeSeconds, maxAge)
	}
	u, err := url.Parse(p.Issuer)
	if err != nil || len(p.Issuer) > maxURL || !permitted(u, true) || u.RawQuery != "" || u.ForceQuery || u.User != nil { // 1
		return fmt.Errorf("issuer %.140q: use an https URL without a query (http only on a loopback address)", p.Issuer)
	}
	if !slices.Contains(p.Scopes, "openid") { // 2
		return errors.New("scopes: openid is missing, and without it there is no ID token")
	}
	for _, s := range p.Scopes { // 2
		if !scopePattern.MatchString(s) {
			return fmt.Errorf("scopes: %.80q is not a scope", s)
		}
	}
	return p.validateRequirements()
}

func (p *Provider) validateRequirements() error {
	switch {
	case len(p.Tenants) > 0 && p.TenantClaim == "": // 3
		return errors.New("tenants are listed, and no tenant_claim to read them from")
	case (len(p.RequiredGroups) > 0 || len(p.RoleOfGroup) > 0) && p.GroupsClaim == "": // 3
		return errors.New("groups are named, and no groups_claim to read them from")
	case max(len(p.Scopes), len(p.Tenants), len(p.RequiredGroups), len(p.RequiredClaims), len(p.RoleOfGroup)) > maxListed: // 4
		return fmt.Errorf("a list is longer than %d", maxListed)
	}
	texts := slices.Concat(p.Tenants, p.RequiredGroups)
	for _, c := range []string{p.TenantClaim, p.OrganizationClaim, p.GroupsClaim, p.RolesClaim} {
		if c != "" {
			texts = append(texts, c)
		}
	}
	for claim, value := range p.RequiredClaims {
		texts = append(texts, claim, value)
	}
	for group, roles := range p.RoleOfGroup {
		texts = append(append(texts, group), roles...)
	}
	for _, s := range texts { // 4
		if !isText(s, maxValue) {
			return fmt.Errorf("%.80q: use 1 to %d printable bytes", s, maxValue)
		}
	}
	return nil
}

// permitted is the rule of every address that is asked: https, or http on a
// loopback address where loopback is allowed.
func permitted(u *url.URL, loopback bool) bool {
	if u.Host == "" || u.Fragment != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// Config is what logins are made of.
type Config struct {
	Providers []Provider
	Transport http.RoundTripper // how providers are reached
	Now       func() time.Time
	Rand      io.Reader
}

func (c *Config) validate() error {
	if c.Transport == nil || c.Now == nil || c.Rand == nil {
		return errors.New("oidc: Transport, Now and Rand are required")
	}
	if len(c.Providers) > maxProviders {
		return fmt.Errorf("oidc: %d providers, limit %d", len(c.Providers), maxProviders)
	}
	for i := range c.Providers {
		p := &c.Providers[i]
		if err := p.Validate(); err != nil {
			return fmt.Errorf("oidc: provider %d: %w", i, err)
		}
		if slices.ContainsFunc(c.Providers[:i], func(o Provider) bool { return o.Name == p.Name }) {
			return fmt.Errorf("oidc: a second provider is named %q", p.Name)
		}
	}
	return nil
}

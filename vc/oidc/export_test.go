package oidc

import "github.com/backbay-labs/chio-node/wire"

// Normalise reads the payload of a token that was verified.
func Normalise(payload []byte, p *Provider) (*Facts, error) {
	c, err := parseClaims(payload)
	if err != nil {
		return nil, err
	}
	return normalise(c, p)
}

// LoginOf is a login that took place, by a token of its own.
func LoginOf(provider string, f Facts, at int64) *Login {
	return &Login{Provider: provider, Facts: f, VerifiedAt: at, token: wire.Hash([]byte(f.Principal))}
}

package oidc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"

	"github.com/backbay-labs/chio-node/wire"
)

const (
	skewSeconds = 60
	// maxTokenAge is how long ago a token may have been made: it is fetched
	// just before it is judged.
	maxTokenAge = 600
)

// algorithms a token may be signed with. None is symmetric.
var algorithms = []string{goidc.RS256, goidc.ES256, goidc.EdDSA}

// registered are the registered claims of a token that are not facts.
type registered struct {
	Issuer          string `json:"iss"`
	Subject         string `json:"sub"`
	AuthorizedParty string `json:"azp"`
	Nonce           string `json:"nonce"`
	AccessTokenHash string `json:"at_hash"`
	ExpiresAt       int64  `json:"exp"`
	IssuedAt        int64  `json:"iat"`
	NotBefore       int64  `json:"nbf"`
	AuthTime        int64  `json:"auth_time"`
}

// claims are what a verified token says.
type claims struct {
	registered registered
	all        map[string]wire.Raw
}

// verify judges an ID token (OpenID Connect Core §3.1.3.7):
//
//	1 it is signed by RS256, ES256 or EdDSA under a key of the provider's jwks_uri
//	2 it is JSON without a member twice, of at most 256 KiB; names differ by case
//	3 iss is the issuer, to the byte; sub is there
//	4 aud is this client alone, azp is this client where it is there
//	5 exp is ahead, nbf behind, iat neither ahead nor older than ten minutes
//	6 nonce is the one of this login; for a device there is none to ask for
//	7 at_hash, where it is there, is of the access token beside it
//	8 auth_time is not ahead, and within max_age_seconds where that is configured
func (s *source) verify(ctx context.Context, e *endpoint, raw, access, nonce string, now time.Time) (*claims, error) {
	v := e.provider.Verifier(&goidc.Config{ClientID: s.config.ClientID, SupportedSigningAlgs: algorithms, Now: func() time.Time { return now }})
	t, err := v.Verify(ctx, raw) // 1, and the library's own reading of iss, aud, exp and nbf
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrToken, brief(strings.TrimPrefix(err.Error(), "oidc: ")))
	}
	c, err := readClaims(t) // 2
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrToken, brief(err.Error()))
	}
	t.AccessTokenHash = c.registered.AccessTokenHash // the library takes AT_HASH for it, too
	err = cmp.Or(
		s.checkParties(c),           // 3, 4
		s.checkTimes(c, now.Unix()), // 5, 8
		checkBinding(c, nonce, func() error { return t.VerifyAccessToken(access) }), // 6, 7
	)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	return c, nil
}

func readClaims(t *goidc.IDToken) (*claims, error) {
	var raw wire.Raw
	if err := t.Claims(&raw); err != nil {
		return nil, err
	}
	return parseClaims(raw)
}

// parseClaims reads the payload of a token.
func parseClaims(raw []byte) (*claims, error) {
	c := &claims{}
	if err := wire.UnmarshalLenient(raw, &c.all, wire.DocumentLimits); err != nil {
		return nil, err
	}
	return c, wire.UnmarshalLenient(raw, &c.registered, wire.DocumentLimits)
}

func (s *source) checkParties(c *claims) error {
	audience, err := c.list("aud", maxElements) // not the library's, for which AUD is the same claim
	switch t := c.registered; {
	case err != nil: // 4
		return errors.New("aud is neither a text nor a list of texts")
	case t.Issuer != s.config.Issuer: // 3
		return fmt.Errorf("iss is %.140q, not the issuer", t.Issuer)
	case t.Subject == "": // 3
		return errors.New("sub is missing")
	case !slices.Equal(audience, []string{s.config.ClientID}): // 4
		return errors.New("aud is not this client alone")
	case c.all["azp"] != nil && t.AuthorizedParty != s.config.ClientID: // 4
		return errors.New("azp is another client")
	}
	return nil
}

func (s *source) checkTimes(c *claims, now int64) error {
	switch t := c.registered; {
	case now >= t.ExpiresAt: // 5
		return errors.New("it has expired")
	case t.NotBefore > now+skewSeconds: // 5
		return errors.New("nbf is ahead")
	case t.IssuedAt > now+skewSeconds: // 5
		return errors.New("iat is ahead")
	case t.IssuedAt < now-maxTokenAge: // 5
		return fmt.Errorf("iat is missing, or more than %d seconds ago", maxTokenAge)
	case t.AuthTime < 0 || t.AuthTime > now+skewSeconds: // 8
		return errors.New("auth_time is ahead")
	case s.config.MaxAgeSeconds > 0 && now-t.AuthTime > s.config.MaxAgeSeconds+skewSeconds: // 8
		return fmt.Errorf("auth_time is missing, or more than %d seconds ago", s.config.MaxAgeSeconds)
	}
	return nil
}

func checkBinding(c *claims, nonce string, accessHash func() error) error {
	if nonce != "" && !sameSecret(c.registered.Nonce, nonce) { // 6
		return errors.New("nonce is not that of this login")
	}
	if c.all["at_hash"] != nil && accessHash() != nil { // 7
		return errors.New("at_hash is not of the access token")
	}
	return nil
}

package passport

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// SchemaChallenge is the schema id of a challenge.
const SchemaChallenge = "chio.presentation_challenge.v1"

// The life of a challenge, in seconds.
const (
	DefaultChallengeSeconds = 300
	MaxChallengeSeconds     = 3600
	challengeSkewSeconds    = 30 // how far ahead the verifier's clock may be
)

// nonceBytes of randomness make a challenge unguessable.
const nonceBytes = 32

// The reasons a challenge is not answered, or an answer to it refused.
var (
	ErrChallenge        = errors.New("presentation challenge is malformed")
	ErrChallengeExpired = errors.New("presentation challenge has expired")
	ErrChallengeUsed    = errors.New("presentation challenge was answered already")
	ErrChallengeUnknown = errors.New("no such presentation challenge was issued here")
	ErrChallengeOther   = errors.New("presentation challenge is not for this domain or audience")
)

// Challenge is what a verifier asks an agent to prove itself by. It is not
// signed: it gives nobody anything. The agent signs its nonce and its domain,
// and the verifier compares both with its own record of the challenge.
type Challenge struct {
	Schema       string         `json:"schema"`
	ID           string         `json:"challenge_id"` // UUIDv7
	Verifier     did.DID        `json:"verifier"`
	Domain       string         `json:"domain"`   // the agent signs for this domain only
	Audience     wire.PublicKey `json:"audience"` // kernel key that may act on the answer
	Nonce        string         `json:"nonce"`    // 64 hex characters
	IssuedAt     int64          `json:"issued_at"`
	ExpiresAt    int64          `json:"expires_at"` // unix seconds, exclusive
	PolicyID     string         `json:"policy_id"`
	PolicySHA256 wire.Digest    `json:"policy_sha256"`
}

// newChallenge draws a challenge for a policy.
func newChallenge(verifier did.DID, audience wire.PublicKey, domain string, p *Policy, now, ttlSeconds int64, rand io.Reader) (*Challenge, error) {
	digest, err := p.Digest()
	if err != nil {
		return nil, err
	}
	id, err := wire.NewUUIDv7(now*1000, rand)
	if err != nil {
		return nil, err
	}
	var nonce [nonceBytes]byte
	if _, err := io.ReadFull(rand, nonce[:]); err != nil {
		return nil, fmt.Errorf("read randomness for a challenge: %w", err)
	}
	c := &Challenge{Schema: SchemaChallenge, ID: id, Verifier: verifier, Domain: domain, Audience: audience, Nonce: hex.EncodeToString(nonce[:]),
		IssuedAt: now, ExpiresAt: now + ttlSeconds, PolicyID: p.ID, PolicySHA256: digest}
	return c, c.check()
}

// ParseChallenge reads a challenge in its canonical form.
func ParseChallenge(doc []byte) (*Challenge, error) {
	var c Challenge
	if err := wire.UnmarshalCanonical(doc, &c, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChallenge, err)
	}
	return &c, c.check()
}

// check applies the rules of a challenge:
//
//	1 its schema, and an id that is a UUIDv7
//	2 a verifier and an audience
//	3 a domain of 1 to 253 printable bytes without spaces
//	4 a nonce of 64 lowercase hex characters
//	5 it lives for 1 second to an hour
//	6 it refers to a policy
func (c *Challenge) check() error {
	if c.Schema != SchemaChallenge { // 1
		return fmt.Errorf("%w: %w: %.60q", ErrChallenge, wire.ErrSchema, c.Schema)
	}
	if err := wire.CheckUUIDv7(c.ID); err != nil { // 1
		return fmt.Errorf("%w: challenge_id: %w", ErrChallenge, err)
	}
	if _, err := did.Parse(string(c.Verifier)); err != nil { // 2
		return fmt.Errorf("%w: verifier: %w", ErrChallenge, err)
	}
	if err := c.Audience.Check(); err != nil { // 2
		return fmt.Errorf("%w: audience: %w", ErrChallenge, err)
	}
	if !isDomain(c.Domain) { // 3
		return fmt.Errorf("%w: domain %.60q must be 1 to %d printable ASCII characters without spaces", ErrChallenge, c.Domain, maxDomain)
	}
	if raw, err := hex.DecodeString(c.Nonce); err != nil || len(raw) != nonceBytes || hex.EncodeToString(raw) != c.Nonce { // 4
		return fmt.Errorf("%w: the nonce is not %d lowercase hex characters", ErrChallenge, 2*nonceBytes)
	}
	if life := c.ExpiresAt - c.IssuedAt; c.IssuedAt < 0 || c.ExpiresAt <= c.IssuedAt || life > MaxChallengeSeconds { // 5
		return fmt.Errorf("%w: from %d until %d: want 1 to %d seconds", ErrChallenge, c.IssuedAt, c.ExpiresAt, MaxChallengeSeconds)
	}
	if !isText(c.PolicyID, maxName) || c.PolicySHA256.IsZero() { // 6
		return fmt.Errorf("%w: it refers to no policy", ErrChallenge)
	}
	return nil
}

const maxDomain = 253

func isDomain(s string) bool {
	if s == "" || len(s) > maxDomain {
		return false
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// current reports whether a challenge can be answered at a time.
func (c *Challenge) current(now int64) error {
	switch {
	case now >= c.ExpiresAt:
		return fmt.Errorf("%w: at %d, it is %d: ask for a new one", ErrChallengeExpired, c.ExpiresAt, now)
	case c.IssuedAt > now+challengeSkewSeconds:
		return fmt.Errorf("%w: it is from the future, %d, it is %d", ErrChallenge, c.IssuedAt, now)
	}
	return nil
}

package passport

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// SchemaPolicy is the schema id of a signed policy.
const SchemaPolicy = "chio.passport_policy.v1"

// MaxPolicySeconds is the longest validity of a signed policy, 366 days.
const MaxPolicySeconds = 366 * 24 * 3600

// ErrPolicyTime: the signed policy is not in force at the time asked about.
var ErrPolicyTime = errors.New("passport policy is not in force")

// SignedPolicy is a policy that a verifier publishes, so that holders know
// before what they will be asked. It travels as a wire.Envelope signed by the
// verifier's organisation.
type SignedPolicy struct {
	Schema    string  `json:"schema"`
	Verifier  did.DID `json:"verifier"`
	CreatedAt int64   `json:"created_at"` // unix seconds, inclusive
	ExpiresAt int64   `json:"expires_at"` // unix seconds, exclusive
	Policy    Policy  `json:"policy"`
}

// SignPolicy seals a policy for a time.
func SignPolicy(p *Policy, org wire.Signer, now, ttlSeconds int64) (*wire.Envelope, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if ttlSeconds <= 0 || ttlSeconds > MaxPolicySeconds {
		return nil, fmt.Errorf("%w: a life of %d seconds: want 1 to %d", ErrPolicy, ttlSeconds, MaxPolicySeconds)
	}
	return wire.Seal(SchemaPolicy, SignedPolicy{Schema: SchemaPolicy, Verifier: did.FromKey(org.Public()), CreatedAt: now, ExpiresAt: now + ttlSeconds, Policy: *p}, org)
}

// OpenPolicy verifies a signed policy:
//
//	1 a canonical envelope of its schema with one signature
//	2 the verifier it names has signed it
//	3 the policy holds together
//	4 it is in force: created_at ≤ now < expires_at, at most 366 days
//
// Whether that verifier is the one meant is for the caller to compare.
func OpenPolicy(doc []byte, now int64) (*SignedPolicy, error) {
	var s SignedPolicy
	env, err := wire.OpenEnvelope(doc, SchemaPolicy, &s, nil, nil) // 1
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	if len(env.Signatures) != 1 || env.Signatures[0].Key != s.Verifier.Key().String() { // 1, 2
		return nil, fmt.Errorf("%w: %w: a signed policy is signed by its verifier alone", ErrPolicy, wire.ErrSignerSet)
	}
	if err := s.Policy.Check(); err != nil { // 3
		return nil, err
	}
	if s.CreatedAt > now || now >= s.ExpiresAt || s.ExpiresAt-s.CreatedAt > MaxPolicySeconds { // 4
		return nil, fmt.Errorf("%w: from %d until %d, it is %d", ErrPolicyTime, s.CreatedAt, s.ExpiresAt, now)
	}
	return &s, nil
}

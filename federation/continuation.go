package federation

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// ContinuationSchema is the schema id of a continuation.
const ContinuationSchema = "chio.continuation.v1"

// The bounds of a continuation.
const (
	// ContinuationTTLSeconds is how long the host may begin the call.
	ContinuationTTLSeconds = capability.ProofTTLSeconds
	// ContinuationSkewSeconds is how far ahead the origin's clock may be.
	ContinuationSkewSeconds = capability.ProofSkewSeconds
	// maxTimeoutSeconds bounds how long a call may run.
	maxTimeoutSeconds = 3600
	// continuationNonceBytes is the entropy of a nonce; on the wire hex.
	continuationNonceBytes = 16
)

// ErrContinuation refuses a continuation.
var ErrContinuation = errors.New("continuation is not valid")

// Continuation is the origin kernel's signed permission for the host to run
// exactly one call, made durable with the origin's own budget holds before the
// host hears of it. It is the escrow: together with the host's receipt for a
// charge of at most MaxCharge it is what the origin owes.
type Continuation struct {
	Schema          string               `json:"schema"`
	CallID          string               `json:"call_id"` // UUIDv7
	From            did.DID              `json:"from"`    // the organisation whose agent calls
	To              did.DID              `json:"to"`      // the organisation that executes
	SourceKernel    wire.PublicKey       `json:"source_kernel"`
	TargetKernel    wire.PublicKey       `json:"target_kernel"`
	TreatyID        wire.Digest          `json:"treaty_id"`
	EffectiveSHA256 wire.Digest          `json:"effective_policy_sha256"` // of this direction
	CapabilityID    string               `json:"capability_id"`           // leaf token
	LeaseID         string               `json:"lease_id"`                // root token: the treaty capability
	Server          string               `json:"server"`                  // name at the host
	Tool            string               `json:"tool"`
	ArgsSHA256      wire.Digest          `json:"args_sha256"`
	MaxCharge       *wire.MonetaryAmount `json:"max_charge,omitzero"` // absent: free
	PriceRound      *wire.Digest         `json:"price_round,omitzero"`
	Passport        *kernel.PassportRef  `json:"passport,omitzero"`
	Holder          receipt.Holder       `json:"holder"`
	Nonce           string               `json:"nonce"` // 32 hex characters
	IssuedAt        int64                `json:"issued_at"`
	ExpiresAt       int64                `json:"expires_at"`
	TimeoutSeconds  int64                `json:"timeout_seconds"` // how long the call may run, by the host's own clock
	HopIndex        int                  `json:"hop_index"`
	HopLimit        int                  `json:"hop_limit"`
	Lineage         []wire.Digest        `json:"lineage,omitempty"`      // the continuations above, the first caller's first
	IntentSHA256    *wire.Digest         `json:"intent_sha256,omitzero"` // of a governed intent, which stays at the origin
}

// ContinuationExpectation is what the host itself knows about the call.
type ContinuationExpectation struct {
	From         did.DID        // the treaty peer whose transport key the stream proved
	To           did.DID        // this organisation
	SourceKernel wire.PublicKey // the kernel key bound by From
	TargetKernel wire.PublicKey // this kernel
	TreatyID     wire.Digest    // the revision in force here
	Effective    wire.Digest    // our own digest of the direction From → To
	MaxHops      int            // borders that a call may cross under the treaty
	Arguments    wire.Raw       // as received
	Chain        []capability.Token
	Now          int64 // unix seconds
}

// VerifyContinuation opens a continuation and checks it against what the host
// knows by itself:
//
//	1 the envelope opens, and the peer's bound kernel key has signed, nobody
//	  else; source_kernel says the same key
//	2 from is the organisation at the other end of the stream, to is us
//	3 target_kernel is our kernel key
//	4 the treaty is the revision in force here, and the effective digest is the
//	  one we compute
//	5 issued_at ≤ now+30 and now < expires_at ≤ issued_at+300; the call has 1
//	  to 3600 seconds to run
//	6 the hop index is below the limit, the limit within ours; the lineage names
//	  one continuation for each border before
//	7 args_sha256 is the hash of the canonical arguments
//	8 the leaf token was issued by that kernel key and has the named id, the
//	  root token is the named lease
//	9 call id and nonce are well formed; a passport is the caller's own
//
// Whether the call id was used before is for the row in the host's journal.
func VerifyContinuation(env *wire.Envelope, want ContinuationExpectation) (*Continuation, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrContinuation)
	}
	var c Continuation
	if err := env.Open(ContinuationSchema, &c, []wire.PublicKey{want.SourceKernel}, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrContinuation, err)
	}
	if len(env.Signatures) != 1 || c.SourceKernel != want.SourceKernel { // 1
		return nil, fmt.Errorf("%w: the treaty peer's kernel key alone signs it", ErrContinuation)
	}
	if c.From != want.From || c.To != want.To { // 2
		return nil, fmt.Errorf("%w: it is from %s to %s", ErrContinuation, c.From, c.To)
	}
	if c.TargetKernel != want.TargetKernel { // 3
		return nil, fmt.Errorf("%w: it is for kernel %s", ErrContinuation, c.TargetKernel)
	}
	if c.TreatyID != want.TreatyID { // 4
		return nil, fmt.Errorf("%w: it names treaty %s, in force is %s", ErrContinuation, c.TreatyID, want.TreatyID)
	}
	if c.EffectiveSHA256 != want.Effective { // 4
		return nil, fmt.Errorf("%w: the two sides compute different effective policies", ErrContinuation)
	}
	if err := c.checkWindow(want.Now); err != nil { // 5
		return nil, err
	}
	if err := c.checkLineage(want.MaxHops); err != nil { // 6
		return nil, err
	}
	if wire.IsCanonical(want.Arguments, wire.ForeignLimits) != nil || wire.Hash(want.Arguments) != c.ArgsSHA256 { // 7
		return nil, fmt.Errorf("%w: the arguments are not the ones it was signed for", ErrContinuation)
	}
	return &c, c.checkAuthority(want.Chain) // 8, 9
}

func (c *Continuation) checkWindow(now int64) error {
	switch {
	case c.IssuedAt > now+ContinuationSkewSeconds:
		return fmt.Errorf("%w: dated %d seconds ahead: check both clocks", ErrContinuation, c.IssuedAt-now)
	case now >= c.ExpiresAt:
		return fmt.Errorf("%w: expired %d seconds ago", ErrContinuation, now-c.ExpiresAt)
	case c.ExpiresAt > c.IssuedAt+ContinuationTTLSeconds:
		return fmt.Errorf("%w: it lives longer than %d seconds", ErrContinuation, ContinuationTTLSeconds)
	case c.TimeoutSeconds < 1 || c.TimeoutSeconds > maxTimeoutSeconds:
		return fmt.Errorf("%w: timeout_seconds %d is outside 1 … %d", ErrContinuation, c.TimeoutSeconds, maxTimeoutSeconds)
	}
	return nil
}

// checkAuthority is rules 8 and 9.
func (c *Continuation) checkAuthority(chain []capability.Token) error {
	if len(chain) == 0 { // 8
		return fmt.Errorf("%w: no capability came with it", ErrContinuation)
	}
	leaf := &chain[len(chain)-1]
	if leaf.Issuer != c.SourceKernel || leaf.ID != c.CapabilityID || chain[0].ID != c.LeaseID { // 8
		return fmt.Errorf("%w: the capability is not the one it names, or another kernel issued it", ErrContinuation)
	}
	if err := wire.CheckUUIDv7(c.CallID); err != nil { // 9
		return fmt.Errorf("%w: call id: %w", ErrContinuation, err)
	}
	if raw, err := hex.DecodeString(c.Nonce); err != nil || len(raw) != continuationNonceBytes || hex.EncodeToString(raw) != c.Nonce { // 9
		return fmt.Errorf("%w: nonce is not %d hex characters", ErrContinuation, 2*continuationNonceBytes)
	}
	if c.Passport != nil && c.Passport.Issuer != c.From.String() { // 9
		return fmt.Errorf("%w: the passport is of %.80s, not of the calling organisation", ErrContinuation, c.Passport.Issuer)
	}
	return nil
}

// peekContinuation reads what a continuation says without believing it.
func peekContinuation(env *wire.Envelope) (*Continuation, error) {
	var c Continuation
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrContinuation)
	}
	if err := wire.Unmarshal(env.Body, &c, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContinuation, err)
	}
	return &c, wire.CheckUUIDv7(c.CallID)
}

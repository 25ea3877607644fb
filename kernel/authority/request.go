package authority

import (
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// CapabilityRequestSchema is the schema id of a capability request.
const CapabilityRequestSchema = "chio.capability_request.v1"

// CodeRequestInvalid denies a capability request that proves nothing.
const CodeRequestInvalid kernel.Code = "CHIO-ISSUANCE-REQUEST"

// CapabilityRequest is the body of what an agent signs to ask a kernel for a
// root capability on the strength of its passport. It travels as a
// wire.Envelope signed by Subject alone.
type CapabilityRequest struct {
	Schema     string           `json:"schema"`
	Audience   wire.PublicKey   `json:"audience"` // kernel key
	Subject    wire.PublicKey   `json:"subject"`  // agent key: of the passport
	PassportID string           `json:"passport_id"`
	Scope      capability.Scope `json:"scope"`
	TTLSeconds int64            `json:"ttl_seconds"`
	Nonce      string           `json:"nonce"`     // 32 hex characters, used once
	IssuedAt   int64            `json:"issued_at"` // unix seconds
}

// SignRequest seals a request. Schema and subject are filled in.
func SignRequest(body CapabilityRequest, agent wire.Signer) (*wire.Envelope, error) {
	body.Schema, body.Subject = CapabilityRequestSchema, agent.Public()
	env, err := wire.Seal(CapabilityRequestSchema, body, agent)
	if err != nil {
		return nil, fmt.Errorf("sign capability request: %w", err)
	}
	return env, nil
}

// OpenRequest verifies a capability request:
//
//	1 it is there, a canonical chio.capability_request.v1, with one signature
//	2 its subject signed it
//	3 it is for this kernel
//	4 the scope is one a token could carry and grants something, the life is
//	  within MaxTTLSeconds, the passport is named
//	5 the nonce is 32 lowercase hex characters
//	6 issued_at ≤ now+30 and issued_at+300 ≥ now, as for a holder proof
//
// Whether the nonce was seen is for the transaction that issues. The nonce it
// returns is in the agent's own space, together with its holder proofs'.
func OpenRequest(env *wire.Envelope, audience wire.PublicKey, now int64) (*CapabilityRequest, kernel.Nonce, *kernel.Denial) {
	var q CapabilityRequest
	if env == nil || len(env.Signatures) != 1 { // 1
		return nil, kernel.Nonce{}, badRequest("a request has exactly one signature, its subject's")
	}
	if err := env.Open(CapabilityRequestSchema, &q, nil, nil); err != nil { // 1
		return nil, kernel.Nonce{}, badRequest("%v", err)
	}
	if env.Signatures[0].Key != q.Subject.String() { // 2
		return nil, kernel.Nonce{}, badRequest("the request is not signed by its subject %s", q.Subject)
	}
	if q.Audience != audience { // 3
		return nil, kernel.Nonce{}, badRequest("the request is for the kernel %s, this is %s", q.Audience, audience)
	}
	if err := q.check(); err != nil { // 4, 5
		return nil, kernel.Nonce{}, badRequest("%v", err)
	}
	if q.IssuedAt > now+capability.ProofSkewSeconds || q.IssuedAt < now-capability.ProofTTLSeconds { // 6
		d := badRequest("the request is dated %d, now is %d, the limit is %d s", q.IssuedAt, now, capability.ProofTTLSeconds)
		d.Code = kernel.CodeProofStale
		return nil, kernel.Nonce{}, d
	}
	return &q, kernel.Nonce{AgentKey: q.Subject, Value: q.Nonce,
		ExpiresAt: q.IssuedAt + capability.ProofTTLSeconds + capability.ProofSkewSeconds}, nil
}

func (q *CapabilityRequest) check() error {
	switch {
	case grants(&q.Scope) == 0: // 4
		return errors.New("the scope asks for nothing")
	case q.TTLSeconds <= 0 || q.TTLSeconds > MaxTTLSeconds: // 4
		return fmt.Errorf("ttl_seconds is %d, want 1 … %d", q.TTLSeconds, MaxTTLSeconds)
	case q.PassportID == "" || len(q.PassportID) > maxEntryIDBytes || hasControl(q.PassportID): // 4
		return fmt.Errorf("passport_id must be 1 to %d bytes of printable text", maxEntryIDBytes)
	case !isNonce(q.Nonce): // 5
		return errors.New("the nonce is not 32 lowercase hex characters")
	}
	return checkScope(q.Scope) // 4
}

func isNonce(s string) bool {
	if len(s) != 32 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func badRequest(format string, args ...any) *kernel.Denial {
	return issuanceDenial(CodeRequestInvalid, fmt.Sprintf(format, args...), "sign a new request with the key the passport names")
}

const shareRows = "a/share/"

// share is what an agent was given under a rule.
type share struct {
	ID       string `json:"id"` // of the capability
	IssuedAt int64  `json:"issued_at"`
}

// IssueUnder gives what a rule decided, once in the rule's period for each
// agent. Asked again for the same scope it returns the capability that is held
// while that lives; otherwise, or when MaxAgents agents hold a share, it is a
// *kernel.Denial. live tells whether a held capability still counts.
func IssueUnder(tx store.Tx, d Decision, req Request, signer wire.Signer, now int64, rand io.Reader, live func(*Capability) bool) (*Capability, error) {
	key := shareRows + d.Rule.Name + "/" + req.Subject.String()
	row, err := tx.Get(key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if err == nil {
		if c, err := held(tx, row, d, now, live); c != nil || err != nil {
			return c, err
		}
	} else if d.Rule.MaxAgents > 0 {
		if err := roomFor(tx, d.Rule, now); err != nil {
			return nil, err
		}
	}
	req.Scope, req.TTLSeconds = d.Scope, d.TTLSeconds
	c, err := Issue(tx, req, signer, now, rand)
	if err != nil {
		return nil, err
	}
	return c, put(tx, key, share{ID: c.Leaf().ID, IssuedAt: now})
}

// held answers from the share an agent has: the same capability again, a
// denial, or nothing if its period is over.
func held(tx store.Tx, row []byte, d Decision, now int64, live func(*Capability) bool) (*Capability, error) {
	s, err := decodeShare(row)
	if err != nil {
		return nil, err
	}
	until := s.IssuedAt + d.Rule.PeriodSeconds
	if now >= until {
		return nil, nil
	}
	c, err := Get(tx, s.ID)
	if err != nil {
		return nil, err
	}
	asked, err := wire.DigestOf(d.Scope)
	if err != nil {
		return nil, err
	}
	has, err := wire.DigestOf(c.Leaf().Scope)
	if err != nil {
		return nil, err
	}
	if asked == has && c.Leaf().ExpiresAt > now && live(c) {
		return c, nil
	}
	return nil, issuanceDenial(CodeIssuanceHeld, fmt.Sprintf("rule %s gave this agent capability %s and gives the next in %d seconds",
		d.Rule.Name, s.ID, until-now), "use the one that is held, wait, or ask the operator")
}

// roomFor counts the agents that hold a share of the rule.
func roomFor(r store.Reader, rule *IssuanceRule, now int64) error {
	holders := 0
	err := r.Scan(shareRows+rule.Name+"/", "", func(_ string, value []byte) error {
		s, err := decodeShare(value)
		if err == nil && now < s.IssuedAt+rule.PeriodSeconds {
			holders++
		}
		return err
	})
	if err != nil {
		return err
	}
	if holders >= rule.MaxAgents {
		return issuanceDenial(CodeIssuanceHeld, fmt.Sprintf("rule %s is shared by %d agents, its limit", rule.Name, holders),
			"wait until a share ends, or ask the operator")
	}
	return nil
}

func decodeShare(b []byte) (share, error) {
	var s share
	if err := wire.UnmarshalCanonical(b, &s, wire.DocumentLimits); err != nil {
		return share{}, fmt.Errorf("%w: share of an issuance rule: %w", ErrCorrupt, err)
	}
	return s, nil
}

package approval

import (
	"fmt"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// TokenSchema is the schema id of a Token.
const TokenSchema = "chio.approval.v1"

// MaxTokenSeconds is the longest life of an approval once it was signed.
const MaxTokenSeconds = 3600

// The decisions of a token.
const (
	Approved = "approved"
	Denied   = "denied"
)

// Token is one approver's decision about one request: the body of an envelope
// that the approver's key signs and nobody else does.
type Token struct {
	Schema        string         `json:"schema"`
	ApprovalID    string         `json:"approval_id"`    // UUIDv7
	RequestSHA256 wire.Digest    `json:"request_sha256"` // SHA-256(JCS(kernel.ApprovalAsk))
	Decision      string         `json:"decision"`       // approved | denied
	Approver      wire.PublicKey `json:"approver"`
	IssuedAt      int64          `json:"issued_at"`  // unix seconds
	ExpiresAt     int64          `json:"expires_at"` // at most MaxTokenSeconds later
	Reason        string         `json:"reason,omitempty"`
}

// TokenLimits bound one token; it is smaller than any other artifact because
// anybody may hand one in.
var TokenLimits = wire.Limits{Bytes: 8 << 10, Depth: 8}

// maxReasonBytes bounds an approver's words.
const maxReasonBytes = 1024

// SignToken seals a token with the approver's key; schema and approver are
// filled in.
func SignToken(t Token, approver wire.Signer) (*wire.Envelope, error) {
	t.Schema, t.Approver = TokenSchema, approver.Public()
	if err := t.check(); err != nil {
		return nil, err
	}
	return wire.Seal(TokenSchema, t, approver)
}

// parsed is a token whose form is sound. Nothing of it is verified.
type parsed struct {
	Token
	envelope *wire.Envelope
}

// parseToken is the door for a token. A refusal is CodeToken.
func parseToken(doc []byte) (*parsed, error) {
	var e wire.Envelope
	if err := wire.UnmarshalCanonical(doc, &e, TokenLimits); err != nil {
		return nil, refuse(CodeToken, fixSign, "approval token: %v", err)
	}
	p := &parsed{envelope: &e}
	if err := wire.Unmarshal(e.Body, &p.Token, TokenLimits); err != nil {
		return nil, refuse(CodeToken, fixSign, "approval token: %v", err)
	}
	if p.Schema != TokenSchema || len(e.Signatures) != 1 {
		return nil, refuse(CodeToken, fixSign, "approval token: schema %.40q with %d signatures, want %s with one", p.Schema, len(e.Signatures), TokenSchema)
	}
	if err := p.check(); err != nil {
		return nil, refuse(CodeToken, fixSign, "%v", err)
	}
	return p, nil
}

// verify checks the one signature, by the approver the body names.
func (p *parsed) verify() error {
	var again Token
	return p.envelope.Open(TokenSchema, &again, []wire.PublicKey{p.Approver}, nil)
}

func (t *Token) check() error {
	if err := wire.CheckUUIDv7(t.ApprovalID); err != nil {
		return fmt.Errorf("approval token: approval_id: %w", err)
	}
	switch {
	case t.Decision != Approved && t.Decision != Denied:
		return fmt.Errorf("approval token: decision %.20q is neither approved nor denied", t.Decision)
	case t.IssuedAt < 0 || t.ExpiresAt <= t.IssuedAt || t.ExpiresAt-t.IssuedAt > MaxTokenSeconds:
		return fmt.Errorf("approval token: valid from %d to %d, want a window of at most %d seconds", t.IssuedAt, t.ExpiresAt, MaxTokenSeconds)
	case len(t.Reason) > maxReasonBytes || !utf8.ValidString(t.Reason):
		return fmt.Errorf("approval token: reason has %d bytes, limit %d", len(t.Reason), maxReasonBytes)
	}
	return nil
}

// Digest is what approvers sign of an ask: SHA-256 of its canonical form.
func Digest(ask *kernel.ApprovalAsk) (wire.Digest, error) {
	if ask == nil || ask.Schema != kernel.ApprovalAskSchema {
		return wire.Digest{}, fmt.Errorf("approval ask: schema is not %s", kernel.ApprovalAskSchema)
	}
	return wire.DigestOf(ask)
}

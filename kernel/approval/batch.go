package approval

import (
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// BatchSchema is the schema id of a BatchApproval.
const BatchSchema = "chio.batch_approval.v1"

// The bounds of batches.
const (
	MaxBatches         = 1000
	MaxBatchesPerAgent = 64
	MaxBatchSeconds    = 30 * 86_400
	maxPatternBytes    = kernel.MaxNameBytes
	maxBatchGuards     = 16
)

// BatchApproval is an approver's vote given in advance: the body of an
// envelope that the approver's key signs. At least one of MaxCalls and
// MaxTotalAmount bounds it. A call that costs something needs an amount bound
// in its currency.
type BatchApproval struct {
	Schema           string               `json:"schema"`
	BatchID          string               `json:"batch_id"` // UUIDv7
	Approver         wire.PublicKey       `json:"approver"`
	Subject          wire.PublicKey       `json:"subject"`        // the agent
	ServerPattern    string               `json:"server_pattern"` // exact, "*", or a prefix and "*"
	ToolPattern      string               `json:"tool_pattern"`
	MaxAmountPerCall *wire.MonetaryAmount `json:"max_amount_per_call,omitempty"`
	MaxTotalAmount   *wire.MonetaryAmount `json:"max_total_amount,omitempty"`
	MaxCalls         *uint32              `json:"max_calls,omitempty"`
	NotBefore        int64                `json:"not_before"`       // unix seconds
	NotAfter         int64                `json:"not_after"`        // exclusive, at most MaxBatchSeconds later
	Guards           []string             `json:"guards,omitempty"` // the guards whose question it answers; empty: any
}

// SignBatch seals a batch approval with the approver's key; schema and
// approver are filled in.
func SignBatch(b BatchApproval, approver wire.Signer) (*wire.Envelope, error) {
	b.Schema, b.Approver = BatchSchema, approver.Public()
	if err := b.check(); err != nil {
		return nil, err
	}
	return wire.Seal(BatchSchema, b, approver)
}

// ParseBatch opens a batch approval:
//
//	1 canonical envelope of this schema within TokenLimits, every signature verifies
//	2 signed by the approver it names, and by nobody else
//	3 the batch id is a UUIDv7
//	4 the patterns are names with at most one trailing "*"
//	5 calls or the total amount are bounded; amounts are money of one currency
//	6 the window is at most MaxBatchSeconds long
//	7 the guards are names
//
// Whether the approver is trusted is the registry's question.
func ParseBatch(doc []byte) (*BatchApproval, *wire.Envelope, error) {
	if len(doc) > TokenLimits.Bytes {
		return nil, nil, refuseBatch("%d bytes, limit %d", len(doc), TokenLimits.Bytes)
	}
	var b BatchApproval
	e, err := wire.OpenEnvelope(doc, BatchSchema, &b, nil, nil) // 1
	if err != nil {
		return nil, nil, refuseBatch("%v", err)
	}
	if len(e.Signatures) != 1 || e.Signatures[0].Key != b.Approver.String() { // 2
		return nil, nil, refuseBatch("it must be signed by the approver it names and by nobody else")
	}
	if err := b.check(); err != nil {
		return nil, nil, refuseBatch("%v", err)
	}
	return &b, e, nil
}

func refuseBatch(format string, args ...any) *kernel.Denial {
	return refuse(CodeBatch, "docs/approvals.md lists what a batch approval must say", "batch approval: "+format, args...)
}

func (b *BatchApproval) check() error {
	if err := wire.CheckUUIDv7(b.BatchID); err != nil { // 3
		return fmt.Errorf("batch_id: %w", err)
	}
	for name, p := range map[string]string{"server_pattern": b.ServerPattern, "tool_pattern": b.ToolPattern} { // 4
		if p == "" || len(p) > maxPatternBytes || strings.Contains(strings.TrimSuffix(p, "*"), "*") {
			return fmt.Errorf("%s %.60q: write a name, \"*\", or a prefix followed by \"*\"", name, p)
		}
	}
	if b.MaxCalls == nil && b.MaxTotalAmount == nil { // 5
		return fmt.Errorf("it must bound the calls or the total amount")
	}
	for _, a := range []*wire.MonetaryAmount{b.MaxAmountPerCall, b.MaxTotalAmount} { // 5
		if a != nil && (a.Units > wire.MaxUnits || a.Currency == "" || len(a.Currency) > 16) {
			return fmt.Errorf("an amount is no amount of money")
		}
	}
	if b.MaxAmountPerCall != nil && b.MaxTotalAmount != nil && b.MaxAmountPerCall.Currency != b.MaxTotalAmount.Currency { // 5
		return fmt.Errorf("the amounts are in %.16s and %.16s, they must be in one currency", b.MaxAmountPerCall.Currency, b.MaxTotalAmount.Currency)
	}
	if b.NotBefore < 0 || b.NotAfter <= b.NotBefore || b.NotAfter-b.NotBefore > MaxBatchSeconds { // 6
		return fmt.Errorf("valid from %d to %d, want a window of at most %d seconds", b.NotBefore, b.NotAfter, MaxBatchSeconds)
	}
	if len(b.Guards) > maxBatchGuards { // 7
		return fmt.Errorf("%d guards, at most %d", len(b.Guards), maxBatchGuards)
	}
	for _, g := range b.Guards { // 7
		if g == "" || len(g) > maxPatternBytes {
			return fmt.Errorf("guard %.60q is not a name", g)
		}
	}
	return nil
}

func matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

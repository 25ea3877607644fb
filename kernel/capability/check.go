package capability

import (
	"fmt"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/wire"
)

// The limits of one token. They bound the work of comparing two scopes.
const (
	MaxIDBytes      = 128
	MaxNameBytes    = 256
	MaxPatternBytes = 1024
	MaxGrants       = 128
	MaxConstraints  = 16
	MaxLinks        = 16
	maxTypeBytes    = 64
	maxCurrency     = 16
	maxShareBps     = 10_000
)

// Parse decodes one token strictly and checks its structure. It verifies no
// signature. Errors are *Error with code CHIO-CAP-INVALID.
func Parse(doc []byte) (*Token, error) {
	var t Token
	if err := wire.Unmarshal(doc, &t, wire.DocumentLimits); err != nil {
		return nil, refuse(CodeInvalid, "token: %v", err)
	}
	if err := t.Check(); err != nil {
		return nil, err
	}
	return &t, nil
}

// Check refuses a token whose fields are out of range, whoever signed it:
//
//	1 schema is absent or chio.capability.v1; algorithm is absent or ed25519
//	2 id is 1 to 128 printable ASCII characters
//	3 issuer and subject are sound Ed25519 keys
//	4 0 ≤ issued_at < expires_at ≤ 2^53-1
//	5 every list is within its limit, every grant is well-formed
//	6 every link names a token and sound keys
func (t *Token) Check() error {
	if t.Schema != "" && t.Schema != Schema { // 1
		return refuse(CodeInvalid, "schema is %.64q, want %s", t.Schema, Schema)
	}
	if t.Algorithm != "" && t.Algorithm != wire.AlgEd25519 { // 1
		return refuse(CodeInvalid, "algorithm %.20q is not supported; only ed25519 is", t.Algorithm)
	}
	if err := checkID(t.ID); err != nil { // 2
		return refuse(CodeInvalid, "id: %v", err)
	}
	if err := t.Issuer.Check(); err != nil { // 3
		return refuse(CodeInvalid, "issuer: %v", err)
	}
	if err := t.Subject.Check(); err != nil { // 3
		return refuse(CodeInvalid, "subject: %v", err)
	}
	if t.IssuedAt < 0 || t.IssuedAt >= t.ExpiresAt || t.ExpiresAt > wire.MaxUnits { // 4
		return refuse(CodeInvalid, "window %d … %d is empty or out of range", t.IssuedAt, t.ExpiresAt)
	}
	if t.BudgetShareBps != nil && *t.BudgetShareBps > maxShareBps { // 5
		return refuse(CodeInvalid, "budget_share_bps %d is over %d", *t.BudgetShareBps, maxShareBps)
	}
	if err := t.Scope.check(); err != nil { // 5
		return refuse(CodeInvalid, "scope: %v", err)
	}
	if len(t.DelegationChain) > MaxLinks { // 5
		return refuse(CodeInvalid, "delegation_chain has %d links, limit %d", len(t.DelegationChain), MaxLinks)
	}
	for i := range t.DelegationChain { // 6
		if err := t.DelegationChain[i].check(); err != nil {
			return refuse(CodeInvalid, "delegation_chain[%d]: %v", i, err)
		}
	}
	return nil
}

func (l *Link) check() error {
	if err := checkID(l.CapabilityID); err != nil {
		return fmt.Errorf("capability_id: %w", err)
	}
	if err := l.Delegator.Check(); err != nil {
		return fmt.Errorf("delegator: %w", err)
	}
	if err := l.Delegatee.Check(); err != nil {
		return fmt.Errorf("delegatee: %w", err)
	}
	if l.Timestamp < 0 || l.Timestamp > wire.MaxUnits {
		return fmt.Errorf("timestamp %d is out of range", l.Timestamp)
	}
	return nil
}

func (s *Scope) check() error {
	if n := len(s.Grants) + len(s.ResourceGrants) + len(s.PromptGrants); n > MaxGrants {
		return fmt.Errorf("%d grants, limit %d", n, MaxGrants)
	}
	for i := range s.Grants {
		if err := s.Grants[i].check(); err != nil {
			return fmt.Errorf("grants[%d]: %w", i, err)
		}
	}
	for i, g := range s.ResourceGrants {
		if err := checkPatternGrant(g.URIPattern, g.Operations); err != nil {
			return fmt.Errorf("resource_grants[%d]: %w", i, err)
		}
	}
	for i, g := range s.PromptGrants {
		if err := checkPatternGrant(g.PromptName, g.Operations); err != nil {
			return fmt.Errorf("prompt_grants[%d]: %w", i, err)
		}
	}
	return nil
}

func (g *ToolGrant) check() error {
	if err := checkName(g.ServerID, MaxNameBytes); err != nil {
		return fmt.Errorf("server_id: %w", err)
	}
	if err := checkName(g.ToolName, MaxNameBytes); err != nil {
		return fmt.Errorf("tool_name: %w", err)
	}
	if err := checkOperations(g.Operations); err != nil {
		return err
	}
	if len(g.Constraints) > MaxConstraints {
		return fmt.Errorf("%d constraints, limit %d", len(g.Constraints), MaxConstraints)
	}
	for i, c := range g.Constraints {
		if err := checkName(c.Type, maxTypeBytes); err != nil {
			return fmt.Errorf("constraints[%d].type: %w", i, err)
		}
		if len(c.Value) > 0 && !c.Value.IsValid() {
			return fmt.Errorf("constraints[%d].value is not JSON", i)
		}
	}
	if err := checkAmount(g.MaxCostPerInvocation); err != nil {
		return fmt.Errorf("max_cost_per_invocation: %w", err)
	}
	if err := checkAmount(g.MaxTotalCost); err != nil {
		return fmt.Errorf("max_total_cost: %w", err)
	}
	return nil
}

func checkPatternGrant(pattern string, ops []Operation) error {
	if err := checkName(pattern, MaxPatternBytes); err != nil {
		return fmt.Errorf("pattern: %w", err)
	}
	return checkOperations(ops)
}

// checkOperations refuses unknown and repeated operations, so that a list has
// at most six entries.
func checkOperations(ops []Operation) error {
	for i, op := range ops {
		switch op {
		case Invoke, ReadResult, Read, Subscribe, Get, Delegate:
		default:
			return fmt.Errorf("operation %.32q is unknown", op)
		}
		for _, earlier := range ops[:i] {
			if earlier == op {
				return fmt.Errorf("operation %q is listed twice", op)
			}
		}
	}
	return nil
}

// checkAmount checks range and spelling; which currencies exist is
// configuration and is checked where money moves.
func checkAmount(a *wire.MonetaryAmount) error {
	if a == nil {
		return nil
	}
	if a.Units > wire.MaxUnits {
		return wire.ErrAmount
	}
	if len(a.Currency) == 0 || len(a.Currency) > maxCurrency {
		return wire.ErrCurrency
	}
	for i := range len(a.Currency) {
		if c := a.Currency[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return fmt.Errorf("%w: %q is not upper-case letters and digits", wire.ErrCurrency, a.Currency)
		}
	}
	return nil
}

// checkID keeps ids printable and free of spaces: they name revocation rows
// and appear in logs.
func checkID(s string) error {
	if len(s) == 0 || len(s) > MaxIDBytes {
		return fmt.Errorf("has %d bytes, want 1 to %d", len(s), MaxIDBytes)
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return fmt.Errorf("byte %d is not printable ASCII", i)
		}
	}
	return nil
}

func checkName(s string, limit int) error {
	if len(s) == 0 || len(s) > limit {
		return fmt.Errorf("has %d bytes, want 1 to %d", len(s), limit)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("is not UTF-8")
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return fmt.Errorf("byte %d is a control character", i)
		}
	}
	return nil
}

package kernel

import (
	"errors"
	"fmt"
)

// Code is a stable denial code, CHIO-<AREA>-<WHAT>. Codes are never renamed.
type Code string

// Denial is why a call did not run: a stable code, the cause in one line, and
// what the caller can do about it.
type Denial struct {
	Step   int
	Code   Code
	Guard  string // the guard or step that decided
	Reason string
	Fix    string
	Side   string // local | own_terms | peer_terms | treaty, for a policy denial
}

func (d *Denial) Error() string { return fmt.Sprintf("%s: %s", d.Code, d.Reason) }

// ErrNotDispatched marks a dispatch error after which the effect certainly did
// not happen, so the hold may be released.
var ErrNotDispatched = errors.New("call was not dispatched")

// The codes of the kernel's own steps.
const (
	CodeStopped         Code = "CHIO-STOP-ACTIVE"
	CodeMalformed       Code = "CHIO-MANDATE-MALFORMED"
	CodeTooLarge        Code = "CHIO-MANDATE-TOO-LARGE"
	CodeUnknownTool     Code = "CHIO-MANDATE-UNKNOWN-TOOL"
	CodeNoCapability    Code = "CHIO-CAP-MISSING"
	CodeCapInvalid      Code = "CHIO-CAP-INVALID"
	CodeCapSignature    Code = "CHIO-CAP-SIGNATURE"
	CodeCapIssuer       Code = "CHIO-CAP-UNTRUSTED-ISSUER"
	CodeCapNotYetValid  Code = "CHIO-CAP-NOT-YET-VALID"
	CodeCapExpired      Code = "CHIO-CAP-EXPIRED"
	CodeCapChain        Code = "CHIO-CAP-CHAIN"
	CodeCapWidened      Code = "CHIO-CAP-WIDENED"
	CodeRevokedToken    Code = "CHIO-REVOKED-CAPABILITY"
	CodeRevokedPassport Code = "CHIO-REVOKED-PASSPORT"
	CodeRevokedSubject  Code = "CHIO-REVOKED-SUBJECT"
	CodeRevocationStale Code = "CHIO-REVOKED-STALE"
	CodeProofMissing    Code = "CHIO-PROOF-MISSING"
	CodeProofInvalid    Code = "CHIO-PROOF-INVALID"
	CodeProofMismatch   Code = "CHIO-PROOF-MISMATCH"
	CodeProofStale      Code = "CHIO-PROOF-STALE"
	CodeProofReplayed   Code = "CHIO-PROOF-REPLAYED"
	CodeOutOfScope      Code = "CHIO-SCOPE-NO-GRANT"
	CodeConstraint      Code = "CHIO-SCOPE-CONSTRAINT"
	CodeNotReady        Code = "CHIO-LOG-NOT-READY"
	CodeBudgetExceeded  Code = "CHIO-BUDGET-EXCEEDED"
	CodeBudgetCurrency  Code = "CHIO-BUDGET-CURRENCY"
	CodeNoPolicy        Code = "CHIO-POLICY-MISSING"
	CodePolicyError     Code = "CHIO-POLICY-ERROR"
	CodeGuardDenied     Code = "CHIO-GUARD-DENIED"
	CodeGuardError      Code = "CHIO-GUARD-ERROR"
	CodeApprovalNone    Code = "CHIO-APPROVAL-UNAVAILABLE"
	CodeApprovalPending Code = "CHIO-APPROVAL-PENDING"
	CodeIntent          Code = "CHIO-GOVERNED-INTENT"
	CodeAssurance       Code = "CHIO-GOVERNED-ASSURANCE"
	CodeBond            Code = "CHIO-GOVERNED-BOND"
	CodeDuplicateCall   Code = "CHIO-CALL-DUPLICATE"
	CodeNotDispatched   Code = "CHIO-DISPATCH-REFUSED"
	CodeUnknownEffect   Code = "CHIO-DISPATCH-UNKNOWN"
	CodePeerDenied      Code = "CHIO-PEER-DENIED"
	CodeOutputBlocked   Code = "CHIO-OUTPUT-BLOCKED"
	CodeOverCharge      Code = "CHIO-OUTPUT-OVERCHARGE"
	CodeContinuation    Code = "CHIO-FED-CONTINUATION"
	CodeMethodDenied    Code = "CHIO-EDGE-METHOD"
	CodeInternal        Code = "CHIO-INTERNAL"
)

package capability

import "fmt"

// Error is a refusal with a stable denial code and the cause in one line. The
// codes are the ones package kernel writes into receipts.
type Error struct {
	Code   string
	Detail string
}

func (e *Error) Error() string { return e.Code + ": " + e.Detail }

// The codes of this package, spelled as in kernel/denial.go.
const (
	CodeMissing        = "CHIO-CAP-MISSING"
	CodeInvalid        = "CHIO-CAP-INVALID"
	CodeSignature      = "CHIO-CAP-SIGNATURE"
	CodeIssuer         = "CHIO-CAP-UNTRUSTED-ISSUER"
	CodeNotYetValid    = "CHIO-CAP-NOT-YET-VALID"
	CodeExpired        = "CHIO-CAP-EXPIRED"
	CodeChain          = "CHIO-CAP-CHAIN"
	CodeWidened        = "CHIO-CAP-WIDENED"
	CodeNoGrant        = "CHIO-SCOPE-NO-GRANT"
	CodeConstraint     = "CHIO-SCOPE-CONSTRAINT"
	CodeBudgetExceeded = "CHIO-BUDGET-EXCEEDED"
	CodeBudgetCurrency = "CHIO-BUDGET-CURRENCY"
	CodeProofMissing   = "CHIO-PROOF-MISSING"
	CodeProofInvalid   = "CHIO-PROOF-INVALID"
	CodeProofMismatch  = "CHIO-PROOF-MISMATCH"
	CodeProofStale     = "CHIO-PROOF-STALE"
)

func refuse(code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

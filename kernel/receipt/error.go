package receipt

import "fmt"

// Error is a failed verification: a stable code and the cause in one line.
type Error struct {
	Code   string
	Detail string
}

func (e *Error) Error() string { return e.Code + ": " + e.Detail }

// The codes of this package. They are also the JSON code of chio-verify.
const (
	CodeFormat       = "CHIO-VERIFY-FORMAT"        // not the artifact it should be
	CodeNotCanonical = "CHIO-VERIFY-NOT-CANONICAL" // the file is not its own canonical form
	CodeSignature    = "CHIO-VERIFY-SIGNATURE"
	CodeID           = "CHIO-VERIFY-ID"
	CodeParameters   = "CHIO-VERIFY-PARAMETERS"
	CodeIncoherent   = "CHIO-VERIFY-INCOHERENT"
	CodeUntrusted    = "CHIO-VERIFY-UNTRUSTED" // sound, but the trust set does not name the signer
	CodeAgent        = "CHIO-VERIFY-AGENT"     // sound, but for an agent the trust set does not name
	CodeInclusion    = "CHIO-VERIFY-INCLUSION"
	CodeCheckpoint   = "CHIO-VERIFY-CHECKPOINT"
	CodeCosignature  = "CHIO-VERIFY-COSIGNATURE"
	CodeConsistency  = "CHIO-VERIFY-CONSISTENCY"
	CodeEquivocation = "CHIO-VERIFY-EQUIVOCATION"
	CodeLineage      = "CHIO-VERIFY-LINEAGE" // receipts that are not of one chain of calls
	CodeCapability   = "CHIO-VERIFY-CAPABILITY"
	CodeTrust        = "CHIO-VERIFY-TRUST-SET" // the trust set itself is unusable

	// CodeRetired: sound, but by a key that was rotated out, and not proven to
	// be in the final tree of that key.
	CodeRetired = "CHIO-RECEIPT-RETIRED-KEY"
)

func refuse(code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

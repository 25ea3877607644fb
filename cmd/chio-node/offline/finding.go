package offline

import (
	"errors"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// Kind is what a file turned out to be.
type Kind string

// The kinds.
const (
	KindUnknown    Kind = "unknown"
	KindPassport   Kind = "passport"
	KindTreaty     Kind = "treaty"
	KindStatement  Kind = "statement"
	KindVoucher    Kind = "voucher"
	KindPrice      Kind = "price_evidence"
	KindBundle     Kind = "receipt_bundle"
	KindReceipt    Kind = "receipt"
	KindCapability Kind = "capability"
	KindRotation   Kind = "key_rotation"
	KindReputation Kind = "reputation_summary"
	KindHistory    Kind = "key_history"
	KindEnd        Kind = "did_deactivation"
	KindDispute    Kind = "federation_dispute"
	KindFork       Kind = "peer_directory_evidence"
	KindSettlement Kind = "settlement_evidence"
	KindPaid       Kind = "settlement_receipt"
)

// The codes of a refusal that package receipt has none for.
const (
	CodeKind      = "CHIO-VERIFY-KIND" // no artifact this program verifies, or not the one asked for
	CodePassport  = "CHIO-VERIFY-PASSPORT"
	CodeTreaty    = "CHIO-VERIFY-TREATY"
	CodeStatement = "CHIO-VERIFY-STATEMENT"
	CodeVoucher   = "CHIO-VERIFY-VOUCHER"
	CodePaid      = "CHIO-VERIFY-SETTLEMENT"
	CodePrice     = "CHIO-VERIFY-PRICE"
	CodeDispute   = "CHIO-VERIFY-DISPUTE"
	CodeDirectory = "CHIO-VERIFY-DIRECTORY"
)

// Finding is what was found about one file. Valid means that everything the
// file claims holds; with a Code beside it, the code says what is missing
// nevertheless, as a signer the trust set does not name.
type Finding struct {
	File          string   `json:"file"`
	Kind          Kind     `json:"kind"`
	Valid         bool     `json:"valid"`
	Integrity     bool     `json:"integrity"`
	SignerTrusted *bool    `json:"signer_trusted,omitempty"` // absent where a trust set has no say
	Status        string   `json:"status,omitempty"`
	Code          string   `json:"code,omitempty"`
	Reason        string   `json:"reason,omitempty"`
	Detail        wire.Raw `json:"detail,omitempty"`
}

// detail records what the artifact says; the types given encode always.
func (f *Finding) detail(v any) { f.Detail = wire.MustMarshal(v) }

// sound concludes that the file is intact and whether its signers are known.
func (f *Finding) sound(trusted bool, why string) {
	f.Integrity, f.Valid, f.SignerTrusted = true, true, &trusted
	if !trusted {
		f.Code, f.Reason = receipt.CodeUntrusted, why
	}
}

// refuse concludes that the file cannot be relied on. The code is that of the
// verifying package, or of the general cause, or else of the kind.
func (f *Finding) refuse(kindCode string, err error) {
	f.Valid, f.Code, f.Reason = false, kindCode, err.Error()
	var r *receipt.Error
	var c *capability.Error
	switch {
	case errors.As(err, &r):
		f.Code, f.Reason = r.Code, r.Detail
	case errors.As(err, &c):
		f.Code, f.Reason = c.Code, c.Detail
	case errors.Is(err, wire.ErrNotCanonical):
		f.Code = receipt.CodeNotCanonical
	case isAny(err, signatureErrors):
		f.Code = receipt.CodeSignature
	case isAny(err, formatErrors):
		f.Code = receipt.CodeFormat
	}
}

func isAny(err error, causes []error) bool {
	for _, c := range causes {
		if errors.Is(err, c) {
			return true
		}
	}
	return false
}

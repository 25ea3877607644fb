package offline

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// Options is what the caller takes for granted.
type Options struct {
	Trust      *receipt.TrustSet // nil trusts nobody
	KernelRoot *wire.PublicKey   // instead of Trust: this kernel, and whatever logs it signs
	Operators  []string          // oracle operators that count, 0x…; none: those the file names
	Proofs     [][]byte          // bundles: consistency proofs to the final checkpoints of retired keys
	Signers    *feed.Signers     // price evidence: whose payloads count; nil: what observations rest on is not repeated
	At         int64             // the time to judge windows at, unix seconds
	Earlier    []byte            // key histories: the one kept of this organisation; other kinds are refused
}

// The causes that have a code of their own, whatever the kind.
var (
	signatureErrors = []error{wire.ErrBadSignature, wire.ErrNoSigner, evm.ErrSignature, oracle.ErrSignature}
	formatErrors    = []error{wire.ErrSchema, wire.ErrSignerSet, wire.ErrTooLarge, wire.ErrTooDeep, wire.ErrNotJSON,
		wire.ErrUnknownField, wire.ErrDuplicateKey, wire.ErrField, vc.ErrMalformed, oracle.ErrMalformed}
)

// judge fills in what a file of its kind is found to be.
type judge func(f *Finding, doc []byte, o Options)

func judges() map[Kind]judge {
	return map[Kind]judge{
		KindPassport:   judgePassport,
		KindTreaty:     treaty,
		KindStatement:  statement,
		KindVoucher:    voucher,
		KindPrice:      price,
		KindBundle:     bundle,
		KindReceipt:    oneReceipt,
		KindCapability: capabilities,
		KindRotation:   rotation,
		KindReputation: summary,
		KindHistory:    history,
		KindEnd:        deactivation,
		KindDispute:    dispute,
		KindFork:       fork,
		KindSettlement: evidence,
		KindPaid:       paid,

		KindCertification: judgeCertification,
	}
}

// schemas maps the schema of a file, or of the body of an envelope, to its kind.
var schemas = map[string]Kind{
	passport.SchemaFile:        KindPassport,
	passport.SchemaFile1:       KindPassport,
	federation.TreatySchema:    KindTreaty,
	settlement.StatementSchema: KindStatement,
	evm.VoucherSchema:          KindVoucher,
	oracle.EvidenceSchema:      KindPrice,
	receipt.BundleSchema:       KindBundle,
	receipt.Schema:             KindReceipt,
	capability.Schema:          KindCapability,
	did.SchemaRotation:         KindRotation,
	reputation.SummarySchema:   KindReputation,
	did.SchemaHistory:          KindHistory,
	did.SchemaDeactivation:     KindEnd,
	federation.DisputeSchema:   KindDispute,
	certification.SchemaBundle: KindCertification,

	federation.DirectoryForkSchema: KindFork,
	settlement.EvidenceSchema:      KindSettlement,
	settlement.ReceiptSchema:       KindPaid,
}

// File verifies one file. With only, a file of any other kind is refused.
//
//	1 the document is its own canonical form
//	2 its schema, or its members where the format has none, name a known kind,
//	  and one that was asked for
//	3 the rules of that kind hold: passport.VerifyFile, federation.VerifyTreaty,
//	  settlement.VerifyStatement, evm.VerifyVoucher, oracle.VerifyEvidence,
//	  receipt.VerifyBundle, receipt.VerifyJSON, capability.VerifyChain,
//	  did.VerifyRotation, did.ParseHistory, did.VerifyDeactivation,
//	  reputation.Verify, certification.VerifyBundle, federation.VerifyDispute,
//	  federation.VerifyDirectoryFork, settlement.VerifyEvidence
func File(name string, doc []byte, o Options, only ...Kind) *Finding {
	f := &Finding{File: name, Kind: KindUnknown}
	if err := wire.IsCanonical(doc, limits(doc)); err != nil { // 1
		f.refuse(receipt.CodeFormat, fmt.Errorf("the file is not canonical JSON: %w", err))
		return f
	}
	kind, schema := recognise(doc)
	f.Kind = kind
	if err := asked(kind, schema, only); err != nil { // 2
		f.refuse(CodeKind, err)
		return f
	}
	if o.Earlier != nil && kind != KindHistory { // 2
		f.refuse(CodeKind, fmt.Errorf("this is a %s, and only a key history continues an earlier one", kind))
		return f
	}
	judges()[kind](f, doc, o) // 3
	return f
}

// limits are those of the largest artifact the document may be.
func limits(doc []byte) wire.Limits {
	l := wire.ForeignLimits
	if len(doc) > l.Bytes {
		l = wire.BundleLimits
	}
	return l
}

func asked(kind Kind, schema string, only []Kind) error {
	if kind == KindUnknown && schema == receipt.TrustSchema {
		return fmt.Errorf("a trust set is what you believe already; name it with --trust")
	}
	if kind == KindUnknown {
		return fmt.Errorf("schema %.60q is not one that can be verified here", schema)
	}
	if len(only) == 0 {
		return nil
	}
	var names []string
	for _, k := range only {
		if k == kind {
			return nil
		}
		names = append(names, string(k))
	}
	return fmt.Errorf("this is a %s, not a %s; chio-node verify takes any kind", kind, strings.Join(names, " or a "))
}

// recognise names the kind of a canonical document. Receipts and tokens carry
// no schema upstream, so they are known by a member that only they have.
func recognise(doc []byte) (Kind, string) {
	if bytes.HasPrefix(doc, []byte("[")) {
		return KindCapability, ""
	}
	var peek struct {
		Schema      string   `json:"schema"`
		Body        wire.Raw `json:"body"`
		ReceiptKind wire.Raw `json:"receipt_kind"`
		Scope       wire.Raw `json:"scope"`
	}
	if wire.UnmarshalLenient(doc, &peek, limits(doc)) != nil {
		return KindUnknown, ""
	}
	var body struct {
		Schema string `json:"schema"`
	}
	if peek.Schema == "" && peek.Body != nil && wire.UnmarshalLenient(peek.Body, &body, limits(doc)) == nil {
		peek.Schema = body.Schema
	}
	kind, known := schemas[peek.Schema]
	switch {
	case known:
		return kind, peek.Schema
	case peek.Schema != "":
		return KindUnknown, peek.Schema
	case peek.ReceiptKind != nil:
		return KindReceipt, ""
	case peek.Scope != nil:
		return KindCapability, ""
	}
	return KindUnknown, ""
}

// names reports whether the trust set names an organisation.
func (o *Options) names(did string) bool {
	if o.Trust == nil {
		return false
	}
	for i := range o.Trust.Kernels {
		if o.Trust.Kernels[i].DID == did {
			return true
		}
	}
	return false
}

// verifier checks the signatures of price observations.
var verifier oracle.Verifier = signed.Verify

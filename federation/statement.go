package federation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrCosign refuses a joint statement.
var ErrCosign = errors.New("joint statement is not valid")

// The types of a joint statement.
const (
	statementType = "https://in-toto.io/Statement/v1"
	// CosignPredicate is the predicate type of a joint statement.
	CosignPredicate = "chio.bilateral-cosign-invocation.v1"
)

// statement is the in-toto statement that both kernels sign about one call.
type statement struct {
	Type          string          `json:"_type"`
	Subject       []subject       `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     cosignPredicate `json:"predicate"`
}

type subject struct {
	Name   string     `json:"name"`   // chio-receipt:<host receipt id>
	Digest subjectSHA `json:"digest"` // of the receipt body: its id
}

type subjectSHA struct {
	SHA256 string `json:"sha256"`
}

type cosignPredicate struct {
	InvocationID    string        `json:"invocation_id"`
	ToolServerA     toolServer    `json:"tool_server_a"` // the origin
	ToolServerB     toolServer    `json:"tool_server_b"` // the host
	ToolName        string        `json:"tool_name"`
	ToolArgsHash    taggedHash    `json:"tool_args_hash"`
	CapabilityLease leaseRef      `json:"capability_lease_ref"`
	Policy          policySummary `json:"policy_evaluation_summary"`
	Consistency     string        `json:"consistency_model"`
	Visibility      string        `json:"cross_org_visibility"`
	CoSign          string        `json:"co_sign"`
	TimestampMilli  int64         `json:"timestamp_unix_ms"`
	Treaty          treatyBinding `json:"treaty_binding_ref"`
}

type toolServer struct {
	KernelID    string `json:"kernel_id"` // the organisation's DID
	Fingerprint string `json:"passport_key_fingerprint"`
	Alg         string `json:"alg"`
}

type taggedHash struct {
	Alg   string `json:"alg"`
	Value string `json:"value"`
}

type leaseRef struct {
	LeaseID      string `json:"lease_id"`
	Issuer       string `json:"issuer"`
	ExpiresMilli int64  `json:"expires_at_unix_ms"`
}

type policySummary struct {
	A     verdictOf `json:"server_a_verdict"`
	B     verdictOf `json:"server_b_verdict"`
	Joint string    `json:"joint_disposition"` // allow only if both allow
}

type verdictOf struct {
	Verdict       string `json:"verdict"`
	PolicyID      string `json:"policy_id"`
	PolicyVersion string `json:"policy_version"`
	RationaleCode string `json:"rationale_code,omitempty"`
}

type treatyBinding struct {
	TreatyID      wire.Digest `json:"treaty_id"`
	Effective     wire.Digest `json:"ladder_intersection_sha256"` // the effective policy of this direction
	Continuation  wire.Digest `json:"continuation_sha256"`
	LocalReceipt  string      `json:"local_receipt_sha256"`  // the origin's receipt id
	RemoteReceipt string      `json:"remote_receipt_sha256"` // the host's receipt id
}

// jointStatement is what two kernels say together about one call: a pure
// function of the continuation and of the two receipts, so both sides compute
// the same bytes. The two verdicts may differ; the joint one is then deny.
//
//	1 the origin's receipt is intact, of the source kernel, and says origin,
//	  the call id, the arguments, the host, the treaty; a continuation hash and
//	  a peer receipt that it names are this call's
//	2 the host's receipt passes checkHostReceipt
//	3 it charges no more than the continuation allows: nobody signs that it does
func jointStatement(c *Continuation, hash wire.Digest, originDoc, hostDoc wire.Raw) ([]byte, error) {
	origin, md, err := openReceipt(originDoc, c.SourceKernel) // 1
	if err != nil {
		return nil, fmt.Errorf("origin's receipt: %w", err)
	}
	h, err := checkHostReceipt(hostDoc, c, hash) // 2
	if err != nil {
		return nil, fmt.Errorf("host's receipt: %w", err)
	}
	if err := checkCharge(h, c.MaxCharge); err != nil { // 3
		return nil, fmt.Errorf("host's receipt: %w", err)
	}
	if !originOf(origin, md, c, hash, h.id) { // 1
		return nil, fmt.Errorf("%w: the origin's receipt is for another call", ErrPeerReceipt)
	}
	a, b := verdictIn(origin, md, c), verdictIn(h.receipt, h.md, c)
	return wire.Marshal(statement{Type: statementType, PredicateType: CosignPredicate,
		Subject: []subject{{Name: "chio-receipt:" + h.id, Digest: subjectSHA{h.id}}},
		Predicate: cosignPredicate{InvocationID: c.CallID,
			ToolServerA:  toolServer{c.From.String(), keyFingerprint(c.SourceKernel), wire.AlgEd25519},
			ToolServerB:  toolServer{c.To.String(), keyFingerprint(c.TargetKernel), wire.AlgEd25519},
			ToolName:     c.Tool,
			ToolArgsHash: taggedHash{"sha256", c.ArgsSHA256.String()}, CapabilityLease: leaseRef{c.LeaseID, c.TargetKernel.String(), c.ExpiresAt * 1000},
			Policy: policySummary{A: a, B: b, Joint: jointVerdict(a.Verdict, b.Verdict)}, Consistency: "bilateral", Visibility: "parties", CoSign: "both",
			TimestampMilli: h.at * 1000,
			Treaty:         treatyBinding{c.TreatyID, c.EffectiveSHA256, hash, origin.ID, h.id}}})
}

// jointVerdict is the stricter of two: allow only if both allow.
func jointVerdict(a, b string) string {
	if a == receipt.Allow && b == receipt.Allow {
		return receipt.Allow
	}
	return receipt.Deny
}

func verdictIn(r *receipt.Receipt, md *receipt.Metadata, c *Continuation) verdictOf {
	return verdictOf{Verdict: r.Decision.Verdict, PolicyID: r.PolicyHash, PolicyVersion: c.EffectiveSHA256.String(), RationaleCode: md.Code}
}

// VerifyJoint checks a joint statement that both kernels signed, offline:
//
//	1 the continuation opens and its source kernel signed it, as pinned
//	2 the statement is what the continuation and the two receipts give, in its
//	  form before anything else
//	3 exactly two signatures, the origin's then the host's
//
// Errors carry the code that other verifiers of this predicate give, in their
// order. Two verdicts that differ are no error here: the statement records both
// and says deny. Keys revoked since, governance and consistency anchors are not
// in our statements, and a lease is judged by the kernel that ran the call.
func VerifyJoint(cosign, originReceipt, hostReceipt wire.Raw, continuation *wire.Envelope, origin, host wire.PublicKey) error {
	var c Continuation
	if err := continuation.Open(ContinuationSchema, &c, []wire.PublicKey{origin}, nil); err != nil { // 1
		return err
	}
	if c.SourceKernel != origin || c.TargetKernel != host { // 1
		return fmt.Errorf("%w: peer.unpinned_or_keyid_mismatch", ErrCosign)
	}
	doc, err := jointStatement(&c, continuation.ID(), originReceipt, hostReceipt) // 2
	if err != nil {
		return err
	}
	var d dsse
	if err := wire.UnmarshalCanonical(cosign, &d, wire.DocumentLimits); err != nil {
		return fmt.Errorf("%w: dsse.malformed: %w", ErrCosign, err)
	}
	return d.open(doc, origin, host) // 3
}

// differs says by which code a statement is not the one we compute: form first,
// then what it is about, then what it says.
func differs(payload, want []byte) error {
	var head struct {
		Type          string `json:"_type"`
		PredicateType string `json:"predicateType"`
	}
	if wire.UnmarshalLenient(payload, &head, wire.DocumentLimits) != nil || head.Type != statementType {
		return fmt.Errorf("%w: statement.malformed: it is no in-toto statement", ErrCosign)
	}
	if head.PredicateType != CosignPredicate {
		return fmt.Errorf("%w: predicate.type_unrecognised: %.80q", ErrCosign, head.PredicateType)
	}
	var theirs, ours statement
	if err := wire.UnmarshalCanonical(payload, &theirs, wire.DocumentLimits); err != nil {
		return fmt.Errorf("%w: predicate.schema_invalid: %w", ErrCosign, err)
	}
	if err := wire.UnmarshalCanonical(want, &ours, wire.DocumentLimits); err != nil {
		return fmt.Errorf("%w: %w", ErrCosign, err)
	}
	a, b := theirs.Predicate, ours.Predicate
	switch {
	case !slices.Equal(theirs.Subject, ours.Subject):
		return fmt.Errorf("%w: subject.digest_mismatch: it is about another receipt", ErrCosign)
	case a.ToolServerA != b.ToolServerA || a.ToolServerB != b.ToolServerB:
		return fmt.Errorf("%w: peer.unpinned_or_keyid_mismatch: it names other kernels", ErrCosign)
	case a.Policy != b.Policy:
		return fmt.Errorf("%w: policy.verdict_disagreement: the receipts say %s and %s, jointly %s", ErrCosign, b.Policy.A.Verdict, b.Policy.B.Verdict, b.Policy.Joint)
	case a.CapabilityLease != b.CapabilityLease:
		return fmt.Errorf("%w: capability.lease_expired_or_unknown: it names another lease", ErrCosign)
	}
	return fmt.Errorf("%w: statement.schema_invalid: it says other things than the continuation and the receipts", ErrCosign)
}

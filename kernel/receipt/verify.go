package receipt

import (
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// Result answers three questions about one receipt separately: is it intact
// (the first four members), does the trust set name its signer, and does it
// prove that a call was authorised.
//
// Result says what the receipt claims, in the words other verifiers use
// (Authorized, Denied, Observed, Advisory, Invalid, and our Cancelled,
// Incomplete, PendingApproval). Verdict is what this verification concludes;
// act on Verdict or Authorized, never on Result.
type Result struct {
	ID                 string `json:"id"`
	SignatureValid     bool   `json:"signature_valid"` // bytes and coherence
	ReceiptIDValid     bool   `json:"receipt_id_valid"`
	ParameterHashValid bool   `json:"parameter_hash_valid"`
	Coherent           bool   `json:"coherent"`
	SignerTrusted      bool   `json:"signer_trusted"`
	Authorized         bool   `json:"authorized"`
	Result             string `json:"result"`
	Verdict            string `json:"verdict"`
	Code               string `json:"code,omitempty"`
	Detail             string `json:"detail,omitempty"`
}

// The conclusions besides the verdict words of a decision.
const (
	VerdictInvalid        = "invalid"         // not intact
	VerdictUntrusted      = "untrusted"       // intact; signer unknown
	VerdictUntrustedAgent = "untrusted_agent" // intact, signer known; agent unknown
	VerdictAuthorized     = "authorized"
	VerdictDenied         = "denied"
	VerdictObserved       = "observed"
	VerdictAdvisory       = "advisory"
)

// Intact reports whether nothing of the receipt was changed or contradicts
// itself, whoever signed it.
func (r *Result) Intact() bool {
	return r.SignatureValid && r.ReceiptIDValid && r.ParameterHashValid && r.Coherent
}

// Verify judges a decoded receipt; see VerifyJSON.
func Verify(r *Receipt, trust *TrustSet) Result {
	doc, err := wire.Marshal(r)
	if err != nil {
		return Result{ID: r.ID, Result: claim(r), Verdict: VerdictInvalid, Code: CodeFormat, Detail: err.Error()}
	}
	return verifyCanonical(doc, r, trust)
}

// VerifyJSON decodes and judges one receipt in any spelling. The error is an
// *Error if the document is not a receipt at all. nil trusts nobody.
//
//	1 the members cohere (CheckCoherence)
//	2 parameter_hash = hex SHA-256(JCS(action.parameters))
//	3 id = hex SHA-256(JCS(body)), body = all members but id, signature,
//	  algorithm, bbs_signature
//	4 algorithm is absent or ed25519, the key is sound, and the signature over
//	  JCS({"body":body,"id":id}) verifies under kernel_key
//	5 the trust set names kernel_key for the receipt's timestamp, and not as
//	  retired: a retired key signs whatever time its thief likes, so only a
//	  bundle, which proves inclusion in its final tree, can make it count
//	6 it is authorised if 1-5 hold, it is a mediated decision to allow, and the
//	  agent is one the trust set names, if it names any
func VerifyJSON(doc []byte, trust *TrustSet) (*Receipt, Result, error) {
	canonical, err := wire.Canonicalize(doc, Limits())
	if err != nil {
		return nil, Result{}, refuse(CodeFormat, "receipt: %v", err)
	}
	if canonical[0] != '{' {
		return nil, Result{}, refuse(CodeFormat, "receipt is not a JSON object")
	}
	r, err := Parse(canonical)
	if err != nil {
		return nil, Result{}, err
	}
	return r, verifyCanonical(canonical, r, trust), nil
}

// verifyCanonical judges a receipt whose canonical bytes are doc, by itself.
func verifyCanonical(doc []byte, r *Receipt, trust *TrustSet) Result {
	res := verifyBytes(doc, r)
	if !res.Intact() {
		res.SignerTrusted = trust != nil && trust.signer(r.KernelKey, r.Timestamp, "") == current
		return res
	}
	named := unknown
	if trust != nil { // 5
		named = trust.signer(r.KernelKey, r.Timestamp, "")
	}
	switch named {
	case unknown:
		res.Verdict = VerdictUntrusted
		res.Code, res.Detail = CodeUntrusted, "the trust set does not name "+r.KernelKey.String()+" for this time"
	case retired:
		res.Verdict = VerdictUntrusted
		res.Code, res.Detail = CodeRetired, "kernel "+r.KernelKey.String()+" was retired: its receipts count in a bundle that proves them in its final tree"
	default:
		res.SignerTrusted = true
		res.conclude(r, trust) // 6
	}
	return res
}

// verifyBytes is rules 1 to 4: whatever does not depend on who is trusted.
func verifyBytes(doc []byte, r *Receipt) Result {
	res := Result{ID: r.ID, Result: claim(r), Verdict: VerdictInvalid}
	list := members(doc)
	body := bodyOf(doc, list)
	incoherent := CheckCoherence(r) // 1
	res.Coherent = incoherent == nil
	res.ParameterHashValid = wire.Hash(parametersOf(doc, list)).String() == r.Action.ParameterHash // 2
	res.ReceiptIDValid = wire.Hash(body).String() == r.ID                                          // 3
	signed := verifySignature(r, body)                                                             // 4
	res.SignatureValid = signed && res.Coherent
	switch {
	case !res.Coherent:
		res.Code, res.Detail = CodeIncoherent, incoherent.(*Error).Detail
	case !signed:
		res.Code, res.Detail = CodeSignature, "signature does not verify under kernel_key"
	case !res.ReceiptIDValid:
		res.Code, res.Detail = CodeID, "id is not the hash of the body"
	case !res.ParameterHashValid:
		res.Code, res.Detail = CodeParameters, "parameter_hash is not the hash of the parameters"
	}
	return res
}

// conclude fills in verdict and authorisation of an intact, trusted receipt.
func (res *Result) conclude(r *Receipt, trust *TrustSet) {
	switch {
	case r.ReceiptKind == TraceObservation:
		res.Verdict = VerdictObserved
	case r.ReceiptKind == AdvisoryEvaluation:
		res.Verdict = VerdictAdvisory
	case r.Decision.Verdict == Deny:
		res.Verdict = VerdictDenied
	case r.Decision.Verdict != Allow:
		res.Verdict = r.Decision.Verdict
	case len(trust.Agents) > 0 && !slices.Contains(trust.Agents, subjectOf(r)):
		res.Verdict = VerdictUntrustedAgent
		res.Code, res.Detail = CodeAgent, "the trust set does not name the agent this call is attributed to"
	default:
		res.Verdict, res.Authorized = VerdictAuthorized, true
	}
}

func verifySignature(r *Receipt, body []byte) bool {
	if r.Algorithm != "" && r.Algorithm != wire.AlgEd25519 {
		return false
	}
	return isDigest(r.ID) && r.KernelKey.Check() == nil &&
		r.KernelKey.Verify(signingInput(body, r.ID), r.Signature) == nil
}

// subjectOf is the agent key in metadata.attribution, or the zero key.
func subjectOf(r *Receipt) wire.PublicKey {
	var m struct {
		Attribution struct {
			SubjectKey wire.PublicKey `json:"subject_key"`
		} `json:"attribution"`
	}
	if len(r.Metadata) == 0 || wire.UnmarshalLenient(r.Metadata, &m, Limits()) != nil {
		return wire.PublicKey{}
	}
	return m.Attribution.SubjectKey
}

// claim is what the receipt says of itself, in upstream's words.
func claim(r *Receipt) string {
	switch {
	case r.ReceiptKind == TraceObservation:
		return "Observed"
	case r.ReceiptKind == AdvisoryEvaluation:
		return "Advisory"
	case r.ReceiptKind != MediatedDecision || r.Decision == nil:
		return "Invalid"
	}
	switch r.Decision.Verdict {
	case Allow:
		return "Authorized"
	case Deny:
		return "Denied"
	case Cancelled:
		return "Cancelled"
	case Incomplete:
		return "Incomplete"
	case PendingApproval:
		return "PendingApproval"
	}
	return "Invalid"
}

// isDigest keeps anything but hex out of the signing input.
func isDigest(s string) bool {
	_, err := wire.ParseDigest(s)
	return err == nil
}

package verifier

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// verifyReceipt judges one receipt, or each receipt of an array. It exits 0 if
// every receipt is intact, whether or not its signer is known.
func verifyReceipt(e *env) (*answer, error) {
	trust, err := e.trustSet()
	if err != nil {
		return nil, err
	}
	doc, err := e.read(e.files[0])
	if err != nil {
		return nil, err
	}
	if isArray(doc) {
		return verifyReceipts(doc, trust)
	}
	if wire.SchemaOf(doc, wire.BundleLimits) == receipt.BundleSchema {
		return refused(receipt.CodeFormat, "this is a bundle; use chio-verify bundle"), nil
	}
	_, res, err := receipt.VerifyJSON(doc, trust)
	if err != nil {
		return nil, err
	}
	a := &answer{object: res, last: "verdict: " + res.Verdict}
	a.check(res.Coherent, "members cohere")
	a.check(res.SignatureValid, "signature")
	a.check(res.ReceiptIDValid, "id %s", res.ID)
	a.check(res.ParameterHashValid, "parameters")
	a.check(res.SignerTrusted, "signer in the trust set")
	a.check(res.Authorized, "proves an authorised call")
	if !res.Intact() {
		a.exit, a.code, a.detail = exitUnverifiable, res.Code, res.Detail
	}
	return a, nil
}

// verifyReceipts answers an array, one result for each receipt, in order. What
// is no receipt at all has a result of its own: all false, with the code.
func verifyReceipts(doc []byte, trust *receipt.TrustSet) (*answer, error) {
	parts := []wire.Raw{}
	if err := wire.Unmarshal(doc, &parts, wire.BundleLimits); err != nil {
		return refused(receipt.CodeFormat, err.Error()), nil
	}
	results, intact := make([]receipt.Result, 0, len(parts)), 0
	a := &answer{}
	for i, part := range parts {
		_, res, err := receipt.VerifyJSON(part, trust)
		var refusal *receipt.Error
		if errors.As(err, &refusal) {
			res = receipt.Result{Result: "Invalid", Verdict: receipt.VerdictInvalid, Code: refusal.Code, Detail: refusal.Detail}
		}
		results = append(results, res)
		a.check(res.Intact(), "%d %s: %s", i, res.ID, res.Verdict)
		if res.Intact() {
			intact++
		} else if a.exit == exitOK {
			a.exit, a.code, a.detail = exitUnverifiable, res.Code, fmt.Sprintf("receipt %d: %s", i, res.Detail)
		}
	}
	a.object, a.last = results, fmt.Sprintf("%d of %d receipts are intact", intact, len(parts))
	return a, nil
}

func isArray(doc []byte) bool {
	trimmed := bytes.TrimLeft(doc, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == '['
}

// bundleObject is the JSON of a verified bundle.
type bundleObject struct {
	OK bool `json:"ok"`
	*receipt.BundleReport
}

func verifyBundle(e *env) (*answer, error) {
	trust, doc, err := e.trusted()
	if err != nil {
		return nil, err
	}
	var proofs [][]byte
	if e.opt.proof != "" {
		proof, err := e.read(e.opt.proof)
		if err != nil {
			return nil, err
		}
		proofs = append(proofs, proof)
	}
	report, err := receipt.VerifyBundle(doc, trust, proofs...)
	if err != nil {
		return nil, err
	}
	a := &answer{object: bundleObject{OK: true, BundleReport: report}, last: "every byte of the file is accounted for"}
	for i := range report.Logs {
		log := &report.Logs[i]
		headChecks(a, &log.Head)
		counts := make(map[string]int)
		for j := range log.Receipts {
			counts[log.Receipts[j].Verdict]++
		}
		a.check(true, "%d receipts included", len(log.Receipts))
		for _, verdict := range sortedKeys(counts) {
			a.check(true, "  %d %s", counts[verdict], verdict)
		}
	}
	a.check(true, "%d capabilities", report.Capabilities)
	return a, nil
}

package verifier

import (
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// verifyReceipt judges one receipt. It exits 0 if the receipt is intact,
// whether or not its signer is known.
func verifyReceipt(e *env) (*answer, error) {
	trust, err := e.trustSet()
	if err != nil {
		return nil, err
	}
	doc, err := e.read(e.files[0])
	if err != nil {
		return nil, err
	}
	if schemaOf(doc) == receipt.BundleSchema {
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

// bundleObject is the JSON of a verified bundle.
type bundleObject struct {
	OK bool `json:"ok"`
	*receipt.BundleReport
}

func verifyBundle(e *env) (*answer, error) {
	trust, err := e.needTrust()
	if err != nil {
		return nil, err
	}
	doc, err := e.read(e.files[0])
	if err != nil {
		return nil, err
	}
	report, err := receipt.VerifyBundle(doc, trust)
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

// schemaOf peeks at a document to say what it is instead.
func schemaOf(doc []byte) string {
	var head struct {
		Schema string `json:"schema"`
	}
	if wire.UnmarshalLenient(doc, &head, wire.BundleLimits) != nil {
		return ""
	}
	return head.Schema
}

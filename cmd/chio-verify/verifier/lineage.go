package verifier

import (
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// lineageObject is the JSON of a verified chain of calls.
type lineageObject struct {
	OK bool `json:"ok"`
	*receipt.LineageReport
}

// verifyLineage judges an array of receipts of several organisations as one
// chain of calls.
func verifyLineage(e *env) (*answer, error) {
	trust, doc, err := e.trusted()
	if err != nil {
		return nil, err
	}
	var parts []wire.Raw
	if err := wire.Unmarshal(doc, &parts, wire.BundleLimits); err != nil {
		return refused(receipt.CodeFormat, err.Error()), nil
	}
	report, err := receipt.VerifyLineage(parts, trust)
	if err != nil {
		return nil, err
	}
	a := &answer{object: lineageObject{OK: true, LineageReport: report}, last: "every call names the one that led to it, and is named by it"}
	for i := range report.Hops {
		h := &report.Hops[i]
		a.check(true, "hop %d: %s → %s: call %s: %s, at the host %s", h.HopIndex, h.From, h.To, h.CallID, h.OriginVerdict, h.HostVerdict)
	}
	return a, nil
}

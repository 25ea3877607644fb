package verifier

import (
	"bytes"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// lineageObject is the JSON of a verified chain of calls.
type lineageObject struct {
	OK bool `json:"ok"`
	*receipt.LineageReport
}

// verifyLineage judges the receipts of several organisations as one chain of
// calls.
func verifyLineage(e *env) (*answer, error) {
	trust, err := e.needTrust()
	if err != nil {
		return nil, err
	}
	var parts []wire.Raw
	for _, name := range e.files {
		doc, err := e.read(name)
		if err != nil {
			return nil, err
		}
		more, err := receiptsIn(doc)
		if err != nil {
			return refused(receipt.CodeFormat, name+": "+err.Error()), nil
		}
		parts = append(parts, more...)
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

// receiptsIn reads an array of receipts, or takes them out of a bundle. What a
// bundle says of their logs is for the verb bundle to judge.
func receiptsIn(doc []byte) (parts []wire.Raw, err error) {
	if !bytes.HasPrefix(bytes.TrimSpace(doc), []byte("{")) {
		return parts, wire.Unmarshal(doc, &parts, wire.BundleLimits)
	}
	var b receipt.Bundle
	if err := wire.Unmarshal(doc, &b, wire.BundleLimits); err != nil {
		return nil, err
	}
	if b.Schema != receipt.BundleSchema {
		return nil, fmt.Errorf("want %s, got %.80q", receipt.BundleSchema, b.Schema)
	}
	for _, log := range b.Logs {
		for i := range log.Receipts {
			parts = append(parts, log.Receipts[i].Receipt)
		}
	}
	return parts, nil
}

package verifier

import (
	"maps"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/receipt"
)

// headObject is the JSON of a verified checkpoint.
type headObject struct {
	OK bool `json:"ok"`
	*receipt.Head
}

func verifyCheckpoint(e *env) (*answer, error) {
	trust, note, err := e.trusted()
	if err != nil {
		return nil, err
	}
	head, err := receipt.VerifyHead(note, trust)
	if err != nil {
		return nil, err
	}
	a := &answer{object: headObject{OK: true, Head: head}}
	headChecks(a, head)
	return a, nil
}

func headChecks(a *answer, h *receipt.Head) {
	a.check(true, "log %s has %d entries, root %s", h.Origin, h.Size, h.Root)
	a.check(true, "head signed by kernel %s", h.Key)
	for _, c := range h.CosignedBy {
		a.check(true, "cosigned by %s at %d", c.Name, c.Time)
	}
}

// consistencyObject is the JSON of a verified consistency proof.
type consistencyObject struct {
	OK bool `json:"ok"`
	*receipt.ConsistencyReport
}

func verifyConsistency(e *env) (*answer, error) {
	trust, err := e.needTrust()
	if err != nil {
		return nil, err
	}
	var docs [3][]byte
	for i, name := range e.files {
		if docs[i], err = e.read(name); err != nil {
			return nil, err
		}
	}
	report, err := receipt.VerifyConsistencyFiles(docs[0], docs[1], docs[2], trust)
	if err != nil {
		return nil, err
	}
	a := &answer{object: consistencyObject{OK: true, ConsistencyReport: report}}
	headChecks(a, &report.Old)
	headChecks(a, &report.New)
	a.check(true, "the log only grew, from %d to %d entries", report.Old.Size, report.New.Size)
	return a, nil
}

// equivocationObject is the JSON of proven equivocation.
type equivocationObject struct {
	OK bool `json:"ok"`
	*receipt.EquivocationReport
}

func verifyEquivocation(e *env) (*answer, error) {
	trust, doc, err := e.trusted()
	if err != nil {
		return nil, err
	}
	report, err := receipt.VerifyEquivocation(doc, trust)
	if err != nil {
		return nil, err
	}
	a := &answer{object: equivocationObject{OK: true, EquivocationReport: report}}
	headChecks(a, &report.A)
	headChecks(a, &report.B)
	a.last = "proven: log " + report.A.Origin + " signed two histories of one size"
	return a, nil
}

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }

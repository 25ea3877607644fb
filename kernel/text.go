package kernel

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of what a receipt repeats of other parties' words, in bytes. All
// of it together, escaped as badly as JSON can, leaves a receipt within
// receipt.Limits, so that no text can cost a call its receipt.
const (
	maxReasonBytes   = 2048
	maxFixBytes      = 512
	maxWordBytes     = 128
	maxDetailsBytes  = 2048
	maxEvidenceBytes = 64 << 10
	maxEvidence      = 256
)

// text makes foreign words fit for a receipt: UTF-8 of at most limit bytes and
// the mark that something was cut.
func text(s string, limit int) string {
	cut := len(s) > limit
	if cut {
		s = s[:limit]
		for n := 0; n < utf8.UTFMax && !utf8.ValidString(s[max(0, len(s)-utf8.UTFMax):]) && len(s) > 0; n++ {
			s = s[:len(s)-1]
		}
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if cut {
		s += "…"
	}
	return s
}

// bounded keeps a hostile name from bloating or spoiling a receipt.
func bounded(s string) string {
	if len(s) <= MaxNameBytes && utf8.ValidString(s) {
		return s
	}
	return "sha256:" + wire.Hash([]byte(s)).String()
}

// at is the denial with its step filled in. It is a copy: what a collaborator
// returned may be shared between calls.
func (d *Denial) at(step int) *Denial {
	own := *d
	if own.Step == 0 {
		own.Step = step
	}
	return &own
}

// recordable is a copy of a denial with words that fit a receipt.
func (d *Denial) recordable() *Denial {
	own := *d
	own.Code = Code(text(string(d.Code), maxWordBytes))
	own.Guard, own.Side = text(d.Guard, maxWordBytes), text(d.Side, maxWordBytes)
	own.Reason, own.Fix = text(d.Reason, maxReasonBytes), text(d.Fix, maxFixBytes)
	if own.Guard == "" { // a collaborator's denial must not cost the receipt
		own.Guard = "kernel"
	}
	return &own
}

// receiptEvidence is the findings as a receipt shows them; what is beyond its
// bounds is counted.
func receiptEvidence(evidence []Evidence) []receipt.Evidence {
	out := make([]receipt.Evidence, 0, min(len(evidence), maxEvidence))
	room := maxEvidenceBytes
	for i, e := range evidence {
		shown := receipt.Evidence{GuardName: text(e.Guard, maxWordBytes), Verdict: e.Verdict == Allow, Details: evidenceDetails(&e)}
		room -= len(shown.GuardName) + len(shown.Details)
		if i >= maxEvidence || room < 0 {
			return append(out, omitted(evidence[i:]))
		}
		out = append(out, shown)
	}
	return out
}

func evidenceDetails(e *Evidence) string {
	details := string(e.Code)
	if e.Rule != "" {
		details += " rule=" + e.Rule
	}
	if e.Details != "" {
		details += " " + e.Details
	}
	if e.Verdict == PendingApproval {
		details = "pending_approval " + details
	}
	return text(details, maxDetailsBytes)
}

// omitted stands for the findings that did not fit: it passes if all of them do.
func omitted(rest []Evidence) receipt.Evidence {
	all := true
	for _, e := range rest {
		all = all && e.Verdict == Allow
	}
	return receipt.Evidence{GuardName: "kernel", Verdict: all, Details: fmt.Sprintf("%d more findings are not shown", len(rest))}
}

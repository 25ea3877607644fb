package prompt

import (
	"math/bits"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// The names of the guards.
const (
	InjectionName = "prompt-injection"
	JailbreakName = "jailbreak"
	IndirectName  = "indirect-injection"
)

// The evidence codes.
const (
	CodeInjection kernel.Code = "CHIO-GUARD-PROMPT-INJECTION"
	CodeJailbreak kernel.Code = "CHIO-GUARD-JAILBREAK"
	CodeIndirect  kernel.Code = "CHIO-GUARD-INDIRECT-INJECTION"
)

// describe is the evidence of a finding: ids, numbers and a fingerprint, and
// nothing of the text.
func describe(kind string, f *finding, set *ruleset, level, fingerprint string) string {
	var b strings.Builder
	b.WriteString(kind)
	b.WriteString(" score=")
	b.WriteString(strconv.Itoa(f.score))
	b.WriteString(" level=")
	b.WriteString(level)
	b.WriteString(" signals=")
	for rest, first := f.signals, true; rest != 0; rest &= rest - 1 {
		if !first {
			b.WriteByte(',')
		}
		b.WriteString(set.rules[bits.TrailingZeros64(rest)].id)
		first = false
	}
	b.WriteString(" readings=")
	for rest, first := f.readings, true; rest != 0; rest &= rest - 1 {
		if !first {
			b.WriteByte(',')
		}
		b.WriteString(readings[bits.TrailingZeros16(rest)])
		first = false
	}
	b.WriteString(" windows=")
	b.WriteString(strconv.Itoa(f.windows))
	b.WriteString(" invisible=")
	b.WriteString(strconv.Itoa(f.hidden))
	b.WriteString(" fingerprint=")
	b.WriteString(fingerprint)
	return b.String()
}

// unreadable refuses a request that no detector can judge.
func unreadable(name string, r *guard.Request) (kernel.Decision, bool) {
	if r == nil || r.Call == nil || r.Call.Mandate == nil {
		return guard.Refuse(name, guard.CodeMalformed, "", "there is no call to judge"), true
	}
	switch s := r.Action.Shape.(type) {
	case nil:
		return guard.Refuse(name, guard.CodeMalformed, "", "the action was not extracted"), true
	case guard.Malformed:
		return guard.Refuse(name, guard.CodeMalformed, "", s.Reason), true
	}
	return kernel.Decision{}, false
}

// collect appends every string of a request as one text: values first, so that
// an order split over several arguments is read in one piece, then names.
func collect(dst []byte, r *guard.Request) []byte {
	for _, t := range r.Action.Texts {
		if t.Name != "" {
			dst = append(append(dst, t.Value...), '\n')
		}
	}
	for _, t := range r.Action.Texts {
		if t.Name == "" {
			dst = append(append(dst, t.Value...), '\n')
		}
	}
	if len(r.Action.Texts) > 0 {
		return dst
	}
	// An abstract action carries its text in the shape alone.
	switch s := r.Action.Shape.(type) {
	case guard.CodeExecution:
		dst = append(dst, s.Code...)
	case guard.DatabaseQuery:
		dst = append(dst, s.Query...)
	case guard.FileWrite:
		dst = append(dst, s.Content...)
	case guard.Patch:
		dst = append(dst, s.Diff...)
	case guard.ShellCommand:
		dst = append(dst, s.Command...)
	}
	return dst
}

// total is how many bytes of text collect would gather.
func total(r *guard.Request) int64 {
	n := int64(0)
	for _, t := range r.Action.Texts {
		n += int64(len(t.Value))
	}
	return n
}

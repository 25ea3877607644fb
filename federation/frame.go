package federation

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/backbay-labs/chio-node/wire"
)

// frameLimits bound a message of the call, cosign and sync protocols before
// anything of it is interpreted. The depth leaves room for the frame's own
// levels around foreign JSON.
var frameLimits = wire.Limits{Bytes: invokeFrameBytes, Depth: wire.ForeignLimits.Depth + 8}

// The codes of a protocol error: why a peer did not take a request. They are
// words between two nodes; a decision about a call is a receipt instead.
const (
	refusedMalformed   = "malformed"
	refusedNotActive   = "not_active"
	refusedConflict    = "conflict"    // the call id names another call
	refusedNotReady    = "not_ready"   // nothing can be recorded now
	refusedNotAParty   = "not_a_party" // the artifact does not name the requester
	refusedNotFound    = "not_found"
	refusedUnsupported = "unsupported"
	refusedMismatch    = "mismatch" // our own computation gives something else
)

// The status words of answers.
const (
	statusOK      = "ok"
	statusError   = "error"
	statusUnknown = "unknown"
	statusRunning = "running"
	statusDone    = "done"
	statusSaid    = "said" // a window of what the tool says while it runs
)

// PeerError is a protocol error that a peer answered.
type PeerError struct{ Code, Reason string }

func (e *PeerError) Error() string { return "peer answered " + e.Code + ": " + e.Reason }

// Is makes every protocol error match ErrRefused.
func (e *PeerError) Is(target error) bool { return target == ErrRefused }

// refusal is a protocol error on the serving side.
func refusal(code, format string, args ...any) *PeerError {
	return &PeerError{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// part is one member of a frame; its value is canonical JSON already.
type part struct {
	name  string
	value []byte
}

// object writes a canonical JSON object without reading the values again:
// arguments and results may be megabytes. A nil value is left out.
func object(parts ...part) []byte {
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	size := 2
	for _, p := range parts {
		size += len(p.name) + len(p.value) + 4
	}
	out := append(make([]byte, 0, size), '{')
	for _, p := range parts {
		if p.value == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), p.name...), `":`...)
		out = append(out, p.value...)
	}
	return append(out, '}')
}

// text is a string as a frame's member.
func text(s string) []byte {
	if s == "" {
		return nil
	}
	return wire.MustMarshal(s)
}

// errorFrame is how a protocol error travels. Reasons are ours, never a
// tool's, and are cut: they are for an operator to read.
func errorFrame(err error) []byte {
	var e *PeerError
	if !errors.As(err, &e) {
		e = &PeerError{Code: refusedNotReady, Reason: "the request could not be served"}
	}
	return object(part{"status", text(statusError)}, part{"code", text(e.Code)},
		part{"reason", text(strings.ToValidUTF8(e.Reason[:min(len(e.Reason), maxReason)], ""))})
}

// answerHead is what every answer begins with.
type answerHead struct {
	Status string `json:"status"`
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// errorMark is in every protocol error that is canonical, and seldom elsewhere.
var errorMark = []byte(`"status":"` + statusError + `"`)

// readAnswer decodes an answer of another shape than answerHead, unless it is a
// protocol error. Only what may be one is read twice.
func readAnswer(doc []byte, into any) error {
	bad := wire.UnmarshalCanonical(doc, into, frameLimits)
	if bad == nil && !bytes.Contains(doc, errorMark) {
		return nil
	}
	var head answerHead
	if err := wire.UnmarshalLenient(doc, &head, frameLimits); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if head.Status == statusError {
		return &PeerError{Code: clip(head.Code, 64), Reason: clip(head.Reason, maxReason)}
	}
	if bad != nil {
		return fmt.Errorf("read the answer: %w", bad)
	}
	return nil
}

// clip keeps a peer's words short and harmless in our own: they are shown on
// terminals.
func clip(s string, limit int) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(s[:min(len(s), limit)], ""))
}

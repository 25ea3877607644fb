package verifier

import (
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// answer is what a verb found: lines for people, one object for programs.
type answer struct {
	exit   int
	code   string
	detail string
	checks []check
	last   string // the conclusion, for people
	object any    // for --json; nil prints {ok, code, detail}
	raw    []byte // printed as it is, whatever --json says
}

// check is one line with a tick or a cross.
type check struct {
	ok   bool
	text string
}

func (a *answer) check(ok bool, format string, args ...any) {
	a.checks = append(a.checks, check{ok, fmt.Sprintf(format, args...)})
}

// errorObject is the JSON of an answer that has no better one.
type errorObject struct {
	OK     bool   `json:"ok"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// codeRead is the JSON code of a file that could not be read.
const codeRead = "CHIO-VERIFY-READ"

// failure turns an error of a verifying package into an answer: anything that
// has no code of theirs could not be read.
func failure(err error) *answer {
	var r *receipt.Error
	var c *capability.Error
	switch {
	case errors.As(err, &r):
		return refused(r.Code, r.Detail)
	case errors.As(err, &c):
		return refused(c.Code, c.Detail)
	}
	return &answer{exit: exitFailure, code: codeRead, detail: err.Error()}
}

func refused(code, detail string) *answer {
	return &answer{exit: exitUnverifiable, code: code, detail: detail}
}

// print writes the answer and returns the exit code. People read what was
// found on standard output and what is wrong on standard error.
func (a *answer) print(e *env, stdout, stderr io.Writer) int {
	if a.raw != nil {
		if _, err := stdout.Write(a.raw); err != nil {
			return exitFailure
		}
		return a.exit
	}
	if e.opt.json {
		object := a.object
		if object == nil {
			object = errorObject{OK: a.exit == exitOK, Code: a.code, Detail: a.detail}
		}
		doc, err := wire.Marshal(object)
		if err != nil {
			fmt.Fprintf(stderr, "chio-verify: encode the answer: %v\n", err)
			return exitFailure
		}
		if _, err := fmt.Fprintf(stdout, "%s\n", doc); err != nil {
			return exitFailure
		}
		return a.exit
	}
	for _, c := range a.checks {
		mark := "✓"
		if !c.ok {
			mark = "✗"
		}
		fmt.Fprintf(stdout, "%s %s\n", mark, c.text)
	}
	if a.last != "" {
		fmt.Fprintln(stdout, a.last)
	}
	if a.code != "" {
		fmt.Fprintf(stderr, "chio-verify: %s: %s\n", a.code, a.detail)
	}
	return a.exit
}

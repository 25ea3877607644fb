package policy

import (
	"errors"
	"fmt"
	"strings"
)

// The causes a caller can act on.
var (
	// ErrInvalid: the document is not a policy this build can enforce. The
	// error is an *Error that lists the problems.
	ErrInvalid = errors.New("policy is not valid")
	// ErrUnresolved: the document still extends another; use Load.
	ErrUnresolved = errors.New("policy extends another that was not loaded")
	// ErrNotPortable: the document has something a section cannot carry.
	ErrNotPortable = errors.New("policy is outside the portable subset")
)

// MaxProblems bounds the problems reported for one file.
const MaxProblems = 20

// Problem is one thing wrong with a document.
type Problem struct {
	File    string `json:"file"`
	Path    string `json:"path"`   // dotted, for example rules.tool_access.allow[2]
	Line    int    `json:"line"`   // from 1; 0: not known
	Column  int    `json:"column"` // from 1; 0: not known
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
	// Code and Severity are set by Lint and Warnings: L001, GOV_EXPIRED, W001;
	// warning or info. A problem of Parse or Validate is an error and has none.
	Code     string   `json:"code,omitempty"`
	Severity Severity `json:"severity,omitempty"`
}

// Severity is how much a problem that is no error matters.
type Severity string

// The severities.
const (
	SeverityWarning Severity = "warning"
	SeverityInfo    Severity = "info"
)

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ":%d", p.Column)
		}
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	if p.Fix != "" {
		b.WriteString(": " + p.Fix)
	}
	return b.String()
}

// Error is every problem found, in document order; it matches ErrInvalid.
type Error struct {
	Problems []Problem
}

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Is reports ErrInvalid.
func (e *Error) Is(target error) bool { return target == ErrInvalid }

func invalid(file, path, message, fix string) error {
	return &Error{Problems: []Problem{{File: file, Path: path, Message: message, Fix: fix}}}
}

package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/guards/network"
	"github.com/backbay-labs/chio-node/wire"
)

// Validate checks a document that was built in Go rather than parsed. Parse
// runs the same checks and adds positions.
func Validate(d *Document) error {
	if d == nil {
		return invalid("policy", "", "there is no policy", "load one, for example "+BuiltinDefault)
	}
	c := &checker{file: nameOf(d)}
	c.document(d)
	return c.err()
}

func nameOf(d *Document) string {
	if n := len(d.Sources); n > 0 {
		return d.Sources[n-1]
	}
	return "policy"
}

// checker collects what is wrong with values. It knows no positions.
type checker struct {
	file     string
	problems []Problem
}

func (c *checker) document(d *Document) {
	switch {
	case d.HushSpec == "":
		c.add("hushspec", "is missing", `add hushspec: "0.1.0"`)
	case !supportedVersion(d.HushSpec):
		c.add("hushspec", fmt.Sprintf("version %.24q is not supported", d.HushSpec), `write "0.1.0"`)
	}
	c.oneOf("merge_strategy", string(d.MergeStrategy), optional, string(Replace), string(MergeOnce), string(DeepMerge))
	c.rules("rules", &d.Rules)
	c.extensions("extensions", d)
	if m := d.Metadata; m != nil {
		c.oneOf("metadata.classification", m.Classification, optional, "public", "internal", "confidential", "restricted")
		c.oneOf("metadata.lifecycle_state", m.LifecycleState, optional, "draft", "review", "approved", "deployed", "deprecated", "archived")
		c.bounds("metadata.policy_version", m.PolicyVersion, 0, maxVersion)
	}
}

func supportedVersion(v string) bool {
	patch, ok := strings.CutPrefix(v, "0.1.")
	if !ok || patch == "" || len(patch) > 4 {
		return false
	}
	return strings.Trim(patch, "0123456789") == ""
}

func (c *checker) add(path, message, fix string) {
	if len(c.problems) < MaxProblems {
		c.problems = append(c.problems, Problem{File: c.file, Path: path, Message: message, Fix: fix})
	}
}

func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	return &Error{Problems: c.problems}
}

// optional says that "" is a value left out; required, that it is not.
const (
	optional = true
	required = false
)

func (c *checker) oneOf(path, s string, mayBeEmpty bool, values ...string) {
	if s == "" && mayBeEmpty || slices.Contains(values, s) {
		return
	}
	if s == "" {
		c.add(path, "is missing", "write one of "+strings.Join(values, ", "))
		return
	}
	c.add(path, fmt.Sprintf("%.40q is not a value of this key", s), suggest(s, "write one of ", values))
}

func (c *checker) bounds(path string, v, low, high int64) {
	if v < low || v > high {
		c.add(path, fmt.Sprintf("%d is outside %d … %d", v, low, high), "")
	}
}

// maybe is bounds of a value that may be absent.
func (c *checker) maybe(path string, v *int64, low, high int64) {
	if v != nil {
		c.bounds(path, *v, low, high)
	}
}

func (c *checker) decimal(path string, v, low, high Decimal) {
	if v < low || v > high {
		c.add(path, fmt.Sprintf("%s is outside %s … %s", v, low, high), "")
	}
}

func (c *checker) list(path string, list []string, check func(string) error) {
	if len(list) > maxEntries {
		c.add(path, fmt.Sprintf("has %d entries, limit %d", len(list), maxEntries), "")
		return
	}
	for i, s := range list {
		if err := check(s); err != nil {
			c.add(fmt.Sprintf("%s[%d]", path, i), err.Error(), "")
		}
	}
}

// text refuses a string that is empty or unfit to be shown in one line.
func (c *checker) text(path, s, fix string) {
	if s == "" {
		c.add(path, "is missing", fix)
		return
	}
	if err := checkName(s); err != nil {
		c.add(path, err.Error(), fix)
	}
}

// size checks a limit of at least one.
func (c *checker) size(path string, v *int64) { c.maybe(path, v, 1, maxSize) }

// The checks of strings.

const (
	maxVersion  = 1<<31 - 1
	maxNameText = 256 // bytes of a name or an identifier
)

// checkForbid and checkPermit refuse a pattern that is no glob.
func checkForbid(s string) error { _, err := guards.CompileGlob(s, guards.Forbid); return err }

func checkPermit(s string) error { _, err := guards.CompileGlob(s, guards.Permit); return err }

// checkName refuses an identifier that is empty, too long, or holds a blank at
// an end or a control character.
func checkName(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("is an empty string")
	case len(s) > maxNameText:
		return fmt.Errorf("has %d bytes, limit %d", len(s), maxNameText)
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("%.40q begins or ends with a blank", s)
	case strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\uFFFD' }):
		return fmt.Errorf("%.40q holds a control character", s)
	}
	return nil
}

// checkHost refuses what is no host pattern, address or range.
func checkHost(s string) error {
	if err := checkName(s); err != nil {
		return err
	}
	if strings.Contains(s, "://") {
		return fmt.Errorf("%.80q is a URL: write the host alone", s)
	}
	_, err := network.NewEgress(network.EgressConfig{Block: []string{s}})
	if inner := errors.Unwrap(err); inner != nil {
		return inner // without the name of the guard
	}
	return err
}

func checkCurrency(s string) error {
	if len(s) < 3 || len(s) > 12 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return fmt.Errorf("%.24q is not a currency code, such as USD", s)
	}
	return nil
}

const maxMoney = wire.MaxUnits

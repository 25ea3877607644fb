package policy

import (
	"errors"
	"fmt"
	re2 "regexp/syntax"
)

// The bounds of regular expressions. RE2 matches in linear time; the size of
// the program is the factor.
const (
	maxRegexes      = 256 // of one list
	maxRegexBytes   = 512
	maxRegexProgram = 4096 // instructions
)

func (c *checker) regexes(path string, list []string) {
	if len(list) > maxRegexes {
		c.add(path, fmt.Sprintf("has %d entries, limit %d", len(list), maxRegexes), "join some with |")
		return
	}
	for i, s := range list {
		c.regex(fmt.Sprintf("%s[%d]", path, i), s)
	}
}

func (c *checker) regex(path, s string) {
	if err := checkRegex(s); err != nil {
		c.add(path, err.Error(), "write an RE2 expression, without look-around and back-references")
	}
}

var (
	errRegexEmpty = errors.New("is an empty expression, which matches everything")
	errRegexSize  = errors.New("is too large")
)

func checkRegex(s string) error {
	switch {
	case s == "":
		return errRegexEmpty
	case len(s) > maxRegexBytes:
		return fmt.Errorf("expression %w: it has %d bytes, limit %d", errRegexSize, len(s), maxRegexBytes)
	}
	parsed, err := re2.Parse(s, re2.Perl)
	if err != nil {
		return fmt.Errorf("is not a regular expression: %s", cause(err))
	}
	program, err := re2.Compile(parsed.Simplify())
	if err != nil {
		return fmt.Errorf("is not a regular expression: %s", cause(err))
	}
	if len(program.Inst) > maxRegexProgram {
		return fmt.Errorf("expression %w: it compiles to %d instructions, limit %d", errRegexSize, len(program.Inst), maxRegexProgram)
	}
	return nil
}

func cause(err error) string {
	var e *re2.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("%s: %.60q", e.Code, e.Expr)
	}
	return err.Error()
}

package secrets

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
)

// ErrConfig refuses a configuration.
var ErrConfig = errors.New("secret patterns are not valid")

// The bounds of a policy's own patterns.
const (
	maxPatterns        = 1000
	maxExpressionBytes = 4096
)

// pattern is one compiled expression of a policy.
type pattern struct {
	name    string
	expr    *regexp.Regexp
	literal string // every match holds it; "" is not known
	verdict kernel.Verdict
}

func compilePatterns(list []Pattern) ([]pattern, error) {
	if len(list) > maxPatterns {
		return nil, fmt.Errorf("%w: %d patterns, limit %d", ErrConfig, len(list), maxPatterns)
	}
	out := make([]pattern, 0, len(list))
	seen := map[string]bool{}
	for _, p := range list {
		switch {
		case p.Name == "" || len(p.Name) > 128:
			return nil, fmt.Errorf("%w: a pattern's name is empty or over 128 bytes", ErrConfig)
		case seen[p.Name]:
			return nil, fmt.Errorf("%w: pattern %q is there twice", ErrConfig, p.Name)
		case len(p.Expression) == 0 || len(p.Expression) > maxExpressionBytes:
			return nil, fmt.Errorf("%w: pattern %q is empty or over %d bytes", ErrConfig, p.Name, maxExpressionBytes)
		}
		seen[p.Name] = true
		expr, err := regexp.Compile(p.Expression)
		if err != nil {
			return nil, fmt.Errorf("%w: pattern %q: %w", ErrConfig, p.Name, err)
		}
		c := pattern{name: p.Name, expr: expr, literal: mandatory(p.Expression), verdict: kernel.Deny}
		switch p.Severity {
		case "critical", "error":
		case "warn":
			c.verdict = kernel.PendingApproval
		default:
			return nil, fmt.Errorf("%w: pattern %q: severity %q is none of critical, error, warn", ErrConfig, p.Name, p.Severity)
		}
		out = append(out, c)
	}
	return out, nil
}

// find returns the first match.
func (p *pattern) find(text string) (span, bool) {
	if p.literal != "" && !strings.Contains(text, p.literal) {
		return span{}, false
	}
	at := p.expr.FindStringIndex(text)
	if at == nil {
		return span{}, false
	}
	return span{at[0], at[1]}, true
}

// mandatory returns the longest literal that every match of an expression
// holds, so that most texts are told apart without running it.
func mandatory(expression string) string {
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return ""
	}
	return literalOf(tree.Simplify())
}

func literalOf(r *syntax.Regexp) string {
	switch r.Op {
	case syntax.OpLiteral:
		if r.Flags&syntax.FoldCase == 0 {
			return string(r.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return literalOf(r.Sub[0])
	case syntax.OpConcat:
		best := ""
		for _, sub := range r.Sub {
			if l := literalOf(sub); len(l) > len(best) {
				best = l
			}
		}
		return best
	default: // an alternative or something optional holds nothing for certain
	}
	return ""
}

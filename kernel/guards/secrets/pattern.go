package secrets

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guards"
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
	verdict kernel.Verdict
}

// patterns are all of a policy, and what texts must hold for each to match.
type patterns struct {
	list    []pattern
	needles *guards.Needles
}

func compilePatterns(list []Pattern) (patterns, error) {
	out, expressions, err := compileEach(list)
	if err != nil {
		return patterns{}, err
	}
	return patterns{out, guards.NewNeedles(expressions)}, nil
}

func compileEach(list []Pattern) ([]pattern, []string, error) {
	if len(list) > maxPatterns {
		return nil, nil, fmt.Errorf("%w: %d patterns, limit %d", ErrConfig, len(list), maxPatterns)
	}
	out := make([]pattern, 0, len(list))
	expressions := make([]string, 0, len(list))
	seen := map[string]bool{}
	for _, p := range list {
		switch {
		case p.Name == "" || len(p.Name) > 128:
			return nil, nil, fmt.Errorf("%w: a pattern's name is empty or over 128 bytes", ErrConfig)
		case seen[p.Name]:
			return nil, nil, fmt.Errorf("%w: pattern %q is there twice", ErrConfig, p.Name)
		case len(p.Expression) == 0 || len(p.Expression) > maxExpressionBytes:
			return nil, nil, fmt.Errorf("%w: pattern %q is empty or over %d bytes", ErrConfig, p.Name, maxExpressionBytes)
		}
		seen[p.Name] = true
		expr, err := regexp.Compile(p.Expression)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: pattern %q: %w", ErrConfig, p.Name, err)
		}
		c := pattern{name: p.Name, expr: expr, verdict: kernel.Deny}
		switch p.Severity {
		case "critical", "error":
		case "warn":
			c.verdict = kernel.PendingApproval
		default:
			return nil, nil, fmt.Errorf("%w: pattern %q: severity %q is none of critical, error, warn", ErrConfig, p.Name, p.Severity)
		}
		out, expressions = append(out, c), append(expressions, p.Expression)
	}
	return out, expressions, nil
}

// find returns the first match.
func (p *pattern) find(text string) (span, bool) {
	at := p.expr.FindStringIndex(text)
	if at == nil {
		return span{}, false
	}
	return span{at[0], at[1]}, true
}

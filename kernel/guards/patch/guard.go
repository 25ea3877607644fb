package patch

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
)

// Name is the guard's name.
const Name = "patch-integrity"

// CodePatch is the evidence code of a patch that was not allowed.
const CodePatch kernel.Code = "CHIO-GUARD-PATCH"

// ErrConfig is a limit or an expression that cannot be.
var ErrConfig = errors.New("patch_integrity is not valid")

const (
	maxPatternBytes = 4096
	ratioUnit       = 1_000_000
)

// Guard is patch-integrity. It is immutable and safe for concurrent use.
type Guard struct {
	c        Config
	patterns *guards.Patterns
	allow    kernel.Decision
}

// DefaultForbidden returns the expressions of a block that lists none: changes
// that switch a protection off, and the marks of a planted command.
func DefaultForbidden() []string {
	return []string{
		`(?i)disable[ _-]?(security|auth|ssl|tls)`,
		`(?i)skip[ _-]?(verify|validation|check)`,
		`(?i)rm\s+-(rf|fr|r\s+-f|f\s+-r)\s+/`,
		`(?i)chmod\s+(-R\s+)?0?777`,
		`(?i)\beval\s*\(`,
		`(?i)\bexec\s*\(`,
		`(?i)reverse[_ -]?shell`,
		`(?i)bind[_ -]?shell`,
		`(?i)base64[_ -]?(-d|--decode|decode).*(exec|eval|\bsh\b|bash)`,
	}
}

// New compiles the configuration; an error is ErrConfig and names the field.
func New(c Config) (*Guard, error) {
	if c.Rule == "" {
		c.Rule = "rules.patch_integrity"
	}
	if c.Forbidden == nil {
		c.Forbidden = DefaultForbidden()
	}
	switch {
	case c.MaxAdditions < 0, c.MaxDeletions < 0:
		return nil, fmt.Errorf("%s: %w: a maximum is negative", Name, ErrConfig)
	case c.RequireBalance && c.MaxRatioMicros <= 0:
		return nil, fmt.Errorf("%s: %w: max_imbalance_ratio must be over 0", Name, ErrConfig)
	case len(c.Forbidden) > guards.MaxPatterns:
		return nil, fmt.Errorf("%s: %w: %d forbidden patterns, limit %d", Name, ErrConfig, len(c.Forbidden), guards.MaxPatterns)
	}
	for i, text := range c.Forbidden {
		if text == "" || len(text) > maxPatternBytes {
			return nil, fmt.Errorf("%s: %w: forbidden_patterns[%d] is empty or longer than %d bytes", Name, ErrConfig, i, maxPatternBytes)
		}
	}
	patterns, err := guards.CompilePatterns(c.Forbidden)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: forbidden_patterns%w", Name, ErrConfig, err)
	}
	g := &Guard{c: c, patterns: patterns}
	g.allow = guard.Conclude(kernel.Allow, Name, "", "", "")
	g.allow.Evidence = g.allow.Evidence[:1:1] // shared: no room to append to
	return g, nil
}

// Name returns patch-integrity.
func (g *Guard) Name() string { return Name }

// Judge implements guard.Guard:
//
//  1. a call that could not be read, or a patch that cannot be parsed as a
//     whole, is denied
//  2. more lines added or deleted than the maximum: denied
//  3. balance, if required: the larger side is at most the ratio times the
//     smaller; a side of no lines against one of some is denied
//  4. an added line that a forbidden pattern matches: denied
//
// It judges the patch of a patch tool, and what another tool has under the name
// "diff" or "patch" if that is in the form of one.
func (g *Guard) Judge(r *guard.Request) (kernel.Decision, error) {
	if g == nil || g.c.Rule == "" {
		return guard.Refuse(Name, kernel.CodeGuardError, "", "the guard was not built by New"), nil
	}
	if r == nil || r.Call == nil || r.Call.Mandate == nil {
		return guard.Refuse(Name, guard.CodeMalformed, "", "there is no call to judge"), nil // 1
	}
	named := ""
	judged := false
	switch s := r.Action.Shape.(type) {
	case nil:
		return guard.Refuse(Name, guard.CodeMalformed, "", "the action was not extracted"), nil // 1
	case guard.Malformed:
		return guard.Refuse(Name, guard.CodeMalformed, "", s.Reason), nil // 1
	case guard.Patch:
		if s.Diff != "" {
			if d, bad := g.judge(s.Diff, s.Path); bad {
				return d, nil
			}
			named, judged = s.Diff, true
		}
	}
	for i := range r.Action.Texts {
		t := &r.Action.Texts[i]
		if !patchName(t.Name) || t.Value == named {
			continue
		}
		if _, is := r.Action.Shape.(guard.Patch); !is && !isPatch(t.Value) {
			continue
		}
		if d, bad := g.judge(t.Value, "file"); bad {
			return d, nil
		}
		judged = true
	}
	if _, is := r.Action.Shape.(guard.Patch); is && !judged {
		return guard.Refuse(Name, CodePatch, g.c.Rule, "the call carries no patch that can be read"), nil // 1
	}
	return g.allow, nil
}

func patchName(name string) bool {
	switch strings.ToLower(name) {
	case "diff", "patch", "patches", "unified_diff", "unifieddiff", "patch_text", "patchtext", "diff_text", "hunks":
		return true
	}
	return false
}

func (g *Guard) judge(text, path string) (kernel.Decision, bool) {
	p, err := read(text, path)
	if err != nil {
		return guard.Refuse(Name, CodePatch, g.c.Rule, err.Error()), true // 1
	}
	switch {
	case p.additions > g.c.MaxAdditions: // 2
		return g.refuse("max_additions", "%d lines are added, limit %d", p.additions, g.c.MaxAdditions), true
	case p.deletions > g.c.MaxDeletions: // 2
		return g.refuse("max_deletions", "%d lines are deleted, limit %d", p.deletions, g.c.MaxDeletions), true
	case p.removesFile && (g.c.MaxDeletions < math.MaxInt64 || g.c.RequireBalance): // 2
		return g.refuse("max_deletions", "a file of unknown size is deleted, limit %d", g.c.MaxDeletions), true
	case g.c.RequireBalance && !balanced(p.additions, p.deletions, g.c.MaxRatioMicros): // 3
		return g.refuse("max_imbalance_ratio", "%d lines are added and %d deleted", p.additions, p.deletions), true
	}
	for n, line := range p.added {
		if i, matched := g.patterns.Match(line); matched { // 4
			return g.refuse(fmt.Sprintf("forbidden_patterns[%d]", i), "added line %d matches a forbidden pattern", n+1), true
		}
	}
	return kernel.Decision{}, false
}

func (g *Guard) refuse(field, details string, args ...any) kernel.Decision {
	return guard.Refuse(Name, CodePatch, g.c.Rule+"."+field, fmt.Sprintf(details, args...))
}

// balanced compares larger/smaller with the ratio exactly.
func balanced(a, b, ratioMicros int64) bool {
	larger, smaller := max(a, b), min(a, b)
	if larger == 0 {
		return true
	}
	if smaller == 0 {
		return false
	}
	hi, lo := bits.Mul64(uint64(larger), ratioUnit)
	rhi, rlo := bits.Mul64(uint64(smaller), uint64(ratioMicros))
	return hi < rhi || hi == rhi && lo <= rlo
}

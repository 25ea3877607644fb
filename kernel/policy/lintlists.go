package policy

import (
	"fmt"
	re2 "regexp/syntax"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guards"
)

// lists checks lists of globs, hosts and names against themselves and each
// other.
func (l *linter) lists(path string, r *Rules) {
	if b := r.ForbiddenPaths; b != nil {
		at := path + ".forbidden_paths"
		l.list(at+".patterns", b.Patterns, pathCovers)
		l.list(at+".exceptions", b.Exceptions, pathCovers)
		l.exceptions(at+".exceptions", b.Patterns, b.Exceptions)
	}
	if b := r.PathAllowlist; b != nil {
		for _, list := range []struct {
			name    string
			entries []string
		}{{"read", b.Read}, {"write", b.Write}, {"patch", b.Patch}} {
			at := path + ".path_allowlist." + list.name
			l.list(at, list.entries, pathCovers)
			l.everything(at, list.entries, "**", "/**")
		}
	}
	if b := r.Egress; b != nil {
		at := path + ".egress"
		l.list(at+".allow", b.Allow, hostCovers)
		l.list(at+".block", b.Block, hostCovers)
		l.everything(at+".allow", b.Allow, "**")
		l.shadowed(at+".allow", b.Allow, b.Block, hostCovers)
	}
	if b := r.ToolAccess; b != nil {
		at := path + ".tool_access"
		l.list(at+".allow", b.Allow, nil)
		l.list(at+".block", b.Block, nil)
		l.list(at+".require_confirmation", b.RequireConfirmation, nil)
		l.everything(at+".allow", b.Allow, "*")
		l.shadowed(at+".allow", b.Allow, b.Block, nil)
		l.shadowed(at+".require_confirmation", b.RequireConfirmation, b.Block, nil)
	}
	if b := r.BrowserAutomation; b != nil {
		at := path + ".browser_automation"
		l.list(at+".allowed_domains", b.AllowedDomains, nil)
		l.list(at+".blocked_domains", b.BlockedDomains, nil)
		l.everything(at+".allowed_domains", b.AllowedDomains, "**")
	}
}

// covers reports that a matches whatever b matches. It may miss cases; it
// never invents one.
type covers func(a, b string) bool

func (l *linter) list(path string, list []string, overlap covers) {
	first := map[string]int{}
	for i, s := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if before, twice := first[s]; twice {
			l.warn("L008", at, fmt.Sprintf("%.80q is also entry %d", s, before), "keep one")
			continue
		}
		first[s] = i
		if overlap == nil || len(list) > 256 { // quadratic: not for long lists
			continue
		}
		if j := slices.IndexFunc(list, func(other string) bool { return other != s && overlap(other, s) && !overlap(s, other) }); j >= 0 {
			l.warn("L002", at, fmt.Sprintf("%.80q is covered by entry %d, %.80q", s, j, list[j]), "remove it")
		}
	}
}

func (l *linter) everything(path string, list []string, all ...string) {
	for i, s := range list {
		if slices.Contains(all, s) {
			l.warn("L004", fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%q allows everything", s), "list what is needed")
		}
	}
}

// shadowed finds allowed entries that a blocked one covers, since block wins.
func (l *linter) shadowed(path string, allow, block []string, is covers) {
	for i, s := range allow {
		j := slices.IndexFunc(block, func(b string) bool { return b == s || is != nil && len(block) <= 256 && is(b, s) })
		if j >= 0 {
			l.warn("L010", fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%.80q is blocked by %.80q", s, block[j]), "remove one of them")
		}
	}
}

// exceptions finds those whose fixed beginning no pattern can share.
func (l *linter) exceptions(path string, patterns, exceptions []string) {
	if len(patterns) == 0 {
		return // the built-in ones
	}
	for i, e := range exceptions {
		touches := slices.ContainsFunc(patterns, func(p string) bool {
			a, b := fixed(p), fixed(e)
			return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
		})
		if !touches {
			l.warn("L003", fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%.80q is an exception from no pattern", e), "remove it, or add the pattern")
		}
	}
}

// fixed is the beginning of a path glob before anything variable. A pattern
// that does not begin at the root matches anywhere, so nothing of it is fixed.
func fixed(pattern string) string {
	if !strings.HasPrefix(pattern, "/") {
		return ""
	}
	if i := strings.IndexAny(pattern, "*?[{\\"); i >= 0 {
		return pattern[:i]
	}
	return pattern
}

func pathCovers(a, b string) bool {
	if strings.ContainsAny(b, "*?[{\\") {
		folder, all := strings.CutSuffix(a, "/**")
		return a != b && all && !strings.ContainsAny(folder, "*?[{\\") && strings.HasPrefix(b, folder+"/")
	}
	g, err := guards.CompileGlob(a, guards.Permit)
	return err == nil && strings.HasPrefix(b, "/") && g.Match(b)
}

// hostCovers knows two forms of a: a single label or any labels before a fixed
// tail.
func hostCovers(a, b string) bool {
	if a == "**" {
		return true
	}
	if tail, deep := strings.CutPrefix(a, "**."); deep {
		return !strings.ContainsAny(tail, "*?") && strings.HasSuffix(b, "."+tail)
	}
	tail, one := strings.CutPrefix(a, "*.")
	label, under := strings.CutSuffix(b, "."+tail)
	return one && under && !strings.ContainsAny(tail, "*?") && !strings.ContainsAny(label, ".*?/:[") && label != ""
}

// costly is the size of a program from which on an expression is worth a look.
const costly = 1000

func (l *linter) expressions(path string, r *Rules) {
	check := func(at, s string) {
		parsed, err := re2.Parse(s, re2.Perl)
		if err != nil {
			return
		}
		program, err := re2.Compile(parsed.Simplify())
		if err == nil && len(program.Inst) > costly {
			l.info("L006", at, fmt.Sprintf("compiles to %d instructions, which every scan pays for", len(program.Inst)), "shorten repetitions")
		}
	}
	each := func(at string, list []string) {
		for i, s := range list {
			check(fmt.Sprintf("%s[%d]", at, i), s)
		}
	}
	if b := r.SecretPatterns; b != nil {
		for i, p := range b.Patterns {
			check(fmt.Sprintf("%s.secret_patterns.patterns[%d].pattern", path, i), p.Pattern)
		}
	}
	if b := r.PatchIntegrity; b != nil {
		each(path+".patch_integrity.forbidden_patterns", b.ForbiddenPatterns)
	}
	if b := r.ShellCommands; b != nil {
		each(path+".shell_commands.forbidden_patterns", b.ForbiddenPatterns)
	}
	if b := r.BrowserAutomation; b != nil {
		each(path+".browser_automation.extra_credential_patterns", b.ExtraCredentialPatterns)
	}
}

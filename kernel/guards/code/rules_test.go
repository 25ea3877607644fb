package code

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

func TestUnknownIsNoLanguage(t *testing.T) {
	g := must(t, Config{Languages: []string{"python", "unknown", "auto"}})
	for _, args := range []map[string]any{{"code": "1"}, {"code": "1", "language": "auto"}, {"code": "1", "language": ""}} {
		if d, err := g.Judge(run(args)); err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Rule != "rules.code_execution.language_allowlist" {
			t.Errorf("%v: %+v %v", args, d, err)
		}
	}
	if d, _ := g.Judge(source("py", "1")); d.Verdict != kernel.Allow {
		t.Errorf("%+v", d)
	}
}

// A module whose name has separators in it is denied by its whole name.
func TestModulesWithSeparators(t *testing.T) {
	g := must(t, Config{DeniedModules: []string{"left.pad", "@scope/tool", "golang.org/x/sys"}, Network: true})
	for _, tc := range []struct{ lang, code string }{
		{"javascript", "require('left.pad')"}, {"javascript", "import a from '@scope/tool'"}, {"go", `import "golang.org/x/sys"`},
	} {
		if d, err := g.Judge(source(tc.lang, tc.code)); err != nil || d.Verdict != kernel.Deny {
			t.Errorf("%s: %+v %v", tc.code, d, err)
		}
	}
	if d, _ := g.Judge(source("javascript", "require('left-pad')")); d.Verdict != kernel.Allow {
		t.Errorf("%+v", d)
	}
}

// Code inside code is read to a depth, and deeper is denied, not passed over.
func TestNestedCode(t *testing.T) {
	g := must(t, Config{DeniedModules: []string{"zzz"}, Network: true})
	nest := func(inner string, depth int) string {
		for range depth {
			inner = "exec('" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(inner) + "')"
		}
		return inner
	}
	for depth, want := range map[int]kernel.Verdict{0: kernel.Allow, 1: kernel.Allow, 2: kernel.Allow, maxNesting + 2: kernel.Deny} {
		if d, err := g.Judge(source("python", nest("x = 1", depth))); err != nil || d.Verdict != want {
			t.Errorf("%d deep: %+v %v, want %v", depth, d, err, want)
		}
	}
	for depth := range maxNesting {
		if d, err := g.Judge(source("python", nest("import zzz", depth))); err != nil || d.Verdict != kernel.Deny {
			t.Errorf("a denied module %d deep: %+v %v", depth, d, err)
		}
	}
}

package policy

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// drawRules draws a document from a world small enough for rules and calls to
// meet; at least one rule is in force.
func drawRules(t *rapid.T, label string) Rules {
	some := func(of ...string) []string { return rapid.SliceOfN(rapid.SampledFrom(of), 0, 2).Draw(t, label) }
	var r Rules
	r.ToolAccess = &ToolAccessRule{Enabled: true, ToolAccess: ToolAccess{
		Allow: nilIfEmpty(some("read_file", "fetch", "echo")), Block: some("bash", "echo"), RequireConfirmation: some("fetch", "write_file"),
		Default: rapid.SampledFrom([]string{DefaultAllow, DefaultAllow, DefaultBlock}).Draw(t, "default")}}
	if rapid.Bool().Draw(t, label+" forbids") {
		r.ForbiddenPaths = &ForbiddenPathsRule{Enabled: true, ForbiddenPaths: ForbiddenPaths{Patterns: append(some("/a/**", "**/x"), "/never"), Exceptions: some("/a/y")}}
	}
	if rapid.Bool().Draw(t, label+" hosts") {
		r.Egress = &EgressRule{Enabled: true, Egress: Egress{Allow: some("a.example.com", "**.example.com"), Block: some("b.example.com"),
			Default: rapid.SampledFrom([]string{DefaultAllow, DefaultBlock}).Draw(t, "hosts")}}
	}
	if rapid.Bool().Draw(t, label+" secrets") {
		r.SecretPatterns = &SecretPatternsRule{Enabled: true, Patterns: []SecretPattern{{Name: "n", Pattern: "QQ[0-9]", Severity: "warn"}}}
	}
	if rapid.Bool().Draw(t, label+" commands") {
		r.ShellCommands = &ShellCommandsRule{Enabled: true, ForbiddenPatterns: some("make", "ls")}
	}
	return r
}

func drawToolCall(t *rapid.T) *kernel.Call {
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "of the call") }
	switch pick("file", "write", "fetch", "shell", "echo") {
	case "file":
		return call("read_file", fmt.Sprintf(`{"path":%q}`, pick("/a/x", "/a/y", "/b/x", "/c", "/a/../a/x")))
	case "write":
		return call("write_file", fmt.Sprintf(`{"path":%q,"content":%q}`, pick("/a/x", "/c"), pick("QQ1", "text", "ZZ1")))
	case "fetch":
		return call("fetch", fmt.Sprintf(`{"url":"https://%s/"}`, pick("a.example.com", "b.example.com", "c.other.example", "10.0.0.1")))
	case "shell":
		return call("bash", fmt.Sprintf(`{"command":%q}`, pick("ls", "make x", "rm -rf /", "cat /a/x")))
	}
	return call("echo", fmt.Sprintf(`{"text":%q}`, pick("QQ1", "/a/x", "plain")))
}

// tighten adds one restriction to a document.
func tighten(t *rapid.T, r *Rules) string {
	what := rapid.SampledFrom([]string{"block", "confirm", "forbid", "host", "pattern", "secret", "people", "patch", "code", "size"}).Draw(t, "tighten")
	tools := *r.ToolAccess
	switch what {
	case "block":
		tools.Block = append(slices.Clone(tools.Block), rapid.SampledFrom([]string{"read_file", "fetch", "bash"}).Draw(t, "tool"))
	case "confirm": // a listed name, so that it is not permitted by this
		if tools.Default != DefaultAllow || tools.Allow != nil {
			return ""
		}
		tools.RequireConfirmation = append(slices.Clone(tools.RequireConfirmation), "read_file")
	case "size":
		size := int64(20)
		tools.MaxArgsSize = &size
	case "forbid":
		f := ForbiddenPathsRule{Enabled: true}
		if r.ForbiddenPaths != nil {
			f = *r.ForbiddenPaths
		}
		f.Patterns = append(slices.Clone(f.Patterns), rapid.SampledFrom([]string{"/b/**", "/c", "**/y"}).Draw(t, "pattern"))
		r.ForbiddenPaths = &f
	case "host":
		e := EgressRule{Enabled: true, Egress: Egress{Default: DefaultAllow}}
		if r.Egress != nil {
			e = *r.Egress
		}
		e.Block = append(slices.Clone(e.Block), "a.example.com")
		r.Egress = &e
	case "pattern":
		s := ShellCommandsRule{Enabled: true}
		if r.ShellCommands != nil {
			s = *r.ShellCommands
		}
		s.ForbiddenPatterns = append(slices.Clone(s.ForbiddenPatterns), "cat")
		r.ShellCommands = &s
	case "secret":
		s := SecretPatternsRule{Enabled: true}
		if r.SecretPatterns != nil {
			s = *r.SecretPatterns
		}
		s.Patterns = append(slices.Clone(s.Patterns), SecretPattern{Name: "z", Pattern: "ZZ[0-9]", Severity: "critical"})
		r.SecretPatterns = &s
	case "people":
		r.HumanInLoop = &HumanInLoopRule{Enabled: true, RequireConfirmation: []string{"*_file"}}
	case "patch":
		r.PatchIntegrity = &PatchIntegrityRule{Enabled: true}
	case "code":
		r.CodeExecution = &CodeExecutionRule{Enabled: true}
	}
	r.ToolAccess = &tools
	return what
}

func ruling(t *rapid.T, r Rules, o CompileOptions, k *kernel.Call) kernel.Verdict {
	c, err := Compile(&Document{HushSpec: "0.1.0", Rules: r}, o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Guard.Evaluate(k)
	if err != nil {
		t.Fatal(err)
	}
	return d.Verdict
}

// One more rule block, entry of a block list, forbidden pattern or guard never
// turns a verdict into a laxer one.
func TestI4_OneMoreRestrictionNeverLoosensAPolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, k := drawRules(t, "rules"), drawToolCall(t)
		before := ruling(t, r, CompileOptions{}, k)
		tight := r
		what := tighten(t, &tight)
		if after := ruling(t, tight, CompileOptions{}, k); after > before {
			t.Fatalf("%s: %v became %v", what, before, after)
		}
		own := map[string]guard.Guard{"own": answering{"own", rapid.SampledFrom([]kernel.Verdict{kernel.Allow, kernel.Deny, kernel.PendingApproval}).Draw(t, "own")}}
		if after := ruling(t, r, CompileOptions{Custom: own}, k); after > before {
			t.Fatalf("a custom guard: %v became %v", before, after)
		}
	})
}

// A profile allows nothing that its own lists or the policy's block list deny.
func TestI4_OriginsNarrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, own, k := drawRules(t, "rules"), drawRules(t, "own"), drawToolCall(t)
		if len(r.ToolAccess.Allow) == 0 && r.ToolAccess.Default == DefaultBlock || r.Egress != nil && len(r.Egress.Allow) == 0 && r.Egress.Default == DefaultBlock {
			return // there a profile's list is the list, as HushSpec has it
		}
		p := OriginProfile{ID: "p", Match: &OriginMatch{Provider: "x"}, ToolAccess: &own.ToolAccess.ToolAccess}
		if own.Egress != nil {
			p.Egress = &own.Egress.Egress
		}
		d := &Document{HushSpec: "0.1.0", Rules: r}
		before := ruling(t, r, CompileOptions{}, k)
		d.Extensions.Origins = &Origins{DefaultBehavior: originsMinimal, Profiles: []OriginProfile{p}}
		c, err := Compile(d, CompileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := c.Guard.Evaluate(k); got.Verdict != before {
			t.Fatalf("without an origin: %v, want %v", got.Verdict, before)
		}
		there := *k.Mandate
		there.Surface = surface("x")
		k.Mandate = &there
		if got, _ := c.Guard.Evaluate(k); got.Verdict > before {
			t.Fatalf("%v under the policy, %v under the profile: %+v", before, got.Verdict, got.Evidence)
		}
	})
}

// Cost does not follow the number of rules: what is allocated stays the same.
func TestAThousandRulesAllocateLikeTen(t *testing.T) {
	few, many := rulesOf(t, 10), rulesOf(t, 1000)
	for _, k := range []*kernel.Call{call("search", `{"q":"x"}`), call("read_file", `{"path":"/srv/a/b.go"}`), call("fetch", `{"url":"https://api.example.com/"}`)} {
		a := testing.AllocsPerRun(50, func() { _, _ = few.Guard.Evaluate(k) })
		b := testing.AllocsPerRun(50, func() { _, _ = many.Guard.Evaluate(k) })
		if b > a+1 {
			t.Errorf("%s: %.0f allocations with 10 rules, %.0f with 1,000", k.Mandate.Tool, a, b)
		}
	}
}

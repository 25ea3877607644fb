package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

func section(t testing.TB, doc string) (Section, error) {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(doc), &n); err != nil {
		t.Fatal(err)
	}
	return SectionFromYAML("terms.yaml", "ingress", n.Content[0])
}

func mustSection(t testing.TB, doc string) Section {
	t.Helper()
	s, err := section(t, doc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSectionFromYAML(t *testing.T) {
	s := mustSection(t, "forbidden_paths: {patterns: [a]}\npath_allowlist: {enabled: true, read: [\"**\"]}\ntool_access: {allow: []}\ncaps: {max_charge_per_call: {units: 3, currency: USD}, max_calls_per_treaty: 0}\n")
	want := `{"caps":{"max_calls_per_treaty":0,"max_charge_per_call":{"currency":"USD","units":3}},"forbidden_paths":{"patterns":["a"]},"path_allowlist":{"read":["**"]},"tool_access":{"allow":[]}}`
	if got := string(wire.MustMarshal(s)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var back Section
	if err := wire.UnmarshalCanonical([]byte(want), &back, wire.DocumentLimits); err != nil || back.ToolAccess.Allow == nil || back.PathAllowlist.Write != nil {
		t.Errorf("absent and empty were confused: %+v %v", back, err)
	}
	for doc, want := range map[string]string{
		"velocity: {}": "terms.yaml:1:1: ingress.velocity: is not portable",
		"egress: {allow: [a.example], default: allow}": "ingress.egress.allow: decides nothing",
		"extensions: {}":                                          "terms.yaml:1:1: ingress.extensions: unknown key",
		"tool_access: {enabled: false}":                           "terms.yaml:1:14: ingress.tool_access.enabled: a section has no disabled blocks",
		"forbidden_paths: {}":                                     "terms.yaml:1:18: ingress.forbidden_paths.patterns: is missing or empty",
		"caps: {max_charge_per_call: {units: 1}}":                 "terms.yaml:1:29: ingress.caps.max_charge_per_call: needs units and currency",
		"caps: {max_charge_per_call: 0.03}":                       "terms.yaml:1:29: ingress.caps.max_charge_per_call: must be a mapping",
		"caps: {max_calls_per_treaty: -1}":                        "terms.yaml:1:30: ingress.caps.max_calls_per_treaty: -1 is outside",
		"caps: {max_args_size: 9007199254740993}":                 "terms.yaml:1:23: ingress.caps.max_args_size:",
		"tool_access: {allow: [a], require_workload_identity: x}": "terms.yaml:1:27: ingress.tool_access.require_workload_identity: is not supported",
	} {
		if _, err := section(t, doc); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", doc, err)
		}
	}
}

func TestPortableFromDocument(t *testing.T) {
	d := mustLoad(t, head+"rules:\n  forbidden_paths: {}\n  tool_access: {block: [shell_exec]}\n  egress: {allow: [a.example.com]}\n  path_allowlist: {enabled: true, read: [\"/srv/**\"], write: [\"/out/**\"]}\n")
	s, err := PortableFromDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.ForbiddenPaths.Patterns) == 0 || !slices.Equal(s.PathAllowlist.Patch, []string{"/out/**"}) || s.ToolAccess.Allow != nil {
		t.Errorf("%+v", s)
	}
	g, err := CompileSection(s, "own_terms")
	if err != nil {
		t.Fatal(err)
	}
	c := mustCompile(t, d)
	for _, call := range []*kernel.Call{call("read_file", `{"path":"/srv/a"}`), call("read_file", `{"path":"/etc/shadow"}`), call("shell_exec", `{}`), call("write_file", `{"path":"/srv/a"}`),
		call("fetch", `{"url":"https://a.example.com/"}`), call("fetch", `{"url":"https://b.example.com/"}`), call("fetch", `{"url":"https://10.0.0.1/"}`)} {
		a, _ := verdict(t, c.Guard, call)
		if b, _ := verdict(t, g, call); a != b {
			t.Errorf("%s: document %v, its section %v", call.Mandate.Tool, a, b)
		}
	}
	for _, doc := range []string{"", "extends: builtin:default\n", "rules: {tool_access: {block: ['a*']}}\n", "rules: {tool_access: {require_runtime_assurance_tier: basic}}\n",
		"rules: {tool_access: {}, velocity: {max_requests_per_agent: 1}}\n", "rules: {tool_access: {}}\nextensions: {chio: {observe: all}}\n"} {
		if _, err := PortableFromDocument(mustLoad(t, head+doc)); !errors.Is(err, ErrNotPortable) {
			t.Errorf("%q: %v", doc, err)
		}
	}
	unresolved, _ := Parse("p", []byte(head+"extends: builtin:default\n"))
	if _, err := PortableFromDocument(unresolved); !errors.Is(err, ErrUnresolved) {
		t.Errorf("an unresolved policy: %v", err)
	}
}

func TestSectionEvidence(t *testing.T) {
	g, err := CompileSection(mustSection(t, "tool_access: {allow: [read_file], max_args_size: 64}\ncaps: {max_charge_per_call: {units: 3, currency: USD}, max_args_size: 40}"), "peer_terms")
	if err != nil || g.Name() != "peer_terms" {
		t.Fatal(err)
	}
	d, _ := g.Evaluate(call("write_file", `{"path":"/a"}`))
	if last := d.Evidence[len(d.Evidence)-1]; last.Rule != "peer_terms.tool_access.allow" || last.Code != "CHIO-GUARD-TOOL-NOT-ALLOWED" {
		t.Errorf("%+v", last)
	}
	if _, code := verdict(t, g, call("read_file", `{"path":"/0123456789012345678901234567890"}`)); code != "CHIO-GUARD-ARGS-SIZE" {
		t.Errorf("args size: %s", code)
	}
	paid := call("read_file", `{"path":"/a"}`)
	paid.Route.Price = &wire.MonetaryAmount{Units: 4, Currency: "USD"}
	if v, code := verdict(t, g, paid); v != kernel.Deny || code != "CHIO-GUARD-CHARGE-CAP" {
		t.Errorf("charge: %v %s", v, code)
	}
	for name, k := range map[string]Caps{"none": {}, "count": {MaxCallsPerTreaty: new(int64)}} {
		g, err := CompileCaps(k, "treaty")
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := verdict(t, g, paid); v != kernel.Allow {
			t.Errorf("%s: treaty caps deny what they do not limit", name)
		}
	}
	bad := int64(0)
	if _, err := CompileCaps(Caps{MaxArgsSize: &bad}, "treaty"); !errors.Is(err, ErrInvalid) {
		t.Errorf("bad caps: %v", err)
	}
	if _, err := CompileSection(Section{ForbiddenPaths: &ForbiddenPaths{Patterns: []string{"["}}}, "x"); !errors.Is(err, ErrInvalid) {
		t.Errorf("bad section: %v", err)
	}
}

// Two kernels that hold the same attestations compute the same bytes, whatever
// way the sections reached them; every field and the direction are bound.
func TestI10_EffectiveDigest(t *testing.T) {
	egress := mustSection(t, "tool_access: {allow: [b, a], default: block}\n")
	ingress := mustSection(t, "forbidden_paths: {patterns: [\"**/.env\"]}\ncaps: {max_calls_per_treaty: 9}\n")
	caps := Caps{MaxChargePerCall: &wire.MonetaryAmount{Units: 5, Currency: "USD"}}
	const a, b = "did:chio:aa", "did:chio:bb"
	got := EffectiveDigest(a, b, egress, ingress, caps)
	const pinned = "664c74d8a9c5cf11f909ced37b8a9a63945a10669e44af34a58ba7069a23ae67"
	if got.String() != pinned {
		t.Errorf("digest %s, pinned %s: the format is frozen", got, pinned)
	}
	var e2, i2 Section
	for from, to := range map[*Section]*Section{&egress: &e2, &ingress: &i2} {
		if err := wire.UnmarshalCanonical(wire.MustMarshal(*from), to, wire.DocumentLimits); err != nil {
			t.Fatal(err)
		}
	}
	if EffectiveDigest(a, b, e2, i2, caps) != got {
		t.Error("the digest changes when a section is sent and read again")
	}
	empty := egress
	empty.ToolAccess = &ToolAccess{Allow: []string{}}
	absent := egress
	absent.ToolAccess = &ToolAccess{}
	seen := map[wire.Digest]string{got: "itself"}
	for name, d := range map[string]wire.Digest{
		"direction": EffectiveDigest(b, a, egress, ingress, caps), "sides": EffectiveDigest(a, b, ingress, egress, caps),
		"caps": EffectiveDigest(a, b, egress, ingress, Caps{}), "empty list": EffectiveDigest(a, b, empty, ingress, caps),
		"absent list": EffectiveDigest(a, b, absent, ingress, caps),
	} {
		if other, same := seen[d]; same {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[d] = name
	}
}

// drawSection draws from a world small enough for rules and calls to meet.
func drawSection(t *rapid.T, label string) Section {
	tools := rapid.SliceOfN(rapid.SampledFrom([]string{"read_file", "write_file", "echo", "pay", "*_file", "p*"}), 0, 3)
	globs := rapid.SliceOfN(rapid.SampledFrom([]string{"/a/**", "/b/*", "**/x", "**", "/a/y"}), 1, 3)
	var s Section
	if rapid.Bool().Draw(t, label+" forbids") {
		s.ForbiddenPaths = &ForbiddenPaths{Patterns: globs.Draw(t, "patterns")}
		if rapid.Bool().Draw(t, "excepts") {
			s.ForbiddenPaths.Exceptions = globs.Draw(t, "exceptions")
		}
	}
	if rapid.Bool().Draw(t, label+" permits") {
		s.PathAllowlist = &PathAllowlist{Read: globs.Draw(t, "read")}
		if rapid.Bool().Draw(t, "writes") {
			s.PathAllowlist.Write = globs.Draw(t, "write")
		}
	}
	if rapid.Bool().Draw(t, label+" tools") {
		s.ToolAccess = &ToolAccess{Block: tools.Draw(t, "block"), RequireConfirmation: tools.Draw(t, "confirm"),
			Default: rapid.SampledFrom([]string{"", DefaultAllow, DefaultBlock}).Draw(t, "default")}
		if rapid.Bool().Draw(t, "lists") {
			s.ToolAccess.Allow = tools.Draw(t, "allow")
		}
		if rapid.Bool().Draw(t, "sizes") {
			s.ToolAccess.MaxArgsSize = ptr(rapid.Int64Range(1, 30).Draw(t, "size"))
		}
	}
	if rapid.Bool().Draw(t, label+" hosts") {
		hosts := rapid.SliceOfN(rapid.SampledFrom([]string{"a.example.com", "*.example.com", "**.example.com", "10.0.0.1", "other.example"}), 0, 3)
		s.Egress = &Egress{Block: hosts.Draw(t, "blocked"), Default: rapid.SampledFrom([]string{"", DefaultAllow, DefaultBlock}).Draw(t, "host default")}
		if s.Egress.Default != DefaultAllow && rapid.Bool().Draw(t, "names hosts") {
			s.Egress.Allow = hosts.Draw(t, "hosts")
		}
	}
	if rapid.Bool().Draw(t, label+" caps") {
		s.Caps.MaxChargePerCall = &wire.MonetaryAmount{Units: rapid.Uint64Range(0, 3).Draw(t, "units"), Currency: rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "currency")}
		s.Caps.MaxArgsSize = ptr(rapid.Int64Range(1, 30).Draw(t, "cap"))
		s.Caps.MaxCallsPerTreaty = ptr(rapid.Int64Range(0, 3).Draw(t, "calls"))
	}
	return s
}

func ptr(v int64) *int64 { return &v }

func drawCall(t *rapid.T) *kernel.Call {
	path := rapid.SampledFrom([]string{"/a", "/a/x", "/a/y", "/b/c", "/c/x", "x", "../x", "/b/../a/x"}).Draw(t, "path")
	c := call(rapid.SampledFrom([]string{"read_file", "write_file", "echo", "pay", "summon"}).Draw(t, "tool"), fmt.Sprintf(`{"path":%q}`, path))
	if rapid.Bool().Draw(t, "fetches") {
		c = call("fetch", fmt.Sprintf(`{"url":"https://%s/"}`, rapid.SampledFrom([]string{"a.example.com", "b.a.example.com", "other.example", "10.0.0.1", "example.com"}).Draw(t, "host")))
	}
	if rapid.Bool().Draw(t, "paid") {
		c.Route.Price = &wire.MonetaryAmount{Units: rapid.Uint64Range(0, 4).Draw(t, "price"), Currency: rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "in")}
	}
	return c
}

func evaluate(t *rapid.T, g kernel.Guard, err error, c *kernel.Call) kernel.Verdict {
	if err != nil {
		t.Fatal(err)
	}
	d, err := g.Evaluate(c)
	if err != nil {
		t.Fatal(err)
	}
	return d.Verdict
}

// The merged form decides exactly what evaluating both and taking the
// stricter verdict decides: two implementations, one answer. So it never
// allows what either side does not.
func TestI4_MeetIsTheStricterOfBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawSection(t, "a"), drawSection(t, "b"), drawCall(t)
		ga, err := CompileSection(a, "own_terms")
		va := evaluate(t, ga, err, c)
		gb, err := CompileSection(b, "peer_terms")
		vb := evaluate(t, gb, err, c)
		gm, err := Conjoin(a).Meet(Conjoin(b)).Compile("both")
		if vm := evaluate(t, gm, err, c); vm != va.Stricter(vb) {
			t.Fatalf("a %v, b %v, merged %v\na %s\nb %s", va, vb, vm, wire.MustMarshal(a), wire.MustMarshal(b))
		}
	})
}

func TestI4_MeetLaws(t *testing.T) {
	form := func(c Conjunction) string { return string(wire.MustMarshal(c)) }
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := Conjoin(drawSection(t, "a")), Conjoin(drawSection(t, "b")), Conjoin(drawSection(t, "c"))
		if form(a.Meet(b)) != form(b.Meet(a)) {
			t.Fatal("not commutative")
		}
		if form(a.Meet(b).Meet(c)) != form(a.Meet(b.Meet(c))) {
			t.Fatal("not associative")
		}
		if form(a.Meet(a)) != form(a) {
			t.Fatalf("not idempotent: %s then %s", form(a), form(a.Meet(a)))
		}
		if form(a.Meet(b).Meet(a)) != form(a.Meet(b)) {
			t.Fatal("not absorbing")
		}
		call := drawCall(t)
		ga, err := a.Compile("a")
		va := evaluate(t, ga, err, call)
		gm, err := a.Meet(b).Compile("m")
		if evaluate(t, gm, err, call) > va {
			t.Fatal("not monotone: the meet allows what a does not")
		}
	})
}

// One more rule in a section never loosens it: a section is compared with
// itself under one more block, cap, forbidden pattern or blocked tool.
func TestI4_OneMoreRuleNeverLoosens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, more, c := drawSection(t, "s"), drawSection(t, "more"), drawCall(t)
		if s.IsZero() {
			return // nothing said denies; the first rule is what grants
		}
		tight := s
		if tight.ForbiddenPaths == nil {
			tight.ForbiddenPaths = more.ForbiddenPaths
		} else if more.ForbiddenPaths != nil {
			f := *tight.ForbiddenPaths
			f.Patterns = append(slices.Clone(f.Patterns), more.ForbiddenPaths.Patterns...)
			tight.ForbiddenPaths = &f
		}
		if tight.PathAllowlist == nil {
			tight.PathAllowlist = more.PathAllowlist
		}
		if tight.ToolAccess == nil {
			tight.ToolAccess = more.ToolAccess
		} else if more.ToolAccess != nil {
			a := *tight.ToolAccess
			a.Block = append(slices.Clone(a.Block), more.ToolAccess.Block...)
			tight.ToolAccess = &a
		}
		if tight.Egress == nil {
			tight.Egress = more.Egress
		} else if more.Egress != nil {
			e := *tight.Egress
			e.Block = append(slices.Clone(e.Block), more.Egress.Block...)
			tight.Egress = &e
		}
		if tight.Caps == (Caps{}) {
			tight.Caps = more.Caps
		}
		g, err := CompileSection(s, "s")
		before := evaluate(t, g, err, c)
		g, err = CompileSection(tight, "t")
		if after := evaluate(t, g, err, c); after > before {
			t.Fatalf("%v became %v\n%s\n%s", before, after, wire.MustMarshal(s), wire.MustMarshal(tight))
		}
	})
}

func TestMeetLines(t *testing.T) {
	a := mustSection(t, "forbidden_paths: {patterns: [\"**/.env\"]}\ntool_access: {allow: [read_file, list], block: [x], max_args_size: 100}\ncaps: {max_charge_per_call: {units: 3, currency: USD}}")
	b := mustSection(t, "forbidden_paths: {patterns: [\"**/.env\", \"**/.ssh/**\"]}\npath_allowlist: {read: [\"/srv/**\"]}\ntool_access: {allow: [read_file, write], block: [x], default: block}\ncaps: {max_charge_per_call: {units: 5, currency: USD}, max_calls_per_treaty: 7}")
	want := []Line{
		{"forbidden_paths.patterns", "**/.env", "**/.env, **/.ssh/**", "**/.env, **/.ssh/**", "b", ""},
		{"path_allowlist.read", "any", "/srv/**", "/srv/**", "b", ""},
		{"path_allowlist.write", "any", "nothing", "nothing", "b", ""},
		{"path_allowlist.patch", "any", "nothing", "nothing", "b", ""},
		{"tool_access.allow", "list, read_file", "read_file, write", "read_file", "both", ""},
		{"tool_access.block", "x", "x", "x", "equal", ""},
		{"max_args_size", "100 bytes", "any", "100 bytes", "a", ""},
		{"caps.max_calls_per_treaty", "any", "7", "7", "b", ""},
		{"caps.max_charge_per_call", "3 minor units of USD", "5 minor units of USD", "3 minor units of USD", "a", ""},
	}
	if got := Meet(a, b); !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Errorf("line %d: got %+v", i, got[i:min(i+1, len(got))])
			}
		}
	}
	if got := Meet(Section{}, a); len(got) != 1 || got[0].Stricter != StricterA || got[0].Effective != "nothing is allowed" {
		t.Errorf("an empty section: %+v", got)
	}
}

// Swapping the sides swaps a and b and nothing else.
func TestMeetLinesAreSymmetric(t *testing.T) {
	swap := map[string]string{StricterA: StricterB, StricterB: StricterA, StricterBoth: StricterBoth, Equal: Equal}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSection(t, "a"), drawSection(t, "b")
		x, y := Meet(a, b), Meet(b, a)
		if len(x) != len(y) {
			t.Fatal("lines differ")
		}
		for i := range x {
			if x[i].Field != y[i].Field || x[i].A != y[i].B || x[i].Stricter != swap[y[i].Stricter] || x[i].Note == "" && x[i].Effective != y[i].Effective {
				t.Fatalf("%+v\n%+v", x[i], y[i])
			}
		}
		for _, l := range Meet(a, a) {
			if l.Stricter != Equal {
				t.Fatalf("a against itself: %+v", l)
			}
		}
	})
}

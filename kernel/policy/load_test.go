package policy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/backbay-labs/chio-node/wire"
)

func builtinText(t testing.TB, name string) []byte {
	t.Helper()
	doc, ok := Builtin(name)
	if !ok {
		t.Fatalf("there is no policy %s in the binary", name)
	}
	return doc
}

// Every policy in the binary loads, by either name, and has no warnings.
func TestBuiltins(t *testing.T) {
	names := BuiltinNames()
	if len(names) == 0 || names[0] != "default" {
		t.Fatalf("names %v", names)
	}
	for _, name := range names {
		d, err := Load(builtinPrefix+name, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if w := Warnings(d); len(w) > 0 {
			t.Errorf("%s: %v", name, w)
		}
		leaf := fstest.MapFS{"p.yaml": {Data: []byte(head + "extends: " + name + "\n")}}
		bare, err := Load("p.yaml", leaf)
		if err != nil || bytesOf(bare) != bytesOf(d) {
			t.Errorf("extends: %s is not that policy: %v", name, err)
		}
	}
	for _, name := range []string{"", "none", "../default", "default.yaml", "Default", "builtin:", "builtin:builtin:default"} {
		if _, ok := Builtin(name); ok {
			t.Errorf("%q is a policy", name)
		}
	}
}

const remoteURL = "https://policies.example/base.yaml"

func pinned(doc string) string { return remoteURL + "#sha256=" + wire.Hash([]byte(doc)).String() }

func TestRemoteBases(t *testing.T) {
	base := head + "name: remote\nextends: default\n"
	copyName := "p/.chio-policy/" + wire.Hash([]byte(base)).String() + ".yaml"
	leaf := head + "extends: " + pinned(base) + "\n"
	d, err := Load("p/leaf.yaml", fstest.MapFS{"p/leaf.yaml": {Data: []byte(leaf)}, copyName: {Data: []byte(base)}})
	if err != nil || d.Name != "remote" || strings.Join(d.Sources, " ") != "builtin:default "+copyName+" p/leaf.yaml" {
		t.Fatalf("%v %v", d, err)
	}
	for name, tc := range map[string]struct{ extends, copied, want string }{
		"no copy":        {pinned(base), "", "has no copy beside this file, and policies are not fetched while a node runs: run chio-node policy vendor FILE"},
		"altered copy":   {pinned(base), base + "# more\n", "is not the pinned bytes of " + remoteURL},
		"no pin":         {remoteURL, base, "is remote, and policies are not fetched"},
		"other pin":      {remoteURL + "#md5=1", base, "has a fragment that is no pin"},
		"upper-case pin": {remoteURL + "#sha256=" + strings.ToUpper(wire.Hash([]byte(base)).String()), base, "has a fragment that is no pin"},
		"http":           {"http://policies.example/base.yaml#sha256=" + wire.Hash([]byte(base)).String(), base, "is remote and not an https address"},
		"user":           {"https://u@policies.example/b#sha256=" + wire.Hash([]byte(base)).String(), base, "is remote and not an https address"},
		"file":           {"file:///etc/p.yaml", base, "is remote and not an https address"},
	} {
		files := fstest.MapFS{"p/leaf.yaml": {Data: []byte(head + "extends: \"" + tc.extends + "\"\n")}}
		if tc.copied != "" {
			files[copyName] = &fstest.MapFile{Data: []byte(tc.copied)}
		}
		if _, err := Load("p/leaf.yaml", files); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	relative := head + "extends: other.yaml\n"
	files := fstest.MapFS{
		"leaf.yaml": {Data: []byte(head + "extends: " + pinned(relative) + "\n")},
		".chio-policy/" + wire.Hash([]byte(relative)).String() + ".yaml": {Data: []byte(relative)},
	}
	if _, err := Load("leaf.yaml", files); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "a vendored policy has none beside it") {
		t.Errorf("a file beside a vendored policy: %v", err)
	}
}

func TestVendor(t *testing.T) {
	far := head + "name: far\n"
	near := head + "extends: https://policies.example/far.yaml#sha256=" + wire.Hash([]byte(far)).String() + "\n"
	served := map[string]string{remoteURL: near, "https://policies.example/far.yaml": far}
	files := fstest.MapFS{"p/leaf.yaml": {Data: []byte(head + "extends: " + pinned(near) + "\n")}}
	fetched := 0
	fetch := func(_ context.Context, url string) ([]byte, error) {
		fetched++
		doc, ok := served[url]
		if !ok {
			return nil, errors.New("not found")
		}
		return []byte(doc), nil
	}
	write := func(name string, doc []byte) error {
		files[name] = &fstest.MapFile{Data: doc}
		return nil
	}
	if _, err := Load("p/leaf.yaml", files); err == nil {
		t.Fatal("loads before it is vendored")
	}
	written, err := Vendor(context.Background(), "p/leaf.yaml", files, fetch, write)
	if err != nil || len(written) != 2 {
		t.Fatalf("%v %v", written, err)
	}
	if d, err := Load("p/leaf.yaml", files); err != nil || d.Name != "far" {
		t.Fatalf("%v %v", d, err)
	}
	fetched = 0
	if written, err = Vendor(context.Background(), "p/leaf.yaml", files, fetch, write); err != nil || len(written) != 0 || fetched != 0 {
		t.Errorf("a second time: %v %v, %d fetched", written, err, fetched)
	}
	refuse := func(name, leaf, want string) {
		t.Helper()
		written, err := Vendor(context.Background(), "l.yaml", fstest.MapFS{"l.yaml": {Data: []byte(leaf)}}, fetch,
			func(string, []byte) error { t.Errorf("%s: something is stored", name); return nil })
		if err == nil || !strings.Contains(err.Error(), want) || len(written) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	refuse("other bytes", head+"extends: "+pinned(far)+"\n", "is not the pinned bytes of "+remoteURL)
	served["https://policies.example/bad.yaml"] = "x: 1\n"
	refuse("no policy", head+"extends: https://policies.example/bad.yaml#sha256="+wire.Hash([]byte("x: 1\n")).String()+"\n", "bad.yaml:1:1: x: unknown key")
	refuse("no pin", head+"extends: https://policies.example/far.yaml\n", "what is there now, once you have read it, is https://policies.example/far.yaml#sha256="+wire.Hash([]byte(far)).String())
	refuse("not there", head+"extends: https://policies.example/none.yaml#sha256="+wire.Hash([]byte(far)).String()+"\n", "fetching policy https://policies.example/none.yaml: not found")
}

func TestLoadChecksTheWhole(t *testing.T) {
	files := fstest.MapFS{
		"b.yaml": {Data: []byte(head + "extensions: {posture: {initial: a, states: {a: {}}}}\n")},
		"p.yaml": {Data: []byte(head + "extends: b.yaml\nextensions: {posture: {initial: z}}\n")},
		"q.yaml": {Data: []byte(head + "extends: b.yaml\nextensions: {origins: {profiles: [{id: x, posture: a}]}}\n")},
	}
	if _, err := Load("p.yaml", files); !errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), `p.yaml: extensions.posture.initial: "z" is not a state`) {
		t.Errorf("%v", err)
	}
	d, err := Load("q.yaml", files)
	if err != nil || d.Extensions.Origins.DefaultBehavior != "deny" {
		t.Errorf("%v %v", d, err)
	}
}

func TestWarnings(t *testing.T) {
	for doc, want := range map[string]string{
		"extensions: {posture: {initial: a, states: {a: {capabilities: [shel]}}}}":                                                                         `W001 extensions.posture.states.a.capabilities[0]: "shel" is not a capability this build knows: did you mean shell?`,
		"extensions: {posture: {initial: a, states: {a: {capabilities: [shell], budgets: {tools: 1}}}}}":                                                   `W001 extensions.posture.states.a.budgets.tools: "tools" is not a budget`,
		"extensions: {posture: {initial: a, states: {a: {}}}}":                                                                                             `W002 extensions.posture.states.a: permits no capability`,
		"extensions: {posture: {initial: a, states: {a: {capabilities: [shell]}, b: {capabilities: [shell]}}}}":                                            `W002 extensions.posture.states.b: is not the initial state`,
		"extensions: {origins: {profiles: [{id: a}, {id: b}]}}":                                                                                            `W002 extensions.origins.profiles[1]: is a second profile`,
		"extensions: {detection: {prompt_injection: {warn_at_or_above: critical}}}":                                                                        `W003 extensions.detection.prompt_injection.warn_at_or_above: critical is above`,
		"extensions: {detection: {jailbreak: {block_threshold: 40}}}":                                                                                      `W003 extensions.detection.jailbreak.warn_threshold: 50 is above`,
		"rules: {input_injection: {allowed_types: [keybord]}}":                                                                                             `W001 rules.input_injection.allowed_types[0]: "keybord" is not an input type`,
		"extensions: {chio: {conditions: {egress: {context: {edge: b}}}}}":                                                                                 `W002 extensions.chio.conditions.egress: is a condition of a block`,
		"extensions: {posture: {initial: a, states: {a: {capabilities: [shell]}}}, detection: {jailbreak: {}, prompt_injection: {}}}\nrules: {egress: {}}": "",
	} {
		w := Warnings(mustParse(t, under1(doc)))
		got := ""
		if len(w) > 0 {
			got = w[0].Code + " " + strings.TrimPrefix(w[0].String(), "p.yaml: ")
		}
		if !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: %s", doc, got)
		}
	}
}

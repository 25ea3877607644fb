package capability

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

var update = flag.Bool("update", false, "rewrite testdata/vectors")

// vector is one line of testdata/vectors/index.json: a file, the time to judge
// it at, and the code it is refused with, "" if it is accepted.
type vector struct {
	File string `json:"file"`
	At   int64  `json:"at"`
	Code string `json:"code"`
}

// vectorFiles builds every vector from fixed seeds, so that the checked-in
// files can be compared with what the code makes today.
func vectorFiles(t *testing.T) (index []vector, files map[string][]byte) {
	t.Helper()
	files = make(map[string][]byte)
	add := func(name string, at int64, code string, v any) {
		doc, err := wire.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = doc
		index = append(index, vector{File: name, At: at, Code: code})
	}
	w := newWorld(t)
	root, leaf := w.tokens[0], w.tokens[1]
	add("root_valid.json", testNow, "", root)
	add("root_expired_reject.json", root.ExpiresAt, CodeExpired, root)
	add("root_not_yet_valid_reject.json", root.IssuedAt-1, CodeNotYetValid, root)
	add("chain_valid.json", testNow, "", w.tokens)
	add("chain_leaf_only_reject.json", testNow, CodeChain, []Token{leaf})

	tampered := root
	tampered.Subject = w.agent.Public()
	add("root_tampered_reject.json", testNow, CodeSignature, tampered)

	wide := leaf
	wide.Scope = rootScope()
	wide.Scope.Grants[0].ToolName = "*"
	wide.Scope.Grants[0].Constraints = nil
	add("chain_widened_reject.json", testNow, CodeWidened, []Token{root, w.resign(t, wide, false)})

	long := newWorld(t).tokens[1]
	long.ExpiresAt = root.ExpiresAt + 1
	add("chain_outlives_parent_reject.json", testNow, CodeWidened, []Token{root, w.resign(t, long, false)})

	caveat := newWorld(t).tokens[0]
	caveat.Caveats = []wire.Raw{wire.Raw(`{"kind":"time","predicate":"before noon"}`)}
	add("root_caveat_reject.json", testNow, CodeInvalid, w.resign(t, caveat, false))

	unknown := bytes.Replace(files["root_valid.json"], []byte(`"id":`), []byte(`"idx":1,"id":`), 1)
	files["root_unknown_member_reject.json"] = unknown
	index = append(index, vector{File: "root_unknown_member_reject.json", At: testNow, Code: CodeInvalid})

	bound := newWorld(t).tokens[0]
	bound.AggregateInvocationBudget = Aggregate{AggregateFamily, 100}.Value()
	add("root_aggregate_valid.json", testNow, "", w.resign(t, bound, false))
	bound.AggregateInvocationBudget = wire.Raw(`{"max_invocations":100,"root_binding":{},"scope":"delegation-family"}`)
	add("root_aggregate_root_binding_reject.json", testNow, CodeInvalid, w.resign(t, bound, false))
	bound = newWorld(t).tokens[0]
	bound.AggregateInvocationBudget = Aggregate{AggregateCapability, 100}.Value()
	own := w.resign(t, bound, false)
	add("root_aggregate_own_valid.json", testNow, "", own)
	add("chain_aggregate_own_reject.json", testNow, CodeWidened, []Token{own, leaf})

	plain := newWorld(t).tokens[0] // upstream's older form: signed without schema
	plain.Schema = ""
	input, err := plain.bodyBytes("")
	if err != nil {
		t.Fatal(err)
	}
	plain.Signature, _ = w.root.Sign(input)
	add("root_plain_body_valid.json", testNow, "", plain)
	return index, files
}

// judgeVector accepts a file as chio-verify does: a token, or an array of them.
func judgeVector(doc []byte, at int64) error {
	chain := []Token{{}}
	if doc[0] == '[' {
		if err := wire.Unmarshal(doc, &chain, wire.ForeignLimits); err != nil {
			return refuse(CodeInvalid, "%v", err)
		}
	} else {
		t, err := Parse(doc)
		if err != nil {
			return err
		}
		chain[0] = *t
	}
	_, err := VerifyChain(chain, ChainInput{Now: at, MaxDepth: MaxDepth, CountsAggregates: true, TrustedRoot: func(wire.PublicKey) bool { return true }})
	return err
}

func TestVectors(t *testing.T) {
	dir := filepath.Join("testdata", "vectors")
	index, files := vectorFiles(t)
	doc, err := wire.Marshal(index)
	if err != nil {
		t.Fatal(err)
	}
	files["index.json"] = doc
	for name, want := range files {
		path := filepath.Join(dir, name)
		if *update {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code makes (%v); a frozen format must not change", path, err)
		}
	}
	for _, v := range index {
		if err := judgeVector(files[v.File], v.At); codeOf(err) != v.Code || (err == nil) != (v.Code == "") {
			t.Errorf("%s: got %v, want %q", v.File, err, v.Code)
		}
	}
}

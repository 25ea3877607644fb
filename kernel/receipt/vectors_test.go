package receipt

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

var update = flag.Bool("update", false, "rewrite testdata/vectors")

// vector is one line of testdata/vectors/index.json: a file, what it is, and
// the code its verification ends in, "" if it is accepted by trust.json.
type vector struct {
	File string `json:"file"`
	Kind string `json:"kind"` // receipt | bundle | checkpoint | equivocation
	Code string `json:"code"`
}

// vectorFiles builds every vector from fixed seeds.
func vectorFiles(t *testing.T) (index []vector, files map[string][]byte, trust *TrustSet) {
	t.Helper()
	f := newFixture(t, 3)
	key := f.kernel
	files = make(map[string][]byte)
	add := func(name, kind, code string, doc []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		files[name] = doc
		index = append(index, vector{File: name, Kind: kind, Code: code})
	}
	sign := func(change func(*Receipt)) []byte {
		r := sample()
		change(r)
		return mustSign(t, r, key)
	}
	allow := sign(func(*Receipt) {})
	add("allow_valid.json", "receipt", "", allow, nil)
	add("deny_valid.json", "receipt", "", sign(func(r *Receipt) {
		r.Decision = &Decision{Verdict: Deny, Reason: "path is forbidden", Guard: "forbidden-path"}
	}), nil)
	add("pending_valid.json", "receipt", "", sign(func(r *Receipt) {
		r.Decision = &Decision{Verdict: PendingApproval, Reason: "over the limit", Guard: "spend", ApprovalID: "a1"}
	}), nil)
	add("tampered_reject.json", "receipt", CodeSignature, bytes.Replace(allow, []byte("roadmap"), []byte("salarys"), 1), nil)
	add("parameter_hash_reject.json", "receipt", CodeParameters, signedAnyway(t, key, func(r *Receipt) { r.Action.ParameterHash = strings.Repeat("0", 64) }), nil)
	add("incoherent_reject.json", "receipt", CodeIncoherent, signedAnyway(t, key, func(r *Receipt) { r.ObservationOutcome = Observed }), nil)
	add("unknown_member_reject.json", "receipt", CodeFormat, bytes.Replace(allow, []byte(`{"action"`), []byte(`{"a":1,"action"`), 1), nil)

	doc := f.bytes(t)
	add("bundle_valid.json", "bundle", "", doc, nil)
	add("bundle_newline_reject.json", "bundle", CodeNotCanonical, append(bytes.Clone(doc), '\n'), nil)
	swapped := newFixture(t, 3)
	r := swapped.bundle.Logs[0].Receipts
	r[0].Receipt, r[1].Receipt = r[1].Receipt, r[0].Receipt
	add("bundle_swapped_reject.json", "bundle", CodeInclusion, swapped.bytes(t), nil)

	all := leaves(7)
	head := func(n int, root wire.Digest) []byte {
		note, err := SignCheckpoint(Checkpoint{Origin: testOrigin, Size: uint64(n), Root: root}, key)
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	older, newer := head(3, refRoot(all[:3])), head(7, refRoot(all))
	stranger, err := Cosign(newer, "stranger", seedKey(t, 11), testNow)
	add("checkpoint_stranger_reject.txt", "checkpoint", CodeUntrusted, stranger, err)
	cosigned, err := Cosign(newer, "globex", seedKey(t, 8), testNow)
	add("checkpoint_valid.txt", "checkpoint", "", cosigned, err)
	files["old.txt"], files["new.txt"] = older, newer
	files["consistency_valid.json"], err = (&ConsistencyProof{Schema: ConsistencySchema, Origin: testOrigin, From: 3, To: 7, Path: refProof(3, all)}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	files["consistency_reject.json"], err = (&ConsistencyProof{Schema: ConsistencySchema, Origin: testOrigin, From: 3, To: 7, Path: refProof(2, all)}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	ev, err := NewEquivocation(newer, head(7, wire.Hash(nil)))
	if err != nil {
		t.Fatal(err)
	}
	proof, err := ev.Bytes()
	add("equivocation_valid.json", "equivocation", "", proof, err)
	same, err := (&Equivocation{Schema: EquivocationSchema, A: string(older), B: string(newer)}).Bytes()
	add("equivocation_other_size_reject.json", "equivocation", CodeEquivocation, same, err)
	if files["trust.json"], err = f.trust.Bytes(); err != nil {
		t.Fatal(err)
	}
	return index, files, f.trust
}

// signedAnyway signs a receipt that Sign would refuse.
func signedAnyway(t *testing.T, key *wire.Key, change func(*Receipt)) []byte {
	t.Helper()
	r := sample()
	mustSign(t, r, key)
	change(r)
	doc, err := wire.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	list := members(doc)
	body := bodyOf(doc, list)
	id := wire.Hash(body).String()
	sig, err := key.Sign(signingInput(body, id))
	if err != nil {
		t.Fatal(err)
	}
	return assemble(doc, list, id, sig)
}

func judgeVector(kind string, doc []byte, trust *TrustSet) string {
	var err error
	switch kind {
	case "receipt":
		var res Result
		if _, res, err = VerifyJSON(doc, trust); err == nil && !res.Intact() {
			return res.Code
		}
	case "bundle":
		_, err = VerifyBundle(doc, trust)
	case "checkpoint":
		_, err = VerifyHead(doc, trust)
	case "equivocation":
		_, err = VerifyEquivocation(doc, trust)
	}
	return codeOf(err)
}

func TestVectors(t *testing.T) {
	dir := filepath.Join("testdata", "vectors")
	index, files, trust := vectorFiles(t)
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
		if got := judgeVector(v.Kind, files[v.File], trust); got != v.Code {
			t.Errorf("%s: got %q, want %q", v.File, got, v.Code)
		}
	}
}

package receipt

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// deaf is a signer whose key is out of reach.
type deaf struct{ wire.Signer }

var errDeaf = errors.New("the key is out of reach")

func (d deaf) Sign([]byte) (wire.Signature, error) { return wire.Signature{}, errDeaf }

func TestSignersThatFail(t *testing.T) {
	signer := deaf{seedKey(t, 7)}
	if _, err := Sign(sample(), signer); !errors.Is(err, errDeaf) {
		t.Errorf("receipt: %v", err)
	}
	cp := Checkpoint{Origin: testOrigin, Size: 1}
	if _, err := SignCheckpoint(cp, signer); !errors.Is(err, errDeaf) {
		t.Errorf("checkpoint: %v", err)
	}
	note, err := SignCheckpoint(cp, seedKey(t, 7))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Cosign(note, "globex", signer, testNow); !errors.Is(err, errDeaf) {
		t.Errorf("cosignature: %v", err)
	}
}

// TestCheckpointLimits: what could not be read again is not written.
func TestCheckpointLimits(t *testing.T) {
	key := seedKey(t, 7)
	for name, cp := range map[string]Checkpoint{"size": {Origin: testOrigin, Size: wire.MaxUnits + 1}, "origin": {Origin: "a b"}} {
		if _, err := SignCheckpoint(cp, key); codeOf(err) != CodeFormat {
			t.Errorf("%s: %v", name, err)
		}
	}
	note, err := SignCheckpoint(Checkpoint{Origin: testOrigin, Size: 1}, key)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"witness name":  second(Cosign(note, "a b", key, testNow)),
		"before 1970":   second(Cosign(note, "globex", key, -1)),
		"not a note":    second(Cosign([]byte("x"), "globex", key, testNow)),
		"no note":       second(VerifyCosignatures([]byte("x"), nil)),
		"no checkpoint": second(VerifyCheckpoint([]byte("x"), testOrigin, key.Public())),
		"no head":       second(NewEquivocation(note, []byte("x"))),
		"too large":     second(ParseNote(make([]byte, MaxNoteBytes+1))),
		"not text":      second(ParseNote([]byte{0xff})),
	} {
		if codeOf(err) != CodeFormat {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := note
	for i := range MaxNoteLines {
		more, err := Cosign(full, "w"+strings.Repeat("x", i), key, testNow)
		if err != nil {
			if i != MaxNoteLines-1 || codeOf(err) != CodeFormat {
				t.Fatalf("line %d: %v", i, err)
			}
			break
		}
		full = more
	}
	if _, err := ParseNote(append(full, "— z AAAAAAAA\n"...)); codeOf(err) != CodeFormat {
		t.Errorf("a line too many: %v", err)
	}
	if _, err := VerifyCheckpoint(note, "other", key.Public()); codeOf(err) != CodeCheckpoint {
		t.Errorf("another log: %v", err)
	}
	if _, err := VerifyCheckpoint(note, testOrigin, seedKey(t, 8).Public()); codeOf(err) != CodeCheckpoint {
		t.Errorf("another key: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestShortSignatures: a line whose signature has another length than its type
// is refused by name, not by accident.
func TestShortSignatures(t *testing.T) {
	x := newRotated(t)
	n, err := ParseNote(x.note(t, len(x.docs), x.next))
	if err != nil {
		t.Fatal(err)
	}
	whole := n.Lines[0].Signature
	n.Lines[0].Signature = whole[:63]
	if _, err := VerifyHead(n.Bytes(), x.trust); codeOf(err) != CodeCheckpoint {
		t.Errorf("log line: %v", err)
	}
	witness := seedKey(t, 8)
	x.trust.Witnesses = []Witness{{Name: "globex", Key: witness.Public()}}
	cosigned, err := Cosign(x.note(t, len(x.docs), x.next), "globex", witness, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if n, err = ParseNote(cosigned); err != nil {
		t.Fatal(err)
	}
	n.Lines[1].Signature = n.Lines[1].Signature[:71]
	if _, err := VerifyHead(n.Bytes(), x.trust); codeOf(err) != CodeCosignature {
		t.Errorf("witness line: %v", err)
	}
	if _, err := VerifyCosignatures(n.Bytes(), x.trust.Witnesses); codeOf(err) != CodeCosignature {
		t.Errorf("witness line alone: %v", err)
	}
}

func TestTrustSetRefusals(t *testing.T) {
	key := seedKey(t, 7).Public()
	for name, change := range map[string]func(*TrustSet){
		"schema":         func(s *TrustSet) { s.Schema = "x" },
		"no kernel":      func(s *TrustSet) { s.Kernels = nil },
		"many agents":    func(s *TrustSet) { s.Agents = make([]wire.PublicKey, maxTrusted+1) },
		"kernel key":     func(s *TrustSet) { s.Kernels[0].Key = wire.PublicKey{} },
		"did":            func(s *TrustSet) { s.Kernels[0].DID = strings.Repeat("x", maxDID+1) },
		"empty window":   func(s *TrustSet) { s.Kernels[0].ValidFrom, s.Kernels[0].ValidUntil = 5, 5 },
		"log name":       func(s *TrustSet) { s.Kernels[0].Logs = []string{"a b"} },
		"agent key":      func(s *TrustSet) { s.Agents = []wire.PublicKey{{}} },
		"witness key":    func(s *TrustSet) { s.Witnesses = []Witness{{Name: "w"}} },
		"witness's name": func(s *TrustSet) { s.Witnesses = []Witness{{Name: "+", Key: key}} },
	} {
		s := TrustKernel(key)
		change(s)
		if _, err := s.Bytes(); codeOf(err) != CodeTrust {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := VerifyBundle(nil, nil); codeOf(err) != CodeTrust {
		t.Errorf("no trust set: %v", err)
	}
}

// TestUnencodable: what cannot be written is an error where it is written.
func TestUnencodable(t *testing.T) {
	bad := wire.Raw(`{`)
	r := sample()
	mustSign(t, r, seedKey(t, 7))
	r.Metadata = bad
	if res := Verify(r, nil); res.Verdict != VerdictInvalid || res.Code != CodeFormat {
		t.Errorf("%+v", res)
	}
	r = sample()
	r.Metadata = bad
	if _, err := Sign(r, seedKey(t, 7)); codeOf(err) != CodeFormat {
		t.Errorf("sign: %v", err)
	}
	b := &Bundle{Schema: BundleSchema}
	if err := b.AddCapability(&capability.Token{AttenuationProof: bad}); codeOf(err) != CodeFormat {
		t.Errorf("capability: %v", err)
	}
	for name, b := range map[string]*Bundle{
		"checkpoint": {Logs: []BundleLog{{Checkpoint: "\xff"}}},
		"schema":     {Schema: "\xff"},
	} {
		if _, err := b.Bytes(); codeOf(err) != CodeFormat {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseBundle([]byte(`{"logs":[{"checkpoint":"\u0041","receipts":[]}],"schema":"` + BundleSchema + `"}`)); codeOf(err) != CodeNotCanonical {
		t.Errorf("a string of two spellings: %v", err)
	}
	if len(members([]byte(`[]`))) != 0 || parametersOf([]byte(`{}`), nil) != nil {
		t.Error("members of what has none")
	}
}

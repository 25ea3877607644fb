package receipt

import (
	"bytes"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

const testOrigin = "did:chio:acme/log/1"

func testNote(t testing.TB) []byte {
	t.Helper()
	note, err := SignCheckpoint(Checkpoint{Origin: testOrigin, Size: 3, Root: wire.Hash([]byte("root"))}, seedKey(t, 7))
	if err != nil {
		t.Fatal(err)
	}
	note, err = Cosign(note, "globex", seedKey(t, 8), testNow)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

func testTrust(t testing.TB) *TrustSet {
	t.Helper()
	trust := TrustKernel(seedKey(t, 7).Public())
	trust.Kernels[0].Logs = []string{testOrigin}
	trust.Witnesses = []Witness{{Name: "globex", Key: seedKey(t, 8).Public()}}
	return trust
}

func TestNoteRoundTrip(t *testing.T) {
	note := testNote(t)
	cp, err := VerifyCheckpoint(note, testOrigin, seedKey(t, 7).Public())
	if err != nil || cp.Size != 3 || cp.Root != wire.Hash([]byte("root")) {
		t.Fatalf("%+v %v", cp, err)
	}
	cos, err := VerifyCosignatures(note, testTrust(t).Witnesses)
	if err != nil || len(cos) != 1 || cos[0].Time != testNow || cos[0].Name != "globex" {
		t.Fatalf("%+v %v", cos, err)
	}
	head, err := VerifyHead(note, testTrust(t))
	if err != nil || head.Origin != testOrigin || len(head.CosignedBy) != 1 {
		t.Fatalf("%+v %v", head, err)
	}
	again, err := Cosign(note, "globex", seedKey(t, 8), testNow+1)
	if err != nil {
		t.Fatal(err)
	}
	if cos, err = VerifyCosignatures(again, testTrust(t).Witnesses); err != nil || len(cos) != 1 || cos[0].Time != testNow+1 {
		t.Fatalf("replaced: %+v %v", cos, err)
	}
}

// TestNoteEveryByte: no byte of a note is free.
func TestNoteEveryByte(t *testing.T) {
	note, trust := testNote(t), testTrust(t)
	for i := range note {
		for _, x := range []byte{0x01, 0x20, 0x80, note[i] ^ '\n'} {
			bad := bytes.Clone(note)
			if bad[i] ^= x; x == 0 {
				continue
			}
			if _, err := VerifyHead(bad, trust); err == nil {
				t.Fatalf("byte %d ^ %#x accepted:\n%s", i, x, bad)
			}
		}
	}
}

func TestNoteRefusals(t *testing.T) {
	note, trust := string(testNote(t)), testTrust(t)
	lines := strings.SplitAfter(note, "\n")
	text := strings.Join(lines[:3], "")
	for name, tc := range map[string]struct{ note, code string }{
		"empty":             {"", CodeFormat},
		"no signatures":     {text + "\n", CodeFormat},
		"extension line":    {text + "more\n\n" + lines[4] + lines[5], CodeFormat},
		"size with zero":    {strings.Replace(note, "\n3\n", "\n03\n", 1), CodeFormat},
		"size with plus":    {strings.Replace(note, "\n3\n", "\n+3\n", 1), CodeFormat},
		"size over 2^53":    {strings.Replace(note, "\n3\n", "\n9007199254740993\n", 1), CodeFormat},
		"repeated line":     {note + lines[5], CodeFormat},
		"no final newline":  {strings.TrimSuffix(note, "\n"), CodeFormat},
		"carriage return":   {strings.ReplaceAll(note, "\n", "\r\n"), CodeFormat},
		"witness only":      {text + "\n" + lines[5], CodeUntrusted},
		"not UTF-8":         {note + "\xff", CodeFormat},
		"over the limit":    {note + strings.Repeat("x", MaxNoteBytes), CodeFormat},
		"another log":       {strings.ReplaceAll(note, "log/1", "log/2"), CodeUntrusted},
		"short signature":   {text + "\n— x AAAA\n", CodeFormat},
		"hyphen, not dash":  {text + "\n- x AAAAAAAA\n", CodeFormat},
		"size changed":      {strings.Replace(note, "\n3\n", "\n4\n", 1), CodeCheckpoint},
		"empty origin":      {strings.Replace(note, testOrigin, "", 1), CodeFormat},
		"origin with space": {strings.Replace(note, testOrigin, "a b", 1), CodeFormat},
	} {
		if _, err := VerifyHead([]byte(tc.note), trust); codeOf(err) != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	stranger, err := Cosign([]byte(note), "stranger", seedKey(t, 11), testNow)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyHead(stranger, trust); codeOf(err) != CodeUntrusted {
		t.Errorf("unknown witness: %v", err)
	}
	if cos, err := VerifyCosignatures(stranger, trust.Witnesses); err != nil || len(cos) != 1 {
		t.Errorf("unknown witness outside a file: %+v %v", cos, err)
	}
	wrong, err := Cosign([]byte(note), "globex", seedKey(t, 11), testNow)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyHead(wrong, trust); codeOf(err) != CodeUntrusted {
		t.Errorf("right name, other key: %v", err)
	}
	if _, err := VerifyCheckpoint([]byte(note), testOrigin, seedKey(t, 8).Public()); codeOf(err) != CodeCheckpoint {
		t.Errorf("other key: %v", err)
	}
	if _, err := VerifyCheckpoint([]byte(note), "other", seedKey(t, 7).Public()); codeOf(err) != CodeCheckpoint {
		t.Errorf("other origin: %v", err)
	}
}

func TestSignCheckpointRefuses(t *testing.T) {
	key := seedKey(t, 7)
	for _, cp := range []Checkpoint{{Origin: ""}, {Origin: "a b"}, {Origin: "a+b"}, {Origin: "a\n"}, {Origin: "a", Size: 1 << 53}} {
		if _, err := SignCheckpoint(cp, key); codeOf(err) != CodeFormat {
			t.Errorf("%+v: %v", cp, err)
		}
	}
	note := testNote(t)
	if _, err := Cosign(note, "a b", key, 0); codeOf(err) != CodeFormat {
		t.Errorf("name: %v", err)
	}
	if _, err := Cosign(note, "a", key, -1); codeOf(err) != CodeFormat {
		t.Errorf("time: %v", err)
	}
	if _, err := Cosign(note[1:len(note)-1], "a", key, 1); codeOf(err) != CodeFormat {
		t.Errorf("note: %v", err)
	}
}

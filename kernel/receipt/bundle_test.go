package receipt

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// fixture is two logs, a delegated capability, and one witness.
type fixture struct {
	kernel, agent, middle *wire.Key
	trust                 *TrustSet
	bundle                *Bundle
}

const secondOrigin = "did:chio:acme/log/2"

func newFixture(t testing.TB, perLog int) *fixture {
	t.Helper()
	f := &fixture{kernel: seedKey(t, 7), middle: seedKey(t, 8), agent: seedKey(t, 9), trust: testTrust(t)}
	f.trust.Kernels[0].Logs = append(f.trust.Kernels[0].Logs, secondOrigin)
	f.bundle = &Bundle{Schema: BundleSchema}
	for _, origin := range []string{testOrigin, secondOrigin} {
		f.bundle.Logs = append(f.bundle.Logs, f.log(t, origin, perLog))
	}
	scope := capability.Scope{Grants: []capability.ToolGrant{{
		ServerID: "srv-files", ToolName: "*", Operations: []capability.Operation{capability.Invoke, capability.Delegate},
	}}}
	root, err := capability.Sign(capability.Token{
		ID: "cap-root", Subject: f.middle.Public(), Scope: scope, IssuedAt: testNow - 100, ExpiresAt: testNow + 100,
	}, f.kernel)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := capability.Attenuate(root, capability.AttenuateRequest{
		ID: "cap-leaf", Subject: f.agent.Public(), Scope: scope, IssuedAt: testNow - 50, ExpiresAt: testNow + 50,
	}, f.middle)
	if err != nil {
		t.Fatal(err)
	}
	for _, tok := range []*capability.Token{root, leaf, root} { // the repeat is dropped
		if err := f.bundle.AddCapability(tok); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// log builds a log of n receipts and exports all but its first.
func (f *fixture) log(t testing.TB, origin string, n int) BundleLog {
	t.Helper()
	docs := make([][]byte, n)
	hashes := make([]wire.Digest, n)
	for i := range docs {
		r := sample()
		r.CapabilityID, r.Timestamp = "cap-leaf", testNow+int64(i)
		r.Metadata = wire.Raw(fmt.Sprintf(`{"attribution":{"subject_key":%q},"call_id":"%s-%d"}`, f.agent.Public(), origin, i))
		docs[i] = mustSign(t, r, f.kernel)
		hashes[i] = LeafHash(docs[i])
	}
	note, err := SignCheckpoint(Checkpoint{Origin: origin, Size: uint64(n), Root: refRoot(hashes)}, f.kernel)
	if err != nil {
		t.Fatal(err)
	}
	if note, err = Cosign(note, "globex", seedKey(t, 8), testNow); err != nil {
		t.Fatal(err)
	}
	log := BundleLog{Checkpoint: string(note)}
	paths := refPaths(hashes)
	for i := 1; i < n; i++ {
		log.Receipts = append(log.Receipts, BundleEntry{Receipt: docs[i], LeafIndex: uint64(i), AuditPath: paths[i]})
	}
	return log
}

// refPaths is refPath for every leaf at once.
func refPaths(l []wire.Digest) [][]wire.Digest {
	out := make([][]wire.Digest, len(l))
	if len(l) <= 1 {
		return out
	}
	k := split(len(l))
	left, right := refRoot(l[:k]), refRoot(l[k:])
	for i, p := range refPaths(l[:k]) {
		out[i] = append(p, right)
	}
	for i, p := range refPaths(l[k:]) {
		out[k+i] = append(p, left)
	}
	return out
}

func (f *fixture) bytes(t testing.TB) []byte {
	t.Helper()
	doc, err := f.bundle.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestBundle(t *testing.T) {
	f := newFixture(t, 4)
	doc := f.bytes(t)
	if err := wire.IsCanonical(doc, wire.BundleLimits); err != nil {
		t.Fatalf("Bytes is not canonical: %v", err)
	}
	report, err := VerifyBundle(doc, f.trust)
	if err != nil {
		t.Fatal(err)
	}
	if report.Count() != 6 || len(report.Logs) != 2 || report.Capabilities != 2 {
		t.Fatalf("%+v", report)
	}
	for _, log := range report.Logs {
		for _, res := range log.Receipts {
			if !res.Authorized {
				t.Fatalf("%+v", res)
			}
		}
	}
}

// TestBundleEveryByte changes every byte of a bundle, and at every few bytes
// flips other bits, removes, doubles and inserts one. None of the changed files
// may verify.
func TestBundleEveryByte(t *testing.T) {
	f := newFixture(t, 2)
	f.bundle.Logs = f.bundle.Logs[:1]
	doc := f.bytes(t)
	stride := 7
	if testing.Short() {
		stride = 31
	}
	changes := map[string]struct {
		stride int
		change func(i int) []byte
	}{
		"low bit":  {1, func(i int) []byte { return flipped(doc, i, 0x01) }},
		"case":     {stride, func(i int) []byte { return flipped(doc, i, 0x20) }},
		"high bit": {stride, func(i int) []byte { return flipped(doc, i, 0x80) }},
		"removed":  {stride, func(i int) []byte { return append(bytes.Clone(doc[:i]), doc[i+1:]...) }},
		"doubled":  {stride, func(i int) []byte { return append(bytes.Clone(doc[:i+1]), doc[i:]...) }},
		"space":    {stride, func(i int) []byte { return append(append(bytes.Clone(doc[:i]), ' '), doc[i:]...) }},
	}
	for name, tc := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := 0; i < len(doc); i += tc.stride {
				if _, err := VerifyBundle(tc.change(i), f.trust); err == nil {
					t.Fatalf("byte %d of …%q… changed and accepted", i, doc[max(0, i-20):min(len(doc), i+20)])
				}
			}
		})
	}
}

func flipped(doc []byte, i int, mask byte) []byte {
	bad := bytes.Clone(doc)
	bad[i] ^= mask
	return bad
}

func TestBundleRefusals(t *testing.T) {
	text := func(from, to string) func(*testing.T, *fixture, string) string {
		return func(t *testing.T, _ *fixture, doc string) string {
			if !strings.Contains(doc, from) {
				t.Fatalf("fixture has no %q", from)
			}
			return strings.Replace(doc, from, to, 1)
		}
	}
	edit := func(change func(*testing.T, *fixture)) func(*testing.T, *fixture, string) string {
		return func(t *testing.T, f *fixture, _ string) string {
			change(t, f)
			return string(f.bytes(t))
		}
	}
	cases := map[string]struct {
		code   string
		change func(*testing.T, *fixture, string) string
	}{
		"trailing newline":         {CodeNotCanonical, func(_ *testing.T, _ *fixture, d string) string { return d + "\n" }},
		"space":                    {CodeNotCanonical, text(`,"logs":`, `, "logs":`)},
		"unknown member":           {CodeFormat, text(`"logs":`, `"logz":[],"logs":`)},
		"duplicate member":         {CodeFormat, text(`"logs":[`, `"logs":[],"logs":[`)},
		"null audit path":          {CodeNotCanonical, func(t *testing.T, f *fixture, _ string) string { return nullPath(t, f) }},
		"schema":                   {CodeFormat, text(BundleSchema, "chio.receipt_bundle.v2")},
		"receipt spelled in space": {CodeNotCanonical, text(`"receipt":{"action":`, `"receipt":{ "action":`)},
		"empty caveats in token":   {CodeNotCanonical, text(`{"expires_at":`, `{"caveats":[],"expires_at":`)},
		"algorithm in token":       {CodeCapability, text(`{"expires_at":`, `{"algorithm":"ed25519","expires_at":`)},
		"algorithm in receipt":     {CodeInclusion, text(`},"boundary_class"`, `},"algorithm":"ed25519","boundary_class"`)},
		"no log":                   {CodeFormat, edit(func(_ *testing.T, f *fixture) { f.bundle.Logs = nil })},
		"logs swapped": {CodeFormat, edit(func(_ *testing.T, f *fixture) {
			f.bundle.Logs[0], f.bundle.Logs[1] = f.bundle.Logs[1], f.bundle.Logs[0]
		})},
		"log repeated": {CodeFormat, edit(func(_ *testing.T, f *fixture) { f.bundle.Logs[1] = f.bundle.Logs[0] })},
		"receipts swapped": {CodeFormat, edit(func(_ *testing.T, f *fixture) {
			r := f.bundle.Logs[0].Receipts
			r[0], r[1] = r[1], r[0]
		})},
		"receipt repeated": {CodeFormat, edit(func(_ *testing.T, f *fixture) {
			r := f.bundle.Logs[0].Receipts
			r[1] = r[0]
		})},
		"other index": {CodeInclusion, edit(func(_ *testing.T, f *fixture) { f.bundle.Logs[0].Receipts[0].LeafIndex = 0 })},
		"path too long": {CodeInclusion, edit(func(_ *testing.T, f *fixture) {
			r := &f.bundle.Logs[0].Receipts[0]
			r.AuditPath = append(r.AuditPath, wire.Digest{})
		})},
		"receipt of the other log": {CodeInclusion, edit(func(_ *testing.T, f *fixture) {
			f.bundle.Logs[0].Receipts[0].Receipt = f.bundle.Logs[1].Receipts[0].Receipt
		})},
		"unknown witness": {CodeUntrusted, edit(func(_ *testing.T, f *fixture) { f.trust.Witnesses = nil })},
		"untrusted log":   {CodeUntrusted, edit(func(_ *testing.T, f *fixture) { f.trust.Kernels[0].Logs = []string{testOrigin} })},
		"kernel retired":  {CodeUntrusted, edit(func(_ *testing.T, f *fixture) { f.trust.Kernels[0].ValidUntil = testNow + 2 })},
		"kernel unknown":  {CodeUntrusted, edit(func(_ *testing.T, f *fixture) { f.trust.Kernels[0].Key = f.agent.Public() })},
		"token repeated": {CodeCapability, edit(func(_ *testing.T, f *fixture) {
			f.bundle.Capabilities = append(f.bundle.Capabilities, f.bundle.Capabilities[0])
		})},
		"parent missing": {CodeCapability, edit(func(_ *testing.T, f *fixture) { f.bundle.Capabilities = f.bundle.Capabilities[1:] })},
		"root alone":     {CodeCapability, edit(func(_ *testing.T, f *fixture) { f.bundle.Capabilities = f.bundle.Capabilities[:1] })},
		"unrelated token": {CodeCapability, edit(func(t *testing.T, f *fixture) {
			addToken(t, f, f.kernel, "cap-other", f.agent.Public())
		})},
		"token for another agent": {CodeCapability, edit(func(t *testing.T, f *fixture) {
			f.bundle.Capabilities = nil
			addToken(t, f, f.kernel, "cap-leaf", f.middle.Public())
		})},
		"self-made token": {CodeUntrusted, edit(func(t *testing.T, f *fixture) {
			f.bundle.Capabilities = nil
			addToken(t, f, f.agent, "cap-leaf", f.agent.Public())
		})},
		"empty": {CodeFormat, func(*testing.T, *fixture, string) string { return "" }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, 4)
			doc := tc.change(t, f, string(f.bytes(t)))
			if _, err := VerifyBundle([]byte(doc), f.trust); codeOf(err) != tc.code {
				t.Fatalf("got %v, want %s", err, tc.code)
			}
		})
	}
	if _, err := VerifyBundle(newFixture(t, 2).bytes(t), nil); codeOf(err) != CodeTrust {
		t.Fatalf("no trust set: %v", err)
	}
}

// nullPath spells the empty audit path of a one-leaf log as null.
func nullPath(t *testing.T, f *fixture) string {
	one := f.log(t, testOrigin, 1)
	r := sample()
	doc := mustSign(t, r, f.kernel)
	note, err := SignCheckpoint(Checkpoint{Origin: testOrigin, Size: 1, Root: LeafHash(doc)}, f.kernel)
	if err != nil {
		t.Fatal(err)
	}
	one.Checkpoint, one.Receipts = string(note), []BundleEntry{{Receipt: doc}}
	f.bundle.Logs, f.bundle.Capabilities = []BundleLog{one}, nil
	good := f.bytes(t)
	if _, err := VerifyBundle(good, f.trust); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(good), `"audit_path":[]`, `"audit_path":null`, 1)
}

func addToken(t *testing.T, f *fixture, issuer *wire.Key, id string, subject wire.PublicKey) {
	tok, err := capability.Sign(capability.Token{ID: id, Subject: subject, IssuedAt: 1, ExpiresAt: 2}, issuer)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.bundle.AddCapability(tok); err != nil {
		t.Fatal(err)
	}
}

func TestTrustSet(t *testing.T) {
	trust := testTrust(t)
	doc, err := trust.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseTrustSet(append(doc, '\n'))
	if err != nil || len(back.Kernels) != 1 || back.Witnesses[0].Name != "globex" {
		t.Fatalf("%+v %v", back, err)
	}
	text := string(doc)
	for name, bad := range map[string]string{
		"empty":          "",
		"schema":         strings.Replace(text, TrustSchema, "x", 1),
		"unknown member": strings.Replace(text, `"schema"`, `"extra":1,"schema"`, 1),
		"no kernel":      `{"kernels":[],"schema":"chio.trust_set.v1"}`,
		"bad key":        strings.Replace(text, "ea4a6c63", "xxxxxxxx", 1),
		"bad log":        strings.Replace(text, testOrigin, "a b", 1),
		"bad witness":    strings.Replace(text, "globex", "a+b", 1),
		"bad window":     strings.Replace(text, `"valid_from":0`, `"valid_from":9,"valid_until":8`, 1),
		"negative":       strings.Replace(text, `"valid_from":0`, `"valid_from":-1`, 1),
	} {
		if _, err := ParseTrustSet([]byte(bad)); codeOf(err) != CodeTrust {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConsistencyFiles(t *testing.T) {
	trust, key := testTrust(t), seedKey(t, 7)
	all := leaves(7)
	note := func(n int) []byte {
		b, err := SignCheckpoint(Checkpoint{Origin: testOrigin, Size: uint64(n), Root: refRoot(all[:n])}, key)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	proof := ConsistencyProof{Schema: ConsistencySchema, Origin: testOrigin, From: 3, To: 7, Path: refProof(3, all)}
	doc, err := proof.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	report, err := VerifyConsistencyFiles(note(3), note(7), doc, trust)
	if err != nil || report.Old.Size != 3 || report.New.Size != 7 {
		t.Fatalf("%+v %v", report, err)
	}
	for i := range doc {
		bad := bytes.Clone(doc)
		bad[i] ^= 1
		if _, err := VerifyConsistencyFiles(note(3), note(7), bad, trust); err == nil {
			t.Fatalf("byte %d accepted", i)
		}
	}
	if _, err := VerifyConsistencyFiles(note(2), note(7), doc, trust); codeOf(err) != CodeConsistency {
		t.Errorf("other sizes: %v", err)
	}
	if _, err := VerifyConsistencyFiles(note(3), note(7), append(doc, '\n'), trust); codeOf(err) != CodeNotCanonical {
		t.Errorf("newline: %v", err)
	}
	foreign, err := SignCheckpoint(Checkpoint{Origin: testOrigin, Size: 7}, seedKey(t, 9))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyConsistencyFiles(note(3), foreign, doc, trust); codeOf(err) != CodeUntrusted {
		t.Errorf("foreign: %v", err)
	}
}

func TestEquivocation(t *testing.T) {
	trust, key := testTrust(t), seedKey(t, 7)
	sign := func(origin string, size uint64, root string) []byte {
		b, err := SignCheckpoint(Checkpoint{Origin: origin, Size: size, Root: wire.Hash([]byte(root))}, key)
		if err != nil {
			t.Fatal(err)
		}
		if b, err = Cosign(b, "somebody", seedKey(t, 12), testNow); err != nil {
			t.Fatal(err)
		}
		return b
	}
	ev, err := NewEquivocation(sign(testOrigin, 5, "a"), sign(testOrigin, 5, "b"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := ev.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if report, err := VerifyEquivocation(doc, trust); err != nil || report.A.Size != 5 {
		t.Fatalf("%+v %v", report, err)
	}
	for i := range doc {
		bad := bytes.Clone(doc)
		bad[i] ^= 1
		if _, err := VerifyEquivocation(bad, trust); err == nil {
			t.Fatalf("byte %d accepted", i)
		}
	}
	swapped, err := (&Equivocation{Schema: EquivocationSchema, A: ev.B, B: ev.A}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyEquivocation(swapped, trust); codeOf(err) != CodeFormat {
		t.Errorf("swapped: %v", err)
	}
	for name, pair := range map[string][2][]byte{
		"same root":  {sign(testOrigin, 5, "a"), sign(testOrigin, 5, "a")},
		"other size": {sign(testOrigin, 5, "a"), sign(testOrigin, 6, "b")},
		"other log":  {sign(testOrigin, 5, "a"), sign(secondOrigin, 5, "b")},
	} {
		if _, err := NewEquivocation(pair[0], pair[1]); codeOf(err) != CodeEquivocation {
			t.Errorf("%s: %v", name, err)
		}
	}
}

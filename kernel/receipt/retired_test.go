package receipt

import (
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// rotated is one log over a rotation: five receipts by the old key, then three
// by the new one.
type rotated struct {
	old, next *wire.Key
	docs      [][]byte
	hashes    []wire.Digest
	trust     *TrustSet
}

const finalSize = 5

func newRotated(t testing.TB) *rotated {
	t.Helper()
	x := &rotated{old: seedKey(t, 7), next: seedKey(t, 21)}
	for i := range finalSize + 3 {
		key := x.old
		if i >= finalSize {
			key = x.next
		}
		r := sample()
		r.Timestamp = testNow + int64(i)
		x.docs = append(x.docs, mustSign(t, r, key))
		x.hashes = append(x.hashes, LeafHash(x.docs[i]))
	}
	x.trust = &TrustSet{Schema: TrustSchema, Kernels: []TrustedKernel{
		{Key: x.next.Public(), Logs: []string{testOrigin}},
		{Key: x.old.Public(), Logs: []string{testOrigin}, Final: &FinalTree{Log: testOrigin, Size: finalSize, Root: refRoot(x.hashes[:finalSize])}},
	}}
	if err := x.trust.check(); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *rotated) note(t testing.TB, size int, key *wire.Key) []byte {
	t.Helper()
	note, err := SignCheckpoint(Checkpoint{Origin: testOrigin, Size: uint64(size), Root: refRoot(x.hashes[:size])}, key)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// part is all receipts under a head of size, with the proof from the final tree.
func (x *rotated) part(t testing.TB, size int, key *wire.Key) BundleLog {
	t.Helper()
	l := BundleLog{Checkpoint: string(x.note(t, size, key))}
	if size > finalSize {
		l.Consistency = []BundleFinal{{Size: finalSize, Path: refProof(finalSize, x.hashes[:size])}}
	}
	for i, path := range refPaths(x.hashes[:size]) {
		l.Receipts = append(l.Receipts, BundleEntry{Receipt: x.docs[i], LeafIndex: uint64(i), AuditPath: path})
	}
	return l
}

func bundleOf(t testing.TB, logs ...BundleLog) []byte {
	t.Helper()
	doc, err := (&Bundle{Schema: BundleSchema, Logs: logs}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := wire.IsCanonical(doc, wire.BundleLimits); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestRetiredInBundle(t *testing.T) {
	x := newRotated(t)
	for name, size := range map[string]int{"under the present head": len(x.docs), "under the final head": finalSize} {
		key := x.next
		if size == finalSize {
			key = x.old
		}
		report, err := VerifyBundle(bundleOf(t, x.part(t, size, key)), x.trust)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if report.Logs[0].Retired != (size == finalSize) {
			t.Errorf("%s: %+v", name, report.Logs[0].Head)
		}
		for _, res := range report.Logs[0].Receipts {
			if !res.SignerTrusted || !res.Authorized || res.Code != "" {
				t.Errorf("%s: %+v", name, res)
			}
		}
	}
}

func TestRetiredRefusals(t *testing.T) {
	forged := func(t *testing.T, x *rotated) []byte { // by the stolen key, after the rotation
		r := sample()
		r.ToolName = "forged"
		return mustSign(t, r, x.old)
	}
	cases := map[string]struct {
		code   string
		change func(*testing.T, *rotated, *BundleLog)
	}{
		"no proof":     {CodeRetired, func(_ *testing.T, _ *rotated, l *BundleLog) { l.Consistency = nil }},
		"broken proof": {CodeConsistency, func(_ *testing.T, _ *rotated, l *BundleLog) { l.Consistency[0].Path[0][0] ^= 1 }},
		"proof of another size": {CodeRetired, func(t *testing.T, x *rotated, l *BundleLog) {
			l.Consistency = []BundleFinal{{Size: 3, Path: refProof(3, x.hashes)}}
		}},
		"proof beyond the head": {CodeFormat, func(t *testing.T, x *rotated, l *BundleLog) { l.Consistency[0].Size = 8 }},
		"proof repeated": {CodeFormat, func(_ *testing.T, _ *rotated, l *BundleLog) {
			l.Consistency = append(l.Consistency, l.Consistency[0])
		}},
		"forged in place": {CodeInclusion, func(t *testing.T, x *rotated, l *BundleLog) { l.Receipts[1].Receipt = forged(t, x) }},
		"forged and logged after": {CodeRetired, func(t *testing.T, x *rotated, l *BundleLog) {
			x.docs[6] = forged(t, x)
			x.hashes[6] = LeafHash(x.docs[6])
			*l = x.part(t, len(x.docs), x.next)
		}},
		"forged with its own log": {CodeRetired, func(t *testing.T, x *rotated, l *BundleLog) {
			x.docs[1] = forged(t, x)
			x.hashes[1] = LeafHash(x.docs[1])
			*l = x.part(t, 3, x.old)
		}},
		"head of the old key": {CodeRetired, func(t *testing.T, x *rotated, l *BundleLog) { *l = x.part(t, 3, x.old) }},
		"final tree of another log": {CodeRetired, func(_ *testing.T, x *rotated, l *BundleLog) {
			l.Consistency = nil
			x.trust.Kernels[1].Logs = append(x.trust.Kernels[1].Logs, secondOrigin)
			x.trust.Kernels[1].Final.Log = secondOrigin
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			x := newRotated(t)
			l := x.part(t, len(x.docs), x.next)
			tc.change(t, x, &l)
			if _, err := VerifyBundle(bundleOf(t, l), x.trust); codeOf(err) != tc.code {
				t.Fatalf("got %v, want %s", err, tc.code)
			}
		})
	}
}

// TestRetiredHeadProven: a bundle from before the rotation counts with a proof
// that its head begins the final tree, and a forged one has no such proof.
func TestRetiredHeadProven(t *testing.T) {
	x := newRotated(t)
	doc := bundleOf(t, x.part(t, 3, x.old))
	proof := func(from, to int, path []wire.Digest) []byte {
		raw, err := (&ConsistencyProof{Schema: ConsistencySchema, Origin: testOrigin, From: uint64(from), To: uint64(to), Path: path}).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	good := proof(3, finalSize, refProof(3, x.hashes[:finalSize]))
	report, err := VerifyBundle(doc, x.trust, proof(4, finalSize, nil), good)
	if err != nil || report.Count() != 3 || !report.Logs[0].Retired || !report.Logs[0].Receipts[2].Authorized {
		t.Fatalf("%+v %v", report, err)
	}
	x.docs[1] = mustSign(t, func() *Receipt { r := sample(); r.ToolName = "forged"; return r }(), x.old)
	x.hashes[1] = LeafHash(x.docs[1])
	forged := bundleOf(t, x.part(t, 3, x.old))
	for name, tc := range map[string]struct {
		doc, proof []byte
		code       string
	}{
		"forged":         {forged, good, CodeConsistency},
		"to the present": {doc, proof(3, len(x.docs), refProof(3, x.hashes)), CodeRetired},
		"no proof file":  {doc, []byte(`{}`), CodeFormat},
		"stranger's":     {bundleOf(t, x.part(t, 3, seedKey(t, 30))), good, CodeUntrusted},
	} {
		if _, err := VerifyBundle(tc.doc, x.trust, tc.proof); codeOf(err) != tc.code {
			t.Errorf("%s: got %v, want %s", name, err, tc.code)
		}
	}
	twice := append([]byte(x.note(t, 3, x.old)), x.note(t, 3, x.old)...)
	broken := BundleLog{Checkpoint: string(twice)}
	if _, err := VerifyBundle(bundleOf(t, broken), x.trust, good); codeOf(err) != CodeFormat {
		t.Errorf("a broken note: %v", err)
	}
}

func TestRetiredAlone(t *testing.T) {
	x := newRotated(t)
	_, res, err := VerifyJSON(x.docs[0], x.trust)
	if err != nil || !res.Intact() || res.SignerTrusted || res.Authorized || res.Verdict != VerdictUntrusted || res.Code != CodeRetired {
		t.Errorf("%+v %v", res, err)
	}
	if _, res, _ := VerifyJSON(x.docs[6], x.trust); !res.Authorized {
		t.Errorf("the present key: %+v", res)
	}
	if !x.trust.Issues(x.next.Public()) || x.trust.Issues(x.old.Public()) || !x.trust.Issued(x.old.Public()) {
		t.Error("who issues capabilities")
	}
}

func TestRetiredHeads(t *testing.T) {
	x := newRotated(t)
	if h, err := VerifyHead(x.note(t, finalSize, x.old), x.trust); err != nil || !h.Retired {
		t.Errorf("the final head: %+v %v", h, err)
	}
	for _, size := range []int{3, 6} {
		if _, err := VerifyHead(x.note(t, size, x.old), x.trust); codeOf(err) != CodeRetired {
			t.Errorf("another head of %d: %v", size, err)
		}
	}
	connect := func(from, to int, oldKey, newKey *wire.Key) error {
		p, err := (&ConsistencyProof{Schema: ConsistencySchema, Origin: testOrigin, From: uint64(from), To: uint64(to), Path: refProof(from, x.hashes[:to])}).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		_, err = VerifyConsistencyFiles(x.note(t, from, oldKey), x.note(t, to, newKey), p, x.trust)
		return err
	}
	if err := connect(3, 8, x.old, x.next); err != nil {
		t.Errorf("an old head under the present one: %v", err)
	}
	if err := connect(3, finalSize, x.old, x.old); err != nil {
		t.Errorf("an old head under the final one: %v", err)
	}
	if err := connect(6, 8, x.old, x.next); codeOf(err) != CodeRetired {
		t.Errorf("a head beyond the final one: %v", err)
	}
	if err := connect(3, 4, x.old, x.old); codeOf(err) != CodeRetired {
		t.Errorf("under a head that proves nothing: %v", err)
	}
	other, err := SignCheckpoint(Checkpoint{Origin: testOrigin, Size: 3, Root: wire.Hash(nil)}, x.old)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEquivocation(x.note(t, 3, x.old), other)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := e.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := VerifyEquivocation(doc, x.trust); err != nil || !r.A.Retired || !r.B.Retired {
		t.Errorf("a rotation undid an equivocation: %+v %v", r, err)
	}
}

func TestTrustSetRetirement(t *testing.T) {
	for name, change := range map[string]func(*TrustSet){
		"of a log that is not the kernel's": func(s *TrustSet) { s.Kernels[1].Final.Log = secondOrigin },
		"over the limit":                    func(s *TrustSet) { s.Kernels[1].Final.Size = wire.MaxUnits + 1 },
		"retired and in use":                func(s *TrustSet) { s.Kernels[0].Key = s.Kernels[1].Key },
		"retired twice": func(s *TrustSet) {
			s.Kernels[0].Key = s.Kernels[1].Key
			s.Kernels[0].Final = &FinalTree{Log: testOrigin, Size: 1}
		},
	} {
		x := newRotated(t)
		change(x.trust)
		if _, err := x.trust.Bytes(); codeOf(err) != CodeTrust {
			t.Errorf("%s: %v", name, err)
		}
	}
	x := newRotated(t)
	doc, err := x.trust.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseTrustSet(doc); err != nil || *again.Kernels[1].Final != *x.trust.Kernels[1].Final {
		t.Errorf("%v", err)
	}
}

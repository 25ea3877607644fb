package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func newRing(t testing.TB) (*rows, Config, *Keyring) {
	t.Helper()
	db := newRows()
	cfg := Config{DB: db, Home: t.TempDir(), Rand: rand.Reader}
	k, err := Create(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return db, cfg, k
}

func inTx[T any](t testing.TB, db *rows, fn func(store.Tx) (T, error)) (out T, err error) {
	t.Helper()
	err = db.Update(context.Background(), func(tx store.Tx) (err error) {
		out, err = fn(tx)
		return err
	})
	return out, err
}

func transportTerm(t testing.TB, k *Keyring) did.Term {
	t.Helper()
	term, err := k.Term(context.Background(), did.RoleTransport, at, 3600)
	if err != nil {
		t.Fatal(err)
	}
	return term
}

// TestEveryRoleRotates changes kernel, transport, a held agent's and a foreign
// agent's key, in turn, and has the whole history verified; then the
// organisation ends, and no key changes any more.
func TestEveryRoleRotates(t *testing.T) {
	ctx := context.Background()
	db, cfg, k := newRing(t)
	for _, role := range []did.Role{did.RoleKernel, did.RoleTransport} {
		if _, err := k.Bind(ctx, role, at-60, 3600); err != nil {
			t.Fatal(err)
		}
	}
	first, _, err := k.Agent(ctx, "one")
	if err != nil {
		t.Fatal(err)
	}
	oldTransport, oldKernel := k.Transport().Public(), k.Kernel().Public()
	if _, err := k.RotateTransport(ctx, at+1, transportTerm(t, k)); err != nil {
		t.Fatal(err)
	}
	c := rotation(1)
	if c.Term, err = k.Term(ctx, did.RoleKernel, at, 3600); err != nil {
		t.Fatal(err)
	}
	c.Now = at + 2
	if _, err := k.RotateKernel(ctx, c); err != nil {
		t.Fatal(err)
	}
	rot, err := inTx(t, db, func(tx store.Tx) (*Rotation, error) { return k.RotateAgent(tx, "one", at+3, 3600) })
	if err != nil || rot.Body().Old != first.Public() {
		t.Fatalf("%+v %v", rot, err)
	}
	if held, err := k.HeldAgent("one"); err != nil || held.Public() != rot.Body().New {
		t.Errorf("the agent still signs with its old key: %v", err)
	}
	own, next := testKey(t, 1), testKey(t, 2)
	draft, err := inTx(t, db, func(tx store.Tx) (*wire.Envelope, error) {
		return k.DraftAgentRotation(tx, own.Public(), next.Public(), at+4)
	})
	if err != nil {
		t.Fatal(err)
	}
	file := func(tx store.Tx) (*Rotation, error) { return k.FileAgentRotation(tx, draft, at+4) }
	if _, err := inTx(t, db, file); !errors.Is(err, wire.ErrNoSigner) {
		t.Errorf("a record without the new key's signature: %v", err)
	}
	for _, key := range []*wire.Key{next, own} {
		if err := draft.AddSignature(did.SchemaRotation, key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := inTx(t, db, file); err != nil {
		t.Fatal(err)
	}
	if _, err := inTx(t, db, file); !errors.Is(err, ErrChain) {
		t.Errorf("the same record again: %v", err)
	}
	history(t, k, 4)
	spans := history(t, reopen(t, cfg), 4)
	want := map[wire.PublicKey][2]int64{oldTransport: {at - 60, at + 1}, oldKernel: {at - 60, at + 2}, first.Public(): {0, at + 3},
		own.Public(): {0, at + 4}, next.Public(): {at + 4, 0}, k.Kernel().Public(): {at + 2, 0}, k.Transport().Public(): {at + 1, 0},
		rot.Body().New: {at + 3, 0}}
	for _, s := range spans {
		if w, known := want[s.Key]; !known || s.From != w[0] || s.Until != w[1] {
			t.Errorf("%s key %s from %d until %d, want %v", s.Role, s.Key, s.From, s.Until, w)
		}
		delete(want, s.Key)
	}
	if len(want) != 0 {
		t.Errorf("keys missing from the history: %v", want)
	}
	ends(t, db, cfg, k)
}

func reopen(t testing.TB, cfg Config) *Keyring {
	t.Helper()
	k, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// history verifies the whole history of a keyring, with its keys bound now.
func history(t testing.TB, k *Keyring, events int) []did.Span {
	t.Helper()
	h, err := k.History()
	if err != nil || len(h.Events) != events {
		t.Fatalf("%+v %v", h, err)
	}
	if h.Deactivation == nil {
		for _, role := range []did.Role{did.RoleKernel, did.RoleTransport} {
			env, err := k.Bind(context.Background(), role, at, 3600)
			if err != nil {
				t.Fatal(err)
			}
			h.Current = append(h.Current, env)
		}
	}
	doc, err := h.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	_, spans, err := did.ParseHistory(doc, at)
	if err != nil {
		t.Fatal(err)
	}
	return spans
}

func testKey(t testing.TB, b byte) *wire.Key {
	t.Helper()
	seed := make([]byte, 32)
	seed[0] = b
	k, err := wire.KeyFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ends deactivates an organisation with a successor.
func ends(t *testing.T, db *rows, cfg Config, k *Keyring) {
	t.Helper()
	successor := testKey(t, 3)
	draft, err := inTx(t, db, func(tx store.Tx) (*wire.Envelope, error) {
		return k.DraftDeactivation(tx, "merged", did.FromKey(successor.Public()), at+5)
	})
	if err != nil {
		t.Fatal(err)
	}
	file := func(tx store.Tx) (*did.Deactivation, error) { return k.FileDeactivation(tx, draft, at+6) }
	if _, err := inTx(t, db, file); !errors.Is(err, wire.ErrNoSigner) {
		t.Errorf("without the successor: %v", err)
	}
	if err := draft.AddSignature(did.SchemaDeactivation, successor); err != nil {
		t.Fatal(err)
	}
	late := func(tx store.Tx) (*did.Deactivation, error) {
		return k.FileDeactivation(tx, draft, at+5+maxDraftSeconds+1)
	}
	if _, err := inTx(t, db, late); !errors.Is(err, did.ErrDeactivation) {
		t.Errorf("a draft of the day before yesterday: %v", err)
	}
	if d, err := inTx(t, db, file); err != nil || d.Sequence != 5 {
		t.Fatalf("%+v %v", d, err)
	}
	for _, k := range []*Keyring{k, reopen(t, cfg)} {
		if _, d := k.Deactivated(); d == nil || d.At != at+5 {
			t.Fatalf("not deactivated: %+v", d)
		}
		for name, fn := range map[string]func() error{
			"bind":      func() error { _, err := k.Bind(t.Context(), did.RoleKernel, at, 60); return err },
			"transport": func() error { _, err := k.RotateTransport(t.Context(), at, transportTerm(t, k)); return err },
			"kernel":    func() error { _, err := k.RotateKernel(t.Context(), rotation(20)); return err },
			"agent": func() error {
				_, err := inTx(t, db, func(tx store.Tx) (*Rotation, error) { return k.RotateAgent(tx, "one", at+9, 60) })
				return err
			},
			"again": func() error { _, err := inTx(t, db, file); return err },
		} {
			if err := fn(); !errors.Is(err, ErrDeactivated) {
				t.Errorf("%s after the end: %v", name, err)
			}
		}
		for _, s := range history(t, k, 4) {
			if s.Until == 0 {
				t.Errorf("%s key %s is in use after the end", s.Role, s.Key)
			}
		}
	}
}

// TestEventRowsAreChecked: a chain with a row changed does not open.
func TestEventRowsAreChecked(t *testing.T) {
	for name, change := range map[string]func(db *rows){
		"the chain row is gone":          func(db *rows) { delete(db.m, keyChain) },
		"the chain row is garbage":       func(db *rows) { db.m[keyChain] = []byte("[") },
		"the last event is gone":         func(db *rows) { delete(db.m, numbered(eventRows, 3)) },
		"an event in between is gone":    func(db *rows) { delete(db.m, numbered(eventRows, 2)) },
		"an event is there twice":        func(db *rows) { db.m[numbered(eventRows, 4)] = db.m[numbered(eventRows, 3)] },
		"the old transport key is back":  func(db *rows) { db.m[rowOf(did.RoleTransport, current)] = db.m["saved"] },
		"a deactivation that is garbage": func(db *rows) { db.m[keyDeactivation] = []byte("{}") },
	} {
		db, cfg, k := newRing(t)
		db.m["saved"] = db.m[rowOf(did.RoleTransport, current)]
		for range 3 {
			if _, err := k.RotateTransport(t.Context(), at, transportTerm(t, k)); err != nil {
				t.Fatal(err)
			}
		}
		change(db)
		if _, err := Open(cfg); !errors.Is(err, ErrRotation) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLegacyRotations: homes whose kernel key was rotated before events were a
// chain go on, and the chain begins after what they have.
func TestLegacyRotations(t *testing.T) {
	db, cfg, k := newRing(t)
	next := testKey(t, 7)
	record, err := wire.Seal(did.SchemaRotation, did.Rotation{Schema: did.SchemaRotation, DID: k.OrgDID(), Role: did.RoleKernel, Old: next.Public(),
		New: k.Kernel().Public(), Sequence: 1, At: at - 10, Final: &did.FinalTree{LogID: "log"}}, k.org, k.kernel)
	if err != nil {
		t.Fatal(err)
	}
	binding, err := did.Bind(k.org, k.kernel, did.Term{Role: did.RoleKernel, Sequence: 1, NotBefore: at, NotAfter: at + 60})
	if err != nil {
		t.Fatal(err)
	}
	db.m[numbered(rotationRows, 1)] = wire.MustMarshal(Rotation{Record: record, Binding: binding, Checkpoint: "note"})
	db.n["k/binding/kernel"] = 1
	k = reopen(t, cfg)
	if len(k.Rotations()) != 1 {
		t.Fatal("the old record was not read")
	}
	rot, err := k.RotateKernel(t.Context(), rotation(2))
	if err != nil || rot.Body().Event != 2 || *rot.Body().Previous != record.ID() {
		t.Fatalf("%+v %v", rot, err)
	}
	db.n["k/binding/kernel"] = 2
	if k = reopen(t, cfg); len(k.Rotations()) != 2 {
		t.Error("the chain was not read")
	}
	if spans := history(t, k, 2); spans[0].Key != next.Public() || spans[0].Until != at-10 || spans[0].From != 0 {
		t.Errorf("%+v", spans)
	}
	delete(db.m, numbered(rotationRows, 1))
	if _, err := Open(cfg); !errors.Is(err, ErrRotation) {
		t.Errorf("the old record is gone: %v", err)
	}
}

// BenchmarkOpenEvents is what a start pays per key event.
func BenchmarkOpenEvents(b *testing.B) {
	db, cfg, k := newRing(b)
	const events = 200
	if _, _, err := k.Agent(b.Context(), "one"); err != nil {
		b.Fatal(err)
	}
	for i := range events {
		if _, err := inTx(b, db, func(tx store.Tx) (*Rotation, error) { return k.RotateAgent(tx, "one", at+int64(i), 60) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(cfg); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
}

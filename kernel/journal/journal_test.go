package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const now = 1_800_000_000

func open(t testing.TB) *store.Engine {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func update(t testing.TB, db store.DB, fn func(store.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func key(t testing.TB, b byte) wire.PublicKey {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}

func callID(i int) string { return fmt.Sprintf("01900000-0000-7000-8000-%012x", i) }

// admittance is a call of a peer's agent with everything set.
func admittance(t testing.TB, i int) *kernel.Admittance {
	charge := &wire.MonetaryAmount{Units: 3, Currency: "USD"}
	round := wire.Hash([]byte("round"))
	treaty := wire.Hash([]byte("treaty"))
	m := &kernel.Mandate{CallID: callID(i), Server: "files", Tool: "read_file", Operation: capability.Invoke, Edge: "federation",
		Arguments: wire.Raw(`{"path":"a"}`), Holder: receipt.Holder{Kind: "custodial", OnBehalfOf: "ann", Human: true},
		Chain:    []capability.Token{{ID: "root", Issuer: key(t, 1), Subject: key(t, 2)}, {ID: "leaf", Issuer: key(t, 2), Subject: key(t, 3)}},
		Passport: &kernel.PassportRef{Issuer: "did:chio:x", ID: "p"},
		Origin: &kernel.Origin{PeerDID: "did:chio:x", PeerKernel: key(t, 2), TreatyID: treaty, ContinuationSHA256: round,
			MaxCharge: charge, PriceRound: &round}}
	a := &kernel.Admittance{Call: &kernel.Call{Mandate: m, Now: now, Route: kernel.Route{Server: "files", Audience: key(t, 1),
		PeerDID: "did:chio:y", PeerKernel: key(t, 4), TreatyID: &treaty, Price: charge, PriceRound: &round}},
		Charge: charge, PolicyHash: wire.Hash([]byte("policy"))}
	return a
}

func begin(t testing.TB, db store.DB, i int) error {
	in, err := journal.NewIntent(admittance(t, i))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := journal.Prepare(in)
	if err != nil {
		t.Fatal(err)
	}
	return db.Update(context.Background(), func(tx store.Tx) error { return journal.Begin(tx, entry) })
}

func list(t testing.TB, db store.DB) (open []journal.Intent) {
	t.Helper()
	if err := db.View(func(r store.Reader) (err error) {
		open, err = journal.Open(r)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return open
}

func TestIntentSurvivesItsRow(t *testing.T) {
	db := open(t)
	if err := begin(t, db, 1); err != nil {
		t.Fatal(err)
	}
	a := admittance(t, 1)
	open := list(t, db)
	if len(open) != 1 {
		t.Fatalf("%d open calls, want 1", len(open))
	}
	in := open[0]
	call := in.Call()
	m, want := call.Mandate, a.Call.Mandate
	if m.CallID != want.CallID || *m.Passport != *want.Passport || m.Holder != want.Holder || m.Origin.TreatyID != want.Origin.TreatyID ||
		*m.Origin.MaxCharge != *want.Origin.MaxCharge || m.Arguments != nil || m.Chain != nil {
		t.Errorf("mandate %+v", m)
	}
	if r := call.Route; r.PeerKernel != a.Call.Route.PeerKernel || *r.Price != *a.Charge || *r.TreatyID != *a.Call.Route.TreatyID {
		t.Errorf("route %+v", r)
	}
	if in.ArgsSHA256 != wire.Hash(want.Arguments) || in.Depth != 1 || in.RootIssuer != key(t, 1) || in.PolicySHA256 != a.PolicyHash {
		t.Errorf("intent %+v", in)
	}
}

func TestCallIDIsAcceptedOnce(t *testing.T) {
	db := open(t)
	if err := begin(t, db, 1); err != nil {
		t.Fatal(err)
	}
	duplicate := func(when string) {
		t.Helper()
		var d *kernel.Denial
		if err := begin(t, db, 1); !errors.As(err, &d) || d.Code != kernel.CodeDuplicateCall {
			t.Fatalf("%s: %v, want a duplicate", when, err)
		}
	}
	duplicate("open")
	update(t, db, func(tx store.Tx) error {
		return journal.End(tx, callID(1), journal.Done{ReceiptID: "r", LogIndex: 4, ExpiresAt: now + 600})
	})
	duplicate("ended")
	update(t, db, func(tx store.Tx) error {
		if err := journal.End(tx, callID(1), journal.Done{}); !errors.Is(err, journal.ErrNotOpen) {
			t.Fatalf("ending twice: %v", err)
		}
		if d, err := journal.Ended(tx, callID(1)); err != nil || d.LogIndex != 4 || d.ReceiptID != "r" {
			t.Fatalf("ended %+v, %v", d, err)
		}
		swept, _, err := journal.Sweep(tx, "", 10, now+599)
		if len(swept) != 0 {
			t.Fatalf("swept %v too early", swept)
		}
		return err
	})
	duplicate("not expired")
	update(t, db, func(tx store.Tx) error {
		swept, _, err := journal.Sweep(tx, "", 10, now+600)
		if len(swept) != 1 {
			t.Fatalf("swept %v, want the ended call", swept)
		}
		return err
	})
	if len(list(t, db)) != 0 {
		t.Fatal("a call is open")
	}
}

func TestSweepIsBoundedAndResumes(t *testing.T) {
	db := open(t)
	for i := range 7 {
		if err := begin(t, db, i); err != nil {
			t.Fatal(err)
		}
		update(t, db, func(tx store.Tx) error {
			return journal.End(tx, callID(i), journal.Done{ReceiptID: "r", ExpiresAt: now})
		})
	}
	cursor, total := "", 0
	for step, want := range []int{3, 3, 1} {
		update(t, db, func(tx store.Tx) error {
			swept, next, err := journal.Sweep(tx, cursor, 3, now)
			if len(swept) != want {
				t.Fatalf("step %d swept %d, want %d", step, len(swept), want)
			}
			cursor, total = next, total+len(swept)
			return err
		})
	}
	if cursor != "" || total != 7 {
		t.Fatalf("cursor %q after %d", cursor, total)
	}
}

func TestPrepareRefuses(t *testing.T) {
	a := admittance(t, 1)
	in, err := journal.NewIntent(a)
	if err != nil {
		t.Fatal(err)
	}
	in.CallID = "../etc"
	if _, err := journal.Prepare(in); !errors.Is(err, wire.ErrID) {
		t.Errorf("a call id that is no UUIDv7: %v", err)
	}
	a.Call.Mandate.Chain = nil
	for _, bad := range []*kernel.Admittance{nil, {}, a} {
		if _, err := journal.NewIntent(bad); err == nil {
			t.Errorf("an intent of %+v", bad)
		}
	}
}

func TestCorruptRowsAreErrors(t *testing.T) {
	for _, row := range []string{"", "{}x", `{"unknown":1}`} {
		db := open(t)
		update(t, db, func(tx store.Tx) error {
			tx.Set("i/open/"+callID(1), []byte(row))
			tx.Set("i/done/"+callID(1), []byte(row))
			return nil
		})
		if err := db.View(func(r store.Reader) error { _, err := journal.Open(r); return err }); !errors.Is(err, journal.ErrCorrupt) {
			t.Errorf("open row %q: %v", row, err)
		}
		if err := db.View(func(r store.Reader) error { _, err := journal.Ended(r, callID(1)); return err }); !errors.Is(err, journal.ErrCorrupt) {
			t.Errorf("done row %q: %v", row, err)
		}
	}
}

func FuzzRows(f *testing.F) {
	in, err := journal.NewIntent(admittance(f, 1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire.MustMarshal(in))
	f.Add(append(make([]byte, 16), 'r'))
	f.Fuzz(func(t *testing.T, row []byte) { journal.DecodeBoth(row) })
}

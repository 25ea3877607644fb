package federation

import (
	"testing"

	"github.com/backbay-labs/chio-node/store"
)

// TestAdmission: what is signed without asking, and what waits for an operator.
func TestAdmission(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(t *testing.T, a, b *org)
		want State
	}{
		"an allowed peer":       {nil, Active},
		"terms written for it":  {func(t *testing.T, a, b *org) { must(t, b.service.SetTerms(t.Context(), a.did(), testTerms())) }, PendingPeer},
		"left by the operator":  {func(t *testing.T, a, b *org) { mark(t, b, a, func(r *Record) { r.Refused = true }) }, PendingPeer},
		"evidence against it":   {func(t *testing.T, a, b *org) { mark(t, b, a, nil, prefixFork+a.did().String()) }, PendingPeer},
		"evidence of somebody":  {func(t *testing.T, a, b *org) { mark(t, b, a, nil, prefixFork+b.did().String()) }, Active},
		"terms for another one": {func(t *testing.T, _, b *org) { must(t, b.service.SetTerms(t.Context(), didOf(t, 99), testTerms())) }, Active},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newOrg(t, 10), newOrg(t, 20)
			b.restart(admitPeers(a.did()))
			p, err := a.service.Preview(t.Context(), b.address())
			must(t, err)
			if c.set != nil {
				c.set(t, a, b)
				p, err = a.service.Preview(t.Context(), b.address())
				must(t, err)
			}
			if rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil || rec.State != c.want {
				t.Fatalf("%s, %v; want %s", rec.State, err, c.want)
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mark changes o's record of a peer, and writes empty rows.
func mark(t *testing.T, o, of *org, change func(*Record), rows ...string) {
	t.Helper()
	must(t, o.service.Directory().update(t.Context(), of.did(), func(tx store.Tx, rec *Record) error {
		for _, key := range rows {
			tx.Set(key, []byte("{}"))
		}
		if change != nil {
			change(rec)
		}
		return nil
	}))
}

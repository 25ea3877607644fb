package federation

import (
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// rowsOf counts the rows whose key or value names an organisation.
func rowsOf(t *testing.T, o, of *org) (keys []string) {
	t.Helper()
	must(t, o.db.View(func(r store.Reader) error {
		for _, prefix := range []string{prefixPeer, prefixTransport, prefixTerms, prefixHistory, prefixEndedRead} {
			if err := r.Scan(prefix, "", func(key string, row []byte) error {
				if key == prefix+of.did().String() || string(row) == of.did().String() || prefix == prefixHistory {
					keys = append(keys, key)
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	}))
	return keys
}

// TestForget: who is forgotten and who is not.
func TestForget(t *testing.T) {
	some := wire.Hash(nil)
	state := func(s State) func(*Record) { return func(r *Record) { r.State = s } }
	for name, c := range map[string]struct {
		change func(*Record)
		row    string
		keep   bool
	}{
		"a stranger":                {nil, "", false},
		"terms written for it":      {nil, prefixTerms, false},
		"declined":                  {func(r *Record) { r.Refused, r.Declined = true, &some }, "", false},
		"left before there was any": {state(Terminated), "", false},
		"a long history": {func(r *Record) { // of each actor as many changes are kept
			for range maxHistory + 9 {
				r.note(r.State, cause{ByPeer, "again"}, nil)
			}
		}, "", false},
		"pending":             {state(PendingPeer), "", true},
		"active":              {state(Active), "", true},
		"frozen":              {state(Frozen), "", true},
		"revoked":             {state(Revoked), "", true},
		"deactivated":         {state(Deactivated), "", true},
		"a treaty":            {func(r *Record) { r.Treaty = &some }, "", true},
		"a treaty that ended": {func(r *Record) { r.State, r.Last = Terminated, &some }, "", true},
		"a notice of one":     {func(r *Record) { r.HeededAt = 1 }, "", true},
		"a proposal":          {func(r *Record) { r.Proposal = &some }, "", true},
		"not told":            {func(r *Record) { r.Untold = 1 }, "", true},
		"evidence":            {nil, prefixFork, true},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newOrg(t, 10), newOrg(t, 20)
			must(t, second(a.service.Meet(t.Context(), b.address())))
			var rows []string
			if c.row != "" {
				rows = append(rows, c.row+b.did().String())
			}
			mark(t, a, b, c.change, rows...)
			before := len(rowsOf(t, a, b))
			err := a.service.Directory().Forget(t.Context(), b.did())
			if c.keep {
				if !errors.Is(err, ErrKept) || len(rowsOf(t, a, b)) != before {
					t.Fatalf("%v, %d rows of %d", err, len(rowsOf(t, a, b)), before)
				}
				return
			}
			must(t, err)
			if left := rowsOf(t, a, b); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
			if _, err := a.service.Directory().Peer(b.did()); !errors.Is(err, ErrUnknownPeer) || a.service.Directory().Knows(b.host.ID()) {
				t.Error("it is still known:", err)
			}
			if err := a.service.Directory().Forget(t.Context(), b.did()); !errors.Is(err, ErrUnknownPeer) {
				t.Error("forgotten twice:", err)
			}
			must(t, second(a.service.Meet(t.Context(), b.address())))
		})
	}
}

// TestForgottenPeerTakesOurNextTerms: what we attested before is followed, not
// begun anew, so that who remembers it agrees again.
func TestForgottenPeerTakesOurNextTerms(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	must(t, second(a.service.Preview(t.Context(), b.address())))
	ours := *a.record(b).Ours
	must(t, a.service.Directory().Forget(t.Context(), b.did()))
	a.restart()
	changed := testTerms()
	changed.Money.CreditMinor++
	a.service.cfg.Terms = changed
	federate(t, a, b)
	att, _, err := a.service.attestation(*a.record(b).Ours, a.did(), b.did())
	must(t, err)
	if att.Sequence < 2 || a.record(b).Ours == &ours {
		t.Errorf("begun anew: %d", att.Sequence)
	}
}

// TestOldestStrangerMakesRoom: when the directory is full a newcomer takes the
// place of the stranger that was met longest ago, and of nobody else.
func TestOldestStrangerMakesRoom(t *testing.T) {
	some := wire.Hash(nil)
	a := newOrg(t, 10)
	d := a.service.Directory()
	d.limit = 4
	meet := func(seed byte) (*org, error) {
		o := newOrg(t, seed)
		a.clock.Add(1)
		_, err := a.service.Meet(t.Context(), o.address())
		return o, err
	}
	var all []*org
	for _, seed := range []byte{20, 30, 40, 50} {
		o, err := meet(seed)
		must(t, err)
		all = append(all, o)
	}
	mark(t, a, all[0], func(r *Record) { r.State, r.Proposal = PendingPeer, &some })
	mark(t, a, all[1], nil, prefixTerms+all[1].did().String())
	last, err := meet(60)
	must(t, err)
	known := func(o *org) bool { _, err := d.Peer(o.did()); return err == nil }
	if got := []bool{known(all[0]), known(all[1]), known(all[2]), known(all[3]), known(last)}; !slices.Equal(got, []bool{true, true, false, true, true}) {
		t.Errorf("who stayed: %v", got)
	}
	if rows := rowsOf(t, a, all[2]); len(d.List()) != 4 || slices.Contains(rows, prefixPeer+all[2].did().String()) {
		t.Errorf("%d peers, %v", len(d.List()), rows)
	}
	// Nobody is left who may go.
	mark(t, a, all[3], func(r *Record) { r.Ours = &some })
	mark(t, a, last, func(r *Record) { r.Refused = true })
	if _, err := meet(70); !errors.Is(err, ErrTooMany) || len(d.List()) != 4 {
		t.Errorf("%v, %d peers", err, len(d.List()))
	}
	// Who is known already needs no room.
	must(t, second(a.service.Meet(t.Context(), all[3].address())))
	a.restart()
	if len(a.service.Directory().List()) != 4 {
		t.Error("the rows say otherwise")
	}
}

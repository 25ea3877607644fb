package federation

import (
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/store"
)

// told renders a history for comparison.
func told(t *testing.T, o, of *org) (out []string) {
	t.Helper()
	changes, err := o.service.Directory().History(of.did())
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range changes {
		if i > 0 && c.Number != changes[i-1].Number+1 {
			t.Errorf("entry %d follows %d", c.Number, changes[i-1].Number)
		}
		out = append(out, fmt.Sprintf("%d %s→%s by %s: %s", c.At-startTime, c.From, c.To, c.By, c.Reason))
	}
	return out
}

func wantHistory(t *testing.T, o, of *org, want ...string) {
	t.Helper()
	got := told(t, o, of)
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("entry %d\n got %s\nwant %s", i+1, g, w)
		}
	}
}

// TestHistory: who did what to a relationship, kept over a restart.
func TestHistory(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	a.clock.Add(HelloTTLSeconds)
	b.clock.Add(HelloTTLSeconds)
	if _, err := a.service.Connect(t.Context(), b.did()); err != nil {
		t.Fatal(err)
	}
	dir := a.service.Directory()
	for _, step := range []func() error{
		func() error { return dir.Freeze(t.Context(), b.did(), "prices look wrong") },
		func() error { return dir.Resume(t.Context(), b.did(), "explained") },
		func() error { return dir.Suspect(t.Context(), b.did(), "two heads") },
		func() error { return dir.Revoke(t.Context(), b.did(), "fraud") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	a.restart()
	wantHistory(t, a, b,
		"0 unknown→authenticated by protocol: hello",
		"0 authenticated→pending_peer by operator: treaty revision 1: proposed",
		"0 pending_peer→active by peer: treaty revision 1: the peer signed what we proposed",
		"43200 stale→active by protocol: hello",
		"43200 active→frozen by operator: prices look wrong",
		"43200 frozen→active by operator: explained",
		"43200 active→frozen by protocol: two heads",
		"43200 frozen→revoked by operator: fraud")
	wantHistory(t, b, a,
		"0 unknown→authenticated by protocol: hello",
		"0 authenticated→active by protocol: treaty revision 1: the admission rule accepts what this peer proposes",
		"43200 stale→active by protocol: hello")
}

// TestHistoryIsBounded: the last 256 changes are kept.
func TestHistoryIsBounded(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	if _, err := a.service.Hello(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	dir := a.service.Directory()
	for range maxHistory {
		if err := dir.update(t.Context(), b.did(), func(_ store.Tx, rec *Record) error {
			rec.note(rec.State, cause{ByProtocol, "again"}, nil)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	changes, err := dir.History(b.did())
	if err != nil || len(changes) != maxHistory || changes[0].Number != 2 || changes[maxHistory-1].Number != maxHistory+1 {
		t.Fatalf("%d kept: %v", len(changes), err)
	}
}

// TestHistoryKeepsWhatOperatorsDid: a peer that proposes again and again pushes
// nothing out but its own proposals.
func TestHistoryKeepsWhatOperatorsDid(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	if _, err := a.service.Hello(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	dir := a.service.Directory()
	if err := dir.Freeze(t.Context(), b.did(), "prices look wrong"); err != nil {
		t.Fatal(err)
	}
	for range maxHistory + 9 {
		if err := dir.update(t.Context(), b.did(), func(_ store.Tx, rec *Record) error {
			rec.note(rec.State, cause{ByPeer, "the peer proposes"}, nil)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	changes, err := dir.History(b.did())
	if err != nil || len(changes) != maxHistory+2 || changes[0].By != ByProtocol || changes[1].Reason != "prices look wrong" || changes[2].Number != 12 {
		t.Fatalf("%d kept: %+v, %v", len(changes), changes[:min(3, len(changes))], err)
	}
}

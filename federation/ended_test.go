package federation

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// ending is the record by which an organisation ends, signed by a key.
func ending(t testing.TB, of did.DID, by *wire.Key, reason string) *wire.Envelope {
	t.Helper()
	env, err := wire.Seal(did.SchemaDeactivation, did.Deactivation{Schema: did.SchemaDeactivation, DID: of, Sequence: 1, At: 1000, Reason: reason}, by)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// TestEndedPeerIsNotMet: a treaty, a relationship and an acquaintance yet to
// come all end with the organisation, for ever.
func TestEndedPeerIsNotMet(t *testing.T) {
	a, b, c := newOrg(t, 10), newOrg(t, 20, admitPeers(didOf(t, 10))), newOrg(t, 30)
	federate(t, a, b)
	for _, o := range []*org{b, c} { // a peer, and one never met
		if fresh, id, err := a.service.Deactivate(t.Context(), ending(t, o.did(), o.org, "closed")); err != nil || !fresh || id != o.did() {
			t.Fatalf("%v %s %v", fresh, id, err)
		}
	}
	met := func() {
		t.Helper()
		for _, o := range []*org{b, c} {
			if _, err := a.service.Hello(t.Context(), o.address()); !errors.Is(err, ErrPeerDeactivated) {
				t.Errorf("a hello to %s: %v", o.did(), err)
			}
			if _, err := o.service.Hello(t.Context(), a.address()); err == nil {
				t.Errorf("a hello of %s was answered", o.did())
			}
		}
		if _, err := a.service.TreatyFor(b.did(), Inbound); !errors.Is(err, ErrPeerDeactivated) {
			t.Errorf("its treaty: %v", err)
		}
		if rec := a.record(b); rec.State != Deactivated || a.service.Directory().Knows(rec.PeerID) {
			t.Errorf("%+v", rec)
		}
		if all, err := a.service.Directory().Deactivations(); err != nil || len(all) != 2 || all[0].Body().DID != b.did() {
			t.Errorf("%+v %v", all, err)
		}
	}
	met()
	for _, end := range []func() error{
		func() error { return a.service.Directory().Resume(t.Context(), b.did(), "test") },
		func() error { return a.service.Leave(t.Context(), b.did(), "terms", "no") },
		func() error { return a.service.Directory().Freeze(t.Context(), b.did(), "no") },
	} {
		if err := end(); !errors.Is(err, ErrTransition) {
			t.Errorf("its state can change: %v", err)
		}
	}
	a.restart()
	met()
}

// TestEndedAgreesToNothing: who ended says no hello and signs no terms, and who
// asks is handed the record.
func TestEndedAgreesToNothing(t *testing.T) {
	a, b, c := newOrg(t, 10), newOrg(t, 20, admitPeers(didOf(t, 10))), newOrg(t, 30)
	federate(t, a, b)
	if _, _, err := a.service.Deactivate(t.Context(), ending(t, a.did(), a.org, "closed")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.TreatyFor(b.did(), Outbound); !errors.Is(err, ErrDeactivated) {
		t.Errorf("a call: %v", err)
	}
	if _, err := a.service.Hello(t.Context(), c.address()); !errors.Is(err, ErrDeactivated) {
		t.Errorf("a hello: %v", err)
	}
	if _, err := a.service.Propose(t.Context(), b.did(), wire.Digest{}); !errors.Is(err, ErrDeactivated) {
		t.Errorf("a treaty: %v", err)
	}
	if told, err := a.service.TellDeactivation(t.Context()); err != nil || told != 1 {
		t.Errorf("told %d: %v", told, err)
	}
	if told, err := a.service.TellDeactivation(t.Context()); err != nil || told != 0 {
		t.Errorf("told again %d: %v", told, err)
	}
	if _, ended := b.service.Directory().Deactivated(a.did()); !ended {
		t.Error("the peer was not told")
	}
	if _, err := c.service.Hello(t.Context(), a.address()); !errors.Is(err, ErrPeerDeactivated) {
		t.Errorf("a stranger's hello: %v", err)
	}
}

// TestEndedRequests: what a stranger and a treaty peer may hand over and ask.
func TestEndedRequests(t *testing.T) {
	a, b, c := newOrg(t, 10), newOrg(t, 20, admitPeers(didOf(t, 10))), newOrg(t, 30)
	federate(t, a, b)
	nobody := key(t, 90)
	id := did.FromKey(nobody.Public())
	stranger, peer := p2p.Peer{ID: c.host.ID()}, p2p.Peer{ID: b.host.ID()}
	altered := ending(t, b.did(), b.org, "closed")
	altered.Body = append(wire.Raw(nil), altered.Body[:len(altered.Body)-1]...)
	for name, tc := range map[string]struct {
		from p2p.Peer
		q    endedRequest
	}{
		"a stranger about nobody":   {stranger, endedRequest{Type: "push", Record: ending(t, id, nobody, "x")}},
		"forged, about a peer":      {stranger, endedRequest{Type: "push", Record: ending(t, b.did(), nobody, "x")}},
		"forged, about us":          {peer, endedRequest{Type: "push", Record: ending(t, a.did(), nobody, "x")}},
		"altered":                   {peer, endedRequest{Type: "push", Record: altered}},
		"nothing":                   {peer, endedRequest{Type: "push"}},
		"a push with a place":       {peer, endedRequest{Type: "push", Record: ending(t, id, nobody, "x"), After: 1}},
		"a stranger's list":         {stranger, endedRequest{Type: "since"}},
		"a list with a record":      {peer, endedRequest{Type: "since", Record: ending(t, id, nobody, "x")}},
		"an unknown type":           {peer, endedRequest{Type: "forget", DID: id}},
		"a question with a record ": {peer, endedRequest{Type: "get", DID: id, Record: ending(t, id, nobody, "x")}},
	} {
		if ans, err := a.service.answerEnded(t.Context(), tc.from, &tc.q); err == nil {
			t.Errorf("%s: %+v", name, ans)
		}
	}
	if n := a.service.Directory().countEnded(); n != 0 {
		t.Fatalf("%d records were kept", n)
	}
	for _, reason := range []string{"closed", "closed", "sold", "merged"} { // the same again, another, and a third
		if _, err := a.service.answerEnded(t.Context(), peer, &endedRequest{Type: "push", Record: ending(t, id, nobody, reason)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := a.service.answerEnded(t.Context(), stranger, &endedRequest{Type: "get", DID: id})
	if err != nil || len(got.Records) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	list, err := a.service.answerEnded(t.Context(), peer, &endedRequest{Type: "since"})
	if err != nil || len(list.Records) != 2 || list.Place != 1 {
		t.Errorf("%+v %v", list, err)
	}
	if more, err := a.service.answerEnded(t.Context(), peer, &endedRequest{Type: "since", After: list.Place}); err != nil || len(more.Records) != 0 {
		t.Errorf("%+v %v", more, err)
	}
	if err := b.service.pullEnded(t.Context(), b.record(a)); err != nil {
		t.Fatal(err)
	}
	if e, ok := b.service.Directory().Deactivation(id); !ok || e.Other == nil {
		t.Errorf("the peer read %+v", e)
	}
}

func FuzzEndedRequest(f *testing.F) {
	f.Add([]byte(`{"type":"since"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var q endedRequest
		if wire.UnmarshalCanonical(doc, &q, wire.DocumentLimits) != nil || q.Record == nil {
			return
		}
		if id, err := did.NamedDID(q.Record); err == nil && id.Key().IsZero() {
			t.Errorf("a record of nobody: %.200q", doc)
		}
	})
}

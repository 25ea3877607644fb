package federation

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func leave(t *testing.T, o, peer *org) {
	t.Helper()
	if err := o.service.Leave(t.Context(), peer.did(), "project_ended", "they were rude"); err != nil {
		t.Fatal(err)
	}
}

// TestLeaveIsTold: who is left learns it, with the code and without what the
// other operator wrote for itself.
func TestLeaveIsTold(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	first := federate(t, a, b)
	leave(t, a, b)
	if rec := a.record(b); rec.State != Terminated || rec.Untold != 1 || rec.Reason != "they were rude" {
		t.Fatalf("%+v", rec)
	}
	if err := a.service.Tell(t.Context(), b.did()); err != nil {
		t.Fatal(err)
	}
	if rec := a.record(b); rec.State != Terminated || rec.Untold != 0 {
		t.Fatalf("after telling: %+v", rec)
	}
	rec := b.record(a)
	if rec.State != Terminated || rec.Reason != "the peer left: project_ended" || rec.Last == nil || *rec.Last != first {
		t.Fatalf("%+v", rec)
	}
	got := told(t, b, a)
	if got[len(got)-1] != "0 active→terminated by peer: left: project_ended" {
		t.Fatal(got)
	}
	second := federate(t, a, b) // the peer left of its own accord: the admission rule still holds
	if second == first || a.record(b).Refused {
		t.Fatal("nothing new was agreed")
	}
}

// TestLeaveReachesAPeerThatWasAway: the notice waits on disk, and is the first
// thing that a peer is told when it is met again.
func TestLeaveReachesAPeerThatWasAway(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	if err := b.host.Stop(); err != nil {
		t.Fatal(err)
	}
	leave(t, a, b)
	if err := a.service.Tell(t.Context(), b.did()); err == nil {
		t.Fatal("a peer that is away was told")
	}
	a.restart()
	b.start()
	if b.record(a).State != Active {
		t.Fatal("it knows already")
	}
	if _, err := b.service.Hello(t.Context(), a.address()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.Connect(t.Context(), b.did()); err != nil {
		t.Fatal(err)
	}
	if rec := b.record(a); rec.State != Terminated || a.record(b).Untold != 0 {
		t.Fatalf("%+v", rec)
	}
}

// noticeOf returns what waits for a peer.
func noticeOf(t *testing.T, o, peer *org) treatyRequest {
	t.Helper()
	var q treatyRequest
	if err := o.db.View(func(r store.Reader) error {
		keys, err := outboxKeys(r, peer.did())
		if err != nil {
			return err
		}
		row, err := r.Get(keys[len(keys)-1])
		if err != nil {
			return err
		}
		return wire.UnmarshalCanonical(row, &q, wire.DocumentLimits)
	}); err != nil {
		t.Fatal(err)
	}
	return q
}

// TestReplayedNotice: a notice counts once, also if the same two organisations
// agree on the very same treaty again.
func TestReplayedNotice(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	propose := func() {
		p, err := a.service.Preview(t.Context(), b.address())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil {
			t.Fatal(err)
		}
	}
	propose()
	proposal := *b.record(a).Proposal
	leave(t, a, b)
	q := noticeOf(t, a, b)
	if err := a.service.Tell(t.Context(), b.did()); err != nil {
		t.Fatal(err)
	}
	if b.record(a).State != Terminated {
		t.Fatal("not ended")
	}
	propose()
	if rec := b.record(a); rec.Proposal == nil || *rec.Proposal != proposal {
		t.Fatalf("not the same proposal: %+v", rec)
	}
	if answer, err := a.service.ask(t.Context(), a.record(b), q); err != nil || answer.Status != answerTaken {
		t.Fatalf("%+v, %v", answer, err)
	}
	if rec := b.record(a); rec.State != PendingPeer {
		t.Fatalf("a replay ended it: %s", rec.State)
	}
}

// TestNoticeOfAnOlderTreatyChangesNothing: it names what is over already.
func TestNoticeOfAnOlderTreatyChangesNothing(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	older := wire.Hash([]byte("an older treaty"))
	n := TreatyEnd{Schema: TreatyEndSchema, Parties: partiesOf(a.did(), b.did()), From: a.did(), Outcome: Left, Treaty: &older, Code: "terms", At: startTime}
	env, err := wire.Seal(TreatyEndSchema, n, a.org)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.ask(t.Context(), a.record(b), treatyRequest{Schema: treatyRequestSchema, End: env}); err != nil {
		t.Fatal(err)
	}
	if rec := b.record(a); rec.State != Active || rec.HeededAt != startTime {
		t.Fatalf("%+v", rec)
	}
}

// TestLeavingEndsNoFreeze: a peer under suspicion loses its treaty by leaving,
// and stays frozen, whatever the admission rule says.
func TestLeavingEndsNoFreeze(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	if err := b.service.Directory().Suspect(t.Context(), a.did(), "two heads"); err != nil {
		t.Fatal(err)
	}
	leave(t, a, b)
	if err := a.service.Tell(t.Context(), b.did()); err != nil {
		t.Fatal(err)
	}
	if rec := b.record(a); rec.State != Frozen || rec.Treaty != nil || rec.Reason != "two heads" {
		t.Fatalf("%+v", rec)
	}
	if _, err := a.service.Hello(t.Context(), b.address()); err != nil || b.record(a).State != Frozen {
		t.Fatalf("a hello lifted it: %v", err)
	}
	if _, err := a.service.Preview(t.Context(), b.address()); err == nil {
		t.Fatal("a frozen peer is given terms")
	}
	if err := b.service.Directory().Resume(t.Context(), a.did(), "explained"); err != nil || b.record(a).State != Authenticated {
		t.Fatalf("%v", err)
	}
}

// TestLeavingBeforeTheSignatureWasSeen: one side signed, the other left without
// knowing; both name the same treaty as the one before when they begin again.
func TestLeavingBeforeTheSignatureWasSeen(t *testing.T) {
	for _, leaver := range []string{"the proposer", "the signer"} {
		t.Run(leaver, func(t *testing.T) {
			a, b := newOrg(t, 10), newOrg(t, 20)
			proposed(t, a, b)
			acceptedAway(t, a, b)
			who, other := a, b
			if leaver == "the signer" {
				who, other = b, a
			}
			leave(t, who, other)
			env := noticeOf(t, who, other).End
			if err := other.service.heed(t.Context(), who.did(), env); err != nil {
				t.Fatal(err)
			}
			if rec := other.record(who); rec.State != Terminated {
				t.Fatalf("%+v", rec)
			}
			a.start()
			b.restart(admitPeers(a.did()))
			if err := b.service.Directory().update(t.Context(), a.did(), func(_ store.Tx, rec *Record) error {
				rec.Refused = false // the operator of b forgave
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			federate(t, a, b)
		})
	}
}

// TestDecline: the proposer learns that and why, may propose something else,
// and is not signed with by the admission rule until the operator has.
func TestDecline(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20, admitPeers(didOf(t, 10)))
	p, err := a.service.Preview(t.Context(), b.address())
	if err != nil {
		t.Fatal(err)
	}
	mark(t, b, a, func(r *Record) { r.Refused = true })
	if _, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil {
		t.Fatal(err)
	}
	if err := b.service.Decline(t.Context(), a.did(), wire.Hash(nil), "no"); !errors.Is(err, ErrTermsChanged) {
		t.Fatal(err)
	}
	if err := b.service.Decline(t.Context(), a.did(), p.TreatyHash, "two\nlines"); !errors.Is(err, ErrNotice) {
		t.Fatal(err)
	}
	if err := b.service.Decline(t.Context(), a.did(), p.TreatyHash, "the credit is too high"); err != nil {
		t.Fatal(err)
	}
	if err := b.service.Decline(t.Context(), a.did(), p.TreatyHash, "again"); !errors.Is(err, ErrNoProposal) {
		t.Fatal(err)
	}
	if err := b.service.Tell(t.Context(), a.did()); err != nil {
		t.Fatal(err)
	}
	if rec := a.record(b); rec.State != Authenticated || rec.Proposal != nil || rec.Reason != "the peer declined: the credit is too high" {
		t.Fatalf("%+v", rec)
	}
	if p, err = a.service.Preview(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); !errors.Is(err, ErrRefused) {
		t.Fatalf("the same again: %v", err)
	}
	if rec := a.record(b); rec.State != Authenticated || rec.Proposal != nil {
		t.Fatalf("what was refused still waits: %+v", rec)
	}
	terms := testTerms()
	terms.Money.CreditMinor = 400
	if err := a.service.SetTerms(t.Context(), b.did(), terms); err != nil {
		t.Fatal(err)
	}
	if p, err = a.service.Preview(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	if rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil || rec.State != PendingPeer {
		t.Fatalf("signed without the operator: %s, %v", rec.State, err)
	}
	if rec, err := b.service.Accept(t.Context(), a.did(), nil); err != nil || rec.State != Active || rec.Refused || rec.Declined != nil {
		t.Fatalf("%+v, %v", rec, err)
	}
}

// TestWithdrawnProposalStaysWithdrawn: a proposal that was left or declined is
// not put in force by the signature it once had.
func TestWithdrawnProposalStaysWithdrawn(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, a, b *org, id wire.Digest){
		"left by the proposer": func(t *testing.T, a, b *org, _ wire.Digest) {
			leave(t, a, b)
			must(t, a.service.Tell(t.Context(), b.did()))
		},
		"left, and not yet told": func(t *testing.T, a, b *org, _ wire.Digest) { leave(t, a, b) },
		"declined": func(t *testing.T, a, b *org, id wire.Digest) {
			must(t, b.service.Decline(t.Context(), a.did(), id, "no"))
			must(t, b.service.Tell(t.Context(), a.did()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newOrg(t, 10), newOrg(t, 20)
			p, err := a.service.Preview(t.Context(), b.address())
			must(t, err)
			_, err = a.service.Propose(t.Context(), b.did(), p.TreatyHash)
			must(t, err)
			end(t, a, b, p.TreatyHash)
			again, err := b.service.Preview(t.Context(), a.address())
			must(t, err)
			_, _ = b.service.Propose(t.Context(), a.did(), again.TreatyHash) // refused, or left waiting
			if rec := a.record(b); again.TreatyHash != p.TreatyHash || rec.State == Active {
				t.Fatalf("it is in force at who withdrew it: %+v", rec)
			}
		})
	}
}

func TestVerifyTreatyEnd(t *testing.T) {
	a, b, c := key(t, 10), key(t, 20), key(t, 30)
	from, to := did.FromKey(a.Public()), did.FromKey(b.Public())
	id := wire.Hash([]byte("treaty"))
	left := TreatyEnd{Schema: TreatyEndSchema, Parties: partiesOf(from, to), From: from, Outcome: Left, Treaty: &id, Code: "terms", At: startTime}
	declined := left
	declined.Outcome, declined.Treaty, declined.Proposal, declined.Code, declined.Reason = Declined, nil, &id, "", "no"
	for name, c := range map[string]struct {
		n    TreatyEnd
		edit func(*TreatyEnd)
		by   []wire.Signer
		ok   bool
	}{
		"left":                    {n: left, ok: true},
		"left, of a proposal too": {n: left, edit: func(n *TreatyEnd) { n.Proposal = &id }, ok: true},
		"declined":                {n: declined, ok: true},
		"at the edge of the skew": {n: left, edit: func(n *TreatyEnd) { n.At = startTime + ClockSkewSeconds }, ok: true},
		"ahead of time":           {n: left, edit: func(n *TreatyEnd) { n.At = startTime + ClockSkewSeconds + 1 }},
		"at no time":              {n: left, edit: func(n *TreatyEnd) { n.At = 0 }},
		"by the other":            {n: left, by: []wire.Signer{b}},
		"by a stranger too":       {n: left, by: []wire.Signer{a, c}},
		"from the other":          {n: left, edit: func(n *TreatyEnd) { n.From = to }},
		"of others":               {n: left, edit: func(n *TreatyEnd) { n.Parties = partiesOf(from, did.FromKey(c.Public())) }},
		"unsorted":                {n: left, edit: func(n *TreatyEnd) { n.Parties = [2]did.DID{n.Parties[1], n.Parties[0]} }},
		"leaving nothing":         {n: left, edit: func(n *TreatyEnd) { n.Treaty = nil }},
		"with another code":       {n: left, edit: func(n *TreatyEnd) { n.Code = "bored" }},
		"left with a text":        {n: left, edit: func(n *TreatyEnd) { n.Reason = "bored" }},
		"another outcome":         {n: left, edit: func(n *TreatyEnd) { n.Outcome = "paused" }},
		"another schema":          {n: left, edit: func(n *TreatyEnd) { n.Schema = TreatySchema }},
		"declined without a word": {n: declined, edit: func(n *TreatyEnd) { n.Reason = "" }},
		"declined at length":      {n: declined, edit: func(n *TreatyEnd) { n.Reason = strings.Repeat("x", MaxNoticeText+1) }},
		"declined with an escape": {n: declined, edit: func(n *TreatyEnd) { n.Reason = "\x1b[2J" }},
		"declined, of a treaty":   {n: declined, edit: func(n *TreatyEnd) { n.Treaty = &id }},
		"declined with a code":    {n: declined, edit: func(n *TreatyEnd) { n.Code = "terms" }},
	} {
		t.Run(name, func(t *testing.T) {
			if c.edit != nil {
				c.edit(&c.n)
			}
			by := c.by
			if by == nil {
				by = []wire.Signer{a}
			}
			env, err := wire.Seal(TreatyEndSchema, c.n, by...)
			if err != nil {
				if c.n.Schema == TreatyEndSchema {
					t.Fatal(err)
				}
				return
			}
			if _, err := VerifyTreatyEnd(env, from, to, startTime); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrNotice) {
				t.Fatal(err)
			}
		})
	}
	if _, err := VerifyTreatyEnd(nil, from, to, startTime); !errors.Is(err, ErrNotice) {
		t.Fatal(err)
	}
}

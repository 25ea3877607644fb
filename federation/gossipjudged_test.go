package federation

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/p2p"
)

// TestJudgedBeforeIsThatNoteAlone: a note that was verified is not verified
// again; any other about the same head is, and a head that is learned later
// ends what was remembered.
func TestJudgedBeforeIsThatNoteAlone(t *testing.T) {
	a, b := federated(t)
	b.logLocal(1)
	a.sync(b)
	held := a.holds(b)
	judge := func(note []byte) p2p.GossipVerdict {
		doc, err := a.exchange.newGossip(note, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.exchange.judgeGossip(t.Context(), p2p.GossipMessage{Topic: topicOf(held.Origin), Author: b.host.ID(), From: b.host.ID(), Data: doc})
	}
	l := a.exchange.talk.logs[held.Origin]
	if v := judge([]byte(held.Note)); v != p2p.GossipIgnore || !a.exchange.judgedBefore(held.Origin, held.Note) {
		t.Fatalf("a known head: verdict %d, %d remembered", v, len(l.judged))
	}
	forged, err := receipt.ParseNote([]byte(held.Note))
	if err != nil {
		t.Fatal(err)
	}
	forged.Lines[0].Signature[7] ^= 1
	if v := judge(forged.Bytes()); v != p2p.GossipReject || a.exchange.judgedBefore(held.Origin, string(forged.Bytes())) {
		t.Fatalf("a forged line on a known head: verdict %d", v)
	}
	for i := range maxJudged + 1 {
		l.verified([]byte{byte(i), byte(i >> 8)})
	}
	if len(l.judged) > maxJudged {
		t.Errorf("%d notes are remembered", len(l.judged))
	}
	b.logLocal(2)
	a.sync(b)
	if a.exchange.judgedBefore(held.Origin, held.Note) || len(l.judged) != 0 {
		t.Errorf("%d notes are remembered after a new head", len(l.judged))
	}
}

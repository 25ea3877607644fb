package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// modelWords are what is said about a call afterwards: its operator objects or
// gives in, its host's operator answers, its origin lies about it, its host makes
// up another.
var modelWords = []string{"object", "object", "withdraw", "reject", "waive", "lie", "make up"}

// invention is a receipt that a host signed for a call nobody asked for.
type invention struct{ host, origin int }

// objects has one of the words said about a call.
func (w *modelWorld) objects(i int, word string) {
	w.tb.Helper()
	if len(w.calls) == 0 {
		return
	}
	c := w.calls[i%len(w.calls)]
	a, b := w.parties[c.from], w.parties[c.to]
	if a.down {
		return
	}
	defer a.survive()
	switch word {
	case "object":
		_, err := a.exchange.Object(w.tb.ctx, b.did(), c.m.CallID, VerdictDisagreement)
		if own := a.verdictOn(c); err == nil && own != receipt.Deny && own != receipt.Incomplete {
			w.tb.Fatalf("party %d objects to call %s, which it says it %s", a.at, c.m.CallID, own)
		}
	case "withdraw":
		for _, o := range a.objections(b, RoleOrigin) {
			if o.body.CallID == c.m.CallID {
				_ = a.exchange.Withdraw(w.tb.ctx, b.did(), o.body.ReceiptSHA256.String())
			}
		}
	case "reject", "waive":
		if !b.down {
			b.answersFor(a, c.m.CallID, word == "waive")
		}
	case "lie":
		w.lie(a, b, c, i)
	case "make up":
		if !b.down {
			w.makeUp(b, a)
		}
	}
}

// answersFor has a host answer the objections to a call. What it refuses to sign
// is not the model's to judge: the checks see what is filed.
func (p *modelParty) answersFor(origin *modelParty, callID string, waive bool) {
	defer p.survive()
	for id, o := range p.objections(origin, RoleHost) {
		if o.body.CallID == callID {
			_ = p.exchange.AnswerObjection(context.Background(), origin.did(), id, waive, "we looked at it")
		}
	}
}

// verdictOn is what a party's own log says of a call, read now.
func (p *modelParty) verdictOn(c *modelCall) string {
	if _, err := p.audit(); err != nil {
		p.t.Fatal(err)
	}
	return p.ended[c.m.CallID].verdict
}

// lie has the origin of a call that it was answered sign that it disagrees,
// without looking. Its host does not file that.
func (w *modelWorld) lie(a, b *modelParty, c *modelCall, i int) {
	w.tb.Helper()
	select {
	case <-c.done:
	default:
		return
	}
	if b.down || c.out.Peer == nil || c.out.Receipt == nil || c.out.Receipt.Decision.Verdict != receipt.Allow {
		return
	}
	reason := []string{NotRequested, ArgsMismatch, ResultMismatch, ChargeAboveMaximum, VerdictDisagreement}[i%5]
	env := a.sealObjection(b.peerNode, c.out, func(o *Objection) {
		if o.Reason = reason; reason != VerdictDisagreement {
			o.OwnReceiptSHA256 = nil
		}
		if reason == NotRequested {
			o.ContinuationSHA256 = nil
		}
		if reason == ResultMismatch {
			other := wire.Hash([]byte("another result"))
			o.ResultSHA256 = &other
		}
	})
	if err := a.tell(b.peerNode, env, c.out); err == nil {
		w.tb.Fatalf("party %d files that call %s, which it answered, is disputed: %s", b.at, c.m.CallID, reason)
	}
}

// makeUp has a host log a receipt like one of those it signed for calls of a
// party, for a call that the party did not make.
func (w *modelWorld) makeUp(host, origin *modelParty) {
	for _, r := range host.receipts() {
		md, err := metadataOf(r)
		if err != nil {
			w.tb.Fatal(err)
		}
		if f := md.Federation; f == nil || f.Role != RoleHost || f.PeerDID != origin.did().String() || r.Decision.Verdict != receipt.Allow {
			continue
		}
		id := host.plant(*r, func(_ *receipt.Receipt, md *receipt.Metadata) {
			if md.CallID, err = wire.NewUUIDv7(host.clock.Load()*1000, host.random()); err != nil {
				w.tb.Fatal(err)
			}
		})
		w.made[id] = invention{host.at, origin.at}
		return
	}
}

// objected is an objection as filed, and what it says.
type objected struct {
	Contested
	body *Objection
}

// objections lists what a party filed in a role, by the host's receipt.
func (p *modelParty) objections(peer *modelParty, role string) map[string]objected {
	p.t.Helper()
	out := make(map[string]objected)
	for _, c := range p.contestedWith(peer.peerNode) {
		if c.Role != role {
			continue
		}
		o, err := c.Body()
		if err != nil {
			p.t.Fatal(err)
		}
		out[o.ReceiptSHA256.String()] = objected{c, o}
	}
	return out
}

// untold says whether an objection is still on its way.
func (p *modelParty) untold(peer *modelParty) error {
	for id, o := range p.objections(peer, RoleOrigin) {
		if o.State() == "open" && !o.Told {
			return fmt.Errorf("party %d has not told party %d of its objection to %s", p.at, peer.at, id)
		}
	}
	for id, o := range p.objections(peer, RoleHost) {
		if o.Answer != nil && o.WithdrawnAt == 0 && !o.Told {
			return fmt.Errorf("party %d has not told party %d its answer about %s: %s", p.at, peer.at, id, o.AnswerRefused)
		}
	}
	return nil
}

// checkObjections is what holds of the objections of an origin to a host:
//
//	1 there is none to a call that the host answered and the origin let through:
//	  the two receipts differ, or nobody asked for the call
//	2 what the host files is what the origin filed first, byte for byte, and the
//	  host has withdrawn what the origin has, and has given up what the origin
//	  does not owe any more
//	3 a pair is disputed as long as an objection to it stands, joined by nobody
//	  meanwhile, and overdue if it is neither after JoinSeconds
//	4 a receipt for a call that nobody asked for is objected to when it comes,
//	  is no pair, and makes nobody owe anything
func (w *modelWorld) checkObjections(a, b *modelParty) error {
	theirs, ours := b.objections(a, RoleHost), a.objections(b, RoleOrigin) // who files first is read last
	waived := b.objections(a, RoleHost)                                    // an answer is the host's first
	for id, o := range ours {
		if o.Answered == AnswerWaived && waived[id].Answered != AnswerWaived { // 2
			return fmt.Errorf("the charge of %s is given up here and not there", id)
		}
		_, made := w.made[id]
		own := a.ended[o.body.CallID].verdict
		switch {
		case o.body.Reason == NotRequested && made && o.WithdrawnAt == 0 && o.Refused == "":
		case o.body.Reason == VerdictDisagreement && !made && (own == receipt.Deny || own == receipt.Incomplete):
		default: // 1
			return fmt.Errorf("an objection, %s, %s %s, to call %s that it says it %s", o.body.Reason, o.State(), o.Refused, o.body.CallID, own)
		}
		if there, ok := theirs[id]; o.WithdrawnAt > 0 && ok && there.WithdrawnAt == 0 { // 2
			return fmt.Errorf("the objection to %s is withdrawn here and stands there", id)
		}
	}
	for id, o := range theirs {
		if own, ok := ours[id]; !ok || own.Objection.ID() != o.Objection.ID() { // 2
			return fmt.Errorf("an objection to %s, %s, that the objector did not file", id, o.body.Reason)
		}
	}
	if err := errors.Join(checkDisputed(a, b, RoleOrigin, ours), checkDisputed(b, a, RoleHost, theirs)); err != nil { // 3
		return err
	}
	for id, made := range w.made { // 4
		if made.host != b.at || made.origin != a.at {
			continue
		}
		if _, err := a.exchange.Joint(b.did(), id); !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("receipt %s for a call of nobody is filed as a pair, or: %w", id, err)
		}
		if _, there := ours[id]; !there && a.holds(b, id) {
			return fmt.Errorf("receipt %s for a call of nobody is held, and not objected to", id)
		}
	}
	return nil
}

// holds reports whether a receipt of a peer's log has come.
func (p *modelParty) holds(peer *modelParty, id string) (found bool) {
	err := p.exchange.ForeignReceipts(peer.did(), func(f *ForeignReceipt) error {
		r, err := receipt.Parse(f.Receipt)
		if err == nil && r.ID == id {
			found, err = true, store.ErrStop
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// checkDisputed is rule 3 of checkObjections, at one side.
func checkDisputed(p, peer *modelParty, role string, filed map[string]objected) error {
	now := p.clock.Load()
	for _, j := range p.joints(peer.peerNode) {
		if j.Role != role {
			continue
		}
		o, ok := filed[j.ReceiptID]
		stands, joined := ok && o.WithdrawnAt == 0, len(j.Cosign) > 0
		if stands == joined && stands || stands != (j.Disputed != "") {
			return fmt.Errorf("party %d: pair %s is disputed (%q), joined %t, and its objection %t, %s", p.at, j.ReceiptID, j.Disputed, joined, ok, o.State())
		}
		late := !joined && !stands && now-j.FiledAt > JoinSeconds
		var d Disputes
		if err := d.filed(&j, now, 0); err != nil {
			return err
		}
		listed := len(d.List) > 0 && d.List[0].Kind == DisputeOverdue
		if late != listed {
			return fmt.Errorf("party %d: pair %s of %d is overdue at %d: %t, listed: %t", p.at, j.ReceiptID, j.FiledAt, now, late, listed)
		}
	}
	return nil
}

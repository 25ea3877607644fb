package federation

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// modelPlaces are where a process of the model dies.
var modelPlaces = []string{
	"hold.after", "admit.after", "close.before", "close.after", "continuation.signed_before_send", "host.executed_before_receipt",
	"host.receipt_committed_before_reply", "cosign.signed_before_reply", "cosign.received_before_store", "outbox.sent_before_ack",
	"revocation.stored_before_ack", "treaty.countersigned_before_store", "objection.told_before_ack", "answer.told_before_ack",
	"statement.signed_before_send", "statement.countersigned_before_reply", "statement.acked_before_voucher",
	"voucher.signed_before_persist", "voucher.persisted_before_send", "voucher.accepted_before_reply", "redeem.mined_before_record",
}

// TestI1_I2_I7_I10_Model plays random interleavings of calls, lost, doubled,
// late and repeated messages, exchanges, objections, statements, vouchers and
// their redemption, revocations, tightened terms, crashes, cut links and clock
// jumps between organisations, and checks after every step that nothing was
// lost, executed twice, overspent, owed differently, or signed differently. In
// the end the network heals, everything must have come together, and what nobody
// objects to must be paid. The kernels, the exchange, the settler and the
// vouchers of both sides are the real ones; the chain is numbers in memory.
func TestI1_I2_I7_I10_Model(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { playModel(t, rt, 2) })
}

// TestI1_I2_I7_I10_ModelOfThree is the model with a third organisation, and
// links that work one way.
func TestI1_I2_I7_I10_ModelOfThree(t *testing.T) {
	played := 0
	rapid.Check(t, func(rt *rapid.T) {
		if played++; played <= 20 { // of the hundred: three organisations are slow
			playModel(t, rt, 3)
		}
	})
}

func playModel(t *testing.T, rt *rapid.T, parties int) {
	tb := &modelTB{TB: t, rt: rt, ctx: t.Context()}
	defer tb.end()
	w := newModelWorld(tb, parties)
	steps := w.steps()
	steps[""] = func(*rapid.T) { w.check() }
	rt.Repeat(steps)
	w.heal()
}

// steps are what may happen next.
func (w *modelWorld) steps() map[string]func(*rapid.T) {
	party := func(rt *rapid.T, name string) int { return rapid.IntRange(0, len(w.parties)-1).Draw(rt, name) }
	pair := func(rt *rapid.T) (int, int) {
		from := party(rt, "from")
		return from, (from + rapid.IntRange(1, len(w.parties)-1).Draw(rt, "to")) % len(w.parties)
	}
	act := func(do func(rt *rapid.T)) func(*rapid.T) {
		return func(rt *rapid.T) {
			w.tb.rt = rt
			w.net.chance(rapid.Uint64().Draw(rt, "chance"), rapid.SampledFrom([]int{0, 30, 60}).Draw(rt, "faults"))
			do(rt)
			w.bury()
		}
	}
	call := act(func(rt *rapid.T) {
		from, to := pair(rt)
		call := rapid.SampledFrom([][2]string{{"read_file", readArgs}, {"read_file", readArgs}, {"read_file", withheldArgs}, {modelFree, readArgs}}).Draw(rt, "tool")
		w.beginWith(from, to, call[0], call[1])
	})
	whole := act(func(rt *rapid.T) { // what else happens has more to happen to
		w.net.chance(0, 0)
		from, to := pair(rt)
		if w.beginWith(from, to, "read_file", rapid.SampledFrom([]string{readArgs, withheldArgs}).Draw(rt, "args")) {
			w.letIn(len(w.waiting)-1, true)
		}
	})
	arrive := act(func(rt *rapid.T) {
		if len(w.waiting) > 0 {
			w.letIn(rapid.IntRange(0, len(w.waiting)-1).Draw(rt, "visit"), rapid.IntRange(0, 3).Draw(rt, "lost") > 0)
		}
	})
	all := map[string]func(*rapid.T){
		"call": call, "another call": call, "whole call": whole, "another whole call": whole, "arrive": arrive, "arrive too": arrive,
		"exchange": act(func(rt *rapid.T) { _ = w.exchange(pair(rt)) }),
		"crash":    act(func(rt *rapid.T) { w.crash(w.parties[party(rt, "party")]) }),
		"restart":  act(func(rt *rapid.T) { w.restart(w.parties[party(rt, "party")]) }),
		"arm": act(func(rt *rapid.T) {
			w.arm(w.parties[party(rt, "party")], rapid.SampledFrom(modelPlaces).Draw(rt, "place"))
		}),
		"cut": act(func(rt *rapid.T) {
			from, to := pair(rt)
			w.net.setCut(from, to, rapid.Bool().Draw(rt, "cut"))
		}),
		"replay": act(func(rt *rapid.T) { w.replay(rapid.IntRange(0, 1<<10).Draw(rt, "which")) }),
		"clock": act(func(rt *rapid.T) {
			now := w.parties[party(rt, "party")].clock.Add(rapid.SampledFrom([]int64{1, 60, 301, 3601, -60, -3600}).Draw(rt, "jump"))
			w.latest = max(w.latest, now)
		}),
		"take": act(func(rt *rapid.T) {
			host, from := pair(rt)
			switch rapid.IntRange(0, 5).Draw(rt, "what") { // seldom: it ends what follows
			case 0:
				w.revoke(w.parties[host], from)
			case 1:
				w.tighten(w.parties[host], from)
			}
		}),
	}
	maps.Copy(all, w.later(act, pair))
	return all
}

// later is what happens to calls that were made: they are paid, and quarrelled
// about.
func (w *modelWorld) later(act func(func(*rapid.T)) func(*rapid.T), pair func(*rapid.T) (int, int)) map[string]func(*rapid.T) {
	settle := act(func(rt *rapid.T) { _ = w.settle(pair(rt)) })
	astray := act(func(rt *rapid.T) {
		s := stray{which: rapid.IntRange(0, maxRecorded).Draw(rt, "which"), twist: rapid.SampledFrom([]int64{0, 0, -1, 1, modelPrice}).Draw(rt, "twist")}
		s.from, s.to = pair(rt)
		w.strays(s)
	})
	object := act(func(rt *rapid.T) {
		w.objects(rapid.IntRange(0, 1<<10).Draw(rt, "call"), rapid.SampledFrom(modelWords).Draw(rt, "word"))
	})
	return map[string]func(*rapid.T){"settle": settle, "settle too": settle, "stray": astray, "another stray": astray, "object": object}
}

// check is what holds in every state:
//
//	I1 both logs verify; a call has one terminal receipt in a log; what was
//	  executed was executed once, and its host says so, or has it open
//	I2 every budget's books are sound, nobody spent more than the total
//	I7 what a payer owes the payee is owed, for the same, once, and for what
//	  both have a receipt of; statements and vouchers are over that and nothing
//	  else, see checkMoney; who objects has reason to, see checkObjections
//	I10 what both signed is the same bytes; nothing runs that was revoked before
func (w *modelWorld) check() {
	w.tb.Helper()
	for _, p := range w.parties {
		w.served(p)
	}
	w.mu.Lock()
	broken, ran := w.broken, maps.Clone(w.ran) // before the stores are read: a host whose caller died may be running still
	w.mu.Unlock()
	if broken != "" {
		w.tb.Fatal(broken)
	}
	over := make(map[string]kernel.Outcome) // the same: a call may end for it gives up
	for _, c := range w.calls {
		select {
		case <-c.done:
			over[c.m.CallID] = c.out
		default:
		}
	}
	open := make([]map[string]bool, len(w.parties))
	for i, p := range w.parties {
		var err error
		if open[i], err = p.audit(); err != nil {
			w.tb.Fatalf("party %d: %v", i, err)
		}
	}
	for _, c := range w.calls {
		if err := w.checkCall(c, ran[c.m.CallID], over[c.m.CallID], open); err != nil {
			w.tb.Fatalf("call %s of %s from %d to %d: %v", c.m.CallID, c.tool, c.from, c.to, err)
		}
	}
	for i, a := range w.parties {
		for j, b := range w.parties {
			if i != j {
				w.checkOwed(a, b)
				w.checkJoints(a, b)
				if err := errors.Join(w.checkObjections(a, b), w.checkMoney(a, b)); err != nil {
					w.tb.Fatalf("party %d calls party %d: %v", i, j, err)
				}
			}
		}
	}
}

// audit reads what is new in a party's log, and its books, and returns the
// calls that are open.
func (p *modelParty) audit() (map[string]bool, error) {
	open := make(map[string]bool)
	return open, p.disk.View(func(r store.Reader) error {
		if _, err := log.Verify(r); err != nil {
			return err
		}
		err := log.Scan(r, p.checked, func(index uint64, leaf []byte) error {
			rec, md, err := openReceipt(append(wire.Raw(nil), leaf...), p.kernel.Public())
			if err != nil {
				return err
			}
			p.checked = index + 1
			if old, twice := p.ended[md.CallID]; twice {
				return fmt.Errorf("call %s ended twice: %+v, then %s", md.CallID, old, rec.Decision.Verdict)
			}
			l := line{id: rec.ID, verdict: rec.Decision.Verdict, role: RoleOrigin, tool: rec.ToolName, withheld: md.Code == string(kernel.CodeOutputBlocked)}
			if md.Federation != nil {
				l.role = md.Federation.Role
			}
			p.ended[md.CallID] = l
			return nil
		})
		if err != nil {
			return err
		}
		intents, err := journal.Open(r)
		if err != nil {
			return err
		}
		for _, in := range intents {
			open[in.CallID] = true
		}
		books, err := budget.Audit(r, func(callID string) (bool, error) { return open[callID], nil })
		if err == nil && len(books.Problems) > 0 {
			err = fmt.Errorf("budgets: %q", books.Problems)
		}
		return err
	})
}

// checkCall is I1 about one call.
func (w *modelWorld) checkCall(c *modelCall, ran int, out kernel.Outcome, open []map[string]bool) error {
	origin, atOrigin := w.parties[c.from].ended[c.m.CallID]
	host, atHost := w.parties[c.to].ended[c.m.CallID]
	switch {
	case ran > 1:
		return fmt.Errorf("executed %d times", ran)
	case atHost && open[c.to][c.m.CallID], atOrigin && open[c.from][c.m.CallID]:
		return fmt.Errorf("it is over and open")
	case ran == 1 && !atHost && !open[c.to][c.m.CallID]:
		return fmt.Errorf("executed, and its host knows nothing of it")
	case atHost && host.verdict == receipt.Deny && ran != 0:
		return fmt.Errorf("executed, its host says %s", host.verdict)
	case atOrigin && origin.verdict == receipt.Allow && host.verdict != receipt.Allow:
		return fmt.Errorf("its origin says allow, its host %q", host.verdict)
	case atOrigin && origin.verdict == receipt.Allow && string(c.m.Arguments) == withheldArgs:
		return fmt.Errorf("its result was to be withheld")
	case atOrigin && origin.verdict == receipt.Deny && !origin.withheld && (host.verdict == receipt.Allow || host.verdict == receipt.Incomplete):
		return fmt.Errorf("its origin says deny, its host %q", host.verdict)
	case (ran == 1 || atHost) && !atOrigin && !open[c.from][c.m.CallID]:
		return fmt.Errorf("its host heard of it, and its origin knows nothing of it")
	}
	if out.Receipt != nil && !out.Unlogged && (!atOrigin || out.Receipt.ID != origin.id) {
		return fmt.Errorf("its agent holds receipt %s, the log %+v", out.Receipt.ID, origin)
	}
	return nil
}

// checkOwed is I7: a party owes nothing that the other does not know of.
func (w *modelWorld) checkOwed(payer, payee *modelParty) {
	owed := make(map[string]Obligation)
	for _, o := range payee.obligations() {
		if o.Payer != payer.did() {
			continue
		}
		if _, twice := owed[o.ReceiptID]; twice || o.Charge.Units != modelPrice {
			w.tb.Fatalf("party %d is owed twice, or another price: %+v", payee.at, o)
		}
		owed[o.ReceiptID] = o
	}
	spent, seen := uint64(0), make(map[string]bool)
	for _, o := range payer.obligations() {
		if o.Payee != payee.did() {
			continue
		}
		if seen[o.ReceiptID] || owed[o.ReceiptID] != o {
			w.tb.Fatalf("party %d owes %+v; party %d is owed %+v", payer.at, o, payee.at, owed[o.ReceiptID])
		}
		seen[o.ReceiptID] = true
		spent += o.Charge.Units
	}
	if due := modelPrice * uint64(len(owed)); spent > modelTotal || due > modelTotal {
		w.tb.Fatalf("party %d owes %d and its peer says %d: its agent had %d", payer.at, spent, due, modelTotal)
	}
}

// checkJoints is I10: what both hold is the same.
func (w *modelWorld) checkJoints(a, b *modelParty) {
	theirs := make(map[string]Joint)
	for _, j := range b.joints(a.peerNode) {
		theirs[j.ReceiptID] = j
	}
	for _, j := range a.joints(b.peerNode) {
		other, both := theirs[j.ReceiptID]
		if j.Role == RoleOrigin && !both {
			w.tb.Fatalf("party %d filed a pair that party %d has not: %+v", a.at, b.at, j)
		}
		if len(j.Cosign) > 0 && len(other.Cosign) > 0 && string(j.Cosign) != string(other.Cosign) {
			w.tb.Fatalf("two statements about one call:\n%s\n%s", j.Cosign, other.Cosign)
		}
		if j.Role == RoleOrigin && len(j.Cosign) > 0 && len(other.Cosign) == 0 {
			w.tb.Fatalf("party %d holds a statement that its host did not keep: %+v", a.at, j)
		}
	}
}

// heal makes everything work again, and then everything must come together: no
// call open, every pair joined or disputed by both, both owing the same, and
// paid.
func (w *modelWorld) heal() {
	w.net.chance(0, 0)
	for i := range w.parties {
		for j := range w.parties {
			w.net.setCut(i, j, false)
		}
	}
	w.pass()
	for _, p := range w.parties {
		p.failAt(nil)
	}
	for len(w.waiting) > 0 {
		w.letIn(0, true)
	}
	w.together()
	w.check()
	w.square()
	for _, c := range w.calls {
		origin, atOrigin := w.parties[c.from].ended[c.m.CallID]
		host, atHost := w.parties[c.to].ended[c.m.CallID]
		select {
		case <-c.done:
		default:
			w.tb.Fatalf("call %s is still under way", c.m.CallID)
		}
		if atHost && !atOrigin {
			w.tb.Fatalf("call %s: %+v at its host, nothing at its origin", c.m.CallID, host)
		}
		if atHost && host.verdict == receipt.Allow && w.ran[c.m.CallID] != 1 {
			w.tb.Fatalf("call %s: its host says allow, and it was executed %d times", c.m.CallID, w.ran[c.m.CallID])
		}
		if atOrigin && origin.verdict == receipt.Allow && (!atHost || host.verdict != receipt.Allow) {
			w.tb.Fatalf("call %s: %+v and %+v", c.m.CallID, origin, host)
		}
	}
}

// revive starts every process that is down, or that died on the way of a
// message nobody waited for.
func (w *modelWorld) revive() {
	w.bury()
	for _, p := range w.parties {
		w.restart(p)
	}
	w.net.holding(false)
}

// pass lets time pass until what nobody objected to is signed for.
func (w *modelWorld) pass() {
	w.latest += ObjectionSeconds
	for _, p := range w.parties {
		p.clock.Store(w.latest) // what was signed at the latest time is of the future before it
	}
}

// roundsPerPass is how often parties exchange before time passes again: a call
// that ended late may be objected to until then, and what was asked too often
// may be asked again.
const roundsPerPass = 100

// together exchanges until both sides of every pair hold the same.
func (w *modelWorld) together() {
	w.tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(modelPatience)
	for round := 1; ; round++ {
		if round%roundsPerPass == 0 {
			w.pass()
		}
		w.revive()
		err := w.apart()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			w.tb.Fatalf("healed, and after %s still: %v", modelPatience, err)
		}
	}
}

func (w *modelWorld) apart() error {
	for _, a := range w.parties {
		for _, b := range w.parties {
			if a == b {
				continue
			}
			if _, err := a.exchange.SyncNow(w.tb.ctx, b.did()); err != nil {
				return err
			}
		}
	}
	for i, a := range w.parties {
		open, err := a.audit()
		if err != nil || len(open) > 0 {
			return fmt.Errorf("party %d: %d calls open, %w", i, len(open), err)
		}
		for _, b := range w.parties {
			if a == b {
				continue
			}
			if err := a.untold(b); err != nil {
				return err
			}
			ours, theirs := a.joints(b.peerNode), b.joints(a.peerNode)
			if len(ours) != len(theirs) || len(a.between(b)) != len(b.between(a)) {
				return fmt.Errorf("%d pairs here, %d there; %d and %d obligations", len(ours), len(theirs), len(a.between(b)), len(b.between(a)))
			}
			for _, j := range ours {
				if len(j.Cosign) == 0 && j.Disputed == "" {
					return fmt.Errorf("party %d has not joined %+v", i, j)
				}
			}
		}
	}
	return nil
}

// between is what a party knows to be owed between it and another, either way.
func (p *modelParty) between(other *modelParty) []Obligation {
	var out []Obligation
	for _, o := range p.obligations() {
		if o.Payer == other.did() || o.Payee == other.did() {
			out = append(out, o)
		}
	}
	return out
}

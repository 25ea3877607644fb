//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
)

// report counts what was checked and keeps what did not hold.
type report struct {
	passed int
	failed []error
}

func (r *report) check(ok bool, format string, args ...any) {
	if ok {
		r.passed++
		return
	}
	r.failed = append(r.failed, fmt.Errorf(format, args...))
}

// err shows the first few failures: one cause often has many.
func (r *report) err() error {
	const most = 12
	if len(r.failed) > most {
		return errors.Join(append(r.failed[:most:most], fmt.Errorf("and %d more", len(r.failed)-most))...)
	}
	return errors.Join(r.failed...)
}

// patience is how long three nodes may take to agree again.
const patience = 90 * time.Second

// audit checks a healed world:
//
//	1 all three agree again by themselves and by sync: heads witnessed (I9),
//	  pairs filed on both sides
//	2 calls pass again, but for what was revoked, tightened or used up (I10)
//	3 every log verifies offline, with everything else that is exported
//	4 every call ended in one terminal receipt, was executed at most once, and
//	  both logs say the same about it (I1)
//	5 no budget was overspent, and what is spent is what the receipts say (I2)
//	6 both sides owe the same, to the unit (I7)
//	7 on disk nothing is under way, and every pair is joined
func (w *world) audit(ctx context.Context) (int, error) {
	var r report
	if err := until(ctx, patience, "all three agree", func() error { return w.agree(ctx) }); err != nil { // 1
		return 0, err
	}
	w.alive(ctx, &r)                                                                                                           // 2
	if err := until(ctx, patience, "all three agree about the last calls", func() error { return w.agree(ctx) }); err != nil { // 1
		return 0, err
	}
	logs := make(map[string]*book)
	for _, o := range w.orgs {
		b, err := o.read(ctx, w.dir) // 3
		if err != nil {
			return 0, err
		}
		logs[o.name] = b
		r.passed++
	}
	total := make(map[string]int)
	for _, f := range w.flows {
		f.judge(&r, logs[f.from.name], logs[f.to.name], w.hit, total) // 4
	}
	for _, o := range w.orgs {
		r.check(logs[o.name].strangers == 0, "%s wrote %d marks that nobody sent", o.name, logs[o.name].strangers) // 4
		if err := w.money(ctx, o, logs, &r); err != nil {                                                          // 5, 6
			return 0, err
		}
	}
	w.say("%d calls: %d allowed, %d denied, %d incomplete; the agents lost the answers of %d", total["calls"], total[receipt.Allow],
		total[receipt.Deny], total[receipt.Incomplete], total["lost"])
	r.check(total[receipt.Allow] > 0 && w.hit.killed > 0 && w.net.lost.Load() > 0, "the storm was none")
	for _, o := range w.orgs {
		if err := o.stop(); err != nil {
			return 0, fmt.Errorf("%s stopped: %w", o.name, err)
		}
		if err := o.atRest(&r); err != nil { // 7
			return 0, err
		}
	}
	return r.passed, r.err()
}

// alive makes one more call of each kind and direction.
func (w *world) alive(ctx context.Context, r *report) {
	for _, f := range w.flows {
		for _, tool := range []string{paid, free} {
			before := f.to.size(ctx)
			a := f.call(ctx, tool)
			if a == nil {
				r.check(false, "%s: its node does not answer", f.agent)
				continue
			}
			switch {
			case f == w.hit.revocation.f:
				r.check(a.Code == "CHIO-REVOKED-CAPABILITY" && f.to.size(ctx) == before, "%s: its capability was revoked: %+v", f.agent, a)
			case f == w.hit.tightening.f && tool == free:
				r.check(a.Verdict == receipt.Deny && a.BoundBy == "peer_terms", "%s: the terms exclude %s: %+v", f.agent, tool, a)
			case f.limitCents < 1000 && tool == paid:
				r.check(a.Verdict == receipt.Allow || a.Code == "CHIO-BUDGET-EXCEEDED", "%s, with little money: %+v", f.agent, a)
			default:
				r.check(a.Verdict == receipt.Allow, "%s: %+v", f.agent, a)
			}
		}
	}
}

func (o *org) size(ctx context.Context) uint64 {
	var s node.Status
	_ = o.ask(ctx, "status", node.Empty{}, &s) // a size that is not there differs from the next
	return s.Receipts
}

// judge checks every call of a flow against both logs and against what the
// tools wrote.
func (f *flow) judge(r *report, from, to *book, hit *storm, total map[string]int) {
	for i := range f.made {
		a := &f.made[i]
		origin, host := from.of(a.mark, true), to.of(a.mark, false)
		ran := to.written[a.mark]
		if a.answer == nil && len(origin) > 0 {
			total["lost"]++
		}
		r.check(ran <= 1, "%s was executed %d times", a.mark, ran)
		r.check(len(origin) <= 1 && len(host) <= 1 && len(host) <= len(origin), "%s: %d calls at its origin, %d at the host", a.mark, len(origin), len(host))
		if len(origin) != 1 {
			r.check(len(origin) == 0 && a.answer == nil && ran == 0, "%s: answered %+v, executed %d times, and no receipt", a.mark, a.answer, ran)
			continue
		}
		o := origin[0]
		total["calls"]++
		total[o.verdict]++
		h := line{verdict: receipt.Deny}
		if len(host) == 1 {
			h = host[0]
			r.check(h.call == o.call && (o.verdict != receipt.Allow || o.peer == h.id), "%s: the two receipts are of two calls: %+v, %+v", a.mark, o, h)
		}
		if ans := a.answer; ans != nil {
			r.check(ans.ReceiptID == o.id && (ans.Verdict == receipt.Allow) == (o.verdict == receipt.Allow), "%s: answered %+v, the receipt says %+v", a.mark, ans, o)
		}
		switch {
		case h.verdict == receipt.Allow:
			r.check(ran == 1 && o.verdict != receipt.Deny, "%s: the host allowed it, it was executed %d times, its origin says %s", a.mark, ran, o.verdict)
		case h.verdict == receipt.Deny:
			r.check(ran == 0 && o.verdict != receipt.Allow, "%s: the host did not allow it, it was executed %d times, its origin says %+v", a.mark, ran, o)
		default:
			r.check(o.verdict == receipt.Incomplete, "%s: incomplete at the host, and its origin says %s", a.mark, o.verdict)
		}
		gone := f == hit.revocation.f && a.begun.After(hit.revokedAt) || f == hit.tightening.f && a.tool == free && a.begun.After(hit.tightenAt)
		r.check(!gone || ran == 0, "%s was executed after it was revoked or excluded", a.mark)
	}
}

// money checks what an organisation's agents spent, what it let others spend,
// and what it owes and is owed.
func (w *world) money(ctx context.Context, o *org, logs map[string]*book, r *report) error {
	for _, f := range w.flows {
		if f.from != o {
			continue
		}
		var c node.CapabilityInfo
		if err := o.ask(ctx, "capability/inspect", node.ByID{ID: f.capability}, &c); err != nil {
			return err
		}
		spent, want := uint64(0), paidCent*logs[o.name].count(f, true, func(l line) bool { return l.verdict != receipt.Deny })
		for _, b := range c.Budgets {
			if b.Tool == paid {
				spent = b.Spent
			}
		}
		r.check(spent == want && spent <= f.limitCents, "%s spent %d of %d cents, its receipts say %d", f.agent, spent, f.limitCents, want)
		ran := paidCent * logs[f.to.name].count(f, false, func(l line) bool { return l.verdict == receipt.Allow })
		out, err := o.owed(ctx, f.to, "payer")
		if err != nil {
			return err
		}
		in, err := f.to.owed(ctx, o, "payee")
		if err != nil {
			return err
		}
		r.check(out == in && in == ran, "%s says it owes %s %d cents; %s says %d, its receipts %d", o.name, f.to.name, out, f.to.name, in, ran)
	}
	var given node.CapabilityList
	if err := o.ask(ctx, "capability/list", node.Empty{}, &given); err != nil {
		return err
	}
	spent, want := uint64(0), uint64(0)
	for _, c := range given.Capabilities {
		for _, b := range c.Budgets {
			if len(c.Chain) == 1 { // a peer's, not an agent's of ours
				spent += b.Spent
			}
		}
	}
	for _, f := range w.flows {
		if f.to == o {
			want += paidCent * logs[o.name].count(f, false, func(l line) bool { return l.verdict != receipt.Deny })
		}
	}
	r.check(spent == want, "%s counted %d cents of its peers, its receipts say %d", o.name, spent, want)
	return nil
}

// owed is what is open between an organisation and a peer, one way.
func (o *org) owed(ctx context.Context, peer *org, direction string) (cents uint64, err error) {
	var a node.SettleAnswer
	if err := o.ask(ctx, "settle/status", node.SettleRequest{Peer: peer.ready.DID}, &a); err != nil {
		return 0, err
	}
	for _, s := range a.Peers {
		if s.Direction == direction && s.Gross != nil {
			cents += s.Gross.Units
		}
	}
	return cents, nil
}

//go:build unix

package tour

import (
	"fmt"
	"path/filepath"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// chioVerify runs the offline verifier, which knows nothing of any home.
func (w *world) chioVerify(args ...string) *result {
	w.t.Helper()
	return run(w.t, w.dir, []string{"PATH=/nowhere"}, verifyProgram, args...)
}

// entry is one receipt of a log.
type entry struct {
	call     string
	verdict  string
	code     string
	charged  uint64
	peer     string // the other side's receipt, at the origin
	receipt  string
	terminal bool
}

// audit exports an organisation's whole log, has it verified offline, and
// returns it by call id after checking I1: every call that entered ended in
// exactly one terminal receipt.
func (o *org) audit() map[string]entry {
	o.t.Helper()
	bundle, trust := o.w.path(o.name+".bundle.json"), o.w.path(o.name+".trust.json")
	o.ok(nil, "receipt", "export", "--out", bundle, "--trust-out", trust)
	if r := o.w.chioVerify("bundle", bundle, "--trust", trust); r.exit != node.ExitOK {
		o.t.Fatalf("%s: the log does not verify: %s", o.name, r)
	}
	out := make(map[string]entry)
	for _, e := range o.entries(filepath.Base(bundle)) {
		if old, twice := out[e.call]; twice && old.terminal && e.terminal {
			o.t.Fatalf("%s: call %s ended twice: %+v and %+v", o.name, e.call, old, e)
		}
		out[e.call] = e
	}
	for _, e := range out {
		if !e.terminal {
			o.t.Fatalf("%s: call %s never ended: %+v", o.name, e.call, e)
		}
	}
	return out
}

// entries reads the receipts of a bundle file, in the order of the log.
func (o *org) entries(bundle string) []entry {
	o.t.Helper()
	var b receipt.Bundle
	if err := wire.UnmarshalCanonical(o.w.read(bundle), &b, wire.BundleLimits); err != nil {
		o.t.Fatal(err)
	}
	var out []entry
	for _, log := range b.Logs {
		for i, leaf := range log.Receipts {
			if leaf.LeafIndex != uint64(i) {
				o.t.Fatalf("%s: leaf %d stands at %d: the log has a gap", o.name, leaf.LeafIndex, i)
			}
			e, err := entryOf(leaf.Receipt)
			if err != nil {
				o.t.Fatalf("%s: receipt %d: %v", o.name, i, err)
			}
			out = append(out, e)
		}
	}
	return out
}

func entryOf(doc wire.Raw) (entry, error) {
	r, err := receipt.Parse(doc)
	if err != nil {
		return entry{}, err
	}
	var md receipt.Metadata
	if err := wire.Unmarshal(r.Metadata, &md, wire.DocumentLimits); err != nil {
		return entry{}, err
	}
	if r.Decision == nil || md.CallID == "" {
		return entry{}, fmt.Errorf("it has no decision or names no call: %s", doc)
	}
	e := entry{call: md.CallID, verdict: r.Decision.Verdict, code: md.Code, receipt: r.ID,
		terminal: r.Decision.Verdict != receipt.PendingApproval}
	if md.Financial != nil {
		e.charged = md.Financial.CostCharged
	}
	if md.Federation != nil {
		e.peer = md.Federation.PeerReceiptID
	}
	return e, nil
}

// news returns the one entry that after has and before has not, or a zero
// entry if there is none.
func news(before, after map[string]entry) (entry, error) {
	var found []entry
	for call, e := range after {
		if _, old := before[call]; !old {
			found = append(found, e)
		}
	}
	if len(found) > 1 || len(after) != len(before)+len(found) {
		return entry{}, fmt.Errorf("one call made %d receipts, the log went from %d to %d: %+v", len(found), len(before), len(after), found)
	}
	if len(found) == 0 {
		return entry{}, nil
	}
	return found[0], nil
}

// budget is what a capability has spent of its only grant.
func (o *org) budget(capability string) node.BudgetInfo {
	o.t.Helper()
	var c node.CapabilityInfo
	o.ok(&c, "capability", "inspect", capability)
	if len(c.Budgets) != 1 {
		o.t.Fatalf("%s: capability %s has budgets %+v", o.name, capability, c.Budgets)
	}
	return c.Budgets[0]
}

// given is what all capabilities that an organisation issued have spent: at
// the host of calls, what the peer's kernel was charged.
func (o *org) given() (invocations, spent uint64) {
	o.t.Helper()
	var list node.CapabilityList
	o.ok(&list, "capability", "list")
	for _, c := range list.Capabilities {
		for _, b := range c.Budgets {
			invocations, spent = invocations+b.Invocations, spent+b.Spent
		}
	}
	return invocations, spent
}

//go:build unix

package tour

import (
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
)

// fed is a world in which Acme's researcher can call Globex's files.
type fed struct {
	*world
	capability string // Acme's, attenuated to the researcher
	server     string
}

// The transports, on free ports.
const (
	quic = "/ip4/127.0.0.1/udp/0/quic-v1"
	tcp  = "/ip4/127.0.0.1/tcp/0"
)

const (
	readNote = `{"path":"note.txt"}`
	readLong = `{"path":"long.txt"}` // more than one frame holds
)

// newFed federates two organisations over a transport and gives the researcher
// a budget.
func newFed(t *testing.T, listen string, budgetCents uint64) *fed {
	t.Helper()
	return fedOn(t, listen, budgetCents, func(*world) {})
}

// fedOn is newFed with the files of both homes changed before they start.
func fedOn(t *testing.T, listen string, budgetCents uint64, change func(*world)) *fed {
	t.Helper()
	w := newWorld(t)
	w.acme.listen, w.globex.listen = listen, listen
	w.initialise()
	change(w)
	for _, o := range []*org{w.globex, w.acme} {
		o.start()
	}
	w.globex.serve()
	w.price()
	w.federate()
	f := &fed{world: w, server: w.globex.ready.DID + "/files"}
	w.acme.ok(nil, "passport", "issue", "--agent", "researcher")
	var c node.CapabilityInfo
	w.acme.ok(&c, "capability", "issue", "--agent", "researcher", "--server", f.server, "--tool", "read_file",
		"--max-total", fmt.Sprintf("%d.%02d USD", budgetCents/100, budgetCents%100))
	f.capability = c.ID
	return f
}

// restart brings a killed node up again, with its tools.
func (f *fed) restart(o *org) {
	f.t.Helper()
	o.start()
	if o == f.globex {
		o.tools.wait() // it lost its node
		o.serve()
	}
}

// crash is one place to die at and what both logs must say afterwards. What may
// have been executed stays spent.
type crash struct {
	failpoint string
	hit       int
	origin    string // verdict in Acme's log, "" if nothing was on disk yet
	host      string // verdict in Globex's log, "" if it never heard of the call
	owed      bool   // the call ran and its receipt is on disk: it is paid for
	answered  bool   // the agent may have its answer already
	long      bool   // its result goes in chunks
	// unserved: the caller may ask again before the host's tools are back. Then
	// both logs say deny, and nothing was spent.
	unserved bool
}

func (c crash) name() string { return fmt.Sprintf("%s#%d", c.failpoint, c.hit) }

func (c crash) arguments() string {
	if c.long {
		return readLong
	}
	return readNote
}

// originCrashes kill Acme, who calls. close.before and close.after are passed
// by the kernel and by its admission.
var originCrashes = []crash{
	{failpoint: "hold.after", hit: 1},
	{failpoint: "admit.after", hit: 1, origin: receipt.Incomplete},
	{failpoint: "continuation.signed_before_send", hit: 1, origin: receipt.Incomplete},
	{failpoint: "dispatch.after", hit: 1, origin: receipt.Incomplete, host: receipt.Allow, owed: true},
	{failpoint: "close.before", hit: 1, origin: receipt.Incomplete, host: receipt.Allow, owed: true},
	{failpoint: "close.before", hit: 2, origin: receipt.Incomplete, host: receipt.Allow, owed: true},
	{failpoint: "close.after", hit: 1, origin: receipt.Allow, host: receipt.Allow, owed: true},
	{failpoint: "cosign.received_before_store", hit: 1, origin: receipt.Allow, host: receipt.Allow, owed: true, answered: true},
}

// hostCrashes kill Globex, who executes. Acme's call goes on and asks again; a
// call that Globex had not admitted is sent again, with the same bytes.
var hostCrashes = []crash{
	{failpoint: "hold.after", hit: 1, origin: receipt.Allow, host: receipt.Allow, owed: true, unserved: true},
	{failpoint: "admit.after", hit: 1, origin: receipt.Incomplete, host: receipt.Incomplete},
	{failpoint: "dispatch.after", hit: 1, origin: receipt.Incomplete, host: receipt.Incomplete},
	{failpoint: "close.before", hit: 1, origin: receipt.Incomplete, host: receipt.Incomplete},
	{failpoint: "host.executed_before_receipt", hit: 1, origin: receipt.Incomplete, host: receipt.Incomplete},
	{failpoint: "host.receipt_committed_before_reply", hit: 1, origin: receipt.Allow, host: receipt.Allow, owed: true},
	{failpoint: "host.chunks_stored_before_receipt", hit: 1, origin: receipt.Incomplete, host: receipt.Incomplete, long: true},
	{failpoint: "host.chunk_read_before_sent", hit: 2, origin: receipt.Allow, host: receipt.Allow, owed: true, long: true},
	{failpoint: "cosign.signed_before_reply", hit: 1, origin: receipt.Allow, host: receipt.Allow, owed: true},
	{failpoint: "outbox.sent_before_ack", hit: 1, origin: receipt.Allow, host: receipt.Allow, owed: true},
}

// TestI1_KillOrigin kills the calling node at every step of a paid call.
func TestI1_KillOrigin(t *testing.T) {
	t.Parallel()
	killDuringCalls(t, originCrashes, func(f *fed, c crash) {
		f.acme.arm(c.failpoint, c.hit)
		calling := spawn(t, "call", f.dir, f.acme.env(), nodeProgram, "--json", "call", "--agent", "researcher", f.server, "read_file", readNote)
		f.acme.crashed()
		if code := calling.wait(); code != node.ExitFailure && !(c.answered && code == node.ExitOK) {
			t.Fatalf("%s: the call of a node that died ended with %d: %s", c.name(), code, calling.out)
		}
		f.restart(f.acme)
	})
}

// TestI1_KillHost kills the executing node at every step of a paid call. The
// caller's node asks again by call id and learns how it ended.
func TestI1_KillHost(t *testing.T) {
	t.Parallel()
	killDuringCalls(t, hostCrashes, func(f *fed, c crash) {
		f.globex.arm(c.failpoint, c.hit)
		calling := spawn(t, "call", f.dir, f.acme.env(), nodeProgram, "--json", "call", "--agent", "researcher", f.server, "read_file", c.arguments())
		f.globex.crashed()
		f.restart(f.globex)
		want := node.ExitDenied
		if c.origin == receipt.Allow {
			want = node.ExitOK
		}
		if code := calling.wait(); code != want && !(c.unserved && code == node.ExitDenied) {
			t.Fatalf("%s: the call ended with %d, want %d: %s", c.name(), code, want, calling.out)
		}
	})
}

// tally is what the calls so far must have left behind, counted apart from the
// nodes.
type tally struct {
	*fed
	origin, host  map[string]entry // both logs as they were last audited
	given         uint64           // what Globex had counted before the first call
	spends        uint64           // calls that hold Acme's budget
	reached, owed uint64           // calls that Globex counts, and that are paid for
}

// killDuringCalls makes one call per row and checks what each left behind. In
// the end the budget is used up to the last cent and not beyond, and exactly
// what is owed is paid (I7).
func killDuringCalls(t *testing.T, rows []crash, die func(*fed, crash)) {
	const more = 2
	calls := uint64(more)
	for _, row := range rows {
		if row.origin != "" {
			calls++
		}
	}
	f := newFed(t, quic, calls*readPrice)
	n := &tally{fed: f, origin: f.acme.audit(), host: f.globex.audit()}
	_, n.given = f.globex.given()
	for _, row := range rows {
		die(f, row)
		f.synchronised()
		n.check(row)
	}
	for ; n.spends < calls; n.spends++ {
		if a := f.acme.call("researcher", f.server, "read_file", readNote); a.Verdict != "allow" || a.Charged != readPrice {
			t.Fatalf("call %d after the crashes: %+v", n.spends+1, a)
		}
		n.owed++
	}
	if a := f.acme.call("researcher", f.server, "read_file", readNote); a.Code != "CHIO-BUDGET-EXCEEDED" {
		t.Fatalf("the budget is used up, and the next call: %+v", a)
	}
	f.synchronised()
	f.settleAll(n.owed * readPrice)
}

// check audits both sides after one row: one terminal receipt per call in each
// log (I1), both logs verify, budgets exact at both (I2).
func (n *tally) check(row crash) {
	n.t.Helper()
	o, h := n.acme.audit(), n.globex.audit()
	origin, err := news(n.origin, o)
	host, hostErr := news(n.host, h)
	if row.unserved && origin.verdict == receipt.Deny && host.verdict == receipt.Deny {
		row = crash{failpoint: row.failpoint, hit: row.hit, origin: receipt.Deny, host: receipt.Deny}
	}
	if err = errors.Join(err, hostErr); err != nil || origin.verdict != row.origin || host.verdict != row.host {
		n.t.Fatalf("%s: Acme's log says %+v, Globex's %+v (%v)", row.name(), origin, host, err)
	}
	if host.call != "" && host.call != origin.call || origin.verdict == receipt.Allow && origin.peer != host.receipt {
		n.t.Fatalf("%s: the two receipts are not of one call: %+v and %+v", row.name(), origin, host)
	}
	n.origin, n.host = o, h
	if row.origin != "" && row.origin != receipt.Deny {
		n.spends++
	}
	if row.host != "" && row.host != receipt.Deny {
		n.reached++
	}
	if row.owed {
		n.owed++
	}
	if b := n.acme.budget(n.capability); b.Spent != n.spends*readPrice || b.Invocations != n.spends {
		n.t.Fatalf("%s: %d calls at %d spent %+v", row.name(), n.spends, readPrice, b)
	}
	if _, spent := n.globex.given(); spent-n.given != n.reached*readPrice {
		n.t.Fatalf("%s: Globex counted %d, want %d", row.name(), spent-n.given, n.reached*readPrice)
	}
}

// settleAll funds the channel and settles twice: the second run moves nothing.
func (f *fed) settleAll(owedCents uint64) {
	f.t.Helper()
	f.acme.ok(nil, "settle", "fund", f.globex.ready.DID, "5 USDC")
	payer, payee := f.usdc(f.acme.status.Settlement), f.usdc(f.globex.status.Settlement)
	for range 2 {
		f.acme.ok(nil, "settle", "run")
		f.globex.ok(nil, "settle", "run")
		if got := f.usdc(f.globex.status.Settlement) - payee; got != owedCents*usdcPerCent {
			f.t.Fatalf("Globex was paid %d, is owed %d", got, owedCents*usdcPerCent)
		}
	}
	if got := f.usdc(f.acme.status.Settlement); got != payer {
		f.t.Fatalf("Acme's balance went from %d to %d: it pays from the channel", payer, got)
	}
}

package admit_test

import (
	"context"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/journal"
)

// ended is what a caller was told about one call.
type ended struct {
	callID   string
	verdict  string
	unlogged bool
}

// terminal checks I1 after recovery: what a caller was told is in the log, and
// every call that is in the log is there exactly once.
func terminal(t fataler, p *process, told []ended) {
	t.Helper()
	if open := p.open(); len(open) != 0 {
		t.Fatalf("%d calls are still open", len(open))
	}
	logged := p.receipts()
	for id, verdicts := range logged {
		if len(verdicts) != 1 {
			t.Fatalf("call %s has receipts %v, want exactly one", id, verdicts)
		}
	}
	for _, e := range told {
		got := logged[e.callID]
		if !e.unlogged && (len(got) != 1 || got[0] != e.verdict) {
			t.Fatalf("call %s was told %s, the log says %v", e.callID, e.verdict, got)
		}
	}
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

var failpoints = []string{"hold.after", "admit.after", "dispatch.before", "dispatch.after", "close.before", "close.after"}

// The process ends at each named point of a call; afterwards the call has
// exactly one receipt if it was admitted, and none if it was not.
func TestI1_ExactlyOneReceiptWhereverTheProcessEnds(t *testing.T) {
	want := map[string]string{"admit.after": "incomplete", "dispatch.before": "incomplete", "dispatch.after": "incomplete",
		"close.before": "incomplete", "close.after": "allow"}
	for _, point := range failpoints {
		t.Run(point, func(t *testing.T) {
			p := newProcess(t, 10, 30)
			p.failpoint = func(name string) {
				if name == point {
					p.disk.dead.Store(true)
				}
			}
			m := p.mandate()
			out := p.kernel.Mediate(context.Background(), m)
			p.failpoint = nil
			p.restart()
			if _, err := p.admission.Recover(context.Background(), p.sign); err != nil {
				t.Fatal(err)
			}
			terminal(t, p, []ended{{m.CallID, out.Ended, out.Unlogged}})
			got := p.receipts()[m.CallID]
			if want[point] == "" && len(got) != 0 || want[point] != "" && (len(got) != 1 || got[0] != want[point]) {
				t.Fatalf("receipts %v, want %q", got, want[point])
			}
			purse, calls := p.purse()
			switch {
			case want[point] == "" && (purse.Reserved != 0 || calls != 0):
				t.Fatalf("nothing was admitted, yet %+v", purse)
			case want[point] == "incomplete" && (purse.Retained != 3 || calls != 1):
				t.Fatalf("an unknown effect must stay spent: %+v", purse)
			case want[point] == "allow" && purse.Committed != 3:
				t.Fatalf("a closed call was not committed: %+v", purse)
			}
			if out := p.kernel.Mediate(context.Background(), m); want[point] != "" && out.Denial.Code != kernel.CodeProofReplayed {
				t.Fatalf("the same mandate after the restart: %+v", out.Denial)
			}
			if out := p.call(); out.Verdict != kernel.Allow {
				t.Fatalf("a fresh call after the restart: %+v", out.Denial)
			}
		})
	}
}

// Recovery itself may be interrupted at any call.
func TestI1_InterruptedRecoveryContinues(t *testing.T) {
	p := newProcess(t, 10, 30)
	kill := func() {
		p.failpoint = func(name string) {
			if name == "dispatch.before" {
				p.disk.dead.Store(true)
			}
		}
		p.call()
		p.failpoint = nil
		p.restart()
	}
	for range 3 {
		kill()
	}
	if n := len(p.open()); n != 3 {
		t.Fatalf("%d calls open, want 3", n)
	}
	closed := 0
	p.failpoint = func(name string) {
		if name == "close.after" {
			if closed++; closed == 2 {
				p.disk.dead.Store(true)
			}
		}
	}
	if n, err := p.admission.Recover(context.Background(), p.sign); err == nil || n != 2 {
		t.Fatalf("recovered %d, %v; want 2 and an error", n, err)
	}
	p.failpoint = nil
	p.restart()
	if n, err := p.admission.Recover(context.Background(), p.sign); err != nil || n != 1 {
		t.Fatalf("recovered %d, %v; want 1", n, err)
	}
	if n, err := p.admission.Recover(context.Background(), p.sign); err != nil || n != 0 {
		t.Fatalf("recovered %d, %v; want none", n, err)
	}
	terminal(t, p, nil)
}

// Random calls of random outcome, killed at random points, recovered and
// continued: exactly one terminal receipt per admitted call, and the budget
// never goes one over.
func TestI1_RandomCrashes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newProcess(t, 8, 18)
		defer func() { _ = p.db.Close() }()
		var told []ended
		for range rapid.IntRange(1, 6).Draw(rt, "lives") {
			point := rapid.SampledFrom(failpoints).Draw(rt, "point")
			left := rapid.IntRange(0, 4).Draw(rt, "calls before it")
			p.failpoint = func(name string) {
				if name == point {
					if left--; left < 0 {
						p.disk.dead.Store(true)
					}
				}
			}
			for range rapid.IntRange(0, 5).Draw(rt, "calls") {
				broken := rapid.IntRange(0, 2).Draw(rt, "tool")
				p.dispatch = tool(broken)
				m := p.mandate()
				out := p.kernel.Mediate(context.Background(), m)
				told = append(told, ended{m.CallID, out.Ended, out.Unlogged})
			}
			p.failpoint = nil
			p.restart()
			if _, err := p.admission.Recover(context.Background(), p.sign); err != nil {
				rt.Fatalf("recover: %v", err)
			}
			terminal(rt, p, told)
			purse, calls := p.purse()
			if spent := purse.Outstanding + purse.Committed + purse.Retained; spent > 18 || calls > 8 || purse.Outstanding != 0 {
				rt.Fatalf("after recovery: %d calls, %+v", calls, purse)
			}
		}
	})
}

func tool(broken int) func(*kernel.Mandate) (kernel.Result, error) {
	return func(*kernel.Mandate) (kernel.Result, error) {
		switch broken {
		case 1:
			return kernel.Result{}, kernel.ErrNotDispatched
		case 2:
			return kernel.Result{}, context.DeadlineExceeded
		default:
			return kernel.Result{Content: []byte(`{"ok":true}`), Cost: usd(2)}, nil
		}
	}
}

// Concurrent callers against one budget: exactly as many as it has room for.
func TestI2_ConcurrentCallsNeverOverspend(t *testing.T) {
	const room, callers = 7, 32
	p := newProcess(t, 100, room*3+2)
	var wg sync.WaitGroup
	outcomes := make(chan kernel.Outcome, callers)
	for range callers {
		m := p.mandate()
		wg.Go(func() { outcomes <- p.kernel.Mediate(context.Background(), m) })
	}
	wg.Wait()
	close(outcomes)
	allowed := 0
	for out := range outcomes {
		switch {
		case out.Verdict == kernel.Allow:
			allowed++
		case out.Denial.Code != kernel.CodeBudgetExceeded || out.Unlogged:
			t.Fatalf("unexpected end %+v", out.Denial)
		}
	}
	if purse, _ := p.purse(); allowed != room || purse.Committed != room*3 {
		t.Fatalf("%d calls allowed, %+v; want %d", allowed, purse, room)
	}
	if len(p.receipts()) != callers {
		t.Fatalf("%d receipts for %d calls", len(p.receipts()), callers)
	}
}

func TestIntentKeepsWhatAReceiptNeeds(t *testing.T) {
	p := newProcess(t, 10, 30)
	var open []journal.Intent
	p.failpoint = func(name string) {
		if name == "dispatch.before" {
			open = p.open()
		}
	}
	m := p.mandate()
	if out := p.kernel.Mediate(context.Background(), m); out.Verdict != kernel.Allow {
		t.Fatalf("denied: %+v", out.Denial)
	}
	if len(open) != 1 {
		t.Fatalf("%d open calls during dispatch, want 1", len(open))
	}
	in := open[0]
	call := in.Call()
	if call.Mandate.CallID != m.CallID || call.Mandate.Server != "files" || call.Mandate.Holder.Kind != "agent" ||
		call.Route.Price.Units != 3 || in.Charge.Units != 3 || in.PolicySHA256.IsZero() || in.Leaf != p.chain[0].Ref() || in.Subject != p.agent.Public() {
		t.Fatalf("intent %+v", in)
	}
}

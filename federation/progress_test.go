package federation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// noSecrets withholds whatever holds a word.
type noSecrets struct{}

func (noSecrets) Name() string { return "no-secrets" }
func (noSecrets) Inspect(_ *kernel.Call, content wire.Raw) (kernel.OutputDecision, error) {
	if bytes.Contains(content, []byte("password")) {
		return kernel.OutputDecision{Verdict: kernel.Deny}, nil
	}
	return kernel.OutputDecision{Verdict: kernel.Allow}, nil
}

// says is a tool that says words and then returns, or ends when it is told to.
func says(words ...string) func(context.Context, *kernel.Mandate) (kernel.Result, error) {
	return func(ctx context.Context, m *kernel.Mandate) (kernel.Result, error) {
		for _, w := range words {
			if m.Progress != nil {
				m.Progress(wire.Raw(fmt.Sprintf(`{"message":%q,"progress":1}`, w)))
			}
		}
		return kernel.Result{Content: wire.Raw(`{"text":"done"}`)}, context.Cause(ctx)
	}
}

// hears calls b's tool and collects what it says.
func (p *peerNode) hears(other *peerNode) (kernel.Outcome, string) {
	p.t.Helper()
	var mu sync.Mutex
	var heard []string
	m := p.mandate(other, "read_file", readArgs)
	m.Progress = func(window wire.Raw) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, string(window))
	}
	out := p.kernelOf.Mediate(p.t.Context(), m)
	mu.Lock()
	defer mu.Unlock()
	return out, strings.Join(heard, "")
}

// TestProgressCrosses: what a tool says reaches the agent at the other
// organisation in order, judged on both sides; nobody hears what he did not ask.
func TestProgressCrosses(t *testing.T) {
	a, b := federated(t)
	b.output.set(noSecrets{})
	a.output.set(noSecrets{})
	b.slow.set(says("one", "two"))
	out, heard := a.hears(b)
	if out.Verdict != kernel.Allow || heard != `{"message":"one","progress":1}{"message":"two","progress":1}` {
		t.Fatalf("heard %s, outcome %s %+v", heard, out.Ended, out.Denial)
	}
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("without asking: %+v", out.Denial)
	}
}

// TestProgressIsJudged: a window that a guard withholds, alone or as the end of
// what came before, ends the call as such a result would, on either side.
func TestProgressIsJudged(t *testing.T) {
	for name, words := range map[string][]string{"in one window": {"fine", "the password is x"}, "in two halves": {"fine, the pass", "word is x"}} {
		for _, atHost := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/host=%t", name, atHost), func(t *testing.T) {
				a, b := federated(t)
				if atHost {
					b.output.set(noSecrets{})
				} else {
					a.output.set(noSecrets{})
				}
				b.slow.set(says(words...))
				out, heard := a.hears(b)
				if out.Verdict != kernel.Deny || len(out.Content) > 0 || strings.Contains(heard, words[1]) || !strings.Contains(heard, "fine") {
					t.Fatalf("heard %s, outcome %s %+v", heard, out.Ended, out.Denial)
				}
				if !atHost && out.Denial.Code != kernel.CodeOutputBlocked || atHost && out.Peer.Code != string(kernel.CodeOutputBlocked) {
					t.Fatalf("denied as %s, peer %+v", out.Denial.Code, out.Peer)
				}
				if r := b.receipts(); len(r) != 1 {
					t.Fatalf("%d receipts at the host", len(r))
				}
			})
		}
	}
}

// TestProgressIsBounded: a tool that talks without end is heard a little each
// second, and its result counts.
func TestProgressIsBounded(t *testing.T) {
	a, b := federated(t)
	b.slow.set(says(append(slices.Repeat([]string{"again"}, 5000), strings.Repeat("x", 5000))...))
	out, heard := a.hears(b)
	if n := strings.Count(heard, "again"); out.Verdict != kernel.Allow || n < 1 || n > 16 || strings.Contains(heard, "xxx") {
		t.Fatalf("heard %d windows, outcome %s %+v", n, out.Ended, out.Denial)
	}
}

// TestHostThatTalksUnasked: windows that nobody asked for break the exchange,
// and the answer is asked for instead.
func TestHostThatTalksUnasked(t *testing.T) {
	a, b := federated(t)
	frame, _ := a.frame(a.mandate(b, "read_file", readArgs), nil)
	asking := append([]byte(nil), bytes.Replace(frame, []byte(`"proof":`), []byte(`"progress":true,"proof":`), 1)...)
	b.slow.set(says("one"))
	rec := a.record(b.org)
	if _, err := a.exchange.send(t.Context(), rec, asking, nil); !errors.Is(err, ErrPeerReceipt) {
		// the canonical order of members is the encoder's; a frame it refuses is answered as an error
		t.Fatalf("%v", err)
	}
}

// TestProgressAfterCancel: nothing is said any more once the caller is gone.
func TestProgressAfterCancel(t *testing.T) {
	a, b := federated(t)
	ctx, leave := context.WithCancel(t.Context())
	b.slow.set(func(inner context.Context, m *kernel.Mandate) (kernel.Result, error) {
		leave()
		<-inner.Done()
		m.Progress(wire.Raw(`{"message":"too late"}`))
		return kernel.Result{}, context.Cause(inner)
	})
	m := a.mandate(b, "read_file", readArgs)
	m.Progress = func(w wire.Raw) { t.Errorf("heard %s", w) }
	if out := a.kernelOf.Mediate(ctx, m); out.Ended != receipt.Incomplete {
		t.Fatalf("%s %+v", out.Ended, out.Denial)
	}
}

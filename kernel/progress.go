package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of what a tool may say while it runs. What is over them is
// dropped: progress may be lost, results may not.
const (
	maxWindowBytes    = 4 << 10
	maxWindows        = 1024
	maxProgressBytes  = 256 << 10
	windowsPerSecond  = 16
	progressTailBytes = 512
)

// windows judges what a tool says while it runs before anybody hears it: each
// window by the output guards, by itself and behind the end of those before it,
// so that nothing is said in two halves. One that is denied ends the call.
type windows struct {
	k      *Kernel
	s      *mediation
	out    func(wire.Raw)
	cancel context.CancelCauseFunc

	mu       sync.Mutex // guards what follows
	closed   bool
	count    int
	bytes    int
	second   int64
	inSecond int
	tail     string
	denial   *Denial
	evidence []Evidence
}

// watch puts the judge between tool and caller. It returns the context under
// which the tool runs, and what ends the watching with the denial, if one fell.
func (k *Kernel) watch(ctx context.Context, s *mediation) (context.Context, func() *Denial) {
	if s.m.Progress == nil {
		return ctx, func() *Denial { return nil }
	}
	ctx, cancel := context.WithCancelCause(ctx)
	w := &windows{k: k, s: s, out: s.m.Progress, cancel: cancel}
	s.m.Progress = w.pass
	return ctx, func() *Denial {
		cancel(nil)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.closed = true
		s.evidence = append(s.evidence, w.evidence...)
		return w.denial
	}
}

// pass takes one window from the tool.
func (w *windows) pass(window wire.Raw) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.denial != nil || !w.room(len(window)) {
		return
	}
	released, d := w.judge(window)
	if d != nil {
		w.denial = d
		w.cancel(d)
		return
	}
	_, _ = safely(func() (struct{}, error) { w.out(released); return struct{}{}, nil })
}

func (w *windows) room(size int) bool {
	if now := w.k.cfg.Now(); now != w.second {
		w.second, w.inSecond = now, 0
	}
	if size > maxWindowBytes || w.count >= maxWindows || w.bytes+size > maxProgressBytes || w.inSecond >= windowsPerSecond {
		return false
	}
	w.count, w.bytes, w.inSecond = w.count+1, w.bytes+size, w.inSecond+1
	return true
}

// progressWindow is what of a progress notification is passed on. Anything else that a
// tool puts beside it is dropped: it could not be judged across windows.
type progressWindow struct {
	Message  string   `json:"message,omitempty"`
	Progress wire.Raw `json:"progress,omitzero"`
	Total    wire.Raw `json:"total,omitzero"`
}

func readWindow(doc wire.Raw) (progressWindow, error) {
	var said progressWindow
	err := wire.UnmarshalLenient(doc, &said, wire.DocumentLimits)
	for _, number := range []wire.Raw{said.Progress, said.Total} {
		if err == nil && len(number) > 0 && number[0] != '-' && (number[0] < '0' || number[0] > '9') {
			err = errors.New("progress and total are numbers")
		}
	}
	return said, err
}

// judge asks every output guard about a window alone, and about what it makes
// of it behind the end of what was said before. What a guard would cut out of
// the two together cannot be cut any more, so it denies.
func (w *windows) judge(doc wire.Raw) (wire.Raw, *Denial) {
	said, err := readWindow(doc)
	if err == nil {
		doc, err = wire.Marshal(said)
	}
	if err != nil {
		return nil, w.denied("kernel", fmt.Sprintf("what the tool said while it ran cannot be read: %v", err))
	}
	released, d := w.ask(doc)
	if d != nil {
		return nil, d
	}
	if released == nil {
		released = doc
	} else if said, err = readWindow(released); err != nil {
		return nil, w.denied("kernel", fmt.Sprintf("what a guard made of a window cannot be read: %v", err))
	}
	if w.tail != "" {
		together := wire.MustMarshal(progressWindow{Message: text(w.tail+said.Message, progressTailBytes+maxWindowBytes)})
		changed, d := w.ask(together)
		if d != nil {
			return nil, d
		}
		if changed != nil && !bytes.Equal(changed, together) {
			return nil, w.denied("kernel", "what the tool said while it ran holds, put together, what a guard withholds")
		}
	}
	w.tail += said.Message
	w.tail = w.tail[max(0, len(w.tail)-progressTailBytes):]
	return released, nil
}

// ask returns what the guards made of the content, nil if nothing.
func (w *windows) ask(content wire.Raw) (changed wire.Raw, d *Denial) {
	for _, g := range w.s.policy.Output {
		od, err := safely(func() (OutputDecision, error) { return g.Inspect(w.s.call, content) })
		if err != nil || od.Verdict != Allow || od.Observed && w.s.enforced() {
			w.evidence = append(w.evidence, od.Evidence...)
			return nil, w.denied(g.Name(), "what the tool said while it ran was withheld by "+g.Name())
		}
		if od.Content != nil {
			content, changed = od.Content, od.Content
		}
	}
	return changed, nil
}

func (w *windows) denied(guard, reason string) *Denial {
	return &Denial{Step: 12, Code: CodeOutputBlocked, Guard: guard, Side: "local", Reason: reason,
		Fix: "the tool was told to stop; it may have run; its result is withheld"}
}

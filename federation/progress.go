package federation

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of what a tool says across organisations while it runs. The
// kernels of both sides judge and count each window; these keep a slow reader
// from holding a tool back, and a host from talking for ever.
const (
	maxUnsent        = 16
	maxWindowsToRead = 2048
)

// relay lets the tool's windows go to the peer before the answer, once our own
// kernel has judged them. What the peer does not take in time is dropped. The
// returned function ends it, so that nothing comes behind the answer.
func relay(ctx context.Context, m *kernel.Mandate, q *invokeRequest, stream *p2p.Stream) func() {
	if !q.Progress || stream == nil {
		return func() {}
	}
	unsent, done := make(chan wire.Raw, maxUnsent), make(chan struct{})
	m.Progress = func(window wire.Raw) {
		select {
		case unsent <- window:
		default:
		}
	}
	go func() {
		defer close(done)
		failed := false
		for window := range unsent {
			canonical, err := wire.Canonicalize(window, wire.DocumentLimits)
			if err != nil || failed {
				continue
			}
			failed = stream.Write(ctx, object(part{"status", text(statusSaid)}, part{"window", canonical})) != nil
		}
	}()
	return func() {
		close(unsent)
		<-done
	}
}

// readWindows reads an answer and hands on the windows before it.
func readWindows(ctx context.Context, stream *p2p.Stream, progress func(wire.Raw)) (*callAnswer, error) {
	for range maxWindowsToRead {
		doc, err := stream.Read(ctx)
		if err != nil {
			return nil, err
		}
		var a callAnswer
		if err := readAnswer(doc, &a); err != nil {
			return nil, err
		}
		if a.Status != statusSaid {
			return &a, nil
		}
		if progress == nil || len(a.Window) == 0 {
			return nil, fmt.Errorf("%w: the peer says what nobody asked for", ErrPeerReceipt)
		}
		progress(a.Window)
	}
	return nil, fmt.Errorf("%w: over %d windows before the answer", ErrPeerReceipt, maxWindowsToRead)
}

// progressPart asks for windows if the caller wants any.
func progressPart(m *kernel.Mandate) []byte {
	if m.Progress == nil {
		return nil
	}
	return []byte("true")
}

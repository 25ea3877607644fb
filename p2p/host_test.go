package p2p

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const echo = "/test/echo/1.0.0"

var testLimits = Limits{MaxFrameBytes: 64 << 10, MessageTimeout: 5 * time.Second, TotalTimeout: 20 * time.Second, StreamsPerPeer: 2,
	Rate: Rate{Every: time.Microsecond, Burst: 1000}}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("go.opencensus.io/stats/view.(*worker).start"))
}

func everybody(PeerID) bool { return true }

func answerEcho(ctx context.Context, _ Peer, s *Stream) error {
	request, err := s.Request(ctx)
	if err != nil {
		return err
	}
	return s.Write(ctx, request)
}

type protocolSpec struct {
	name   string
	limits Limits
	serve  Handler
}

func startHost(t testing.TB, seed byte, cfg Config, protocols ...protocolSpec) *Host {
	t.Helper()
	cfg.Key = seedKey(t, seed)
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range protocols {
		if err := h.Handle(p.name, p.limits, p.serve); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// pair starts two connected hosts that speak the given protocols; b serves.
func pair(t testing.TB, protocols ...protocolSpec) (a, b *Host) {
	t.Helper()
	b = startHost(t, 9, Config{Allow: everybody}, protocols...)
	a = startHost(t, 7, Config{Allow: everybody}, protocols...)
	if _, err := a.Connect(t.Context(), b.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func TestCallOverBothTransports(t *testing.T) {
	for _, transport := range []string{"quic-v1", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			b := startHost(t, 9, Config{Allow: everybody}, protocolSpec{echo, testLimits, answerEcho})
			a := startHost(t, 7, Config{Allow: everybody}, protocolSpec{echo, testLimits, answerEcho})
			for _, addr := range b.Addrs() {
				if !strings.Contains(addr, transport) {
					continue
				}
				if id, err := a.Connect(t.Context(), addr); err != nil || id != b.ID() {
					t.Fatalf("connected to %s, %v", id, err)
				}
			}
			for _, n := range []int{0, 1, growStep + 1, testLimits.MaxFrameBytes} {
				message := bytes.Repeat([]byte{'x'}, n)
				got, err := a.Call(t.Context(), b.ID(), echo, message)
				if err != nil || !bytes.Equal(got, message) {
					t.Fatalf("%d bytes: got %d, %v", n, len(got), err)
				}
			}
			if _, err := b.Call(t.Context(), a.ID(), echo, []byte("back")); err != nil {
				t.Fatalf("over the same connection, the other way: %v", err)
			}
		})
	}
}

func TestPeerIdentityIsTheConnections(t *testing.T) {
	seen := make(chan PeerID, 1)
	a, b := pair(t, protocolSpec{echo, testLimits, func(ctx context.Context, from Peer, s *Stream) error {
		seen <- from.ID
		return answerEcho(ctx, from, s)
	}})
	if _, err := a.Call(t.Context(), b.ID(), echo, []byte("I am 12D3KooWSomebodyElse")); err != nil {
		t.Fatal(err)
	}
	if got := <-seen; got != a.ID() {
		t.Fatalf("served %s, connected %s", got, a.ID())
	}
}

// TestStreamErrors: whatever a peer or a handler does, that stream is reset and
// the next call works.
func TestStreamErrors(t *testing.T) {
	slow := testLimits
	slow.MessageTimeout = 100 * time.Millisecond
	small := testLimits
	small.MaxFrameBytes = 10
	served := make(chan error, 1)
	report := func(ctx context.Context, from Peer, s *Stream) error {
		err := answerEcho(ctx, from, s)
		served <- err
		return err
	}
	for name, c := range map[string]struct {
		limits Limits
		raw    []byte // sent without framing, stream left open
		want   error
	}{
		"2^31 declared length":  {testLimits, []byte{0x80, 0x80, 0x80, 0x80, 0x08}, ErrFrameTooLarge},
		"over the limit":        {small, []byte{11}, ErrFrameTooLarge},
		"slow-loris in length":  {slow, []byte{0x81}, ErrTimeout},
		"slow-loris in frame":   {slow, []byte{5, 'a'}, ErrTimeout},
		"silence after request": {slow, []byte{1, 'a'}, ErrTimeout},
		"trailing bytes":        {testLimits, []byte{1, 'a', 1, 'b'}, ErrTrailing},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, protocolSpec{"/test/bad/1", c.limits, report}, protocolSpec{echo, testLimits, answerEcho})
			s, err := a.Open(t.Context(), b.ID(), "/test/bad/1")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.raw.Write(c.raw); err != nil {
				t.Fatal(err)
			}
			if err := <-served; !errors.Is(err, c.want) {
				t.Fatalf("served with %v, want %v", err, c.want)
			}
			if _, err := io.ReadAll(s.raw); err == nil {
				t.Fatal("the stream was closed, not reset")
			}
			s.Reset()
			if _, err := a.Call(t.Context(), b.ID(), echo, []byte("still here")); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestPanicResetsOneStream(t *testing.T) {
	var log bytes.Buffer
	protocols := []protocolSpec{
		{"/test/panic/1", testLimits, func(context.Context, Peer, *Stream) error { panic("boom") }},
		{echo, testLimits, answerEcho},
	}
	b := startHost(t, 9, Config{Allow: everybody, Log: slog.New(slog.NewTextHandler(&log, nil))}, protocols...)
	a := startHost(t, 7, Config{Allow: everybody}, protocols...)
	if _, err := a.Connect(t.Context(), b.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Call(t.Context(), b.ID(), "/test/panic/1", []byte("x")); err == nil {
		t.Fatal("got an answer from a handler that panicked")
	}
	if _, err := a.Call(t.Context(), b.ID(), echo, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := b.Stop(); err != nil { // waits for the handlers, and with them for the log
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "boom") {
		t.Fatalf("nobody was told: %s", log.String())
	}
}

func TestGater(t *testing.T) {
	protocols := []protocolSpec{{echo, testLimits, answerEcho}}
	open := testLimits
	open.Open = true
	protocols = append(protocols, protocolSpec{"/test/hello/1", open, answerEcho})
	stranger := startHost(t, 7, Config{}, protocols...)

	t.Run("closed", func(t *testing.T) {
		b := startHost(t, 9, Config{}, protocols...)
		if _, err := stranger.Connect(t.Context(), b.Addrs()[0]); err == nil {
			// QUIC finishes its handshake before the server's gater has spoken.
			if _, err := stranger.Call(t.Context(), b.ID(), "/test/hello/1", nil); err == nil {
				t.Fatal("a stranger was served")
			}
		}
	})
	t.Run("open", func(t *testing.T) {
		b := startHost(t, 11, Config{Open: true}, protocols...)
		if _, err := stranger.Connect(t.Context(), b.Addrs()[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := stranger.Call(t.Context(), b.ID(), "/test/hello/1", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := stranger.Call(t.Context(), b.ID(), echo, nil); err == nil {
			t.Fatal("a stranger reached a protocol that is not open")
		}
	})
	t.Run("wrong key at the address", func(t *testing.T) {
		b := startHost(t, 13, Config{Allow: everybody}, protocols...)
		addr := strings.Replace(b.Addrs()[0], string(b.ID()), vectorPeerID, 1)
		c := startHost(t, 15, Config{}, protocols...)
		if _, err := c.Connect(t.Context(), addr); err == nil {
			t.Fatal("connected to a node that does not hold the named key")
		}
	})
}

// TestStreamLimits: a peer that bypasses its own limit is cut off at ours, and
// another peer is still served.
func TestStreamLimits(t *testing.T) {
	release := make(chan struct{})
	entered := make(chan struct{}, 64)
	block := func(ctx context.Context, _ Peer, s *Stream) error {
		entered <- struct{}{}
		select {
		case <-release:
		case <-ctx.Done():
		}
		return answerEcho(ctx, Peer{}, s)
	}
	b := startHost(t, 9, Config{Allow: everybody}, protocolSpec{"/test/block/1", testLimits, block})
	greedy := testLimits
	greedy.StreamsPerPeer = 32
	a := startHost(t, 7, Config{Allow: everybody}, protocolSpec{"/test/block/1", greedy, block})
	c := startHost(t, 11, Config{Allow: everybody}, protocolSpec{"/test/block/1", testLimits, block})
	for _, h := range []*Host{a, c} {
		if _, err := h.Connect(t.Context(), b.Addrs()[0]); err != nil {
			t.Fatal(err)
		}
	}
	accepted := inboundSlack * testLimits.StreamsPerPeer
	results := make(chan error, 16)
	for range 16 {
		go func() {
			_, err := a.Call(t.Context(), b.ID(), "/test/block/1", []byte("x"))
			results <- err
		}()
	}
	for range accepted {
		<-entered
	}
	for range 16 - accepted {
		if err := <-results; err == nil {
			t.Fatal("a stream over the limit was served")
		}
	}
	go func() {
		_, err := c.Call(t.Context(), b.ID(), "/test/block/1", []byte("x"))
		results <- err
	}()
	<-entered // the other peer got in while the greedy one held its slots
	close(release)
	for range accepted + 1 {
		if err := <-results; err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenWaitsForASlot(t *testing.T) {
	a, b := pair(t, protocolSpec{echo, testLimits, answerEcho})
	var held []*Stream
	for range testLimits.StreamsPerPeer {
		s, err := a.Open(t.Context(), b.ID(), echo)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, s)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("gave up"))
	if _, err := a.Open(ctx, b.ID(), echo); err == nil {
		t.Fatal("opened one stream more than the limit")
	}
	for _, s := range held {
		s.Reset()
		s.Reset() // idempotent: a slot is freed once
	}
	if _, err := a.Call(t.Context(), b.ID(), echo, nil); err != nil {
		t.Fatal(err)
	}
}

func TestStates(t *testing.T) {
	if _, err := New(Config{}); !errors.Is(err, ErrConfig) {
		t.Fatal(err)
	}
	if _, err := New(Config{Key: seedKey(t, 7), Listen: []string{"localhost:1"}}); !errors.Is(err, ErrConfig) {
		t.Fatal(err)
	}
	h, err := New(Config{Key: seedKey(t, 7)})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Handle(echo, Limits{}, answerEcho); !errors.Is(err, ErrLimits) {
		t.Fatal(err)
	}
	if _, err := h.Open(t.Context(), vectorPeerID, echo); !errors.Is(err, ErrState) {
		t.Fatal(err)
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.Handle(echo, testLimits, answerEcho); !errors.Is(err, ErrState) {
		t.Fatal(err)
	}
	if _, err := h.Connect(t.Context(), h.Addrs()[0]); !errors.Is(err, ErrAddress) {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Start(t.Context()); !errors.Is(err, ErrState) {
		t.Fatal(err)
	}
}

func TestStopEndsHandlers(t *testing.T) {
	entered := make(chan struct{})
	a, b := pair(t, protocolSpec{echo, testLimits, func(ctx context.Context, _ Peer, _ *Stream) error {
		close(entered)
		<-ctx.Done()
		return fmt.Errorf("stopped: %w", context.Cause(ctx))
	}})
	result := make(chan error, 1)
	go func() {
		_, err := a.Call(t.Context(), b.ID(), echo, nil)
		result <- err
	}()
	<-entered
	if err := b.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err == nil {
		t.Fatal("got an answer from a stopped host")
	}
}

func BenchmarkCall(b *testing.B) {
	x, y := pair(b, protocolSpec{echo, testLimits, answerEcho})
	message := make([]byte, 1024)
	for b.Loop() {
		if _, err := x.Call(b.Context(), y.ID(), echo, message); err != nil {
			b.Fatal(err)
		}
	}
}

package federation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// gossipFrames stands for what a peer says in a topic, beside the protocols.
const gossipFrames = "gossip"

// framesWorld is an honest organisation b with two peers: c, who stays out of
// it, and a, who has all its own keys and says whatever it likes. b begins each
// frame from the same store, so that one frame's effect never depends on
// another's.
type framesWorld struct {
	a, b, c *peerNode
	door    *framesDoor
	sent    []sentFrame // what a's honest node said while the world was made
	rows    []store.Write
	before  map[string]string  // the same rows
	gone    []capability.Token // of an agent of a
	revoked string             // its last, which a took back
	logged  uint64             // receipts in b's log
	logID   string             // of a's log

	disk    *memory.Backend // b's, while the world is made
	engine  *store.Engine   // b's, from then on
	applied *atomic.Bool    // it was written
	kept    bool            // the last frame may have left something in memory
	frame   []byte          // being answered
	ran     []string        // call ids that b's tools ran
	broken  string          // what b's tools saw and must not
}

// sentFrame is one request to one protocol.
type sentFrame struct {
	protocol string
	doc      []byte
}

// framesDoor is b's host. Its handlers are those of the service that was
// composed last; the connection outlives them.
type framesDoor struct {
	*p2p.Host
	mu     sync.Mutex
	serve  map[string]p2p.Handler
	cfg    p2p.GossipConfig
	gossip *p2p.Gossip
	shut   bool // b asks nobody
	over   chan struct{}
}

func (d *framesDoor) Handle(name string, limits p2p.Limits, serve p2p.Handler) error {
	d.mu.Lock()
	_, again := d.serve[name]
	d.serve[name] = serve
	d.mu.Unlock()
	if again {
		return nil
	}
	limits.Rate = p2p.Rate{Every: time.Nanosecond, Burst: 1 << 20}
	return d.Host.Handle(name, limits, func(ctx context.Context, from p2p.Peer, s *p2p.Stream) error {
		d.mu.Lock()
		h, shut := d.serve[name], d.shut
		d.mu.Unlock()
		if shut {
			defer func() { d.over <- struct{}{} }()
		}
		return h(ctx, from, s)
	})
}

func (d *framesDoor) Gossip(cfg p2p.GossipConfig) (g *p2p.Gossip, err error) {
	if d.cfg = cfg; d.gossip == nil {
		d.gossip, err = d.Host.Gossip(cfg)
	}
	return d.gossip, err
}

func (d *framesDoor) closed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shut
}

func (d *framesDoor) Call(ctx context.Context, to p2p.PeerID, protocol string, request []byte) ([]byte, error) {
	if d.closed() {
		return nil, errLost
	}
	return d.Host.Call(ctx, to, protocol, request)
}

func (d *framesDoor) Open(ctx context.Context, to p2p.PeerID, protocol string) (*p2p.Stream, error) {
	if d.closed() {
		return nil, errLost
	}
	return d.Host.Open(ctx, to, protocol)
}

func (d *framesDoor) Disconnect(id p2p.PeerID) error {
	if d.closed() {
		return nil
	}
	return d.Host.Disconnect(id)
}

// recordingHost keeps what a's honest node asks.
type recordingHost struct {
	*p2p.Host
	w *framesWorld
}

func (h recordingHost) Call(ctx context.Context, to p2p.PeerID, protocol string, request []byte) ([]byte, error) {
	h.w.sent = append(h.w.sent, sentFrame{protocol, request})
	return h.Host.Call(ctx, to, protocol, request)
}

// watched is a backend that tells whether anything was written.
type watched struct {
	*memory.Backend
	applied *atomic.Bool
}

func (b watched) Apply(writes []store.Write) error {
	b.applied.Store(true)
	return b.Backend.Apply(writes)
}

// newFramesWorld makes the same world every time: the processes of a fuzzing
// run pass frames to each other.
func newFramesWorld(t testing.TB) *framesWorld {
	t.Helper()
	w := &framesWorld{applied: new(atomic.Bool), kept: true}
	w.c = w.party(t, 30, nil)
	w.a = w.party(t, 10, func(h *p2p.Host) Host { return recordingHost{h, w} })
	w.b = w.party(t, 20, func(h *p2p.Host) Host {
		w.door = &framesDoor{Host: h, serve: make(map[string]p2p.Handler), over: make(chan struct{}, 1)}
		return w.door
	})
	w.b.asks = newRule()
	for _, p := range []*peerNode{w.a, w.c} {
		var own shelf
		own.put(p.did(), startTime+1000)
		p.shows = own.get
	}
	most := int64(1000)
	w.b.terms.Ingress.Caps.MaxCallsPerTreaty = &most
	w.b.tool.set(w.run)
	for _, p := range []*peerNode{w.a, w.b, w.c} {
		p.open()
		p.logLocal(1)
	}
	for _, p := range []*peerNode{w.c, w.a} {
		federate(t, p.org, w.b.org)
		p.sync(w.b)
	}
	w.prepare(t)
	w.settle(t)
	t.Cleanup(func() {
		if w.engine != nil {
			_ = w.engine.Close()
		}
	})
	return w
}

func (w *framesWorld) party(t testing.TB, seed byte, behind func(*p2p.Host) Host) *peerNode {
	t.Helper()
	w.disk = memory.NewBackend()
	db, err := store.Open(store.Config{Backend: w.disk})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	o := &org{t: t, db: db, org: key(t, seed), kernel: key(t, seed+1), transport: key(t, seed+2), clock: new(atomic.Int64)}
	o.clock.Store(startTime)
	o.bindings = o.bind(1, o.transport, o.kernel)
	o.self = Self{Kernel: o.kernel.Public(), PolicyHash: wire.Hash([]byte{seed}), GuardNames: []string{"forbidden-path"},
		SettlementAddress: address(seed), OracleAddress: address(seed + 100)}
	p := &peerNode{org: o, agent: key(t, seed+3), terms: callTerms(), peers: []did.DID{didOf(t, 10), didOf(t, 30)},
		listen: []string{"/ip4/127.0.0.1/tcp/0"}, behind: behind, desk: true, rand: rand.NewChaCha8([32]byte{seed})}
	err = o.db.Update(t.Context(), func(tx store.Tx) (err error) {
		p.logOrigin, err = log.Init(tx, p.rand)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// noSettler takes part in the settle protocol and signs nothing.
type noSettler struct{}

var errNoSettler = errors.New("nothing is settled here")

func (noSettler) AnswerProposal(context.Context, did.DID, settlement.Proposal) (settlement.Answer, error) {
	return settlement.Answer{}, errNoSettler
}
func (noSettler) AcceptVoucher(context.Context, did.DID, []byte) error { return errNoSettler }
func (noSettler) PutRound(context.Context, did.DID, []byte) (wire.Digest, error) {
	return wire.Digest{}, errNoSettler
}
func (noSettler) AnswerDescent(did.DID, settlement.Descent) ([]wire.Digest, error) {
	return nil, errors.New("no settler")
}

func (noSettler) AnswerClose(context.Context, did.DID, settlement.CloseRequest) (string, error) {
	return "", errNoSettler
}
func (noSettler) Heads(did.DID) ([]settlement.ChannelStatus, error) { return nil, nil }

// prepare has a revoke one capability of its agent, makes one call that is
// joined, and one that waits for it.
func (w *framesWorld) prepare(t testing.TB) {
	t.Helper()
	chain := w.a.chainTo(w.b, "read_file")
	w.gone = chain
	leaf := leafOf(chain)
	w.revoked = leaf.ID
	w.a.revoke(authority.Entry{Kind: authority.KindCapability, Issuer: leaf.Issuer.String(), ID: leaf.ID})
	w.a.sync(w.b)
	for range 2 {
		w.a.sync(w.b)
		m := w.a.mandate(w.b, "read_file", readArgs)
		if out := w.a.kernelOf.Mediate(t.Context(), m); out.Verdict != kernel.Allow {
			t.Fatalf("%+v", out.Denial)
		}
		w.keepCall(t, m)
	}
	w.logID = w.a.logOrigin
}

// keepCall keeps the request of a call that was made.
func (w *framesWorld) keepCall(t testing.TB, m *kernel.Mandate) {
	t.Helper()
	var row departed
	err := w.a.db.View(func(r store.Reader) error {
		_, err := load(r, prefixOut+m.CallID, &row)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := w.a.exchange.invokeFrame(m, &departure{continuation: row.Continuation})
	if err != nil {
		t.Fatal(err)
	}
	w.sent = append(w.sent, sentFrame{ProtocolInvoke, doc})
}

// settle keeps b as it is now: what every frame is answered from.
func (w *framesWorld) settle(t testing.TB) {
	t.Helper()
	w.before = make(map[string]string)
	all, err := w.disk.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	err = all.Scan("", "", func(key string, value []byte) error { // the engine's own rows too
		w.rows = append(w.rows, store.Write{Key: key, Value: append([]byte{}, value...)})
		w.before[key] = string(value)
		if strings.HasPrefix(key, "r/l/") {
			w.logged++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.door.mu.Lock()
	w.door.shut = true
	w.door.mu.Unlock()
}

// again starts b over from what was kept.
func (w *framesWorld) again(t testing.TB) {
	t.Helper()
	w.b.t, w.b.org.t = t, t
	backend := memory.NewBackend()
	if err := backend.Apply(w.rows); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(store.Config{Backend: watched{backend, w.applied}})
	if err != nil {
		t.Fatal(err)
	}
	if w.engine != nil {
		if err := w.engine.Close(); err != nil {
			t.Fatal(err)
		}
	}
	w.b.db, w.engine = db, db
	dir, err := OpenDirectory(w.b.db, w.b.clock.Load)
	if err != nil {
		t.Fatal(err)
	}
	w.b.compose(dir, w.door)
	w.b.serve()
	w.applied.Store(false)
}

// run is b's tool: it looks at what reached it as nobody else does.
func (w *framesWorld) run(m *kernel.Mandate) (kernel.Result, error) {
	if w.frame != nil {
		w.ran = append(w.ran, m.CallID)
		if err := w.lawful(m); err != nil && w.broken == "" {
			w.broken = err.Error()
		}
	}
	return kernel.Result{Content: wire.Raw(`{"text":"hello"}`)}, nil
}

// play has b answer one frame and checks what came of it. A hello's second
// message is confirmation, or what an honest initiator would say; a message of
// gossip has its topic there.
func (w *framesWorld) play(t testing.TB, protocol string, forged bool, frame, second []byte) {
	t.Helper()
	if len(frame) > maxPlayed || len(second) > maxPlayed {
		return
	}
	if w.applied.Load() || w.kept {
		w.again(t)
	}
	w.kept = protocol == ProtocolInvoke || protocol == gossipFrames
	w.a.t, w.a.org.t, w.b.t, w.b.org.t = t, t, t, t
	w.ran = nil
	if forged {
		frame = w.forge(frame)
	}
	w.frame = frame
	switch protocol {
	case gossipFrames:
		topic := string(second)
		if topic == "" {
			topic = topicOf(w.logID)
		}
		w.door.cfg.Judge(t.Context(), p2p.GossipMessage{Topic: topic, Author: w.a.host.ID(), From: w.a.host.ID(), Data: frame})
	case ProtocolHello:
		w.hello(t, frame, second)
	default:
		_, _ = w.a.host.Call(t.Context(), w.b.host.ID(), protocol, frame)
		w.answered(t)
	}
	w.check(t)
}

// maxPlayed bounds a frame: longer ones say nothing more.
const maxPlayed = 32 << 10

// answered waits until b's handler has returned.
func (w *framesWorld) answered(t testing.TB) {
	t.Helper()
	select {
	case <-w.door.over:
	case <-time.After(30 * time.Second):
		t.Fatalf("b does not come back from %q", w.frame)
	}
}

func (w *framesWorld) hello(t testing.TB, frame, second []byte) {
	t.Helper()
	ctx := t.Context()
	s, err := w.a.host.Open(ctx, w.b.host.ID(), ProtocolHello)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Reset()
	if err := s.Write(ctx, frame); err != nil {
		t.Fatal(err)
	}
	defer w.answered(t)
	doc, err := s.Read(ctx)
	if err != nil {
		s.Reset()
		return
	}
	if len(second) == 0 {
		second = w.confirm(t, frame, doc)
	}
	if s.Write(ctx, second) != nil || s.CloseWrite() != nil {
		s.Reset()
		return
	}
	_, _ = s.Read(ctx)
	s.Reset()
}

// confirm is what an honest initiator says to the answer to such an offer.
func (w *framesWorld) confirm(t testing.TB, frame, answer []byte) []byte {
	t.Helper()
	var mine, theirs offer
	if wire.UnmarshalCanonical(frame, &mine, wire.DocumentLimits) != nil || wire.UnmarshalCanonical(answer, &theirs, wire.DocumentLimits) != nil ||
		mine.Transport == nil || mine.Kernel == nil {
		return []byte(`{}`)
	}
	side := func(o *offer, id p2p.PeerID) party {
		return party{DID: o.DID, PeerID: id, Nonce: o.Nonce, Transport: o.Transport.ID(), Kernel: o.Kernel.ID(), Attestation: o.Attestation}
	}
	tr := &transcript{Protocol: ProtocolHello, Initiator: side(&mine, w.a.host.ID()), Responder: side(&theirs, w.b.host.ID()), Expires: theirs.Expires}
	doc, err := tr.sign(roleInitiator, w.a.org.org)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// protocols are what b's host speaks, as the code registered it.
func (w *framesWorld) protocols() []string {
	var out []string
	for name := range w.door.serve {
		out = append(out, name)
	}
	return append(out, gossipFrames)
}

func leafOf(chain []capability.Token) *capability.Token { return &chain[len(chain)-1] }

func (f sentFrame) String() string {
	return fmt.Sprintf("%s %s", strings.TrimPrefix(f.protocol, "/chio/fed/"), f.doc)
}

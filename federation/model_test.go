package federation

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// modelTB gives the helpers of this package a test that rapid may repeat.
type modelTB struct {
	testing.TB
	rt      failing
	ctx     context.Context
	cleanup []func()
}

// failing is what a repeated test and a plain one have in common.
type failing interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Error(args ...any)
	Errorf(format string, args ...any)
}

func (m *modelTB) Fatal(args ...any)                 { m.rt.Fatal(args...) }
func (m *modelTB) Fatalf(format string, args ...any) { m.rt.Fatalf(format, args...) }
func (m *modelTB) Error(args ...any)                 { m.rt.Error(args...) }
func (m *modelTB) Errorf(format string, args ...any) { m.rt.Errorf(format, args...) }
func (m *modelTB) Helper()                           { m.rt.Helper() }
func (m *modelTB) Context() context.Context          { return m.ctx }
func (m *modelTB) Cleanup(fn func())                 { m.cleanup = append(m.cleanup, fn) }

func (m *modelTB) end() {
	for _, fn := range slices.Backward(m.cleanup) {
		fn()
	}
}

// What an agent of the model may spend at one peer: seven calls of three.
const (
	modelPrice = 3
	modelTotal = 7 * modelPrice
	modelFree  = "list_directory"
)

// modelParty is one organisation of the model.
type modelParty struct {
	*peerNode
	at    int
	disk  store.DB
	dead  *atomic.Bool
	down  bool
	chain map[int][]capability.Token // for its agent at each other party

	purse *evm.Key

	checked uint64          // receipts of its log that were looked at
	ended   map[string]line // its terminal receipts, by call id
	books   map[bookKey]*modelBook
}

// line is what a receipt says of a call.
type line struct {
	id, verdict, role, tool string
	withheld                bool // by its own kernel, after the host had charged
}

// modelCall is one call of the model.
type modelCall struct {
	from, to int
	tool     string
	m        *kernel.Mandate
	done     chan struct{}
	out      kernel.Outcome
	frame    []byte // the request, once it was signed
}

// modelWorld is some organisations that all federate with each other.
type modelWorld struct {
	tb      *modelTB
	net     *lossyNet
	parties []*modelParty
	calls   []*modelCall
	waiting []*visit
	latest  int64 // time that any clock has shown
	chain   *paperChain
	made    map[string]invention // receipts that a host made up, by id

	mu        sync.Mutex // guards what follows: tools run in handlers
	ran       map[string]int
	revoked   map[[2]int]bool // host, origin
	tightened map[[2]int]bool // host, origin
	broken    string
}

func newModelWorld(tb *modelTB, parties int) *modelWorld {
	w := &modelWorld{tb: tb, latest: startTime, net: newLossyNet(), ran: make(map[string]int), revoked: make(map[[2]int]bool), tightened: make(map[[2]int]bool),
		chain: &paperChain{channels: make(map[wire.Digest]settlement.Standing)}, made: make(map[string]invention)}
	for i := range parties {
		w.parties = append(w.parties, w.newParty(i))
	}
	for i, a := range w.parties {
		for _, b := range w.parties[i+1:] {
			federate(tb, a.org, b.org)
			a.sync(b.peerNode)
		}
	}
	for i, a := range w.parties {
		for j, b := range w.parties {
			if i != j {
				a.chain[j] = a.allowance(b.peerNode)
			}
		}
	}
	w.fund()
	w.net.holding(true)
	return w
}

// newParty is newParty of this package, with a store and a network that its
// process can be cut off from.
func (w *modelWorld) newParty(at int) *modelParty {
	seed := byte(10 + 10*at)
	o := &org{t: w.tb, org: key(w.tb, seed), kernel: key(w.tb, seed+1), transport: key(w.tb, seed+2), clock: new(atomic.Int64)}
	o.clock.Store(startTime)
	o.bindings = o.bind(1, o.transport, o.kernel)
	purse, err := evm.KeyFromScalar(bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		w.tb.Fatal(err)
	}
	o.self = Self{Kernel: o.kernel.Public(), PolicyHash: wire.Hash([]byte{seed}), GuardNames: []string{"forbidden-path"},
		SettlementAddress: purse.Address().String(), OracleAddress: address(seed + 100)}
	disk := memory.New()
	w.tb.Cleanup(func() { _ = disk.Close() })
	p := &modelParty{at: at, disk: disk, chain: make(map[int][]capability.Token), ended: make(map[string]line), books: make(map[bookKey]*modelBook), purse: purse,
		peerNode: &peerNode{org: o, agent: key(w.tb, seed+3), terms: modelTerms(),
			rail: voucherRail{paperRail{w.chain, purse.Address().String()}, purse}, listen: []string{"/ip4/127.0.0.1/tcp/0"},
			listed: 1 - at%2}} // every other party's statements list nothing
	for i := range 3 {
		p.peers = append(p.peers, didOf(w.tb, byte(10+10*i)))
	}
	p.output.set(withholding{})
	p.slow.set(func(_ context.Context, m *kernel.Mandate) (kernel.Result, error) { return w.run(p, m) })
	err = disk.Update(w.tb.ctx, func(tx store.Tx) (err error) {
		p.logOrigin, err = log.Init(tx, rand.Reader)
		return err
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	w.boot(p)
	p.listen = []string{strings.Split(p.host.Addrs()[0], "/p2p/")[0]}
	w.net.mu.Lock()
	w.net.ids[p.host.ID()] = at
	w.net.mu.Unlock()
	return p
}

// boot starts a process of a party.
func (w *modelWorld) boot(p *modelParty) {
	dead := new(atomic.Bool)
	p.dead, p.db, p.down = dead, mortal{p.disk, dead}, false
	p.behind = func(h *p2p.Host) Host { return &doorway{Host: h, net: w.net, self: p.at, dead: dead} }
	p.failAt(nil)
	w.net.process(p.at, dead)
	p.open()
}

// run is the tool of every party.
func (w *modelWorld) run(p *modelParty, m *kernel.Mandate) (kernel.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ran[m.CallID]++
	for i, other := range w.parties {
		if m.Origin == nil || m.Origin.PeerDID != other.did().String() {
			continue
		}
		pair := [2]int{p.at, i}
		if w.revoked[pair] || w.tightened[pair] && m.Tool == modelFree {
			w.broken = fmt.Sprintf("call %s of party %d ran at party %d after it was revoked or excluded", m.CallID, i, p.at)
		}
	}
	return kernel.Result{Content: wire.Raw(`{"text":"hello"}`)}, nil
}

// allowance is the capability of a party's agent at another party.
func (p *peerNode) allowance(other *peerNode) []capability.Token {
	root, err := p.exchange.TreatyCapability(p.t.Context(), other.did())
	if err != nil {
		p.t.Fatal(err)
	}
	grant := func(tool string) capability.ToolGrant {
		return capability.ToolGrant{ServerID: "files", ToolName: tool, Operations: []capability.Operation{capability.Invoke}}
	}
	paid := grant("read_file")
	paid.MaxCostPerInvocation = &wire.MonetaryAmount{Units: modelPrice, Currency: "USD"}
	paid.MaxTotalCost = &wire.MonetaryAmount{Units: modelTotal, Currency: "USD"}
	var c *authority.Capability
	err = p.db.Update(p.t.Context(), func(tx store.Tx) (err error) {
		c, err = authority.Attenuate(tx, []capability.Token{*root}, authority.Request{Subject: p.agent.Public(), TTLSeconds: 5 * 24 * 3600,
			Scope: capability.Scope{Grants: []capability.ToolGrant{paid, grant(modelFree)}}}, p.kernel, p.clock.Load(), rand.Reader)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return c.Chain
}

// under is a proved call under a chain.
func (p *peerNode) under(other *peerNode, chain []capability.Token, tool, args string) *kernel.Mandate {
	id, err := wire.NewUUIDv7(p.clock.Load()*1000, p.random())
	if err != nil {
		p.t.Fatal(err)
	}
	var nonce [16]byte
	if _, err := io.ReadFull(p.random(), nonce[:]); err != nil {
		p.t.Fatal(err)
	}
	m := &kernel.Mandate{CallID: id, Server: other.did().String() + "/files", Tool: tool, Operation: capability.Invoke,
		Arguments: wire.Raw(args), Chain: chain, Holder: receipt.Holder{Kind: "agent"}, Passport: p.passport, Edge: "test"}
	m.Proof, err = capability.SignProof(capability.HolderProof{Schema: capability.ProofSchema, CallID: id, Audience: other.kernel.Public(),
		Server: "files", Tool: tool, ArgsSHA256: wire.Hash(m.Arguments), CapabilityID: chain[len(chain)-1].ID,
		Nonce: hex.EncodeToString(nonce[:]), IssuedAt: p.clock.Load(), AgentKey: p.agent.Public()}, p.agent)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// begin starts a call and waits until it is at the host's door, or over.
func (w *modelWorld) begin(from, to int, tool string) { w.beginWith(from, to, tool, readArgs) }

// beginWith is begin, and reports whether the call is at the door.
func (w *modelWorld) beginWith(from, to int, tool, args string) (sent bool) {
	a, b := w.parties[from], w.parties[to]
	if a.down {
		return false
	}
	c := &modelCall{from: from, to: to, tool: tool, done: make(chan struct{}), m: a.under(b.peerNode, a.chain[to], tool, args)}
	w.calls = append(w.calls, c)
	k := a.kernelOf
	go func() {
		defer close(c.done)
		defer func() { _ = recover() }() // a failpoint ended the process
		c.out = k.Mediate(w.tb.ctx, c.m)
	}()
	if sent = w.follow(c); sent {
		w.keepFrame(c)
	}
	return sent
}

// keepFrame remembers the request of a call that was sent, for whoever replays
// it.
func (w *modelWorld) keepFrame(c *modelCall) {
	p := w.parties[c.from]
	var row departed
	err := p.disk.View(func(r store.Reader) error {
		_, err := load(r, prefixOut+c.m.CallID, &row)
		return err
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	if row.Continuation == nil {
		return
	}
	if c.frame, err = p.exchange.invokeFrame(c.m, &departure{continuation: row.Continuation}); err != nil {
		w.tb.Fatal(err)
	}
}

// follow waits until a call is over, or stands at the host's door: it was sent.
func (w *modelWorld) follow(c *modelCall) (sent bool) {
	w.tb.Helper()
	select {
	case <-c.done:
		return false
	case v := <-w.net.waiting:
		w.waiting = append(w.waiting, v)
		return true
	case <-time.After(modelPatience):
		w.tb.Fatalf("call %s from %d to %d is stuck", c.m.CallID, c.from, c.to)
		return false
	}
}

// letIn decides what becomes of a visit, and waits for what follows from it.
func (w *modelWorld) letIn(i int, in bool) {
	v := w.waiting[i]
	w.waiting = slices.Delete(w.waiting, i, i+1)
	w.net.letIn(v, in)
	w.quiet(v.from)
}

// quiet waits until every call of a party is over or waits at a door, or the
// party's process is dead: then bury ends them.
func (w *modelWorld) quiet(from int) {
	w.tb.Helper()
	late := time.After(modelPatience)
	for {
		under := 0
		for _, c := range w.calls {
			select {
			case <-c.done:
			default:
				if c.from == from {
					under++
				}
			}
		}
		for _, v := range w.waiting {
			if v.from == from && w.net.stands(v) {
				under--
			}
		}
		if p := w.parties[from]; under <= 0 || p.dead.Load() && !p.down {
			return
		}
		select {
		case v := <-w.net.waiting:
			w.waiting = append(w.waiting, v)
		case <-time.After(time.Millisecond):
		case <-late:
			w.tb.Fatalf("%d calls of party %d are stuck", under, from)
		}
	}
}

// crash ends a party's process; what was under way there is over.
func (w *modelWorld) crash(p *modelParty) {
	if p.down {
		return
	}
	p.dead.Store(true)
	p.down = true
	if err := p.host.Stop(); err != nil {
		w.tb.Fatal(err)
	}
	w.waiting = slices.DeleteFunc(w.waiting, func(v *visit) bool { return v.to == p.at })
	for _, c := range w.calls {
		if c.from == p.at {
			select {
			case <-c.done:
			case <-time.After(modelPatience):
				w.tb.Fatalf("call %s outlives its process", c.m.CallID)
			}
		}
	}
	for i := range w.parties {
		if i != p.at {
			w.quiet(i)
		}
	}
}

// restart starts the process again; messages of its start are judged by chance.
func (w *modelWorld) restart(p *modelParty) {
	if !p.down {
		return
	}
	w.net.holding(false)
	w.boot(p)
	w.net.holding(true)
}

// bury crashes the parties that a failpoint has killed. One death may bring
// about another: what waited at the dead one's door ends.
func (w *modelWorld) bury() {
	killed := func(p *modelParty) bool { return p.dead.Load() && !p.down }
	for {
		at := slices.IndexFunc(w.parties, killed)
		if at < 0 {
			return
		}
		w.crash(w.parties[at])
	}
}

// arm has a party die when it next passes a place.
func (w *modelWorld) arm(p *modelParty, place string) {
	if p.down {
		return
	}
	dead := p.dead
	p.failAt(func(name string) {
		if name == place && dead.CompareAndSwap(false, true) {
			panic(errDied)
		}
	})
}

// exchange has two parties exchange everything, as far as the network lets
// them. A process that ends meanwhile has no error.
func (w *modelWorld) exchange(from, to int) (err error) {
	a, b := w.parties[from], w.parties[to]
	if a.down || b.down {
		return nil
	}
	defer func() { _ = recover() }() // a failpoint ended the process
	_, err = a.exchange.SyncNow(w.tb.ctx, b.did())
	return err
}

// served waits until a party answers no request any more: a caller that died, or
// that gave up, waits for none of them, and what was begun may end after it was
// forbidden.
func (w *modelWorld) served(p *modelParty) {
	w.tb.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(modelPatience)
	for !w.net.idle(p.at) {
		select {
		case <-tick.C:
		case <-late:
			w.tb.Fatalf("party %d does not answer a request", p.at)
		}
	}
}

// revoke ends what a party gave another.
func (w *modelWorld) revoke(p *modelParty, from int) {
	if p.down {
		return
	}
	w.served(p)
	root := w.parties[from].chain[p.at][0]
	err := p.db.Update(w.tb.ctx, func(tx store.Tx) error {
		_, err := p.revocations.Revoke(tx, []authority.Entry{{Kind: authority.KindCapability, Issuer: root.Issuer.String(), ID: root.ID}}, p.kernel, p.clock.Load())
		return err
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revoked[[2]int{p.at, from}] = true
}

// tighten excludes the free tool from what a party lets another do.
func (w *modelWorld) tighten(p *modelParty, from int) {
	if p.down {
		return
	}
	w.served(p)
	terms := modelTerms()
	terms.Ingress.ToolAccess = &policy.ToolAccess{Block: []string{"delete_file", modelFree}, Default: policy.DefaultAllow}
	if err := p.service.SetTerms(w.tb.ctx, w.parties[from].did(), terms); err != nil {
		w.tb.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tightened[[2]int{p.at, from}] = true
}

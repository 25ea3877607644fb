package federation

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/admit"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// peerNode is an organisation with a whole kernel: what node composes.
type peerNode struct {
	*org
	exchange    *Exchange
	kernelOf    *kernel.Kernel
	admission   *admit.Admission
	asks        Passports     // what its peers must show to be signed with unasked; nil: nothing
	shows       func() []byte // its own passport file; nil: none
	revocations *authority.Revocations
	agent       *wire.Key
	passport    *kernel.PassportRef
	logOrigin   string

	ran       atomic.Int64 // calls of our own tools
	tool      shared[func(*kernel.Mandate) (kernel.Result, error)]
	slow      shared[func(context.Context, *kernel.Mandate) (kernel.Result, error)] // instead, if it is set
	local     shared[kernel.Guard]                                                  // nil allows
	dies      shared[bool]                                                          // the process ends before a call is closed
	failpoint atomic.Pointer[func(string)]                                          // streams of the other node read it
	output    shared[kernel.OutputGuard]
	twist     shared[func(*kernel.Policy)] // changes what this kernel enforces
	accrued   struct {
		sync.Mutex
		list      []Obligation
		contested []contestedObligation
		waived    []Obligation
	}
	terms  Terms
	peers  []did.DID
	listen []string             // nil: any port
	behind func(*p2p.Host) Host // the network between this host and its peers
	relays []string
	rand   io.Reader // nil: the machine's
	desk   bool      // speaks the settle protocol, and settles nothing

	rail    settlement.Rail // not nil: settles, over this
	settler *settlement.Settler
	listed  int // receipts that its proposals list; 0: as many as a message holds
}

func (p *peerNode) random() io.Reader {
	if p.rand != nil {
		return p.rand
	}
	return rand.Reader
}

// newParty makes an organisation whose admission rule accepts peers. Its tools
// of server files cost what the terms say.
func newParty(t testing.TB, seed byte, terms Terms, peers ...did.DID) *peerNode {
	t.Helper()
	return partyOf(newOrg(t, seed), seed, terms, peers...) // for its keys and its store
}

// partyOf gives an organisation a whole kernel, over the store that it has now.
func partyOf(o *org, seed byte, terms Terms, peers ...did.DID) *peerNode {
	t := o.t
	t.Helper()
	if err := o.host.Stop(); err != nil {
		t.Fatal(err)
	}
	p := &peerNode{org: o, agent: key(t, seed+3), terms: terms, peers: peers}
	err := o.db.Update(t.Context(), func(tx store.Tx) (err error) {
		p.logOrigin, err = log.Init(tx, rand.Reader)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.open()
	return p
}

// open builds everything that dies with the process, and serves.
func (p *peerNode) open() {
	p.build()
	p.serve()
}

// build is open without serving calls.
func (p *peerNode) build() {
	t := p.t
	t.Helper()
	dir, err := OpenDirectory(p.db, p.clock.Load)
	if err != nil {
		t.Fatal(err)
	}
	p.host, err = p2p.New(p2p.Config{Key: p.transport, Allow: dir.Knows, Trusted: dir.Trusts, Open: true, Listen: p.listen, Relays: p.relays, NoPunching: true})
	if err != nil {
		t.Fatal(err)
	}
	var host Host = p.host
	if p.behind != nil {
		host = p.behind(p.host)
	}
	p.compose(dir, host)
	running := p.host
	t.Cleanup(func() { _ = running.Stop() })
	if err := p.host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// compose builds everything over the store, behind a host that is not started.
func (p *peerNode) compose(dir *Directory, host Host) {
	t := p.t
	t.Helper()
	var nonces *authority.Nonces
	err := p.db.View(func(r store.Reader) (err error) {
		if nonces, err = authority.OpenNonces(r, authority.NonceLimits{}); err != nil {
			return err
		}
		p.revocations, err = authority.OpenRevocations(r, authority.RevocationConfig{DID: p.did(), MaxStalenessSeconds: 300})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.service, err = New(Config{Host: host, Directory: dir, DB: p.db, Org: p.org.org, Terms: p.terms,
		Bindings: func() Bindings { return p.bindings }, Self: func() Self { return p.self },
		Now: p.clock.Load, Rand: p.random(), Admission: Admission{Peers: p.peers, Passports: p.asks, Review: true}, Passport: p.shows, Failpoint: p.passing})
	if err != nil {
		t.Fatal(err)
	}
	if p.desk || p.rail != nil {
		desk, err := NewDesk(p.service)
		if err != nil {
			t.Fatal(err)
		}
		desk.SetSettler(p.settling(desk))
	}
	p.exchange, err = NewExchange(ExchangeConfig{Service: p.service, KernelKey: p.kernel, Revocations: p.revocations,
		Accrue: p.accrue, Contest: p.contest, Waive: p.waive, CallTimeout: p.callTimeout(), QueryBackoff: p.backoff(), Debounce: time.Millisecond,
		Failpoint: p.passing})
	if err != nil {
		t.Fatal(err)
	}
	participants := p.exchange.Participants()
	if p.settler != nil {
		participants = append(participants, p.settler.Participant())
	}
	p.admission, err = admit.New(admit.Config{DB: p.db, Nonces: nonces, Now: p.clock.Load, Participants: participants, Failpoint: p.admitting})
	if err != nil {
		t.Fatal(err)
	}
	p.kernelOf, err = kernel.New(kernel.Config{Signer: p.kernel, Now: p.clock.Load, Revocations: p.revocations,
		Dispatcher: p, Policies: p, Admission: p.admitter()})
	if err != nil {
		t.Fatal(err)
	}
}

// passing is every failpoint of the exchange and the service.
func (p *peerNode) passing(name string) {
	if fn := p.failpoint.Load(); fn != nil && *fn != nil {
		(*fn)(name)
	}
}

// backoff is how long a lost answer is waited for first.
func (p *peerNode) backoff() time.Duration {
	if p.behind != nil {
		return time.Millisecond / 2
	}
	return 5 * time.Millisecond
}

// callTimeout is short, but for a model: it says itself what is lost.
func (p *peerNode) callTimeout() time.Duration {
	if p.behind != nil {
		return DefaultCallTimeout
	}
	return 10 * time.Second
}

// admitting is the failpoints of the admission, for models.
func (p *peerNode) admitting(name string) {
	if p.behind != nil {
		p.passing(name)
	}
}

// serve recovers what the last process left open and lets calls in.
func (p *peerNode) serve() {
	p.t.Helper()
	if _, err := p.exchange.Resolve(p.t.Context(), p.admission); err != nil {
		p.t.Fatal(err)
	}
	_, err := p.admission.Recover(p.t.Context(), func(in journal.Intent) (*receipt.Receipt, []byte, error) {
		r, err := admit.Incomplete(in, p.kernel.Public(), p.clock.Load())
		if err != nil {
			return nil, nil, err
		}
		raw, err := receipt.Sign(r, p.kernel)
		return r, raw, err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.exchange.SetKernel(p.kernelOf)
}

// dying is an admission whose process ends before Close.
type dying struct{ kernel.Admission }

var errDied = errors.New("the process ended")

func (dying) Close(context.Context, *kernel.Closing) error { return errDied }

func (p *peerNode) admitter() kernel.Admission {
	if p.dies.get() {
		return dying{p.admission}
	}
	return p.admission
}

// reopen ends the process and starts another over the same store.
func (p *peerNode) reopen() {
	p.t.Helper()
	if err := p.host.Stop(); err != nil {
		p.t.Fatal(err)
	}
	p.open()
}

// meet says hello to a peer that was just reopened: the first tries may go over
// a connection whose other end is gone and has not been noticed yet.
func (p *peerNode) meet(peer *peerNode) {
	p.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range 3000 {
		if _, err = p.service.Hello(p.t.Context(), peer.address()); err == nil {
			return
		}
		<-tick.C
	}
	p.t.Fatal(err)
}

// Route and Dispatch are the node's registry in small.
func (p *peerNode) Route(ctx context.Context, m *kernel.Mandate) (kernel.Route, error) {
	if _, _, err := ParseRemote(m.Server); err == nil {
		return p.exchange.RemoteTools().Route(ctx, m)
	}
	r := kernel.Route{Server: m.Server, Audience: p.kernel.Public()}
	if e, ok := Offered(p.terms.CapabilitySurface, m.Server, m.Tool); ok {
		r.Price = e.Price
	}
	return r, nil
}

func (p *peerNode) Dispatch(ctx context.Context, m *kernel.Mandate, r kernel.Route, t kernel.Ticket) (kernel.Result, error) {
	if r.PeerDID != "" {
		return p.exchange.RemoteTools().Dispatch(ctx, m, r, t)
	}
	p.ran.Add(1)
	if slow := p.slow.get(); slow != nil {
		return slow(ctx, m)
	}
	if tool := p.tool.get(); tool != nil {
		return tool(m)
	}
	return kernel.Result{Content: wire.Raw(`{"text":"hello"}`)}, nil
}

// A shared is set by a test and read by the streams of the other node, which no
// channel or lock of the test orders after it: a connection is not enough.
type shared[F any] struct{ f atomic.Pointer[F] }

func (s *shared[F]) set(f F) { s.f.Store(&f) }

func (s *shared[F]) get() (f F) {
	if p := s.f.Load(); p != nil {
		f = *p
	}
	return f
}

type allowAll struct{}

func (allowAll) Name() string { return "allow" }
func (allowAll) Evaluate(*kernel.Call) (kernel.Decision, error) {
	return kernel.Decision{Verdict: kernel.Allow}, nil
}

// Policy adds the treaty's conjuncts to a local policy that allows.
func (p *peerNode) Policy(m *kernel.Mandate, r kernel.Route) (*kernel.Policy, error) {
	out := &kernel.Policy{LocalHash: wire.Hash([]byte("local")), Local: p.local.get()}
	if out.Local == nil {
		out.Local = allowAll{}
	}
	if output := p.output.get(); output != nil {
		out.Output = []kernel.OutputGuard{output}
	}
	var treaty *TreatyPolicy
	var err error
	switch {
	case m.Origin != nil:
		treaty, err = p.service.TreatyFor(did.DID(m.Origin.PeerDID), Inbound)
	case r.PeerDID != "":
		treaty, err = p.service.TreatyFor(did.DID(r.PeerDID), Outbound)
	default:
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Treaty, out.PeerHash, out.EffectiveHash = treaty.Guards, &treaty.PeerHash, &treaty.EffectiveHash
	if twist := p.twist.get(); twist != nil {
		twist(out)
	}
	return out, nil
}

// callTerms are testTerms without an oracle between price and payment.
func callTerms() Terms {
	t := testTerms()
	t.Money = &MoneyTerms{Currency: "USD", SettleCurrency: "USD", CreditMinor: 500, MaxUnvoucheredMinor: 100}
	t.Oracle = nil
	return t
}

// federated makes two parties with a treaty and fresh revocation epochs.
func federated(t testing.TB) (a, b *peerNode) {
	t.Helper()
	return federatedUnder(t, callTerms(), callTerms())
}

func federatedUnder(t testing.TB, termsA, termsB Terms) (a, b *peerNode) {
	t.Helper()
	a = newParty(t, 10, termsA)
	b = newParty(t, 20, termsB, didOf(t, 10))
	agree(a, b)
	return a, b
}

// agree makes a treaty and exchanges fresh revocation epochs.
func agree(a, b *peerNode) {
	a.t.Helper()
	federate(a.t, a.org, b.org)
	a.sync(b)
}

func (p *peerNode) sync(other *peerNode) SyncReport {
	p.t.Helper()
	report, err := p.exchange.SyncNow(p.t.Context(), other.did())
	if err != nil {
		p.t.Fatal(err)
	}
	return report
}

// chainTo attenuates the treaty capability to our agent.
func (p *peerNode) chainTo(other *peerNode, tool string) []capability.Token {
	p.t.Helper()
	root, err := p.exchange.TreatyCapability(p.t.Context(), other.did())
	if err != nil {
		p.t.Fatal(err)
	}
	g := capability.ToolGrant{ServerID: "files", ToolName: tool, Operations: []capability.Operation{capability.Invoke}}
	for _, parent := range root.Scope.Grants {
		if parent.ToolName == tool {
			g.MaxCostPerInvocation = parent.MaxCostPerInvocation
		}
	}
	var c *authority.Capability
	err = p.db.Update(p.t.Context(), func(tx store.Tx) (err error) {
		c, err = authority.Attenuate(tx, []capability.Token{*root}, authority.Request{Subject: p.agent.Public(), TTLSeconds: 3600,
			Scope: capability.Scope{Grants: []capability.ToolGrant{g}}}, p.kernel, p.clock.Load(), p.random())
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return c.Chain
}

// mandate is a proved call of a tool at the other party.
func (p *peerNode) mandate(other *peerNode, tool, args string) *kernel.Mandate {
	p.t.Helper()
	return p.under(other, p.chainTo(other, tool), tool, args)
}

const readArgs = `{"path":"notes/a.txt"}`

// call is one call of read_file at the other party.
func (p *peerNode) call(other *peerNode) kernel.Outcome {
	p.t.Helper()
	return p.kernelOf.Mediate(p.t.Context(), p.mandate(other, "read_file", readArgs))
}

// receipts lists the log: every receipt must verify.
func (p *peerNode) receipts() []*receipt.Receipt {
	p.t.Helper()
	var out []*receipt.Receipt
	err := p.db.View(func(r store.Reader) error {
		if _, err := log.Verify(r); err != nil {
			return err
		}
		return log.Scan(r, 0, func(_ uint64, leaf []byte) error {
			rec, _, err := openReceipt(append(wire.Raw(nil), leaf...), p.kernel.Public())
			out = append(out, rec)
			return err
		})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *peerNode) joints(other *peerNode) []Joint {
	p.t.Helper()
	list, err := p.exchange.Joints(other.did())
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

// frame is the request that our kernel would send for a mandate, with the
// continuation changed first.
func (p *peerNode) frame(m *kernel.Mandate, change func(*Continuation)) ([]byte, *departure) {
	p.t.Helper()
	route, err := p.exchange.RemoteTools().Route(p.t.Context(), m)
	if err != nil {
		p.t.Fatal(err)
	}
	var out *departure
	err = p.db.Update(p.t.Context(), func(tx store.Tx) (err error) {
		out, err = p.exchange.admitDeparture(tx, &kernel.Admittance{Call: &kernel.Call{Mandate: m, Route: route}, Charge: route.Price})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if change != nil {
		change(out.body)
		p.resign(out, p.kernel)
	}
	doc, err := p.exchange.invokeFrame(m, out)
	if err != nil {
		p.t.Fatal(err)
	}
	return doc, out
}

func (p *peerNode) resign(out *departure, by *wire.Key) {
	p.t.Helper()
	var err error
	if out.continuation, err = wire.Seal(ContinuationSchema, out.body, by); err != nil {
		p.t.Fatal(err)
	}
}

// raw sends a frame to the other party's invoke protocol.
func (p *peerNode) raw(other *peerNode, frame []byte) []byte {
	p.t.Helper()
	doc, err := p.host.Call(p.t.Context(), other.host.ID(), ProtocolInvoke, frame)
	if err != nil {
		p.t.Fatal(err)
	}
	return doc
}

// answered decodes an answer that carries a receipt.
func answered(t testing.TB, doc []byte) (*receipt.Receipt, *receipt.Metadata) {
	t.Helper()
	var a callAnswer
	if err := readAnswer(doc, &a); err != nil {
		t.Fatal(err)
	}
	r, err := receipt.Parse(a.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	md, err := metadataOf(r)
	if err != nil {
		t.Fatal(err)
	}
	return r, md
}

// failAt installs what a failpoint does; nil removes it.
func (p *peerNode) failAt(fn func(name string)) { p.failpoint.Store(&fn) }

// forget makes the reply of a call that has just ended be read from the store.
func (p *peerNode) forget(key callKey) { p.exchange.endsAs(p.exchange.arrivalOf(key), nil) }

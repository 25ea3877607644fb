package settlement_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	now   = 1_790_000_000
	usdc  = 1_000_000
	given = 1000 * usdc // to each party on the chain
)

var treatyID = wire.Hash([]byte("treaty"))

// world is two organisations, one chain, and two oracle operators.
type world struct {
	t         testing.TB
	net       *devnet.Chain
	acme      *party // pays
	globex    *party // is paid
	operators [2]*signed.Key
	terms     settlement.Terms // what both treaties share
	past      map[wire.Digest]settlement.Terms
	calls     int
	clock     int64                            // seconds since now
	configure func(*party, *settlement.Config) // rails beside the channel
}

// time is the settlers' clock.
func (w *world) time() int64 { return now + w.clock }

// party is one organisation's settlement over its own store.
type party struct {
	w       *world
	name    string
	did     did.DID
	kernel  *wire.Key
	key     *evm.Key
	db      store.DB
	chain   *evm.Chain
	settler *settlement.Settler
	peer    *party
	fail    string // the failpoint that ends the process
	losing  string // the message whose answer is lost, once
	lie     func(settlement.Proposal) settlement.Proposal
	passing func(at string) // called at each failpoint
	noted   []did.DID
	alarms  []settlement.Alarm
	clock   int64 // seconds after now

	mismatches, descents int // answers that it got
}

// crash is what a failpoint panics with.
type crash struct{ at string }

func scalar(name string) []byte {
	s := sha256.Sum256([]byte(name))
	return s[:]
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	net, err := devnet.Start(t.Context(), devnet.Config{Listen: "127.0.0.1:0"})
	must(t, err)
	t.Cleanup(func() { must(t, net.Stop()) })
	w := &world{t: t, net: net}
	for i := range w.operators {
		w.operators[i], err = signed.KeyFromScalar(scalar(fmt.Sprint("operator ", i)))
		must(t, err)
	}
	w.terms = settlement.Terms{
		Treaty: treatyID, Currency: "USD", SettleCurrency: "USDC", CreditMinor: 500, MaxUnvoucheredMinor: 800,
		ChainID: fmt.Sprintf("eip155:%d", net.ChainID()), Token: evm.Address(net.Token()).String(), Contract: evm.Address(net.Channel()).String(),
		Oracle: oracle.Operators{Addresses: []string{w.operators[0].Operator(), w.operators[1].Operator()}, Min: 2,
			MaxAgeSeconds: 120, MaxAheadSeconds: 60, MaxDivergenceBps: 100},
	}
	w.acme, w.globex = w.newParty("acme"), w.newParty("globex")
	w.acme.peer, w.globex.peer = w.globex, w.acme
	w.acme.start()
	w.globex.start()
	return w
}

func (w *world) newParty(name string) *party {
	w.t.Helper()
	org, err := wire.KeyFromSeed(scalar(name + " org"))
	must(w.t, err)
	kernel, err := wire.KeyFromSeed(scalar(name + " kernel"))
	must(w.t, err)
	key, err := evm.KeyFromScalar(scalar(name))
	must(w.t, err)
	must(w.t, w.net.Fund(w.t.Context(), common.Address(key.Address()), given))
	db := memory.New()
	w.t.Cleanup(func() { must(w.t, db.Close()) })
	return &party{w: w, name: name, did: did.FromKey(org.Public()), kernel: kernel, key: key, db: db}
}

func (p *party) failpoint(name string) {
	if p.passing != nil {
		p.passing(name)
	}
	if p.fail != "" && p.fail == name {
		p.fail = ""
		panic(crash{name})
	}
}

// start opens chain and settler over the store, as a new process would.
func (p *party) start() {
	t := p.w.t
	t.Helper()
	if p.chain != nil {
		p.chain.Close()
	}
	var err error
	p.chain, err = evm.Dial(t.Context(), evm.Config{
		Name: "devnet", ChainID: p.w.net.ChainID(), RPC: p.w.net.RPC(), Token: evm.Address(p.w.net.Token()),
		Channel: evm.Address(p.w.net.Channel()), Key: p.key, DB: p.db, MaxFeeGwei: 1000, Confirmations: 1,
		Now: p.w.time, Failpoint: p.failpoint,
		Wait: func(ctx context.Context) error { p.w.net.Commit(); return ctx.Err() },
	})
	must(t, err)
	t.Cleanup(p.chain.Close)
	rail := newRail(p.chain, evm.Latest)
	rail.key = p.key
	p.useRail(rail)
}

// useRail opens a settler over the store that moves money through a rail.
func (p *party) useRail(rail settlement.Rail) {
	p.w.t.Helper()
	var err error
	config := settlement.Config{
		Self: p.did, DB: p.db, Kernel: p.kernel, Treaties: p, Counterparty: p, Rails: []settlement.Rail{rail},
		VerifyPrice: signed.Verify, Now: func() int64 { return p.w.time() + p.clock }, Failpoint: p.failpoint,
		Alarm:     func(a settlement.Alarm) { p.alarms = append(p.alarms, a) },
		Vouchered: func(peer did.DID) { p.noted = append(p.noted, peer) },
	}
	if p.w.configure != nil {
		p.w.configure(p, &config)
	}
	p.settler, err = settlement.New(config)
	must(p.w.t, err)
}

// restart is start and the reconciliation that precedes serving.
func (p *party) restart() {
	p.w.t.Helper()
	p.start()
	must(p.w.t, p.settler.Reconcile(p.w.t.Context()))
}

// survives runs fn and reports the failpoint that ended it.
func survives(fn func()) (at string) {
	defer func() {
		if c, ok := recover().(crash); ok {
			at = c.at
		}
	}()
	fn()
	return ""
}

// Current implements settlement.Treaties.
func (p *party) Current(peer did.DID) (settlement.Terms, error) {
	return p.ByID(peer, p.w.terms.Treaty)
}

// ByID implements settlement.Treaties.
func (p *party) ByID(peer did.DID, treaty wire.Digest) (settlement.Terms, error) {
	t, replaced := p.w.past[treaty]
	if treaty == p.w.terms.Treaty {
		t = p.w.terms
	}
	if peer != p.peer.did || treaty != p.w.terms.Treaty && !replaced {
		return settlement.Terms{}, fmt.Errorf("%w: none with %s", settlement.ErrTerms, peer)
	}
	t.Peer, t.PeerKernel = peer, p.peer.kernel.Public()
	t.OwnAddress, t.PeerAddress = p.key.Address().String(), p.peer.key.Address().String()
	return t, nil
}

var errLost = errors.New("connection lost")

// carry runs the peer's half of a message. A peer that crashes, or an answer
// that gets lost, looks the same from here.
func (p *party) carry(message string, fn func()) error {
	if at := survives(fn); at != "" {
		return errLost
	}
	if p.losing == message {
		p.losing = ""
		return errLost
	}
	return nil
}

// Propose implements settlement.Counterparty.
func (p *party) Propose(ctx context.Context, _ did.DID, pr settlement.Proposal) (a settlement.Answer, err error) {
	var sent settlement.Proposal
	must(p.w.t, wire.UnmarshalCanonical(wire.MustMarshal(pr), &sent, wire.DocumentLimits))
	if p.lie != nil {
		sent = p.lie(sent)
	}
	if lost := p.carry("propose", func() { a, err = p.peer.settler.AnswerProposal(ctx, p.did, sent) }); lost != nil {
		return settlement.Answer{}, lost
	}
	if err == nil && a.Status == settlement.StatusMismatch {
		p.mismatches++
	}
	return a, err
}

// Deliver implements settlement.Counterparty.
func (p *party) Deliver(ctx context.Context, _ did.DID, doc []byte) (err error) {
	if lost := p.carry("deliver", func() { err = p.peer.settler.AcceptVoucher(ctx, p.did, doc) }); lost != nil {
		return lost
	}
	return err
}

// Offer implements settlement.Counterparty.
func (p *party) Offer(ctx context.Context, _ did.DID, doc []byte) (err error) {
	if lost := p.carry("offer", func() { _, err = p.peer.settler.PutRound(ctx, p.did, doc) }); lost != nil {
		return lost
	}
	return err
}

// Descend implements settlement.Counterparty.
func (p *party) Descend(ctx context.Context, _ did.DID, q settlement.Descent) (ids []wire.Digest, err error) {
	var sent settlement.Descent
	must(p.w.t, wire.UnmarshalCanonical(wire.MustMarshal(q), &sent, wire.DocumentLimits))
	p.descents++
	if lost := p.carry("descend", func() { ids, err = p.peer.settler.AnswerDescent(p.did, sent) }); lost != nil {
		return nil, lost
	}
	return ids, err
}

// Consent implements settlement.Counterparty.
func (p *party) Consent(ctx context.Context, _ did.DID, req settlement.CloseRequest) (consent string, err error) {
	if lost := p.carry("consent", func() { consent, err = p.peer.settler.AnswerClose(ctx, p.did, req) }); lost != nil {
		return "", lost
	}
	return consent, err
}

// round is a price of 1 USDC in USD, signed by both operators.
func (w *world) round(value int64, at int64) *oracle.Round {
	w.t.Helper()
	var obs []oracle.Signed
	for i, k := range w.operators {
		s, err := k.Sign(signed.Reading{Pair: oracle.Pair{Base: "USDC", Quote: "USD"}, Value: value + int64(i)*20_000, Expo: -8,
			ObservedAt: at, ValidUntil: at + 600, Source: wire.Hash([]byte("test")), Sequence: uint64(at)})
		must(w.t, err)
		obs = append(obs, *s)
	}
	r, err := oracle.NewRound(obs...)
	must(w.t, err)
	return r
}

// quote gives both sides a round and returns its id.
func (w *world) quote(value int64) *wire.Digest {
	w.t.Helper()
	r := w.round(value, now)
	must(w.t, w.acme.settler.OfferRound(w.t.Context(), w.globex.did, r))
	id := r.ID()
	return &id
}

// receipt is what globex's kernel signs for a call of acme that cost cents.
func (w *world) receipt(cents uint64, round *wire.Digest, at int64) *receipt.Receipt {
	w.t.Helper()
	w.calls++
	md := receipt.Metadata{
		CallID: fmt.Sprint("call ", w.calls), ArgsSHA256: wire.Hash([]byte("{}")),
		Financial:  &receipt.Financial{CostCharged: cents, Currency: "USD", RootBudgetHolder: "-", SettlementStatus: "pending", PriceRound: round},
		Federation: &receipt.Federation{Role: "host", PeerDID: w.acme.did.String(), TreatyID: w.terms.Treaty},
	}
	r := &receipt.Receipt{
		Timestamp: at, CapabilityID: "c", ToolServer: "files", ToolName: "read_file", Action: receipt.Action{Parameters: wire.Raw("{}")},
		Decision: &receipt.Decision{Verdict: receipt.Allow}, ReceiptKind: receipt.MediatedDecision, BoundaryClass: receipt.Prevent,
		ToolOrigin: receipt.CallerExecuted, RedactionMode: receipt.RedactSummary, ContentHash: wire.Hash([]byte("null")).String(),
		PolicyHash: wire.Hash([]byte("null")).String(), Metadata: wire.MustMarshal(md), TrustLevel: receipt.Mediated,
	}
	_, err := receipt.Sign(r, w.globex.kernel)
	must(w.t, err)
	return r
}

// accrue files a receipt with the given parties.
func (w *world) accrue(r *receipt.Receipt, at ...*party) {
	w.t.Helper()
	o, owed, err := settlement.FromReceipt(r, w.globex.did)
	if err != nil || !owed {
		w.t.Fatalf("receipt owes %v, %v", owed, err)
	}
	for _, p := range at {
		must(w.t, p.db.Update(w.t.Context(), func(tx store.Tx) error { return p.settler.Accrue(tx, o) }))
	}
}

// call is a priced call that both sides have the receipt of.
func (w *world) call(cents uint64, round *wire.Digest) *receipt.Receipt {
	w.t.Helper()
	r := w.receipt(cents, round, now+int64(w.calls))
	w.accrue(r, w.acme, w.globex)
	return r
}

func (w *world) fund(amount uint64) {
	w.t.Helper()
	_, err := w.acme.settler.Fund(w.t.Context(), w.globex.did, amount)
	must(w.t, err)
}

func (w *world) run() *settlement.RunResult {
	w.t.Helper()
	res, err := w.acme.settler.Run(w.t.Context(), w.globex.did)
	must(w.t, err)
	return res
}

// redeem returns what globex was newly paid.
func (w *world) redeem() uint64 {
	w.t.Helper()
	out, err := w.globex.settler.RedeemDue(w.t.Context(), w.acme.did)
	must(w.t, err)
	var paid uint64
	for _, r := range out {
		paid += r.Paid
	}
	return paid
}

// received is what globex's account got on the chain.
func (w *world) received() uint64 {
	w.t.Helper()
	n, err := w.globex.chain.Balance(w.t.Context(), w.globex.key.Address())
	must(w.t, err)
	return n - given
}

func (p *party) status() *settlement.Status {
	p.w.t.Helper()
	var st *settlement.Status
	must(p.w.t, p.db.View(func(r store.Reader) (err error) {
		st, err = p.settler.Status(r, p.peer.did)
		return err
	}))
	return st
}

// balance is debits less credits.
func (p *party) balance(account, currency string) int64 {
	p.w.t.Helper()
	var b ledger.Balance
	must(p.w.t, p.db.View(func(r store.Reader) (err error) {
		b, err = ledger.ReadBalance(r, account, currency)
		return err
	}))
	return int64(b.Debits) - int64(b.Credits)
}

// balanced replays both ledgers.
func (w *world) balanced() {
	w.t.Helper()
	for _, p := range [...]*party{w.acme, w.globex} {
		must(w.t, p.db.View(func(r store.Reader) error {
			if _, err := ledger.Verify(r); err != nil {
				return err
			}
			a, err := p.settler.Audit(r)
			if err == nil && len(a.Differences) > 0 {
				err = fmt.Errorf("%s: facts and postings differ: %q", p.name, a.Differences)
			}
			return err
		}))
	}
}

package federation

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// paperChain stands for a chain that both sides read: what the protocol carries
// is real, what it pays is a number in memory.
type paperChain struct {
	mu       sync.Mutex
	channels map[wire.Digest]settlement.Standing
}

// paperRail is one party's access to it.
type paperRail struct {
	*paperChain
	address string
}

type paperVoucher struct {
	Channel    wire.Digest `json:"channel"`
	Cumulative uint64      `json:"cumulative"`
	Statement  wire.Digest `json:"statement"`
}

func (paperRail) ChainID() string   { return "eip155:31337" }
func (paperRail) Contract() string  { return address(201) }
func (paperRail) Token() string     { return address(200) }
func (r paperRail) Address() string { return r.address }
func (paperRail) ChannelID(c settlement.Channel) (wire.Digest, error) {
	return wire.Hash([]byte(c.Payer + c.Payee + c.Salt.String())), nil
}

func (r paperRail) Standing(_ context.Context, id wire.Digest) (settlement.Standing, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.channels[id], nil
}

func (r paperRail) Fund(_ context.Context, c settlement.Channel, amount, _ uint64) (settlement.Transfer, error) {
	id, _ := r.ChannelID(c)
	return r.deposit(id, amount), nil
}

func (p *paperChain) deposit(id wire.Digest, amount uint64) settlement.Transfer {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.channels[id]
	s.Deposited, s.FinalDeposited = s.Deposited+amount, s.Deposited+amount
	p.channels[id] = s
	return settlement.Transfer{Final: true, Block: 1}
}

func (r paperRail) Funding(c settlement.Channel, _ uint64) (settlement.Transfer, bool, error) {
	id, _ := r.ChannelID(c)
	return settlement.Transfer{Final: true, Block: 1}, r.deposited(id), nil
}

func (p *paperChain) deposited(id wire.Digest) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.channels[id].Deposited > 0
}

func (r paperRail) SignVoucher(c settlement.Channel, cumulative uint64, statement wire.Digest) ([]byte, error) {
	id, err := r.ChannelID(c)
	return wire.MustMarshal(paperVoucher{id, cumulative, statement}), err
}

func (r paperRail) ParseVoucher(doc []byte) (settlement.Voucher, error) {
	var v paperVoucher
	err := wire.UnmarshalCanonical(doc, &v, wire.DocumentLimits)
	return settlement.Voucher{ChainID: r.ChainID(), Contract: r.Contract(), Token: r.Token(), Channel: v.Channel, Cumulative: v.Cumulative, Statement: v.Statement}, err
}

func (r paperRail) Redeem(_ context.Context, doc []byte) (settlement.Transfer, error) {
	v, err := r.ParseVoucher(doc)
	return r.pay(&v), err
}

// pay is what a redemption does: a channel never pays back.
func (p *paperChain) pay(v *settlement.Voucher) settlement.Transfer {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.channels[v.Channel]
	s.Settled = max(s.Settled, v.Cumulative)
	s.FinalSettled = s.Settled
	p.channels[v.Channel] = s
	return settlement.Transfer{Settled: s.Settled, Final: true, Block: 2}
}

func (paperRail) Track(context.Context) error { return nil }

var errPaper = errors.New("no channel ends on paper")

func (paperRail) Close(context.Context, settlement.Channel) (settlement.Transfer, error) {
	return settlement.Transfer{}, errPaper
}
func (paperRail) Withdraw(context.Context, settlement.Channel) (settlement.Transfer, error) {
	return settlement.Transfer{}, errPaper
}
func (paperRail) SignConsent(req settlement.CloseRequest) (string, error) {
	return "consent to " + req.Channel.String(), nil
}
func (paperRail) CloseWithConsent(_ context.Context, _ settlement.Channel, req settlement.CloseRequest, consent string) (settlement.Transfer, error) {
	if consent != "consent to "+req.Channel.String() {
		return settlement.Transfer{}, errPaper
	}
	return settlement.Transfer{Tx: wire.Hash([]byte(consent))}, nil
}
func (paperRail) Returns(context.Context, wire.Digest, uint64) ([]settlement.Return, error) {
	return nil, nil
}

// deskOrg is an organisation that settles.
type deskOrg struct {
	*org
	desk    *Desk
	settler *settlement.Settler
}

// newDeskOrg starts one whose admission rule accepts peers. Prices are in the
// currency that pays, so that no oracle is needed.
func newDeskOrg(t testing.TB, seed byte, chain *paperChain, peers ...did.DID) *deskOrg {
	t.Helper()
	return listingDeskOrg(t, seed, 0, chain, peers...)
}

// listingDeskOrg is newDeskOrg with proposals that list so many receipts at most.
func listingDeskOrg(t testing.TB, seed byte, listed int, chain *paperChain, peers ...did.DID) *deskOrg {
	t.Helper()
	o := &deskOrg{org: newOrg(t, seed)}
	if err := o.host.Stop(); err != nil {
		t.Fatal(err)
	}
	terms := testTerms()
	terms.Money.SettleCurrency, terms.Oracle = "USD", nil
	dir, err := OpenDirectory(o.db, o.clock.Load)
	if err != nil {
		t.Fatal(err)
	}
	if o.host, err = p2p.New(p2p.Config{Key: o.transport, Allow: dir.Knows, Trusted: dir.Trusts, Open: true}); err != nil {
		t.Fatal(err)
	}
	o.service, err = New(Config{Host: o.host, Directory: dir, DB: o.db, Org: o.org.org, Terms: terms,
		Bindings: func() Bindings { return o.bindings }, Self: func() Self { return o.self },
		Now: o.clock.Load, Rand: rand.Reader, Admission: Admission{Peers: peers}})
	if err != nil {
		t.Fatal(err)
	}
	if o.desk, err = NewDesk(o.service); err != nil {
		t.Fatal(err)
	}
	o.settler, err = settlement.New(settlement.Config{Self: o.did(), DB: o.db, Kernel: o.kernel, Treaties: o.desk, Counterparty: o.desk,
		Rails: []settlement.Rail{paperRail{chain, o.self.SettlementAddress}}, Now: o.clock.Load,
		VerifyPrice: noPrices, ListedReceipts: listed})
	if err != nil {
		t.Fatal(err)
	}
	host := o.host
	t.Cleanup(func() { _ = host.Stop() })
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *deskOrg) owes(t *testing.T, payer, payee did.DID, treaty wire.Digest, n byte, units uint64) {
	t.Helper()
	err := o.db.Update(t.Context(), func(tx store.Tx) error {
		return o.settler.Accrue(tx, settlement.Obligation{Payer: payer, Payee: payee, Receipt: wire.Hash([]byte{n}), Treaty: treaty,
			Amount: wire.MonetaryAmount{Units: units, Currency: "USD"}, At: startTime + int64(n)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Two nodes over loopback: a statement signed by both, its voucher, what the
// payee holds, and nothing to pay the second time; also after the treaty was
// replaced, for what was owed under the old one.
func TestSettleOverStreams(t *testing.T) {
	chain := &paperChain{channels: make(map[wire.Digest]settlement.Standing)}
	a, b := newDeskOrg(t, 10, chain, didOf(t, 20)), newDeskOrg(t, 20, chain, didOf(t, 10))
	old := federate(t, a.org, b.org)
	if _, err := a.settler.Run(t.Context(), b.did()); err != nil {
		t.Fatalf("nothing to settle: %v", err)
	}
	for _, o := range [...]*deskOrg{a, b} {
		o.owes(t, a.did(), b.did(), old, 1, 30)
		o.owes(t, a.did(), b.did(), old, 2, 12)
	}
	if _, err := a.settler.Fund(t.Context(), b.did(), 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := a.settler.Run(t.Context(), b.did()); !errors.Is(err, settlement.ErrRefused) || !strings.Contains(err.Error(), "not ready to settle") {
		t.Fatalf("a peer without a settler: %v", err)
	}
	a.desk.SetSettler(a.settler)
	b.desk.SetSettler(b.settler)
	if a.host.Connected(b.host.ID()) {
		if err := a.host.Disconnect(b.host.ID()); err != nil {
			t.Fatal(err)
		}
	}
	res, err := a.settler.Run(t.Context(), b.did())
	if err != nil || res.Paid != 42 {
		t.Fatalf("run: %+v, %v", res, err)
	}
	heads, err := a.desk.Status(t.Context(), b.did())
	if err != nil || len(heads) != 1 || heads[0].Vouchered != 42 || heads[0].Stage != "vouchered" {
		t.Fatalf("the payee holds %+v, %v", heads, err)
	}
	if out, err := b.settler.RedeemDue(t.Context(), a.did()); err != nil || len(out) != 1 || out[0].Paid != 42 || !out[0].Final {
		t.Fatalf("redeemed %+v, %v", out, err)
	}
	if res, err := a.settler.Run(t.Context(), b.did()); err != nil || res.Paid != 0 {
		t.Fatalf("run again: %+v, %v", res, err)
	}
	for _, o := range [...]*deskOrg{a, b} {
		o.owes(t, a.did(), b.did(), old, 3, 8)
	}
	a.service.cfg.Terms.Money.CreditMinor--
	fresh := federate(t, a.org, b.org)
	if fresh == old {
		t.Fatal("the treaty was not replaced")
	}
	if terms, err := a.desk.Current(b.did()); err != nil || terms.Treaty != fresh {
		t.Fatalf("terms in force: %+v, %v", terms, err)
	}
	if res, err = a.settler.Run(t.Context(), b.did()); err != nil || res.Paid != 8 || res.Statements[0].Cumulative != 50 {
		t.Fatalf("owed under the replaced treaty: %+v, %v", res, err)
	}
}

// Two nodes over loopback find out what their receipts differ in without listing
// them, and settle the rest.
func TestDescendOverStreams(t *testing.T) {
	chain := &paperChain{channels: make(map[wire.Digest]settlement.Standing)}
	a, b := listingDeskOrg(t, 10, 2, chain, didOf(t, 20)), listingDeskOrg(t, 20, 2, chain, didOf(t, 10))
	treaty := federate(t, a.org, b.org)
	a.desk.SetSettler(a.settler)
	b.desk.SetSettler(b.settler)
	for n := range byte(40) {
		if n != 7 {
			a.owes(t, a.did(), b.did(), treaty, n, 1)
		}
		if n != 9 {
			b.owes(t, a.did(), b.did(), treaty, n, 1)
		}
	}
	if _, err := a.settler.Fund(t.Context(), b.did(), 1000); err != nil {
		t.Fatal(err)
	}
	res, err := a.settler.Run(t.Context(), b.did())
	if err != nil || res.Paid != 38 || len(res.Statements) != 1 || res.Statements[0].Count != 38 {
		t.Fatalf("run: %+v, %v", res, err)
	}
	if len(res.Missing) != 1 || res.Missing[0] != wire.Hash([]byte{7}) || len(res.Disputed) != 1 || res.Disputed[0] != wire.Hash([]byte{9}) {
		t.Fatalf("missing %v, disputed %v", res.Missing, res.Disputed)
	}
}

// Only an active treaty peer is answered, and only what the protocol knows.
func TestSettleRefusesStrangersAndNonsense(t *testing.T) {
	chain := &paperChain{channels: make(map[wire.Digest]settlement.Standing)}
	a, b := newDeskOrg(t, 30, chain), newDeskOrg(t, 40, chain, didOf(t, 30))
	a.desk.SetSettler(a.settler)
	b.desk.SetSettler(b.settler)
	if _, err := a.desk.Status(t.Context(), b.did()); !errors.Is(err, ErrUnknownPeer) {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := a.desk.Current(b.did()); !errors.Is(err, ErrUnknownPeer) {
		t.Errorf("terms with a stranger: %v", err)
	}
	if _, err := a.service.Hello(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	ask := wire.MustMarshal(settleRequest{Type: settleStatus})
	if _, err := a.host.Call(t.Context(), b.host.ID(), ProtocolSettle, ask); err == nil {
		t.Error("a peer without a treaty was answered")
	}
	treaty := federate(t, a.org, b.org)
	for _, req := range []string{`{}`, `{"type":"pay"}`, `{"type":"propose"}`, `{"document":{},"type":"status"}`, `{"document":{},"type":"voucher"}`,
		`{"document":{},"type":"round"}`, `{"type":"descend"}`,
		`{"descent":{"extent":{"beyond":[],"last":"` + strings.Repeat("0", 64) + `","to":1},"parts":[],"treaty_id":"` + strings.Repeat("0", 64) + `"},"type":"descend"}`,
		`{"descent":{"extent":{"beyond":[],"last":"` + strings.Repeat("0", 64) + `","to":1},"parts":[],"treaty_id":"` + strings.Repeat("0", 64) + `"},"type":"status"}`,
		`{"proposal":{"receipts":[],"statement":{},"undisputed":false},"type":"voucher"}`} {
		doc, err := a.host.Call(t.Context(), b.host.ID(), ProtocolSettle, []byte(req))
		if err != nil {
			t.Errorf("%s: %v", req, err)
			continue
		}
		var reply settleReply
		if err := wire.Unmarshal(doc, &reply, wire.DocumentLimits); err != nil || reply.OK || reply.Reason == "" {
			t.Errorf("%s: %s, %v", req, doc, err)
		}
	}
	if _, err := a.host.Call(t.Context(), b.host.ID(), ProtocolSettle, []byte(`{"type":"status","x":1}`)); err == nil {
		t.Error("an unknown field was answered")
	}
	if _, err := a.desk.ByID(b.did(), wire.Hash([]byte("none"))); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown treaty: %v", err)
	}
	if _, err := a.desk.ByID(b.did(), treaty); err != nil {
		t.Errorf("the treaty in force: %v", err)
	}
	if err := b.service.Directory().Freeze(t.Context(), a.did(), "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.desk.Status(t.Context(), b.did()); err == nil {
		t.Error("a frozen peer was answered")
	}
	if _, err := b.desk.ByID(a.did(), treaty); !errors.Is(err, ErrPeerFrozen) {
		t.Errorf("terms with a frozen peer: %v", err)
	}
}

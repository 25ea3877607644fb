package federation

import (
	"context"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// What a party of the model lets another owe without a voucher, and what each
// has deposited for each other.
const (
	modelUnvouchered = 4 * modelPrice
	modelDeposit     = 1000
)

// modelTerms are callTerms with a bound that a sequence can reach.
func modelTerms() Terms {
	t := callTerms()
	t.Money.MaxUnvoucheredMinor = modelUnvouchered
	return t
}

// voucherRail signs and verifies real vouchers; the chain is on paper.
type voucherRail struct {
	paperRail
	key *evm.Key
}

const paperChainID = 31337

func (r voucherRail) ChannelID(c settlement.Channel) (id wire.Digest, err error) {
	p, contract, err := r.params(c)
	return evm.ChannelID(paperChainID, contract, p), err
}

func (r voucherRail) params(c settlement.Channel) (p evm.ChannelParams, contract evm.Address, err error) {
	p.Salt = c.Salt
	for _, a := range []struct {
		text string
		into *evm.Address
	}{{c.Payer, &p.Payer}, {c.Payee, &p.Payee}, {c.Token, &p.Token}, {r.Contract(), &contract}} {
		if *a.into, err = evm.ParseAddress(a.text); err != nil {
			return p, contract, err
		}
	}
	return p, contract, nil
}

func (r voucherRail) SignVoucher(c settlement.Channel, cumulative uint64, statement wire.Digest) ([]byte, error) {
	p, contract, err := r.params(c)
	if err != nil {
		return nil, err
	}
	v, err := evm.SignVoucher(r.key, paperChainID, contract, p, cumulative, statement)
	if err != nil {
		return nil, err
	}
	return v.Bytes(), nil
}

func (r voucherRail) ParseVoucher(doc []byte) (settlement.Voucher, error) {
	v, err := evm.ParseVoucher(doc)
	if err != nil {
		return settlement.Voucher{}, err
	}
	return settlement.Voucher{ChainID: r.ChainID(), Contract: v.Contract.String(), Channel: v.Channel, Payer: v.Payer.String(),
		Payee: v.Payee.String(), Token: v.Token.String(), Cumulative: v.Cumulative, Statement: v.Statement}, nil
}

func (r voucherRail) Fund(_ context.Context, c settlement.Channel, amount, _ uint64) (settlement.Transfer, error) {
	id, err := r.ChannelID(c)
	if err != nil {
		return settlement.Transfer{}, err
	}
	return r.deposit(id, amount), nil
}

func (r voucherRail) Funding(c settlement.Channel, _ uint64) (settlement.Transfer, bool, error) {
	id, err := r.ChannelID(c)
	return settlement.Transfer{Final: true, Block: 1}, err == nil && r.deposited(id), err
}

func (r voucherRail) Redeem(_ context.Context, doc []byte) (settlement.Transfer, error) {
	v, err := r.ParseVoucher(doc)
	if err != nil {
		return settlement.Transfer{}, err
	}
	return r.pay(&v), nil
}

// withheldArgs are those of a call whose result its own organisation keeps from
// the agent: the host charges, and the operator may object.
const withheldArgs = `{"path":"notes/private.txt"}`

// withholding is the output guard of every party.
type withholding struct{}

func (withholding) Name() string { return "house-rule" }
func (withholding) Inspect(c *kernel.Call, _ wire.Raw) (kernel.OutputDecision, error) {
	d := kernel.OutputDecision{Verdict: kernel.Allow}
	if c.Mandate.Origin == nil && string(c.Mandate.Arguments) == withheldArgs {
		d.Verdict = kernel.Deny
	}
	return d, nil
}

// fund opens a channel from every party to every other.
func (w *modelWorld) fund() {
	for _, a := range w.parties {
		for _, b := range w.parties {
			if a == b {
				continue
			}
			if _, err := a.settler.Fund(w.tb.ctx, b.did(), modelDeposit); err != nil {
				w.tb.Fatal(err)
			}
		}
	}
}

// survive is deferred where a failpoint may end the process.
func (p *modelParty) survive() {
	if r := recover(); r != nil && !p.dead.Load() {
		panic(r)
	}
}

// settle has a party make statements and vouchers of what it owes another, and
// redeem what the other has promised.
func (w *modelWorld) settle(payer, payee int) error {
	a, b := w.parties[payer], w.parties[payee]
	if a.down || b.down {
		return nil
	}
	defer a.survive()
	if _, err := a.settler.Run(w.tb.ctx, b.did()); err != nil {
		return err
	}
	_, err := a.settler.RedeemDue(w.tb.ctx, b.did())
	return err
}

// A stray is a statement or a voucher that crosses the network again, later,
// changed, or between others than those it is for.
type stray struct {
	which, from, to int
	twist           int64 // added to what a voucher promises
}

// strays sends one, and reports whether it was answered. What was not sent so by
// its signer must be refused; what was may be, and changes nothing that check
// would not find.
func (w *modelWorld) strays(s stray) (answered bool) {
	w.tb.Helper()
	if len(w.net.papers) == 0 {
		return false
	}
	p := w.net.papers[s.which%len(w.net.papers)]
	a, b := w.parties[s.from], w.parties[s.to]
	if a.down || b.down {
		return false
	}
	frame, twisted := w.twist(p, s.twist)
	reply, err := w.shoot(a, b, packet{protocol: ProtocolSettle, frame: frame})
	var answer settleReply
	if err != nil || wire.UnmarshalCanonical(reply, &answer, wire.DocumentLimits) != nil {
		return false
	}
	accepted := answer.OK && (answer.Answer == nil || answer.Answer.Status == settlement.StatusAcked)
	if accepted && (twisted || p.from != s.from || p.to != s.to) {
		w.tb.Fatalf("party %d accepts of party %d what party %d sent to %d, changed by %d: %s", s.to, s.from, p.from, p.to, s.twist, frame)
	}
	return true
}

// twist has the payer sign its voucher again over another amount.
func (w *modelWorld) twist(p packet, by int64) (frame []byte, twisted bool) {
	var req settleRequest
	if err := wire.UnmarshalCanonical(p.frame, &req, wire.DocumentLimits); err != nil {
		w.tb.Fatal(err)
	}
	if req.Type != settleVoucher || by == 0 {
		return p.frame, false
	}
	v, err := evm.ParseVoucher(req.Document)
	if err != nil {
		w.tb.Fatal(err)
	}
	v, err = evm.SignVoucher(w.parties[p.from].purse, v.ChainID, v.Contract, v.Params(), uint64(int64(v.Cumulative)+by), v.Statement)
	if err != nil {
		w.tb.Fatal(err)
	}
	req.Document = v.Bytes()
	return wire.MustMarshal(req), true
}

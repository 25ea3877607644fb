package x402_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/contracts"
	deploy "github.com/backbay-labs/chio-node/internal/shop"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const batchDelay = 3600 // seconds

// counter is a shop that sells by batch-settlement, and a client with a channel.
type counter struct {
	*shop
	seller  *x402.BatchSeller
	channel evm.BatchChannel
	salt    byte
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	s := newShop(t)
	at := evm.Address(deploy.Create(t, s.net, testContract("BatchSettlement")))
	collector := evm.Address(deploy.Create(t, s.net, testContract("BatchCollector"), common.Address(at)))
	c := &counter{shop: s, channel: evm.BatchChannel{Payer: key(t, "buyer").Address(), PayerAuthorizer: key(t, "voucher key").Address(),
		Receiver: s.price.PayTo, ReceiverAuthorizer: s.price.PayTo, Token: s.price.Domain.Token, WithdrawDelay: batchDelay}}
	c.seller = &x402.BatchSeller{Terms: x402.BatchTerms{Contract: evm.BatchContract{ChainID: s.net.ChainID(), Address: at, Collector: collector},
		WithdrawDelay: batchDelay, MinDeposit: 10_000}, DB: s.seller.DB}
	c.again()
	s.finalize()
	if err := s.chain.CheckBatch(t.Context(), c.seller.Terms.Contract); err != nil {
		t.Fatal(err)
	}
	return c
}

func testContract(name string) string {
	return filepath.Join("..", "..", "contracts", "devnet", "testdata", name+".json")
}

// again is what is left of the seller after its process ended.
func (c *counter) again() {
	c.seller = &x402.BatchSeller{DB: c.seller.DB, Chain: c.chain, Terms: c.seller.Terms, Receiver: c.chain.Address(), Domain: c.price.Domain, Currency: "USDC",
		Now: c.clock, Margin: 30, Skew: 5, ClaimAbove: 7_500, ClaimAfter: 600}
}

func (c *counter) id() wire.Digest { return c.seller.Terms.Contract.Channel(c.channel) }

// voucher is a payment from the channel, up to a total.
func (c *counter) voucher(most uint64) x402.BatchPayment {
	c.t.Helper()
	sig, err := c.seller.Terms.Contract.SignVoucher(key(c.t, "voucher key"), c.id(), most)
	if err != nil {
		c.t.Fatal(err)
	}
	return x402.NewBatchPayment(x402.Resource{URL: "http://127.0.0.1/tool"}, c.seller.Terms.Requirements(c.price), c.channel, c.id(), most, sig, nil, "")
}

// deposit is a voucher with a deposit.
func (c *counter) deposit(most, amount uint64) x402.BatchPayment {
	c.t.Helper()
	c.salt++
	d := evm.BatchDeposit{Channel: c.channel, Amount: amount, ValidBefore: c.now + c.price.Timeout, Salt: wire.Digest{c.salt}}
	signed, err := c.seller.Terms.Contract.SignDeposit(key(c.t, "buyer"), c.price.Domain, d)
	if err != nil {
		c.t.Fatal(err)
	}
	v := c.voucher(most)
	return x402.NewBatchPayment(v.Resource, v.Accepted, c.channel, c.id(), most, strings.TrimPrefix(v.Payload.Voucher.Signature, "0x"), &d, signed)
}

func (c *counter) take(p x402.BatchPayment, request string) (*x402.BatchSale, error) {
	return c.seller.Sell(c.t.Context(), x402.Encode(p), c.price, []byte("{}"), wire.Hash([]byte(request)), c.run)
}

// buy is one call that must be sold.
func (c *counter) buy(p x402.BatchPayment, request string) *x402.BatchSale {
	c.t.Helper()
	sold, err := c.take(p, request)
	if err != nil || string(sold.Sale.Result) != "result" {
		c.t.Fatalf("%s: %+v, %v", request, sold, err)
	}
	return sold
}

func (c *counter) open(calls int) {
	c.t.Helper()
	c.buy(c.deposit(2500, 20_000), "0")
	for n := 1; n < calls; n++ {
		c.buy(c.voucher(uint64(n+1)*2500), string(rune('0'+n)))
	}
}

func (c *counter) look() {
	c.t.Helper()
	if err := c.seller.Continue(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *counter) record() (out x402.BatchChannel) {
	c.t.Helper()
	err := c.seller.DB.View(func(r store.Reader) error {
		return x402.BatchChannels(r, func(_ string, b *x402.BatchChannel) error { out = *b; return nil })
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// books holds the ledger against the facts, and what it says came.
func (c *counter) books(revenue uint64) {
	c.t.Helper()
	err := c.seller.DB.View(func(r store.Reader) error {
		b, err := ledger.ReadBalance(r, ledger.Revenue, "USDC")
		if err != nil {
			return err
		}
		if b.Credits-b.Debits != revenue {
			c.t.Errorf("revenue is %d, want %d", b.Credits-b.Debits, revenue)
		}
		if _, err := ledger.Verify(r); err != nil {
			return err
		}
		missing, _, err := x402.Unposted(r)
		if err != nil || len(missing) > 0 {
			c.t.Errorf("not posted: %v, %v", missing, err)
		}
		explain := x402.Explain("USDC")
		return ledger.Scan(r, 0, func(rec ledger.Record) error {
			if mine, problem, err := explain(r, &rec); err != nil || !mine || problem != "" {
				c.t.Errorf("%q: %t, %q, %v", rec.Posting.Memo, mine, problem, err)
			}
			return nil
		})
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// payer calls the contract as the payer.
func (c *counter) payer(method string, args ...any) {
	c.t.Helper()
	doc, err := os.ReadFile(testContract("BatchSettlement"))
	if err != nil {
		c.t.Fatal(err)
	}
	var a contracts.Artifact
	if err := wire.Unmarshal(doc, &a, wire.ForeignLimits); err != nil {
		c.t.Fatal(err)
	}
	var of abi.ABI
	if err := of.UnmarshalJSON(a.ABI); err != nil {
		c.t.Fatal(err)
	}
	config := struct {
		Payer, PayerAuthorizer, Receiver, ReceiverAuthorizer, Token common.Address
		WithdrawDelay                                               *big.Int
		Salt                                                        [32]byte
	}{common.Address(c.channel.Payer), common.Address(c.channel.PayerAuthorizer), common.Address(c.channel.Receiver), common.Address(c.channel.ReceiverAuthorizer),
		common.Address(c.channel.Token), big.NewInt(batchDelay), c.channel.Salt}
	data, err := of.Pack(method, append([]any{config}, args...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	scalar := sha256.Sum256([]byte("buyer"))
	private, err := crypto.ToECDSA(scalar[:])
	if err != nil {
		c.t.Fatal(err)
	}
	opts := bind.NewKeyedTransactor(private, new(big.Int).SetUint64(c.net.ChainID()))
	bound := bind.NewBoundContract(common.Address(c.seller.Terms.Contract.Address), of, c.net.Client(), c.net.Client(), c.net.Client())
	tx, err := bound.RawTransact(opts, data)
	if err != nil {
		c.t.Fatal(err)
	}
	c.net.Commit()
	if receipt, err := c.net.Client().TransactionReceipt(c.t.Context(), tx.Hash()); err != nil || receipt.Status != 1 {
		c.t.Fatalf("%s: %v, %v", method, receipt, err)
	}
}

// pass is time that passes on the chain and here.
func (c *counter) pass(seconds uint64) {
	c.t.Helper()
	if err := c.net.AdjustTime(time.Duration(seconds) * time.Second); err != nil {
		c.t.Fatal(err)
	}
	c.now += seconds
}

// The whole way: a deposit that we bring, vouchers, claims above an amount, and
// the money in the ledger once it is final.
func TestBatchSaleFromDepositToLedger(t *testing.T) {
	c := newCounter(t)
	first := c.buy(c.deposit(2500, 20_000), "a")
	if first.Deposit.Hash.IsZero() || first.State.Balance != 20_000 {
		t.Fatalf("%+v", first)
	}
	s := first.Settlement(c.price)
	if !s.Success || s.Extra == nil || s.Extra.Charged != "2500" || s.Extra.Channel.Charged != "2500" || s.Extra.Channel.Balance != "20000" || len(s.Transaction) != 66 {
		t.Fatalf("%+v", s)
	}
	second := c.buy(c.voucher(5000), "b")
	if s := second.Settlement(c.price); s.Transaction != "" || s.Extra.Channel.Charged != "5000" {
		t.Fatalf("%+v", s)
	}
	c.look() // 5000 are less than is claimed at once
	c.want(2, 0)
	c.buy(c.voucher(7500), "c")
	c.look()
	c.want(3, 7500)
	c.books(0) // it may still be undone
	c.finalize()
	c.look()
	c.books(7500)
	if open, err := x402.OpenBatch(c.seller.DB); err != nil || open {
		t.Errorf("open: %t, %v", open, err)
	}
	c.buy(c.voucher(10_000), "d")
	c.now += 600 // long enough
	c.look()
	c.finalize()
	c.look()
	c.want(4, 10_000)
	c.books(10_000)
	if r := c.record(); r.Charged != 10_000 || r.Claimed != 10_000 || r.Lost != 0 || r.DueAt != 0 {
		t.Errorf("%+v", r)
	}
}

// I7: a payment runs one call and is charged once; the same payment gets the same
// answer, and pays for nothing else.
func TestI7_AVoucherPaysForOneCall(t *testing.T) {
	c := newCounter(t)
	c.open(2)
	p := c.voucher(7500)
	c.buy(p, "x")
	for range 2 {
		c.buy(p, "x") // asked again: its answer
	}
	if c.ran != 3 || c.record().Charged != 7500 {
		t.Fatalf("ran %d times, charged %d", c.ran, c.record().Charged)
	}
	for name, most := range map[string]uint64{"the same for another request": 7500, "less": 5000, "more than one call costs": 12_500, "all of it": 20_000} {
		sold, err := c.take(c.voucher(most), "y")
		if !errors.Is(err, x402.ErrCumulative) {
			t.Fatalf("%s: %v", name, err)
		}
		r := c.seller.Terms.Requirements(c.price)
		sold.Corrective(&r)
		if st, v := r.Extra.ChannelState, r.Extra.VoucherState; st == nil || st.Charged != "7500" || st.Balance != "20000" || v == nil || v.Signed != "7500" {
			t.Errorf("%s: %+v, %+v", name, st, v)
		} else if sig := strings.TrimPrefix(v.Signature, "0x"); c.seller.Terms.Contract.VerifyVoucher(c.id(), 7500, c.channel.PayerAuthorizer, sig) != nil {
			t.Errorf("%s: the payer cannot recognise its voucher", name)
		}
	}
	if c.ran != 3 {
		t.Errorf("ran %d times", c.ran)
	}
}

// What is refused costs nothing and runs nothing.
func TestBatchSaleRefuses(t *testing.T) {
	c := newCounter(t)
	c.open(1)
	good := c.voucher(5000)
	stranger := func(p *x402.BatchPayment) {
		sig, err := c.seller.Terms.Contract.SignVoucher(key(t, "buyer"), c.id(), 5000)
		if err != nil {
			t.Fatal(err)
		}
		p.Payload.Voucher.Signature = "0x" + sig
	}
	for name, b := range map[string]struct {
		want error
		edit func(*x402.BatchPayment)
	}{
		"another version":         {x402.ErrMalformed, func(p *x402.BatchPayment) { p.X402Version = 1 }},
		"another scheme":          {x402.ErrMismatch, func(p *x402.BatchPayment) { p.Accepted.Scheme = x402.SchemeExact }},
		"another network":         {x402.ErrMismatch, func(p *x402.BatchPayment) { p.Accepted.Network = "eip155:1" }},
		"a lower price":           {x402.ErrMismatch, func(p *x402.BatchPayment) { p.Accepted.Amount = "1" }},
		"another payee accepted":  {x402.ErrMismatch, func(p *x402.BatchPayment) { p.Accepted.PayTo = c.channel.Payer.String() }},
		"another channel":         {x402.ErrMismatch, func(p *x402.BatchPayment) { p.Payload.Voucher.Channel = "0x" + wire.Digest{7}.String() }},
		"an amount with a sign":   {x402.ErrMalformed, func(p *x402.BatchPayment) { p.Payload.Voucher.Most = "+5000" }},
		"an amount beyond a word": {x402.ErrMalformed, func(p *x402.BatchPayment) { p.Payload.Voucher.Most = "340282366920938463463374607431768211455" }},
		"a stranger's signature":  {evm.ErrSignature, stranger},
		"half a signature":        {evm.ErrSignature, func(p *x402.BatchPayment) { p.Payload.Voucher.Signature = p.Payload.Voucher.Signature[:66] }},
		"another amount signed":   {evm.ErrSignature, func(p *x402.BatchPayment) { p.Payload.Voucher.Most = "7500" }},
		"a refund":                {x402.ErrMismatch, func(p *x402.BatchPayment) { p.Payload.Type = "refund" }},
		"a deposit without one":   {x402.ErrMismatch, func(p *x402.BatchPayment) { p.Payload.Type = "deposit" }},
		"a deposit by other means": {x402.ErrMismatch, func(p *x402.BatchPayment) {
			p.Payload.Type, p.Payload.Deposit = "deposit", &x402.Deposit{Amount: "20000"}
		}},
	} {
		p := good
		b.edit(&p)
		if _, err := c.take(p, name); !errors.Is(err, b.want) {
			t.Errorf("%s: %v, want %v", name, err, b.want)
		}
	}
	for name, edit := range map[string]func(*evm.BatchChannel){ // each with the id that follows, and signed
		"another receiver":      func(b *evm.BatchChannel) { b.Receiver = evm.Address{9} },
		"another claimant":      func(b *evm.BatchChannel) { b.ReceiverAuthorizer = evm.Address{9} },
		"another token":         func(b *evm.BatchChannel) { b.Token = evm.Address{9} },
		"a shorter delay":       func(b *evm.BatchChannel) { b.WithdrawDelay = 900 },
		"from ourselves":        func(b *evm.BatchChannel) { b.Payer = b.Receiver },
		"from nobody":           func(b *evm.BatchChannel) { b.Payer = evm.Address{} },
		"a contract's vouchers": func(b *evm.BatchChannel) { b.PayerAuthorizer = evm.Address{} },
	} {
		was := c.channel
		edit(&c.channel)
		if _, err := c.take(c.voucher(5000), name); !errors.Is(err, x402.ErrMismatch) {
			t.Errorf("%s: %v", name, err)
		}
		c.channel = was
	}
	for name, b := range map[string]struct {
		want error
		edit func(*x402.DepositAuthorization, *x402.Deposit)
	}{
		"too small":                {x402.ErrMismatch, func(_ *x402.DepositAuthorization, d *x402.Deposit) { d.Amount = "9999" }},
		"more than was signed":     {evm.ErrSignature, func(_ *x402.DepositAuthorization, d *x402.Deposit) { d.Amount = "20001" }},
		"not valid yet":            {x402.ErrMismatch, func(a *x402.DepositAuthorization, _ *x402.Deposit) { a.ValidAfter = "1" }},
		"over":                     {x402.ErrExpired, func(a *x402.DepositAuthorization, _ *x402.Deposit) { a.ValidBefore = "1" }},
		"valid beyond the quote":   {x402.ErrExpired, func(a *x402.DepositAuthorization, _ *x402.Deposit) { a.ValidBefore = "9007199254740991" }},
		"another salt than signed": {evm.ErrSignature, func(a *x402.DepositAuthorization, _ *x402.Deposit) { a.Salt = "0x" + wire.Digest{9}.String() }},
	} {
		p := c.deposit(5000, 20_000)
		b.edit(p.Payload.Deposit.Authorization.EIP3009, p.Payload.Deposit)
		if _, err := c.take(p, name); !errors.Is(err, b.want) {
			t.Errorf("deposit %s: %v, want %v", name, err, b.want)
		}
	}
	if c.ran != 1 || c.record().Charged != 2500 {
		t.Errorf("ran %d times, charged %d", c.ran, c.record().Charged)
	}
	c.buy(good, "good") // nothing of it stuck
}

// A call that is denied, or whose outcome is unknown, is not charged, and the
// voucher pays for another.
func TestBatchSaleThatFailsIsNotCharged(t *testing.T) {
	c := newCounter(t)
	c.open(1)
	p := c.voucher(5000)
	fail := func(with error) error {
		_, err := c.seller.Sell(t.Context(), x402.Encode(p), c.price, []byte("{}"), wire.Hash([]byte("x")),
			func(context.Context, evm.Address) ([]byte, error) { c.ran++; return nil, with })
		return err
	}
	if err := fail(x402.ErrDenied); !errors.Is(err, x402.ErrDenied) {
		t.Fatal(err)
	}
	if err := fail(errors.New("lost")); !errors.Is(err, x402.ErrIncomplete) {
		t.Fatal(err)
	}
	if _, err := c.take(p, "x"); !errors.Is(err, x402.ErrIncomplete) || c.ran != 3 {
		t.Fatalf("it ran again at once: %v, %d", err, c.ran)
	}
	c.buy(p, "another request")
	if c.record().Charged != 5000 {
		t.Errorf("%+v", c.record())
	}
	p = c.voucher(7500)
	if err := fail(errors.New("lost")); !errors.Is(err, x402.ErrIncomplete) {
		t.Fatal(err)
	}
	c.now += c.price.Timeout
	c.buy(p, "x") // it was meant
}

// A deposit counts when it is as deep as what is unclaimed asks for.
func TestBatchSaleWaitsForItsDeposit(t *testing.T) {
	c := newCounter(t)
	c.seller.Tiers = []x402.Tier{{UpTo: 2500, Confirmations: 1}, {UpTo: 5000, Confirmations: 3}}
	c.buy(c.deposit(2500, 20_000), "a")
	p := c.voucher(5000)
	if _, err := c.take(p, "b"); !errors.Is(err, x402.ErrShallow) || c.ran != 1 {
		t.Fatalf("%v, ran %d times", err, c.ran)
	}
	c.net.Commit()
	c.net.Commit()
	c.buy(p, "b")
	p = c.voucher(7500)
	if _, err := c.take(p, "c"); !errors.Is(err, x402.ErrShallow) {
		t.Fatal(err)
	}
	c.finalize()
	c.buy(p, "c")
}

// A payer that announces to take its deposit back gets no more calls, and what it
// owes is claimed before it has it.
func TestI7_WithdrawalIsAnsweredWithAClaim(t *testing.T) {
	c := newCounter(t)
	c.open(2)
	c.payer("initiateWithdraw", big.NewInt(20_000))
	if _, err := c.take(c.voucher(7500), "x"); !errors.Is(err, x402.ErrChannel) || c.ran != 2 {
		t.Fatalf("%v, ran %d times", err, c.ran)
	}
	c.look()
	c.want(2, 5000)
	c.pass(batchDelay)
	c.payer("finalizeWithdraw")
	c.finalize()
	c.look()
	c.books(5000)
	if r := c.record(); r.Claimed != 5000 || r.Lost != 0 {
		t.Errorf("%+v", r)
	}
	if _, err := c.take(c.voucher(7500), "x"); !errors.Is(err, x402.ErrChannel) {
		t.Errorf("an empty channel: %v", err)
	}
	c.buy(c.deposit(7500, 10_000), "y") // the same channel, filled again
}

// A node that was away while the payer took everything back has lost what it did
// not claim: it says so and does not ask for ever. The payer pays it before its
// next call.
func TestBatchChannelThatWasEmptied(t *testing.T) {
	c := newCounter(t)
	c.open(2)
	c.payer("initiateWithdraw", big.NewInt(20_000))
	c.pass(batchDelay)
	c.payer("finalizeWithdraw")
	c.look()
	if r := c.record(); r.Lost != 0 {
		t.Errorf("lost before that is final: %+v", r)
	}
	c.finalize()
	c.look()
	if r := c.record(); r.Lost != 5000 || r.Claimed != 0 {
		t.Errorf("%+v", r)
	}
	if open, err := x402.OpenBatch(c.seller.DB); err != nil || open {
		t.Errorf("open: %t, %v", open, err)
	}
	c.books(0)
	c.buy(c.deposit(7500, 10_000), "x")
	c.look()
	c.finalize()
	c.look()
	c.want(3, 7500)
	c.books(7500)
}

// I7: wherever the process ends, one call is charged once, and its money comes
// once.
func TestI7_BatchSellerThatDies(t *testing.T) {
	for point, charged := range map[string]uint64{"batch.deposited": 0, "batch.accepted": 0, "batch.executed": 0, "batch.claimed": 7500, "batch.settled": 7500} {
		t.Run(point, func(t *testing.T) {
			c := newCounter(t)
			dead := false
			c.seller.Failpoint = func(at string) {
				if at == point {
					dead = true
					panic(errDied)
				}
			}
			p := c.deposit(2500, 20_000)
			dies := func(fn func()) {
				defer func() {
					if r := recover(); r != nil && r != errDied {
						panic(r)
					}
				}()
				fn()
			}
			dies(func() {
				c.open2(p)
				c.look()
			})
			if !dead {
				t.Fatal("it was not reached")
			}
			if got := c.record().Charged; got != charged {
				t.Fatalf("%d is charged, want %d", got, charged)
			}
			c.again()
			c.now += c.price.Timeout - 60 // the deposit is still valid
			if charged == 0 {
				if _, err := c.take(p, "0"); err != nil && !errors.Is(err, x402.ErrIncomplete) {
					t.Fatal(err)
				}
				c.now += 120
				for next := c.record().Charged + 2500; next <= 7500; next += 2500 {
					c.buy(c.voucher(next), fmt.Sprint("again ", next))
				}
			}
			for range 3 {
				c.look()
				c.finalize()
			}
			if c.earned() != 7500 || c.record().Claimed != 7500 {
				t.Fatalf("earned %d: %+v", c.earned(), c.record())
			}
			c.books(7500)
		})
	}
}

func (c *counter) open2(first x402.BatchPayment) {
	c.buy(first, "0")
	c.buy(c.voucher(5000), "1")
	c.buy(c.voucher(7500), "2")
}

// A store that is new starts a channel where the chain is, and books nothing that
// came before.
func TestBatchSellerWithANewStore(t *testing.T) {
	c := newCounter(t)
	c.open(3)
	c.look()
	c.finalize()
	c.look()
	c.seller.DB = newDB(t)
	c.again()
	chain, err := evm.Dial(t.Context(), evm.Config{Name: "devnet", ChainID: c.net.ChainID(), RPC: c.net.RPC(), Token: evm.Address(c.net.Token()),
		Channel: evm.Address(c.net.Channel()), Key: key(t, "seller"), DB: c.seller.DB, MaxFeeGwei: 1000, Now: c.clock, Wait: c.wait})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chain.Close)
	c.seller.Chain = chain
	if _, err := c.take(c.voucher(2500), "x"); !errors.Is(err, x402.ErrCumulative) {
		t.Fatalf("what was charged before: %v", err)
	}
	c.buy(c.voucher(10_000), "x")
	c.now += 600
	c.look()
	c.finalize()
	c.look()
	c.books(2500)
}

// FuzzBatchPayment: nothing a stranger sends panics, and what is taken pays us, in
// our token, from a channel that we can claim from in time.
func FuzzBatchPayment(f *testing.F) {
	price := recordedPrice(f)
	terms := &x402.BatchTerms{Contract: evm.BatchContract{ChainID: price.Domain.ChainID, Address: evm.Address{1}, Collector: evm.Address{2}}, WithdrawDelay: batchDelay, MinDeposit: 10_000}
	c := evm.BatchChannel{Payer: key(f, "buyer").Address(), PayerAuthorizer: key(f, "buyer").Address(), Receiver: price.PayTo, ReceiverAuthorizer: price.PayTo,
		Token: price.Domain.Token, WithdrawDelay: batchDelay}
	id := terms.Contract.Channel(c)
	voucher, err := terms.Contract.SignVoucher(key(f, "buyer"), id, 2500)
	if err != nil {
		f.Fatal(err)
	}
	d := &evm.BatchDeposit{Channel: c, Amount: 20_000, ValidBefore: recordedWindow.Until + 1}
	signed, err := terms.Contract.SignDeposit(key(f, "buyer"), price.Domain, *d)
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range []x402.BatchPayment{
		x402.NewBatchPayment(x402.Resource{}, terms.Requirements(price), c, id, 2500, voucher, nil, ""),
		x402.NewBatchPayment(x402.Resource{}, terms.Requirements(price), c, id, 2500, voucher, d, signed),
	} {
		if _, _, _, err := x402.ReadBatch(terms, x402.Encode(p), price, recordedWindow); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(wire.MustMarshal(p)))
	}
	f.Add([]byte(`{"x402Version":2,"accepted":{"scheme":"batch-settlement"}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		c, most, d, err := x402.ReadBatch(terms, base64.StdEncoding.EncodeToString(doc), price, recordedWindow)
		if err != nil {
			return
		}
		if c.Receiver != price.PayTo || c.ReceiverAuthorizer != price.PayTo || c.Token != price.Domain.Token || c.WithdrawDelay != batchDelay || c.PayerAuthorizer.IsZero() || most > wire.MaxUnits {
			t.Fatalf("%+v up to %d is taken", c, most)
		}
		if d != nil && (d.Amount < 10_000 || d.ValidBefore > recordedWindow.Latest || d.Channel != c) {
			t.Fatalf("deposit %+v is taken", d)
		}
	})
}

package node

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/internal/shop"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/wire"
)

// depositor is a client that pays from a deposit. It knows what a 402 says and
// nothing else of the shop.
type depositor struct {
	m        *market
	key      *evm.Key
	contract evm.BatchContract
	domain   evm.TokenDomain
	required *x402.Required
	accepted x402.Requirements
	channel  evm.BatchChannel
}

func newDepositor(t *testing.T) *depositor {
	t.Helper()
	var contract evm.BatchContract
	m := newMarketOf(t, "0.06 USDC", func(m *market, s *X402SellConfig) {
		artifact := func(name string) string { return filepath.Join("..", "contracts", "devnet", "testdata", name+".json") }
		contract.Address = evm.Address(shop.Create(t, m.chain, artifact("BatchSettlement")))
		contract.Collector = evm.Address(shop.Create(t, m.chain, artifact("BatchCollector"), common.Address(contract.Address)))
		contract.ChainID = m.chain.ChainID()
		s.Batch.Contract, s.Batch.Collector, s.Batch.ClaimAbove, s.Batch.MinDeposit = contract.Address.String(), contract.Collector.String(), "0.10 USDC", "0.10 USDC"
		if err := m.chain.Finalize(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	d := &depositor{m: m, key: m.home.money.key, contract: contract}
	chain, err := m.shop.money.chainNamed(t.Context(), "devnet")
	if err == nil {
		d.domain, err = chain.TokenDomain(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	d.ask(t)
	return d
}

// ask reads what the shop asks for.
func (d *depositor) ask(t *testing.T) {
	t.Helper()
	status, header, _ := d.m.request("POST", d.m.url, `{"path":"a"}`, "")
	r, _, err := x402.DecodeRequired(header.Get(x402.HeaderRequired))
	if status != 402 || err != nil {
		t.Fatalf("%d, %v", status, err)
	}
	d.accept(t, r)
}

func (d *depositor) accept(t *testing.T, r *x402.Required) {
	t.Helper()
	i := slices.IndexFunc(r.Accepts, func(r x402.Requirements) bool { return r.Scheme == x402.SchemeBatch })
	if i < 0 || len(r.Accepts) != 2 || r.Accepts[0].Scheme != x402.SchemeExact {
		t.Fatalf("accepts %+v", r.Accepts)
	}
	d.required, d.accepted = r, r.Accepts[i]
	payTo, err := evm.ParseAddress(d.accepted.PayTo)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := evm.ParseAddress(d.accepted.Extra.ReceiverAuthorizer)
	if err != nil {
		t.Fatal(err)
	}
	d.channel = evm.BatchChannel{Payer: d.key.Address(), PayerAuthorizer: d.key.Address(), Receiver: payTo, ReceiverAuthorizer: claims, Token: d.domain.Token,
		WithdrawDelay: d.accepted.Extra.WithdrawDelay}
}

// pay is a voucher up to a total, with a deposit if that is not 0.
func (d *depositor) pay(t *testing.T, most, deposit uint64) string {
	t.Helper()
	id := d.contract.Channel(d.channel)
	voucher, err := d.contract.SignVoucher(d.key, id, most)
	if err != nil {
		t.Fatal(err)
	}
	if deposit == 0 {
		return x402.Encode(x402.NewBatchPayment(d.required.Resource, d.accepted, d.channel, id, most, voucher, nil, ""))
	}
	order := evm.BatchDeposit{Channel: d.channel, Amount: deposit, ValidBefore: uint64(d.m.shop.now()) + d.accepted.MaxTimeoutSeconds, Salt: wire.Hash([]byte("one"))}
	signed, err := d.contract.SignDeposit(d.key, d.domain, order)
	if err != nil {
		t.Fatal(err)
	}
	return x402.Encode(x402.NewBatchPayment(d.required.Resource, d.accepted, d.channel, id, most, voucher, &order, signed))
}

// TestI8_SalesFromADeposit: a client puts something in once and signs vouchers for
// calls. What was claimed is in the ledger once it is final; a client that lost
// its count learns it from the answer, and nothing else does it any good.
func TestI8_SalesFromADeposit(t *testing.T) {
	d := newDepositor(t)
	m := d.m
	buy := func(payment, path string) (int, *x402.Settlement) {
		t.Helper()
		status, header, body := m.request("POST", m.url, `{"path":"`+path+`"}`, payment)
		if status != 200 {
			return status, nil
		}
		s, _, err := x402.DecodeSettlement(header.Get(x402.HeaderResponse))
		if err != nil || !s.Success || s.Extra == nil || !strings.Contains(string(body), path) || header.Get(receiptHeader) == "" {
			t.Fatalf("%s: %+v, %v, %s", path, s, err, body)
		}
		return status, s
	}
	if status, s := buy(d.pay(t, sold, 4*sold), "a"); status != 200 || s.Extra.Charged != strconv.Itoa(sold) || s.Extra.Channel.Balance != strconv.Itoa(4*sold) || len(s.Transaction) != 66 {
		t.Fatalf("%d: %+v", status, s)
	}
	if m.holds(m.home) != purse-4*sold {
		t.Fatalf("the client holds %d", m.holds(m.home))
	}
	if status, s := buy(d.pay(t, 2*sold, 0), "b"); status != 200 || s.Transaction != "" || s.Extra.Channel.Charged != strconv.Itoa(2*sold) {
		t.Fatalf("%d: %+v", status, s)
	}
	if status, _ := buy(d.pay(t, 2*sold, 0), "b"); status != 200 || m.ran.Load() != 2 {
		t.Fatalf("asked again: %d, ran %d times", status, m.ran.Load())
	}
	// A client that does not know what was charged.
	status, header, _ := m.request("POST", m.url, `{"path":"c"}`, d.pay(t, sold, 0))
	r, _, err := x402.DecodeRequired(header.Get(x402.HeaderRequired))
	if status != 402 || err != nil || r.Error != wrongTotal {
		t.Fatalf("%d, %+v, %v", status, r, err)
	}
	d.accept(t, r)
	state, voucher := d.accepted.Extra.ChannelState, d.accepted.Extra.VoucherState
	if state == nil || voucher == nil || state.Charged != voucher.Signed ||
		d.contract.VerifyVoucher(d.contract.Channel(d.channel), 2*sold, d.key.Address(), strings.TrimPrefix(voucher.Signature, "0x")) != nil {
		t.Fatalf("%+v, %+v", state, voucher)
	}
	charged, err := strconv.ParseUint(state.Charged, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := buy(d.pay(t, charged+sold, 0), "c"); status != 200 {
		t.Fatalf("after the correction: %d", status)
	}
	for name, payment := range map[string]string{"beyond the deposit": d.pay(t, 5*sold, 0), "of another channel": strings.Replace(d.pay(t, 4*sold, 0), "A", "B", 1)} {
		if status, _ := buy(payment, "d"); status != 402 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if _, revenue := m.settles(m.shop, "revenue"); revenue != 3*sold || m.holds(m.shop) != purse+3*sold || m.ran.Load() != 3 {
		t.Fatalf("revenue %d, the shop holds %d, ran %d times", revenue, m.holds(m.shop), m.ran.Load())
	}
	channels := do[X402Channels](t, m.shop, "x402/channels", Empty{}).Channels
	if len(channels) != 1 || channels[0].Charged != 3*sold || channels[0].Unclaimed != 0 || channels[0].Lost != 0 || channels[0].Payer != d.key.Address().String() {
		t.Errorf("%+v", channels)
	}
	sales := do[X402Entries](t, m.shop, "x402/sales", ListX402{}).Entries
	if len(sales) != 3 || sales[0].State != "executed" || sales[0].Party != d.key.Address().String() || sales[0].Amount != sold {
		t.Errorf("%+v", sales)
	}
	if page := do[X402Entries](t, m.shop, "x402/sales", ListX402{After: sales[1].Row}); len(page.Entries) != 1 {
		t.Errorf("%+v", page)
	}
}

// A contract that is not the one it is taken for sells nothing.
func TestBatchContractIsChecked(t *testing.T) {
	m := newMarketOf(t, "0.06 USDC", func(m *market, s *X402SellConfig) {
		s.Batch.Contract, s.Batch.Collector = m.chain.Token().Hex(), m.chain.Token().Hex()
	})
	if status, _, body := m.request("POST", m.url, `{"path":"a"}`, ""); status != 503 || !strings.Contains(string(body), "CHIO-X402-CHAIN") {
		t.Errorf("%d %s", status, body)
	}
}

// TestI7_SaleOutlivesItsClient: a client that hangs up while its call runs is
// charged for it, once, and gets the result when it asks again; paid by a transfer
// or from a deposit.
func TestI7_SaleOutlivesItsClient(t *testing.T) {
	d := newDepositor(t)
	m := d.m
	began, release := make(chan struct{}), make(chan struct{})
	m.run = func(context.Context, wire.Raw) (any, error) {
		began <- struct{}{}
		<-release
		return "done", nil
	}
	_, header, _ := m.request("POST", m.url, `{"path":"a"}`, "")
	exact := m.payment(d.key, header.Get(x402.HeaderRequired), "one")
	for i, payment := range []string{exact, d.pay(t, sold, 4*sold)} {
		ctx, hangUp := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, _, _, err := request(ctx, "POST", m.url, `{"path":"a"}`, payment)
			gone <- err
		}()
		<-began
		hangUp()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Fatalf("the client did not hang up: %v", err)
		}
		release <- struct{}{}
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			status, _, body := m.request("POST", m.url, `{"path":"a"}`, payment)
			if status == http.StatusOK && strings.Contains(string(body), "done") {
				break
			}
			if status != http.StatusConflict || time.Now().After(deadline) {
				t.Fatalf("asked again: %d %s", status, body)
			}
		}
		if ran := int(m.ran.Load()); ran != i+1 {
			t.Fatalf("it ran %d times", ran)
		}
	}
	if channels := do[X402Channels](t, m.shop, "x402/channels", Empty{}).Channels; len(channels) != 1 || channels[0].Charged != sold || m.holds(m.shop) != purse+sold {
		t.Errorf("charged twice: %+v, the shop holds %d", channels, m.holds(m.shop))
	}
}

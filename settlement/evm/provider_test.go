package evm_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/settlement/evm"
)

// twoEndpoints is a driver of the payee that asks two proxies of one chain, the
// first of them first; amounts above one dollar take both.
func (b *bed) twoEndpoints(change func(*evm.Config)) (c *evm.Chain, first, second *proxy) {
	b.t.Helper()
	first, second = newProxy(b.t, b.net.RPC()), newProxy(b.t, b.net.RPC())
	config := b.config("payee", b.payeeDB)
	config.RPC, config.Fallbacks, config.AgreeAbove = first.server.URL, []string{second.server.URL}, usdc
	if change != nil {
		change(&config)
	}
	c, err := evm.Dial(b.t.Context(), config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(c.Close)
	return c, first, second
}

func lie(method string, with func(c call, honest func(call) answer) answer) func(call, func(call) answer) answer {
	return func(c call, honest func(call) answer) answer {
		if c.Method == method {
			return with(c, honest)
		}
		return honest(c)
	}
}

// TestFakeFinality: one endpoint calls the newest block final; above the bound
// the more careful of two counts.
func TestFakeFinality(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	c, first, _ := b.twoEndpoints(nil)
	first.set(lie("eth_getBlockByNumber", func(c call, honest func(call) answer) answer {
		if c.first() == "finalized" || c.first() == "safe" {
			c.Params[0] = []byte(`"latest"`)
		}
		return honest(c)
	}))
	r, err := c.Redeem(t.Context(), b.voucher(4*usdc))
	if err != nil || r.Paid != 4*usdc {
		t.Fatalf("%+v, %v", r, err)
	}
	b.net.Commit()
	open, err := c.Track(t.Context())
	if err != nil || len(open) != 1 || open[0].State == evm.StateFinal {
		t.Fatalf("%+v, %v", open, err)
	}
	if s, err := c.FinalState(t.Context(), c.ChannelID(b.params)); err != nil || s.Settled != 0 {
		t.Fatalf("a block that one endpoint calls final: %+v, %v", s, err)
	}
	if err := b.net.Finalize(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open, err = c.Track(t.Context()); err != nil || open[0].State != evm.StateFinal {
		t.Fatalf("%+v, %v", open, err)
	}
}

// TestEndpointsDisagree: about a receipt, a block hash or a channel; nothing is
// decided and the record stays.
func TestEndpointsDisagree(t *testing.T) {
	for name, method := range map[string]string{"receipt": "eth_getTransactionReceipt", "outcome": "eth_getTransactionReceipt", "block hash": "eth_getBlockByNumber"} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			b.fund(10 * usdc)
			c, _, second := b.twoEndpoints(nil)
			second.set(lie(method, func(c call, honest func(call) answer) answer {
				a := honest(c)
				switch name {
				case "receipt":
					return says(c, "null")
				case "outcome":
					a.Result = []byte(strings.Replace(string(a.Result), `"status":"0x1"`, `"status":"0x0"`, 1))
				case "block hash":
					a.Result = swapHash(string(a.Result))
				}
				return a
			}))
			_, err := c.Redeem(t.Context(), b.voucher(4*usdc))
			if !errors.Is(err, evm.ErrDisagree) {
				t.Fatalf("got %v", err)
			}
			if open, openErr := c.Open(); name != "block hash" && (openErr != nil || len(open) != 1 || open[0].State != evm.StateSigned) {
				t.Fatalf("%+v, %v", open, openErr)
			}
			second.set(nil)
			if r, err := c.Redeem(t.Context(), b.voucher(4*usdc)); err != nil || b.received() != 4*usdc {
				t.Fatalf("once they agree: %+v, %v", r, err)
			}
		})
	}
}

// swapHash gives a block another hash.
func swapHash(block string) []byte {
	const field = `"hash":"0x`
	i := strings.Index(block, field)
	if i < 0 {
		return []byte(block)
	}
	i += len(field)
	digit := byte('0')
	if block[i] == digit {
		digit = '1'
	}
	return []byte(block[:i] + string(digit) + block[i+1:])
}

// TestSmallAmountsTakeOneEndpoint: below the bound the second is not asked.
func TestSmallAmountsTakeOneEndpoint(t *testing.T) {
	b := newBed(t)
	b.fund(usdc)
	c, _, second := b.twoEndpoints(nil)
	if r, err := c.Redeem(t.Context(), b.voucher(usdc)); err != nil || r.Paid != usdc {
		t.Fatalf("%+v, %v", r, err)
	}
	if n := second.count("eth_getTransactionReceipt"); n != 0 {
		t.Errorf("asked %d times", n)
	}
	if second.count("eth_sendRawTransaction") == 0 {
		t.Error("the transaction did not go to both")
	}
}

// TestAmountsTakeTwoEndpoints: with one of two gone nothing above the bound is
// decided, and the small goes on.
func TestAmountsTakeTwoEndpoints(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	c, first, _ := b.twoEndpoints(nil)
	first.set(func(call, func(call) answer) answer { return answer{} })
	if _, err := c.Redeem(t.Context(), b.voucher(4*usdc)); !errors.Is(err, evm.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	first.set(nil)
	if _, err := c.Track(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := c.Redeem(t.Context(), b.voucher(4*usdc)); err != nil || r.Settled != 4*usdc {
		t.Fatalf("%+v, %v", r, err)
	}
}

// TestStalledEndpoint: one that takes a request and never answers costs one
// deadline, and the other goes on.
func TestStalledEndpoint(t *testing.T) {
	b := newBed(t)
	b.fund(usdc)
	release := make(chan struct{})
	defer close(release)
	c, first, _ := b.twoEndpoints(func(c *evm.Config) { c.RequestTimeout = 200 * time.Millisecond })
	first.set(func(call, func(call) answer) answer { <-release; return answer{} })
	if r, err := c.Redeem(t.Context(), b.voucher(usdc)); err != nil || r.Paid != usdc {
		t.Fatalf("%+v, %v", r, err)
	}
}

// TestStuckHead: an endpoint whose head stands still is asked last.
func TestStuckHead(t *testing.T) {
	b := newBed(t)
	b.fund(usdc)
	c, first, second := b.twoEndpoints(nil)
	stuck := newProxy(t, b.net.RPC()).honest(call{ID: []byte("1"), Version: "2.0", Method: "eth_blockNumber"})
	first.set(lie("eth_blockNumber", func(c call, _ func(call) answer) answer { return says(c, string(stuck.Result)) }))
	for range 12 {
		b.net.Commit()
	}
	if _, err := c.Track(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := second.count("eth_getTransactionReceipt")
	if r, err := c.Redeem(t.Context(), b.voucher(usdc)); err != nil || r.Paid != usdc {
		t.Fatalf("%+v, %v", r, err)
	}
	if second.count("eth_getTransactionReceipt") == before {
		t.Error("the endpoint that stands still was asked first")
	}
}

// TestReceiptOfAnotherTransaction is an endpoint that cannot be used.
func TestReceiptOfAnotherTransaction(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	open, err := b.payer.Open()
	if err != nil || len(open) != 1 {
		t.Fatalf("%+v, %v", open, err)
	}
	p := newProxy(t, b.net.RPC())
	p.set(lie("eth_getTransactionReceipt", func(c call, honest func(call) answer) answer {
		c.Params[0] = []byte(`"0x` + open[0].Hash.String() + `"`)
		return honest(c)
	}))
	config := b.config("payee", b.payeeDB)
	config.RPC = p.server.URL
	c, err := evm.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Redeem(t.Context(), b.voucher(4*usdc)); !errors.Is(err, evm.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	if own, err := c.Open(); err != nil || len(own) != 1 || own[0].State != evm.StateSigned {
		t.Fatalf("%+v, %v", own, err)
	}
}

// TestAnotherChainAfterFailover: the endpoint that is left serves another
// chain; it is refused, and used again when it is right again.
func TestAnotherChainAfterFailover(t *testing.T) {
	b := newBed(t)
	b.fund(usdc)
	c, first, second := b.twoEndpoints(nil)
	second.set(lie("eth_chainId", func(c call, _ func(call) answer) answer { return says(c, `"0x1"`) }))
	if _, err := c.Track(t.Context()); err != nil {
		t.Fatalf("with one of two right: %v", err)
	}
	first.set(func(call, func(call) answer) answer { return answer{} })
	if _, err := c.Redeem(t.Context(), b.voucher(usdc)); !errors.Is(err, evm.ErrWrongChain) {
		t.Fatalf("got %v", err)
	}
	if n := second.count("eth_sendRawTransaction"); n != 0 {
		t.Errorf("%d transactions went to another chain", n)
	}
	first.set(lie("eth_chainId", func(c call, _ func(call) answer) answer { return says(c, `"0x1"`) }))
	if _, err := c.Track(t.Context()); !errors.Is(err, evm.ErrWrongChain) {
		t.Fatalf("both wrong: %v", err)
	}
	second.set(nil)
	if _, err := c.Track(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := c.Redeem(t.Context(), b.voucher(usdc)); err != nil || r.Paid != usdc {
		t.Fatalf("%+v, %v", r, err)
	}
}

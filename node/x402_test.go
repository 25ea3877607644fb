package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/wire"
)

// market is a chain, a node that sells read_file for 0.05 USDC, and one whose
// agent may buy it for at most 0.06.
type market struct {
	t          *testing.T
	chain      *devnet.Chain
	shop, home *Node
	url        string
	ran        atomic.Int64
	run        func(context.Context, wire.Raw) (any, error)
	down       atomic.Bool // the chain answers nobody
	rpc        string
}

const (
	sold  = 50_000    // price in token units
	purse = 1_000_000 // what each starts with
)

func newMarket(t *testing.T, capped string) *market {
	t.Helper()
	return newMarketOf(t, capped, func(*market, *X402SellConfig) {})
}

// newMarketOf is newMarket with a shop that sells in other ways, too.
func newMarketOf(t *testing.T, capped string, change func(*market, *X402SellConfig)) *market {
	t.Helper()
	ticks := time.NewTicker(50 * time.Millisecond)
	t.Cleanup(ticks.Stop)
	chain, err := devnet.Start(t.Context(), devnet.Config{Listen: "127.0.0.1:0", Ticks: ticks.C})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := chain.Stop(); err != nil {
			t.Error(err)
		}
	})
	m := &market{t: t, chain: chain, run: func(_ context.Context, args wire.Raw) (any, error) { return map[string]any{"read": string(args)}, nil }}
	at, err := url.Parse(chain.RPC())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(at)
	rpc := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.down.Load() {
			http.Error(w, "gone fishing", http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(rpc.Close)
	m.rpc = rpc.URL
	m.shop = m.node("shop", func(c *Config) {
		c.X402.Sell.Listen = "127.0.0.1:0"
		c.X402.Sell.Tools = []X402SaleTool{{Path: "/read", Server: "files", Tool: "read_file", Price: "0.05 USDC", Description: "reads a file"}}
		change(m, &c.X402.Sell)
	})
	if _, err := m.shop.RegisterTool(Tool{Server: "files", Name: "read_file", Run: func(ctx context.Context, args wire.Raw) (any, error) {
		m.ran.Add(1)
		return m.run(ctx, args)
	}}); err != nil {
		t.Fatal(err)
	}
	ready, err := m.shop.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.url = ready.X402 + "/read"
	m.home = m.node("home", func(c *Config) {
		c.X402.Buy.Tools = []X402BuyTool{{Name: "read_file", URL: m.url, MaxPrice: capped}}
	})
	if _, err := m.home.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.home.issueCapability(t.Context(), IssueCapability{Agent: localAgent, Server: "x402", Tools: []string{"read_file"}}); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *market) node(name string, change func(*Config)) *Node {
	m.t.Helper()
	o, cfg := shortHome(m.t, name), defaultConfig()
	cfg.Policy = "builtin:default"
	cfg.Chains = []ChainConfig{{Name: "devnet", ChainID: m.chain.ChainID(), RPC: m.rpc, Token: m.chain.Token().Hex(), Channel: m.chain.Channel().Hex()}}
	cfg.Settlement.Chain = "devnet"
	change(cfg)
	if err := cfg.validate(); err != nil {
		m.t.Fatal(err)
	}
	o.Config = cfg
	n, err := Open(m.t.Context(), o)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { stopNode(m.t, n) })
	if err := m.chain.Fund(m.t.Context(), [20]byte(n.money.key.Address()), purse); err != nil {
		m.t.Fatal(err)
	}
	return n
}

func (m *market) buy(args string) *CallAnswer {
	m.t.Helper()
	out, err := m.home.call(m.t.Context(), CallRequest{Server: "x402", Tool: "read_file", Arguments: wire.Raw(args)})
	if err != nil {
		m.t.Fatal(err)
	}
	return out
}

// holds is what an account has on the chain.
func (m *market) holds(n *Node) uint64 {
	m.t.Helper()
	chain, err := n.money.chainNamed(m.t.Context(), "devnet")
	if err != nil {
		m.t.Fatal(err)
	}
	units, err := chain.Balance(m.t.Context(), n.money.key.Address())
	if err != nil {
		m.t.Fatal(err)
	}
	return units
}

// settles waits until a node has everything final and in its ledger, and
// returns what the ledger says of an account.
func (m *market) settles(n *Node, account string) (debits, credits uint64) {
	m.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err := m.chain.Finalize(m.t.Context()); err != nil {
			m.t.Fatal(err)
		}
		if err := n.x402.bring(m.t.Context()); err != nil {
			m.t.Fatal(err)
		}
		sales, err := x402.OpenSales(n.db)
		purchases, err2 := x402.OpenPurchases(n.db)
		deposits, err3 := x402.OpenBatch(n.db)
		if err := errors.Join(err, err2, err3); err != nil {
			m.t.Fatal(err)
		}
		if !sales && !purchases && !deposits {
			break
		}
		if time.Now().After(deadline) {
			m.t.Fatal("a sale or purchase stays open")
		}
	}
	if v := do[LedgerVerdict](m.t, n, "ledger/verify", Empty{}); len(v.Differences) > 0 {
		m.t.Fatalf("ledger: %v", v.Differences)
	}
	for _, a := range do[LedgerAccounts](m.t, n, "ledger/balance", ByID{ID: account}).Accounts {
		debits, credits = debits+a.Debits, credits+a.Credits
	}
	return debits, credits
}

// TestI8_SaleAndPurchase: an agent of one organisation buys a call of another's
// tool over HTTP. Both kernels mediate it, the tokens move once, and both
// ledgers say so once that is final.
func TestI8_SaleAndPurchase(t *testing.T) {
	m := newMarket(t, "0.06 USDC")
	out := m.buy(`{"path":"a.txt"}`)
	if out.Ended != "allow" || out.IsError || out.Charged != sold || out.Currency != "USDC" {
		t.Fatalf("%+v", out)
	}
	var got Bought
	if err := wire.Unmarshal(out.Content, &got, wire.ForeignLimits); err != nil {
		t.Fatal(err)
	}
	if got.Status != 200 || !strings.Contains(string(got.Body), "a.txt") || got.Payment == nil || got.Payment.Amount != sold || got.Payment.ResponseSHA256.IsZero() {
		t.Fatalf("%s", out.Content)
	}
	if m.ran.Load() != 1 || m.holds(m.shop) != purse+sold || m.holds(m.home) != purse-sold {
		t.Fatalf("ran %d, %d and %d", m.ran.Load(), m.holds(m.shop), m.holds(m.home))
	}
	if _, revenue := m.settles(m.shop, "revenue"); revenue != sold {
		t.Fatalf("revenue %d", revenue)
	}
	if expense, _ := m.settles(m.home, "expense"); expense != sold {
		t.Fatalf("expense %d", expense)
	}
	sales := do[X402Entries](t, m.shop, "x402/sales", ListX402{}).Entries
	purchases := do[X402Entries](t, m.home, "x402/purchases", ListX402{}).Entries
	if len(sales) != 1 || len(purchases) != 1 || sales[0].State != "final" || purchases[0].State != "final" ||
		sales[0].Tx != purchases[0].Tx || sales[0].Tx == "" || sales[0].Party != m.home.money.settlementAddress() {
		t.Fatalf("%+v, %+v", sales, purchases)
	}
	if page := do[X402Entries](t, m.shop, "x402/sales", ListX402{After: sales[0].Row}); len(page.Entries) != 0 || page.Next != "" {
		t.Fatalf("%+v", page)
	}
}

// TestBuyingIsBounded: what the kernel does not hold is never signed.
func TestBuyingIsBounded(t *testing.T) {
	t.Run("dearer than the most it may cost", func(t *testing.T) {
		m := newMarket(t, "0.049999 USDC")
		if out := m.buy(`{"path":"a.txt"}`); out.Ended != "deny" || out.Code != string(kernel.CodeNotDispatched) || m.ran.Load() != 0 {
			t.Fatalf("%+v", out)
		}
		if m.holds(m.home) != purse || len(do[X402Entries](t, m.home, "x402/purchases", ListX402{}).Entries) != 0 {
			t.Fatal("something was signed")
		}
	})
	t.Run("with a key that is not at hand", func(t *testing.T) {
		m := newMarket(t, "0.06 USDC")
		away, err := evm.KeyFromSigner(evm.RemoteSigner{URL: "http://127.0.0.1:1", PublicKey: m.home.money.key.Key()})
		if err != nil {
			t.Fatal(err)
		}
		here := m.home.money.key
		m.home.money.key = away // before the first purchase takes it
		out := m.buy(`{"path":"a.txt"}`)
		if out.Ended != "deny" || out.Code != string(kernel.CodeNotDispatched) || m.ran.Load() != 0 || strings.Contains(out.Reason, "127.0.0.1") {
			t.Fatalf("%+v", out)
		}
		if len(do[X402Entries](t, m.home, "x402/purchases", ListX402{}).Entries) != 0 || m.holds(m.home) != purse {
			t.Fatal("something was signed")
		}
		m.home.x402.buyer.Key = here // it comes back
		if out := m.buy(`{"path":"a.txt"}`); out.Ended != "allow" || out.Charged != sold {
			t.Fatalf("%+v", out)
		}
	})
	t.Run("more than the budget holds", func(t *testing.T) {
		m := newMarket(t, "0.06 USDC")
		total := wire.MonetaryAmount{Units: 2 * sold, Currency: "USDC"}
		if _, err := m.home.issueCapability(t.Context(), IssueCapability{Agent: "saver", Server: "x402", Tools: []string{"read_file"}, MaxTotal: &total}); err != nil {
			t.Fatal(err)
		}
		ask := func() *CallAnswer {
			out, err := m.home.call(t.Context(), CallRequest{Agent: "saver", Server: "x402", Tool: "read_file", Arguments: wire.Raw(`{"path":"b.txt"}`)})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if out := ask(); out.Ended != "allow" || out.Charged != sold || out.Remaining == nil || *out.Remaining != sold {
			t.Fatalf("%+v", out)
		}
		if out := ask(); out.Ended != "deny" || out.Code != string(kernel.CodeBudgetExceeded) { // 0.05 are left, 0.06 would be held
			t.Fatalf("%+v", out)
		}
		if m.ran.Load() != 1 || m.holds(m.home) != purse-sold {
			t.Fatalf("ran %d, %d left", m.ran.Load(), m.holds(m.home))
		}
	})
}

// request asks the shop as any client would.
func (m *market) request(method, url, body, payment string) (int, http.Header, []byte) {
	m.t.Helper()
	status, header, answer, err := request(m.t.Context(), method, url, body, payment)
	if err != nil {
		m.t.Fatal(err)
	}
	return status, header, answer
}

func request(ctx context.Context, method, url, body, payment string) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	if payment != "" {
		req.Header.Set(x402.HeaderSignature, payment)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, nil, nil, err
	}
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, answer, errors.Join(err, res.Body.Close())
}

// payment signs for the first of what a 402 accepts.
func (m *market) payment(key *evm.Key, required, nonce string) string {
	m.t.Helper()
	r, _, err := x402.DecodeRequired(required)
	if err != nil {
		m.t.Fatal(err)
	}
	chain, err := m.shop.money.chainNamed(m.t.Context(), "devnet")
	if err != nil {
		m.t.Fatal(err)
	}
	domain, err := chain.TokenDomain(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	to, err := evm.ParseAddress(r.Accepts[0].PayTo)
	if err != nil {
		m.t.Fatal(err)
	}
	a := evm.Authorization{From: key.Address(), To: to, Value: sold, ValidBefore: uint64(m.shop.now()) + r.Accepts[0].MaxTimeoutSeconds, Nonce: wire.Hash([]byte(nonce))}
	sig, err := evm.SignAuthorization(key, domain, a)
	if err != nil {
		m.t.Fatal(err)
	}
	return x402.Encode(x402.NewPayment(r.Resource, r.Accepts[0], a, sig))
}

// TestSelling: what a stranger meets at the shop.
func TestSelling(t *testing.T) {
	m := newMarket(t, "0.06 USDC")
	status, header, _ := m.request("POST", m.url, `{"path":"a"}`, "")
	required := header.Get(x402.HeaderRequired)
	if status != 402 || required == "" {
		t.Fatalf("without a payment: %d %v", status, header)
	}
	for _, tc := range []struct{ name, method, url, body string }{
		{"a list", "POST", m.url, `[]`},
		{"not JSON", "POST", m.url, `{"a":`},
		{"too much", "POST", m.url, `{"a":"` + strings.Repeat("x", maxSellBody) + `"}`},
		{"twice the same", "GET", m.url + "?a=1&a=2", ""},
		{"another method", "PUT", m.url, `{}`},
	} {
		if status, _, answer := m.request(tc.method, tc.url, tc.body, ""); status != 400 {
			t.Errorf("%s: %d %s", tc.name, status, answer)
		}
	}
	buyer := m.home.money.key
	good := m.payment(buyer, required, "one")
	stranger, err := evm.KeyFromScalar(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for name, payment := range map[string]string{"garbage": "e30=", "of somebody without money": m.payment(stranger, required, "one")} {
		status, header, answer := m.request("POST", m.url, `{"path":"a"}`, payment)
		if r, _, err := x402.DecodeRequired(header.Get(x402.HeaderRequired)); status != 402 || err != nil || r.Error == "" {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	if m.ran.Load() != 0 {
		t.Fatal("it ran unpaid")
	}
	status, header, first := m.request("POST", m.url, `{"path":"a"}`, good)
	s, _, err := x402.DecodeSettlement(header.Get(x402.HeaderResponse))
	if status != 200 || err != nil || !s.Success || header.Get(receiptHeader) == "" {
		t.Fatalf("%d %s %v", status, first, err)
	}
	status, again, answer := m.request("POST", m.url, `{"path":"a"}`, good) // it may ask again
	if status != 200 || !bytes.Equal(answer, first) || again.Get(receiptHeader) != header.Get(receiptHeader) {
		t.Fatalf("%d %s", status, answer)
	}
	if status, _, answer := m.request("POST", m.url, `{"path":"b"}`, good); status != 402 { // and nothing else
		t.Fatalf("%d %s", status, answer)
	}
	if m.ran.Load() != 1 || m.holds(m.shop) != purse+sold {
		t.Fatalf("ran %d, shop holds %d", m.ran.Load(), m.holds(m.shop))
	}
	row := do[ReceiptRow](t, m.shop, "receipt/show", ByID{ID: header.Get(receiptHeader)})
	if !bytes.Contains(row.Receipt, []byte("did:pkh:eip155:"+fmt.Sprint(m.chain.ChainID())+":"+buyer.Address().String())) {
		t.Fatalf("%s", row.Receipt)
	}
}

// TestFailedCallsAreFree: what the kernel denies, and what the tool says it
// could not do, is not charged.
func TestFailedCallsAreFree(t *testing.T) {
	m := newMarket(t, "0.06 USDC")
	m.run = func(context.Context, wire.Raw) (any, error) { return nil, errors.New("no such file") }
	if out := m.buy(`{"path":"a"}`); m.ran.Load() != 1 {
		t.Fatalf("%+v", out)
	}
	_, header, _ := m.request("POST", m.url, `{"path":"b"}`, "")
	status, _, answer := m.request("POST", m.url, `{"path":"b"}`, m.payment(m.home.money.key, header.Get(x402.HeaderRequired), "one"))
	if status != 403 || !bytes.Contains(answer, []byte("CHIO-X402-DENIED")) || m.ran.Load() != 2 {
		t.Fatalf("%d %s, ran %d", status, answer, m.ran.Load())
	}
	status, _, answer = m.request("POST", m.url, `{"path":"/etc/shadow"}`, m.payment(m.home.money.key, header.Get(x402.HeaderRequired), "two"))
	if status != 403 || bytes.Contains(answer, []byte("CHIO-X402-DENIED")) || m.ran.Load() != 2 {
		t.Fatalf("%d %s, ran %d", status, answer, m.ran.Load())
	}
	if m.holds(m.shop) != purse || m.holds(m.home) != purse {
		t.Fatalf("%d and %d", m.holds(m.shop), m.holds(m.home))
	}
	states := []string{}
	for _, e := range do[X402Entries](t, m.shop, "x402/sales", ListX402{}).Entries {
		states = append(states, e.State)
	}
	if !slices.Equal(states, []string{"denied", "denied", "denied"}) {
		t.Fatalf("%v", states)
	}
}

// TestSalesAreChargedOnceWhateverHappens: whoever asks again with the same
// payment gets an answer that says how it stands, and pays once.
func TestSalesAreChargedOnceWhateverHappens(t *testing.T) {
	m := newMarket(t, "0.06 USDC")
	_, header, _ := m.request("POST", m.url, `{"path":"a"}`, "")
	required := header.Get(x402.HeaderRequired)
	pay := func(nonce string) string { return m.payment(m.home.money.key, required, nonce) }

	// The same payment twice at once: it runs for one of them.
	running, release := make(chan struct{}), make(chan struct{})
	m.run = func(context.Context, wire.Raw) (any, error) {
		close(running)
		<-release
		return map[string]any{"read": "a"}, nil
	}
	answered := make(chan int, 1)
	slow := pay("slow")
	go func() {
		status, _, _, err := request(t.Context(), "POST", m.url, `{"path":"a"}`, slow)
		if err != nil {
			t.Error(err)
		}
		answered <- status
	}()
	<-running
	if status, _, answer := m.request("POST", m.url, `{"path":"a"}`, slow); status != 409 || !bytes.Contains(answer, []byte("CHIO-X402-BUSY")) {
		t.Fatalf("%d %s", status, answer)
	}
	close(release)
	if status := <-answered; status != 200 || m.ran.Load() != 1 {
		t.Fatalf("%d, ran %d", status, m.ran.Load())
	}

	// The chain goes away while the call runs: the result waits for its payment.
	m.run = func(context.Context, wire.Raw) (any, error) {
		m.down.Store(true)
		return map[string]any{"read": "b"}, nil
	}
	later := pay("later")
	status, _, answer := m.request("POST", m.url, `{"path":"b"}`, later)
	if status != 503 || !bytes.Contains(answer, []byte("CHIO-X402-UNSETTLED")) || bytes.Contains(answer, []byte("read")) {
		t.Fatalf("%d %s", status, answer)
	}
	m.down.Store(false)
	if status, _, answer = m.request("POST", m.url, `{"path":"b"}`, later); status != 200 || !bytes.Contains(answer, []byte(`"b"`)) || m.ran.Load() != 2 {
		t.Fatalf("%d %s, ran %d", status, answer, m.ran.Load())
	}

	// A tool dies: nobody knows what the call did. It does not run again, and is not
	// charged.
	m.run = func(context.Context, wire.Raw) (any, error) { panic("lost") }
	lost := pay("lost")
	for range 2 {
		status, _, answer = m.request("POST", m.url, `{"path":"c"}`, lost)
	}
	if status != 502 || !bytes.Contains(answer, []byte("CHIO-X402-INCOMPLETE")) || m.ran.Load() != 3 {
		t.Fatalf("%d %s, ran %d", status, answer, m.ran.Load())
	}
	if m.holds(m.shop) != purse+2*sold {
		t.Fatalf("the shop holds %d", m.holds(m.shop))
	}
}

// TestSellingNeedsAChainAndAnAddress.
func TestSellingNeedsAChainAndAnAddress(t *testing.T) {
	m := newMarket(t, "0.06 USDC")
	m.down.Store(true)
	poor := m.node("poor", func(c *Config) {
		c.X402.Sell.Listen = "127.0.0.1:0"
		c.X402.Sell.Tools = []X402SaleTool{{Path: "/read", Server: "files", Tool: "read_file", Price: "0.05 USDC"}}
	})
	ready, err := poor.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if status, _, answer := m.request("POST", ready.X402+"/read", `{}`, ""); status != 503 || !bytes.Contains(answer, []byte("CHIO-X402-CHAIN")) {
		t.Fatalf("%d %s", status, answer)
	}
	late := m.node("late", func(c *Config) {
		c.X402.Sell.Listen = strings.TrimPrefix(ready.X402, "http://")
		c.X402.Sell.Tools = []X402SaleTool{{Path: "/read", Server: "files", Tool: "read_file", Price: "0.05 USDC"}}
	})
	var p *Problem
	if _, err := late.Start(t.Context()); !errors.As(err, &p) || p.Code != "CHIO-X402-LISTEN" {
		t.Fatalf("%v", err)
	}
}

// TestSalesHaveACapability: the agent of the sales holds what it needs for what
// is for sale, and what the operator took stays taken.
func TestSalesHaveACapability(t *testing.T) {
	m := newMarket(t, "0.06 USDC")
	held := func() (tools []string) {
		for _, c := range do[CapabilityList](t, m.shop, "capability/list", Empty{}).Capabilities {
			if c.Agent == "x402" {
				var of []string
				for _, g := range c.Chain[len(c.Chain)-1].Scope.Grants {
					of = append(of, g.ToolName)
				}
				tools = append(tools, strings.Join(of, "+"))
			}
		}
		return tools
	}
	again := func() []string {
		t.Helper()
		if err := m.shop.allowSales(t.Context()); err != nil {
			t.Fatal(err)
		}
		return held()
	}
	if got := again(); !slices.Equal(got, []string{"read_file"}) {
		t.Fatalf("%q", got)
	}
	m.shop.cfg.X402.Sell.Tools = append(m.shop.cfg.X402.Sell.Tools, X402SaleTool{Path: "/list", Server: "files", Tool: "list_files", Price: "0.01 USDC"})
	if got := again(); len(got) != 2 {
		t.Fatalf("%q", got)
	}
	if got := again(); len(got) != 2 {
		t.Fatalf("%q", got)
	}
	for _, c := range do[CapabilityList](t, m.shop, "capability/list", Empty{}).Capabilities {
		if c.Agent == "x402" {
			do[RevokedCapability](t, m.shop, "capability/revoke", RevokeCapability{ID: c.ID})
		}
	}
	if got := again(); len(got) != 2 {
		t.Fatalf("%q", got)
	}
	_, header, _ := m.request("POST", m.url, `{"path":"a"}`, "")
	status, _, answer := m.request("POST", m.url, `{"path":"a"}`, m.payment(m.home.money.key, header.Get(x402.HeaderRequired), "one"))
	if status != 403 || !bytes.Contains(answer, []byte(kernel.CodeRevokedToken)) || m.ran.Load() != 0 {
		t.Fatalf("%d %s", status, answer)
	}
}

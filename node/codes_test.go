package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// fails runs an operation that must end in a Problem with a code, an exit and,
// where there is something to do, a hint.
func fails(t testing.TB, n *Node, op string, req any, code string) {
	t.Helper()
	_, err := n.Call(context.Background(), op, wire.MustMarshal(req))
	var p *Problem
	if !errors.As(err, &p) || p.Code != code || p.Message == "" || p.Exit == ExitOK {
		t.Errorf("%s: %v, want %s", op, err, code)
	}
}

// TestAnswersHaveCodes: what an operator asks for and does not get.
func TestAnswersHaveCodes(t *testing.T) {
	n := openNode(t, newHome(t))
	fails(t, n, "no/such", Empty{}, "CHIO-API-UNKNOWN")
	fails(t, n, "capability/inspect", ByID{ID: "none"}, "CHIO-CAP-UNKNOWN")
	fails(t, n, "passport/show", PassportRequest{Agent: "nobody"}, "CHIO-PASSPORT-UNKNOWN")
	one, two := seeded(t, 1).Public(), seeded(t, 2).Public()
	if _, err := n.issuePassport(t.Context(), IssuePassport{Agent: "researcher", Key: &one}); err != nil {
		t.Fatal(err)
	}
	fails(t, n, "passport/issue", IssuePassport{Agent: "researcher", Key: &two}, "CHIO-AGENT-KEY")
	fails(t, n, "passport/issue", IssuePassport{Agent: "writer", Key: &one}, "CHIO-AGENT-KEY")
	serve(t, n, MCPServer{Server: "files"})
	if err := n.ServeMCP(t.Context(), MCPServer{Server: "files"}, nil, newEchoServer()); problemCode(err) != "CHIO-MCP-SERVER-TAKEN" {
		t.Errorf("a second server of one name: %v", err)
	}
}

// TestConfigThatDoesNotLoad names the file and what is wrong in it.
func TestConfigThatDoesNotLoad(t *testing.T) {
	o := newHome(t)
	if err := os.WriteFile(filepath.Join(o.Home, configName), []byte("name: acme\ncolour: red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), o); problemCode(err) != "CHIO-CONFIG" || !strings.Contains(err.Error(), "colour") {
		t.Errorf("%v", err)
	}
}

// TestTokenAndSlots: the API wants the operator's token, and handles a bounded
// number of approvals at once.
func TestTokenAndSlots(t *testing.T) {
	n := openNode(t, newHome(t))
	api := n.api("secret")
	ask := func(path, token string) (int, string) {
		r := httptest.NewRequest(http.MethodPost, "http://chio"+path, strings.NewReader("{}"))
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, token := range []string{"", "wrong", "secret "} {
		if status, body := ask("/v1/status", token); status != http.StatusUnauthorized || !strings.Contains(body, `"CHIO-API-TOKEN"`) {
			t.Errorf("token %q: %d %s", token, status, body)
		}
	}
	if status, body := ask("/v1/status", "secret"); status != http.StatusOK {
		t.Errorf("the token: %d %s", status, body)
	}
	for range cap(n.approvals.slots) {
		n.approvals.slots <- struct{}{}
	}
	w := httptest.NewRecorder()
	n.serveApproval(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}")))
	if w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), `"CHIO-API-BUSY"`) {
		t.Errorf("no free slot: %d %s", w.Code, w.Body)
	}
}

// TestListenersThatCannotBe: each listener says which it is.
func TestListenersThatCannotBe(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	start := func(t *testing.T, o Options) error {
		n, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.Start(t.Context())
		stopNode(t, n)
		return err
	}
	t.Run("api", func(t *testing.T) {
		o := shortHome(t, "acme")
		o.API = taken.Addr().String()
		if err := start(t, o); problemCode(err) != "CHIO-API-LISTEN" {
			t.Errorf("%v", err)
		}
	})
	t.Run("p2p", func(t *testing.T) {
		o := shortHome(t, "acme")
		o.P2P = []string{fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", taken.Addr().(*net.TCPAddr).Port)}
		if err := start(t, o); problemCode(err) != "CHIO-P2P-LISTEN" {
			t.Errorf("%v", err)
		}
	})
	t.Run("socket", func(t *testing.T) {
		o := Options{Home: filepath.Join(t.TempDir(), strings.Repeat("a", maxSocketPath), "home"), Name: "acme"}
		if _, err := Init(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		var p *Problem
		if err := start(t, o); !errors.As(err, &p) || p.Code != "CHIO-API-SOCKET" || p.Hint == "" {
			t.Errorf("%v", err)
		}
	})
}

// TestRoundOfStrangers: a price round must be of configured operators.
func TestRoundOfStrangers(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	n, _ := pricedNode(t, &at)
	var req ImportRound
	o, err := n.signPrice(t.Context(), SignPrice{Base: "USDC", Quote: "USD", Value: 1})
	if err != nil {
		t.Fatal(err)
	}
	req.Observations = append(req.Observations, o.Observation) // this node's own oracle key is no operator here
	fails(t, n, "oracle/import", req, "CHIO-ORACLE-ROUND")
}

// onDeadChain configures a chain whose endpoint does not answer, and terms
// with money.
func onDeadChain(t *testing.T, name string) Options {
	t.Helper()
	o := shortHome(t, name)
	doc := "name: " + name + `
chains:
  - {name: devnet, chain_id: 31337, rpc: "http://127.0.0.1:1", token: "0x00000000000000000000000000000000000000c8", channel: "0x00000000000000000000000000000000000000c9"}
settlement: {chain: devnet}
oracle: {operators: ["0x0000000000000000000000000000000000000001", "0x0000000000000000000000000000000000000002"], min_operators: 2}
`
	terms := `money: {currency: USD, settle_currency: USDC, credit_minor: 500, max_unvouchered_minor: 100}
ingress: {tool_access: {default: allow}}
egress: {tool_access: {default: allow}}
`
	for file, text := range map[string]string{configName: doc, "terms.yaml": terms} {
		if err := os.WriteFile(filepath.Join(o.Home, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// TestPeersThatCannotBeServed: why nothing is agreed with, called at, or locked
// for a peer.
func TestPeersThatCannotBeServed(t *testing.T) {
	alone, _ := startedNode(t, shortHome(t, "alone"))
	a, _ := startedNode(t, onDeadChain(t, "acme"))
	b, ready := startedNode(t, onDeadChain(t, "globex"))
	usdc := wire.MonetaryAmount{Units: 1, Currency: "USDC"}
	fund := FundRequest{Peer: b.DID().String(), Amount: usdc}

	fails(t, alone, "settle/fund", fund, "CHIO-SETTLE-NO-CHAIN")
	fails(t, alone, "federate/preview", PeerRequest{Peer: ready.Peer, Terms: "ingres: {}\n"}, "CHIO-FED-TERMS")
	fails(t, a, "federate/preview", PeerRequest{Peer: b.DID().String() + "@/ip4/127.0.0.1/tcp/1/p2p/" + peerIDOf(t, ready)}, "CHIO-FED-FAILED")
	fails(t, a, "settle/fund", fund, "CHIO-FED-UNKNOWN-PEER")
	do[FederatePreview](t, a, "federate/preview", PeerRequest{Peer: ready.Peer})
	fails(t, a, "settle/fund", fund, "CHIO-FED-NOT-ACTIVE")
	other := "money: {currency: EUR, settle_currency: USDC, credit_minor: 5, max_unvouchered_minor: 1}\naccepted_currencies: [EUR]\n"
	fails(t, a, "federate/preview", PeerRequest{Peer: ready.Peer, Terms: other}, "CHIO-FED-NO-MEET")
	same, err := os.ReadFile(filepath.Join(a.opts.Home, "terms.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	do[FederatePreview](t, a, "federate/preview", PeerRequest{Peer: ready.Peer, Terms: string(same)})
	federateNodes(t, a, b, ready)
	fails(t, a, "settle/fund", fund, "CHIO-CHAIN")

	id, err := did.Parse(b.DID().String())
	if err != nil {
		t.Fatal(err)
	}
	peers := a.network.service.Directory()
	if err := peers.Freeze(t.Context(), id, "two heads of one size"); err != nil {
		t.Fatal(err)
	}
	fails(t, a, "settle/fund", fund, "CHIO-FED-FROZEN")
	if err := peers.Revoke(t.Context(), id, "fraud"); err != nil {
		t.Fatal(err)
	}
	fails(t, a, "settle/fund", fund, "CHIO-FED-REVOKED")
}

func peerIDOf(t testing.TB, r *Ready) string {
	t.Helper()
	_, id, found := strings.Cut(r.Peer, "/p2p/")
	if !found {
		t.Fatalf("no peer id in %s", r.Peer)
	}
	return id
}

// TestSettlementCausesHaveCodes: each cause that settlement and chain name, as
// wrapped by what they were doing, becomes one code; anything else stays as it
// is. That the causes arise is proven where they do.
func TestSettlementCausesHaveCodes(t *testing.T) {
	for cause, code := range map[error]string{
		settlement.ErrDeposit: "CHIO-SETTLE-DEPOSIT", settlement.ErrHalted: "CHIO-SETTLE-HALTED", settlement.ErrRail: "CHIO-SETTLE-NO-RAIL",
		settlement.ErrUnpaid:  "CHIO-SETTLE-UNPAID",
		settlement.ErrRefused: "CHIO-SETTLE-REFUSED", settlement.ErrConflict: "CHIO-SETTLE-CONFLICT", evm.ErrUnavailable: "CHIO-CHAIN",
		evm.ErrWrongChain: "CHIO-CHAIN-ID", evm.ErrFee: "CHIO-CHAIN-FEE", evm.ErrForeignNonce: "CHIO-CHAIN-NONCE",
		evm.ErrReorganised: "CHIO-CHAIN-REORG", evm.ErrDisagree: "CHIO-CHAIN-DISAGREE", evm.ErrUnknownTx: "CHIO-CHAIN-TX",
		evm.ErrMined: "CHIO-CHAIN-TX", evm.ErrCancelled: "CHIO-CHAIN-TX",
	} {
		var p *Problem
		if err := settleProblem(fmt.Errorf("paying globex: %w", cause)); !errors.As(err, &p) || p.Code != code || p.Hint == "" {
			t.Errorf("%v: %v, want %s", cause, err, code)
		}
	}
	if err := errors.New("another"); settleProblem(err) != err {
		t.Error("an unknown cause was renamed")
	}
}

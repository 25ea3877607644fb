//go:build unix

package tour

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/node"
)

// keeper keeps a settlement key outside the node and signs as Web3Signer does.
type keeper struct {
	*httptest.Server
	away  atomic.Bool
	point string
}

func newKeeper(t *testing.T, token string) *keeper {
	t.Helper()
	private, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	k := &keeper{point: hex.EncodeToString(crypto.FromECDSAPub(&private.PublicKey)[1:])}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Data string `json:"data"`
		}
		err := json.NewDecoder(r.Body).Decode(&q)
		data, bad := hex.DecodeString(strings.TrimPrefix(q.Data, "0x"))
		if err != nil || bad != nil || k.away.Load() || r.URL.Path != "/api/v1/eth1/sign/0x"+k.point || r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		sig, err := crypto.Sign(crypto.Keccak256(data), private)
		if err != nil {
			t.Error(err)
			return
		}
		sig[64] += 27
		_, _ = fmt.Fprintf(w, "0x%x", sig)
	}))
	t.Cleanup(k.Close)
	return k
}

// TestSettlementKeyElsewhere: both organisations leave their settlement key with
// another process. While that is away nothing is paid, and nodes say so; then it
// goes on, and each is paid once.
func TestSettlementKeyElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.acme.listen, w.globex.listen = tcp, tcp
	w.initialise()
	keepers := make(map[*org]*keeper)
	for _, o := range []*org{w.globex, w.acme} {
		k := newKeeper(t, "of "+o.name)
		keepers[o] = k
		w.write(o.name+"/signer.token", "of "+o.name+"\n")
		config := func(tokenFile string) {
			w.write(o.name+"/chio-node.yaml", w.config(o.name, w.chain.ChainID())+
				fmt.Sprintf("  signer: {url: %q, public_key: \"0x%s\", token_file: %s}\n", k.URL, k.point, tokenFile))
		}
		config("missing.token")
		o.refused(node.ExitFailure, "CHIO-KEYS-SIGNER", "status")
		config("signer.token")
		before := o.status.Settlement
		o.ok(&o.status, "status")
		if o.status.Settlement == before {
			t.Fatalf("%s still pays with the home's key", o.name)
		}
		if err := w.chain.Fund(t.Context(), common.HexToAddress(o.status.Settlement), 20_000_000); err != nil {
			t.Fatal(err)
		}
		o.start()
	}
	w.globex.serve()
	w.price()
	w.federate()
	server := w.globex.ready.DID + "/files"
	w.acme.ok(nil, "passport", "issue", "--agent", "researcher")
	w.acme.ok(nil, "capability", "issue", "--agent", "researcher", "--server", server, "--tool", "read_file", "--max-total", "1.00 USD")
	if a := w.acme.call("researcher", server, "read_file", readNote); a.Verdict != "allow" {
		t.Fatalf("%+v", a)
	}
	w.synchronised()
	payer, payee := w.usdc(w.acme.status.Settlement), w.usdc(w.globex.status.Settlement)
	turn := func(o *org, args ...string) { // without its keeper, then with it
		t.Helper()
		keepers[o].away.Store(true)
		if r := o.run(args...); r.exit != node.ExitFailure || !strings.Contains(string(r.stdout), "CHIO-KEYS-SIGNER") {
			t.Fatalf("%s without its keeper: %s", o.name, r)
		}
		keepers[o].away.Store(false)
		o.ok(nil, args...)
	}
	for _, away := range []bool{true, false} {
		keepers[w.acme].away.Store(away)
		r := w.acme.run("doctor")
		if failed := strings.Contains(string(r.stdout), "nothing is paid, redeemed or withdrawn until it signs"); failed != away || away == (r.exit == node.ExitOK) ||
			!away && !strings.Contains(string(r.stdout), w.acme.status.Settlement+", with a remote signer") {
			t.Errorf("doctor, keeper away %t: %s", away, r)
		}
	}
	turn(w.acme, "settle", "fund", w.globex.ready.DID, "5 USDC")
	turn(w.acme, "settle", "run", w.globex.ready.DID)
	turn(w.globex, "settle", "run", w.acme.ready.DID)
	paid := w.usdc(w.globex.status.Settlement) - payee
	if took := payer - w.usdc(w.acme.status.Settlement); paid != readPrice*usdcPerCent || took != 5_000_000 {
		t.Fatalf("%d was paid, %d deposited", paid, took)
	}
	for _, o := range []*org{w.acme, w.globex} {
		o.ok(nil, "settle", "run")
		o.ok(nil, "ledger", "verify")
	}
	if again := w.usdc(w.globex.status.Settlement) - payee; again != paid {
		t.Fatalf("paid again: %d", again)
	}
}

//go:build unix

package tour

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/contracts/bindings/devusdc"
	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/node"
)

// readPrice is what Globex asks for reading a file, in cents.
const readPrice = 3

// usdcPerCent is the price both oracles sign: one USDC is one dollar.
const usdcPerCent = 10_000

const priceList = "prices:\n  read_file: 0.03 USD\n"

// globexTerms bind where Acme's are silent, and the other way round.
const globexTerms = `ingress:
  forbidden_paths:
    patterns: ["**/secret/**"]
  tool_access:
    block: [delete_file]
    default: allow
egress:
  tool_access:
    default: allow
` + moneyTerms

const acmeTerms = `ingress:
  tool_access:
    default: allow
egress:
  tool_access:
    default: allow
  caps:
    max_args_size: 4096
` + moneyTerms

const moneyTerms = `money:
  currency: USD
  settle_currency: USDC
  credit_minor: 1000
  max_unvouchered_minor: 1000
`

// world is two organisations, a folder with files, and perhaps a chain.
type world struct {
	t            *testing.T
	dir          string
	chain        *devnet.Chain
	acme, globex *org
}

// newWorld makes empty homes. The folder is short because a Unix socket's path
// is.
func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "tour-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, dir: dir}
	w.acme, w.globex = w.org("acme"), w.org("globex")
	w.write("workspace/note.txt", "hello from globex\n")
	w.write("workspace/long.txt", strings.Repeat("a long text of plain words\n", 20_000))
	w.write("workspace/secret/plan.txt", "not for acme\n")
	w.write("workspace/.env", "TOKEN=1\n")
	w.write("prices.yaml", priceList)
	w.write("workspace.pid", "") // a confined server may write what is there beside the hidden home, not make it
	return w
}

func (w *world) org(name string) *org {
	return &org{t: w.t, w: w, name: name, home: filepath.Join(w.dir, name)}
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) write(name, content string) {
	w.t.Helper()
	path := w.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(name string) []byte {
	w.t.Helper()
	b, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// startChain runs the chain in this process, reachable over loopback JSON-RPC.
func (w *world) startChain() {
	w.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	chain, err := devnet.Start(w.t.Context(), devnet.Config{Listen: "127.0.0.1:0", Ticks: ticker.C})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		ticker.Stop()
		if err := chain.Stop(); err != nil {
			w.t.Error(err)
		}
	})
	w.chain = chain
}

// usdc is a balance on the chain, in millionths.
func (w *world) usdc(address string) uint64 {
	w.t.Helper()
	token, binding := w.chain.Token(), devusdc.NewDevUSDC()
	out, err := w.chain.Client().CallContract(w.t.Context(), ethereum.CallMsg{To: &token, Data: binding.PackBalanceOf(common.HexToAddress(address))}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	balance, err := binding.UnpackBalanceOf(out)
	if err != nil {
		w.t.Fatal(err)
	}
	return balance.Uint64()
}

// initialise creates both homes, and the configuration that operators write:
// terms, chain and oracle. Both get gas, the payer gets USDC.
func (w *world) initialise() {
	w.t.Helper()
	for _, o := range []*org{w.acme, w.globex} {
		o.ok(nil, "init", "--name", o.name)
		o.ok(&o.status, "status")
	}
	w.startChain()
	for _, o := range []*org{w.acme, w.globex} {
		w.write(o.name+"/chio-node.yaml", w.config(o.name, w.chain.ChainID()))
		if err := w.chain.Fund(w.t.Context(), common.HexToAddress(o.status.Settlement), 20_000_000); err != nil {
			w.t.Fatal(err)
		}
	}
	w.write("acme/terms.yaml", acmeTerms)
	w.write("globex/terms.yaml", globexTerms)
}

func (w *world) config(name string, chainID uint64) string {
	return fmt.Sprintf(`name: %s
federation:
  sync_interval_seconds: 1
chains:
  - name: devnet
    chain_id: %d
    rpc: %s
    token: "%s"
    channel: "%s"
    confirmations: 1
    max_fee_gwei: 100
oracle:
  operators: ["%s", "%s"]
settlement:
  chain: devnet
`, name, chainID, w.chain.RPC(), w.chain.Token(), w.chain.Channel(), w.acme.status.Oracle, w.globex.status.Oracle)
}

// price has both operators sign the same price, and both nodes import the
// round.
func (w *world) price() {
	w.t.Helper()
	for _, o := range []*org{w.acme, w.globex} {
		o.ok(nil, "oracle", "sign", "--value", "100000000", "--out", w.path(o.name+".price"))
	}
	var rounds [2]node.Round
	for i, o := range []*org{w.acme, w.globex} {
		o.ok(&rounds[i], "oracle", "import", w.path("acme.price"), w.path("globex.price"))
	}
	if rounds[0].ID != rounds[1].ID || rounds[0].Signers != 2 {
		w.t.Fatalf("the two nodes made different rounds: %+v, %+v", rounds[0], rounds[1])
	}
}

// federate signs the treaty on both sides and waits until each has the other's
// revocation epoch, without which paid calls are refused.
func (w *world) federate() {
	w.t.Helper()
	var p node.FederatePreview
	w.acme.ok(&p, "federate", "--dry-run", w.globex.ready.Peer)
	w.acme.ok(nil, "federate", "--accept", p.TreatyHash.String(), w.globex.ready.Peer)
	w.globex.ok(nil, "federate", "accept", w.acme.ready.DID, p.TreatyHash.String())
	w.synchronised()
}

// synchronised waits until each node holds the other's whole log head, cosigned
// by both, and everything that was to be joined is.
func (w *world) synchronised() {
	w.t.Helper()
	eventually(w.t, "both nodes agree", func() error {
		var lists [2]node.PeerList
		var sizes [2]node.Status
		for i, o := range []*org{w.acme, w.globex} {
			if err := o.post("federate/sync", node.Empty{}, nil); err != nil {
				return err
			}
			if err := o.post("federate/list", node.Empty{}, &lists[i]); err != nil {
				return err
			}
			if err := o.post("status", node.Empty{}, &sizes[i]); err != nil {
				return err
			}
		}
		for i := range lists {
			if len(lists[i].Peers) != 1 {
				return fmt.Errorf("%d peers", len(lists[i].Peers))
			}
			p, other := lists[i].Peers[0], lists[1-i].Peers[0]
			if p.State != "active" || p.HeadSize != sizes[1-i].Receipts || other.Witnessed != p.HeadSize || p.Joint != other.Joint || *p.Treaty != *other.Treaty {
				return fmt.Errorf("%+v, peer with %d receipts: %+v", p, sizes[1-i].Receipts, other)
			}
		}
		return nil
	})
}

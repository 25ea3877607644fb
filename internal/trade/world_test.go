package trade

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// Amounts in millionths of USDC, and cents.
const (
	given     = 100_000_000 // to each organisation on each chain
	locked    = 20_000_000  // of it, in the channel to the other
	priceCent = 3
)

// world is two organisations and two chains.
type world struct {
	t       *testing.T
	dir     string
	minutes int
	rand    *rand.Rand

	chains  [2]*chain
	orgs    [2]*org
	peg     int64             // price of USDC in USD, times 10^8
	passed  int               // minutes
	tripped bool              // the peg was lost, and the operators have not said that it is back
	rounds  map[[2]int64]bool // the prices that were signed together, times 10^8

	mu    sync.Mutex // guards what follows
	told  tally
	why   map[string]int // refused calls by code
	notes []string
}

// tally is what happened.
type tally struct {
	calls, allowed, refused, lost            int
	killed, crashed, reorged, deepest, stall int
	depegged                                 int
}

// chain is one development chain and what stands before it.
type chain struct {
	*devnet.Chain
	name  string
	proxy *proxy
	stop  func()
}

func (w *world) say(format string, args ...any) { w.t.Logf(format, args...) }

// open starts the chains and the organisations, funds them, and has them agree.
func (w *world) open(ctx context.Context) error {
	for i := range w.chains {
		c, err := startChain(ctx, i)
		if err != nil {
			return err
		}
		w.chains[i] = c
	}
	for i, name := range []string{"acme", "globex"} {
		o := &org{name: name, dir: w.dir, home: filepath.Join(w.dir, name)}
		w.orgs[i] = o
		var err error
		if o.log, err = os.Create(filepath.Join(w.dir, name+".log")); err != nil {
			return err
		}
		if err := o.verb(&o.keys, "init", "--name", name); err != nil {
			return err
		}
	}
	w.orgs[0].peer, w.orgs[1].peer = w.orgs[1], w.orgs[0]
	prices := fmt.Sprintf("prices:\n  %s: 0.0%d USD\n", paidTool, priceCent)
	if err := os.WriteFile(filepath.Join(w.dir, "prices.yaml"), []byte(prices), 0o600); err != nil {
		return err
	}
	for _, o := range w.orgs {
		if err := errors.Join(o.write("chio-node.yaml", w.config(o)), o.write("terms.yaml", w.terms(0))); err != nil {
			return err
		}
		for _, c := range w.chains {
			if err := c.Fund(ctx, common.HexToAddress(o.keys.Settlement), given); err != nil {
				return err
			}
		}
		if err := o.start(ctx); err != nil {
			return err
		}
	}
	for _, c := range w.chains { // a reorganisation takes nothing of what was given
		if err := c.Finalize(ctx); err != nil {
			return err
		}
	}
	w.peg = 99_970_000
	if err := w.price(ctx, w.peg); err != nil {
		return err
	}
	return w.agree(ctx, 0)
}

func startChain(ctx context.Context, i int) (*chain, error) {
	ticks := time.NewTicker(50 * time.Millisecond)
	net, err := devnet.Start(ctx, devnet.Config{ChainID: devnet.DefaultChainID + uint64(i), Listen: "127.0.0.1:0", Ticks: ticks.C})
	if err != nil {
		ticks.Stop()
		return nil, err
	}
	p, err := newProxy(net.RPC())
	if err != nil {
		ticks.Stop()
		return nil, errors.Join(err, net.Stop())
	}
	return &chain{Chain: net, name: fmt.Sprintf("chain%d", i+1), proxy: p, stop: ticks.Stop}, nil
}

func (w *world) config(o *org) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nfederation:\n  sync_interval_seconds: 1\nchains:\n", o.name)
	for _, c := range w.chains {
		fmt.Fprintf(&b, "  - {name: %s, chain_id: %d, rpc: %q, token: %q, channel: %q, max_fee_gwei: 1000}\n",
			c.name, c.ChainID(), c.proxy.url, strings.ToLower(c.Token().Hex()), strings.ToLower(c.Channel().Hex()))
	}
	fmt.Fprintf(&b, "settlement:\n  chain: %s\n", w.chains[0].name)
	fmt.Fprintf(&b, "oracle:\n  operators: [%q, %q]\n  pairs:\n  - {pair: USDC/USD, peg_low_bps: 9900, peg_high_bps: 10100}\n", w.orgs[0].keys.Oracle, w.orgs[1].keys.Oracle)
	return b.String()
}

func (w *world) terms(chain int) string {
	c := w.chains[chain]
	return fmt.Sprintf(`ingress:
  tool_access:
    default: allow
egress:
  tool_access:
    default: allow
money:
  currency: USD
  settle_currency: USDC
  credit_minor: 300
  max_unvouchered_minor: 600
settlement:
  chain_id: "eip155:%d"
  token: %q
  channel_contract: %q
`, c.ChainID(), strings.ToLower(c.Token().Hex()), strings.ToLower(c.Channel().Hex()))
}

// agree has both sign a treaty that pays on a chain, lock money there, and let
// their agents call.
func (w *world) agree(ctx context.Context, chain int) error {
	a, b := w.orgs[0], w.orgs[1]
	var p node.FederatePreview
	if err := a.ask(ctx, "federate/preview", node.PeerRequest{Peer: b.ready.Peer}, &p); err != nil {
		return err
	}
	if err := a.ask(ctx, "federate/propose", node.Propose{Peer: b.ready.Peer, Accept: p.TreatyHash}, nil); err != nil {
		return err
	}
	err := until(ctx, "the proposal is accepted", func() error {
		return b.ask(ctx, "federate/accept", node.AcceptTreaty{DID: a.ready.DID, Accept: p.TreatyHash}, nil)
	})
	if err != nil {
		return err
	}
	for _, o := range w.orgs {
		err := until(ctx, o.name+" has the treaty", func() error {
			var list node.PeerList
			if err := o.ask(ctx, "federate/list", node.Empty{}, &list); err != nil {
				return err
			}
			if len(list.Peers) != 1 || list.Peers[0].Treaty == nil || *list.Peers[0].Treaty != p.TreatyHash || list.Peers[0].State != "active" {
				return fmt.Errorf("peers: %+v", list.Peers)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, o := range w.orgs {
		amount := wire.MonetaryAmount{Units: locked, Currency: "USDC"}
		if err := o.ask(ctx, "settle/fund", node.FundRequest{Peer: o.peer.keys.DID, Amount: amount}, nil); err != nil {
			return err
		}
		err := o.ask(ctx, "capability/issue", node.IssueCapability{Agent: o.agent(), Server: o.tool(), Tools: []string{paidTool}}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *org) agent() string { return o.name + "-agent" }
func (o *org) tool() string  { return o.peer.keys.DID + "/" + server }

// price has both operators sign a price and both nodes take the round.
func (w *world) price(ctx context.Context, value int64) error {
	var round node.ImportRound
	prices := [2]int64{value, value + 20_000}
	for i, o := range w.orgs {
		var s node.Observation
		err := o.ask(ctx, "oracle/sign", node.SignPrice{Base: "USDC", Quote: "USD", Value: prices[i], Expo: -8, Source: o.name}, &s)
		if err != nil {
			return err
		}
		round.Observations = append(round.Observations, s.Observation)
	}
	if value >= 99_000_000 { // a statement at any other price is wrong
		w.rounds[prices] = true
	}
	var failed []error
	for _, o := range w.orgs {
		failed = append(failed, o.ask(ctx, "oracle/import", round, nil))
	}
	return errors.Join(failed...)
}

// end stops everything that was started.
func (w *world) end() error {
	var failed []error
	for _, o := range w.orgs {
		if o == nil {
			continue
		}
		o.stop(syscall.SIGINT)
		failed = append(failed, o.log.Close())
	}
	for _, c := range w.chains {
		if c == nil {
			continue
		}
		failed = append(failed, c.proxy.close())
		c.stop()
		failed = append(failed, c.Stop())
	}
	return errors.Join(failed...)
}

package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// bindingTTLSeconds is how long a key binding counts; it is renewed at half.
const bindingTTLSeconds = 14 * 24 * 3600

// network is everything that meets other organisations: the libp2p host, the
// peers, treaties, and calls across them.
type network struct {
	n         *Node
	host      *p2p.Host
	directory *federation.Directory
	listings  *federation.Listings
	service   *federation.Service
	exchange  *federation.Exchange

	tellNow chan struct{} // this organisation was deactivated

	mu       sync.Mutex // guards bound
	bound    federation.Bindings
	boundEnd int64 // when to bind again
	up       bool
}

func newNetwork(n *Node) (*network, error) {
	w := &network{n: n, tellNow: make(chan struct{}, 1)}
	directory, err := federation.OpenDirectory(n.db, n.now)
	if err != nil {
		return nil, err
	}
	w.directory = directory
	if w.listings, err = federation.OpenListings(n.db, n.now); err != nil {
		return nil, err
	}
	if w.host, err = p2p.New(p2p.Config{Key: n.keys.Transport(), Listen: stableListen(n.opts.Home, n.cfg.P2P.Listen),
		Allow: directory.Knows, Trusted: directory.Trusts, Open: true, Log: n.log,
		Relays: n.cfg.P2P.Relays, NoPunching: !n.cfg.P2P.HolePunching, ServeRelay: n.cfg.P2P.Relay.Serve}); err != nil {
		return nil, err
	}
	terms, err := n.loadTerms()
	if err != nil {
		return nil, err
	}
	admitted, err := n.treatyAdmission()
	if err != nil {
		return nil, err
	}
	w.service, err = federation.New(federation.Config{Host: w.host, Directory: directory, DB: n.db, Org: n.keys.Org(), Bindings: w.bindings,
		Self: w.self, Terms: *terms, Admission: admitted, Passport: n.orgPassport(), Listings: w.listings, Now: n.now, Rand: n.rand, Log: n.log,
		Names: net.DefaultResolver, RetiredKernels: n.retiredKernelKeys, Concerns: n.issuance.trusts, Ended: n.endIssuer, Failpoint: n.opts.Failpoint})
	if err != nil {
		return nil, err
	}
	if err := w.buildExchange(); err != nil {
		return nil, err
	}
	n.tools.setRemote(w.exchange.RemoteTools())
	return w, nil
}

// loadTerms reads the default terms.
func (n *Node) loadTerms() (*federation.Terms, error) {
	path := n.cfg.Federation.DefaultTerms
	if !filepath.IsAbs(path) {
		path = filepath.Join(n.opts.Home, path)
	}
	doc, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return &federation.Terms{}, nil // empty sections: nothing is allowed
	}
	if err != nil {
		return nil, fmt.Errorf("read the terms: %w", err)
	}
	terms, err := federation.LoadTerms(path, doc)
	if err != nil {
		return nil, termsProblem(err)
	}
	full := n.cfg.complete(*terms)
	return &full, nil
}

// complete fills in what the configuration knows for terms that speak of money:
// the chain to settle on and the oracle operators.
func (c *Config) complete(terms federation.Terms) federation.Terms {
	if terms.Money == nil {
		return terms
	}
	if chain := c.chain(); terms.Settlement == nil && chain != nil {
		terms.Settlement = &federation.SettlementTerms{ChainID: fmt.Sprintf("eip155:%d", chain.ChainID),
			Token: strings.ToLower(chain.Token), ChannelContract: strings.ToLower(chain.Channel)}
	}
	if o := c.Oracle; terms.Oracle == nil {
		terms.Oracle = &federation.OracleTerms{MinOperators: o.MinOperators, MaxAgeSeconds: o.MaxAgeSeconds,
			MaxDivergenceBps: o.DivergenceBps, MarginBps: o.MarginBps}
		for _, a := range o.Operators {
			terms.Oracle.Operators = append(terms.Oracle.Operators, strings.ToLower(a))
		}
	}
	return terms
}

// chain is the chain that our terms name if they name none, or nil.
func (c *Config) chain() *ChainConfig {
	for i := range c.Chains {
		if c.Chains[i].Name == c.Settlement.Chain {
			return &c.Chains[i]
		}
	}
	return nil
}

// self is what attestations say about this node.
func (w *network) self() federation.Self {
	n := w.n
	policy := n.policy.compiled()
	return federation.Self{Kernel: n.keys.Kernel().Public(), PolicyHash: policy.Hash, GuardNames: policy.GuardNames,
		SettlementAddress: n.money.settlementAddress(), OracleAddress: n.money.oracleAddress(), Surface: w.surface}
}

func (w *network) surface() []federation.SurfaceTool {
	out := []federation.SurfaceTool{}
	w.n.tools.offers(func(server, tool string, price *wire.MonetaryAmount) {
		out = append(out, federation.SurfaceTool{Server: server, Tool: tool, Operations: []capability.Operation{capability.Invoke}, Price: price})
	})
	return out
}

// bindings are the records by which the organisation key vouches for the
// transport and kernel keys, made when first needed and renewed at half life.
func (w *network) bindings() federation.Bindings {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.n.now()
	if now < w.boundEnd {
		return w.bound
	}
	bound, err := w.n.bind(w.n.context(), now)
	if err != nil {
		w.n.log.Error("cannot bind the node's keys", slog.Any("error", err))
		return w.bound
	}
	w.bound, w.boundEnd = bound, now+bindingTTLSeconds/2
	return bound
}

func (n *Node) bind(ctx context.Context, now int64) (b federation.Bindings, err error) {
	for role, into := range map[did.Role]**wire.Envelope{did.RoleTransport: &b.Transport, did.RoleKernel: &b.Kernel} {
		if *into, err = n.keys.Bind(ctx, role, now-bindingBackdateSeconds, bindingTTLSeconds); err != nil {
			return b, err
		}
	}
	return b, nil
}

// bindingBackdateSeconds lets a peer whose clock is behind accept a binding
// made this moment.
const bindingBackdateSeconds = 60

// address is what `federate` of another node accepts, "" while not up.
func (w *network) address() string {
	addrs := w.host.Addrs()
	if len(addrs) == 0 {
		return ""
	}
	return w.n.DID().String() + "@" + addrs[0]
}

// terms implements treatyTerms.
func (w *network) terms(m *kernel.Mandate, r kernel.Route) (peer, effective wire.Digest, guards []kernel.SidedGuard, err error) {
	id, direction := did.DID(r.PeerDID), federation.Outbound
	if m.Origin != nil {
		id, direction = did.DID(m.Origin.PeerDID), federation.Inbound
	}
	t, err := w.service.TreatyFor(id, direction)
	if err != nil {
		return peer, effective, nil, err
	}
	return t.PeerHash, t.EffectiveHash, t.Guards, nil
}

// chioIssuer asks about an issuer that is a did:chio; no other is trusted.
func chioIssuer(trusts func(did.DID) bool) func(string) bool {
	return func(issuer string) bool {
		id, err := did.Parse(issuer)
		return err == nil && trusts(id)
	}
}

// trustsIssuer says whose passports count here: our own and those of peers
// with a treaty in force.
func (w *network) trustsIssuer(issuer did.DID) bool {
	if _, ended := w.n.deactivated(issuer); ended {
		return false
	}
	if issuer == w.n.DID() {
		return true
	}
	_, err := w.service.TreatyFor(issuer, federation.Inbound)
	return err == nil
}

package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// remoteTools reaches the tools of treaty peers.
type remoteTools interface {
	Route(context.Context, *kernel.Mandate) (kernel.Route, error)
	Dispatch(context.Context, *kernel.Mandate, kernel.Route, kernel.Ticket) (kernel.Result, error)
}

// toolServer is one tool server that this node mediates.
type toolServer struct {
	name    string
	tools   source
	prices  prices
	metered map[string]bool         // keys of prices whose tools report what they cost
	policy  *policy.Compiled        // enforced besides the node's own; may be nil
	roots   []string                // directories that its calls stay in; nil confines nothing
	shapes  map[string]kernel.Shape // what the operator's manifest says tools do

	resolve     func(string) (string, error) // follows symbolic links where the server runs; nil if that is unknown
	confinement string                       // in words; begins with "none" if there is none
}

// registry is the kernel's Dispatcher: local tool servers by name, and peers'
// servers by did:chio:<hex>/<name>.
type registry struct {
	self wire.PublicKey // this kernel's key

	mu      sync.RWMutex
	servers map[string]*toolServer
	remote  remoteTools // nil until the network is up
}

var errServerTaken = errors.New("a tool server of that name is already attached")

func newRegistry(self wire.PublicKey) *registry {
	return &registry{self: self, servers: make(map[string]*toolServer)}
}

// attach makes a server callable until the returned function is called.
func (r *registry) attach(s *toolServer) (detach func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.servers[s.name] != nil {
		return nil, fmt.Errorf("%w: %s", errServerTaken, s.name)
	}
	r.servers[s.name] = s
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.servers[s.name] == s {
			delete(r.servers, s.name)
		}
	}, nil
}

func (r *registry) setRemote(remote remoteTools) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remote = remote
}

func (r *registry) peers() (remoteTools, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.remote == nil {
		return nil, errors.New("the network is not up, so no peer can be reached")
	}
	return r.remote, nil
}

func (r *registry) local(name string) (*toolServer, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.servers[name]; s != nil {
		return s, nil
	}
	known := make([]string, 0, len(r.servers))
	for n := range r.servers {
		known = append(known, n)
	}
	slices.Sort(known)
	if len(known) == 0 {
		return nil, fmt.Errorf("no tool server %.80q: none is attached", name)
	}
	return nil, fmt.Errorf("no tool server %.80q; attached: %s", name, strings.Join(known, ", "))
}

// Route implements kernel.Dispatcher. It has no effects.
func (r *registry) Route(ctx context.Context, m *kernel.Mandate) (kernel.Route, error) {
	if isRemote(m.Server) {
		remote, err := r.peers()
		if err != nil {
			return kernel.Route{}, err
		}
		return remote.Route(ctx, m)
	}
	s, err := r.local(m.Server)
	if err != nil {
		return kernel.Route{}, err
	}
	if err := s.tools.callable(ctx, m.Tool); err != nil {
		return kernel.Route{}, fmt.Errorf("%s: %w; it has %s", s.name, err, strings.Join(s.tools.names(), ", "))
	}
	route := kernel.Route{Server: s.name, Audience: r.self, Price: s.prices.of(m.Tool), Resolve: s.resolve, Shape: s.shapeOf(m.Tool)}
	if m.Origin != nil && route.Price != nil {
		route.PriceRound = m.Origin.PriceRound // the round the quote named
	}
	return route, nil
}

// Dispatch implements kernel.Dispatcher.
func (r *registry) Dispatch(ctx context.Context, m *kernel.Mandate, route kernel.Route, t kernel.Ticket) (kernel.Result, error) {
	if route.PeerDID != "" {
		remote, err := r.peers()
		if err != nil {
			return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
		}
		return remote.Dispatch(ctx, m, route, t)
	}
	s, err := r.local(route.Server)
	if err != nil {
		return kernel.Result{}, fmt.Errorf("%w: %w", kernel.ErrNotDispatched, err)
	}
	res, err := s.tools.call(ctx, m)
	s.charge(m.Tool, &res)
	return res, err
}

func isRemote(server string) bool { return strings.HasPrefix(server, "did:chio:") }

// list describes the attached servers, by name.
func (r *registry) list() []ServerInfo {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]ServerInfo, 0, len(r.servers))
	for _, name := range slices.Sorted(maps.Keys(r.servers)) {
		out = append(out, ServerInfo{Name: name, Tools: r.servers[name].tools.names(), Confinement: r.servers[name].confinement})
	}
	return out
}

// offers lists every tool of every attached server with its price: what
// attestations show to peers.
func (r *registry) offers(fn func(server, tool string, price *wire.MonetaryAmount)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(r.servers)) {
		s := r.servers[name]
		for _, tool := range s.tools.names() {
			fn(name, tool, s.prices.of(tool))
		}
	}
}

// serverPolicy is the policy and the directories a server brought along, or nil.
func (r *registry) serverPolicy(name string) (*policy.Compiled, []string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.servers[name]; s != nil {
		return s.policy, s.roots
	}
	return nil, nil
}

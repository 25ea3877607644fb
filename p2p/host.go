package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/backbay-labs/chio-node/wire"
)

// The reasons the host refuses to act.
var (
	// ErrState: the call needs a started host, or one not started yet.
	ErrState = errors.New("host is not in the right state")
	// ErrNotConnected: there is no connection to the peer; Connect first.
	ErrNotConnected = errors.New("not connected to the peer")
	// ErrConfig names the configuration field that is wrong.
	ErrConfig = errors.New("p2p configuration")
)

// userAgent is all that identify tells about us.
const userAgent = "chio-node"

// Config is what a host needs. Key is required.
type Config struct {
	Key    *wire.Key         // transport key; the peer id is derived from it
	Listen []string          // multiaddrs; default: loopback, QUIC and TCP, any port
	Allow  func(PeerID) bool // known peers; nil knows nobody; called often, must be quick
	Open   bool              // strangers may connect, for protocols marked Open
	Log    *slog.Logger      // told of handlers that panic; nil tells nobody
	// Trusted are the peers with an agreement, for whom room is kept however
	// many others come; nil: all that are allowed. It is called as Allow is.
	Trusted func(PeerID) bool
	// LimitLoopback counts connections from loopback for the limits of one
	// network, as behind a local proxy.
	LimitLoopback bool
	Clock         func() time.Time // of the rates; nil: the machine's
	// Relays are addresses, each ending in /p2p/<id>, of nodes that pass
	// connections on: this host takes a place at each, and uses no other. Only
	// protocols marked Relayed run over such a connection.
	Relays []string
	// NoPunching leaves relayed connections as they are; otherwise peers that
	// know each other try to follow them by direct ones.
	NoPunching bool
	// ServeRelay makes this host a relay for the peers that are Trusted.
	ServeRelay bool
	// Network carries connections instead of QUIC and TCP sockets; for
	// simulations.
	Network Network
}

// DefaultListen is loopback only: a node is reachable from elsewhere only when
// its operator says so.
func DefaultListen() []string {
	return []string{"/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"}
}

// Host is one libp2p endpoint. Register protocols with Handle, then Start.
type Host struct {
	cfg    Config
	id     PeerID
	listen []ma.Multiaddr
	gater  *gater
	rates  rates
	tally  tally
	relays []*relay
	nat    *autonatv2.AutoNAT // set by Start, nil without relays

	mu        sync.Mutex // guards what follows
	protocols map[protocol.ID]registration
	slots     map[slotKey]chan struct{}
	strangers map[peer.ID]*stranger
	host      host.Host
	gossip    *Gossip // set before start
	stopped   bool
	punching  *holepunch.Service
	closers   []func() error // of what runs on top of host

	reachability Reachability

	ctx      context.Context // ends when Stop begins; handlers derive theirs from it
	cancel   context.CancelCauseFunc
	handlers sync.WaitGroup // streams being served, under mu to add
}

// New checks the configuration. It opens no socket.
func New(cfg Config) (*Host, error) {
	if cfg.Key == nil {
		return nil, fmt.Errorf("%w: Key is missing", ErrConfig)
	}
	id, err := PeerIDOf(cfg.Key.Public())
	if err != nil {
		return nil, err
	}
	if len(cfg.Listen) == 0 {
		cfg.Listen = DefaultListen()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Trusted == nil {
		cfg.Trusted = cfg.Allow
	}
	h := &Host{
		cfg: cfg, id: id, gater: newGater(cfg.Allow, cfg.Trusted, cfg.Open), rates: newRates(),
		tally:     tally{peers: make(map[PeerID]uint64)},
		protocols: make(map[protocol.ID]registration),
		slots:     make(map[slotKey]chan struct{}),
		strangers: make(map[peer.ID]*stranger),
	}
	if h.relays, err = parseRelays(cfg.Relays, id); err != nil {
		return nil, err
	}
	h.gater.relay = h.isRelay
	for _, s := range cfg.Listen {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			return nil, fmt.Errorf("%w: listen address %.200q: %w", ErrConfig, s, err)
		}
		h.listen = append(h.listen, a)
	}
	h.ctx, h.cancel = context.WithCancelCause(context.Background())
	return h, nil
}

// ID is the host's own peer id.
func (h *Host) ID() PeerID { return h.id }

// Start opens the listeners and serves the registered protocols.
func (h *Host) Start(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.host != nil || h.stopped {
		return fmt.Errorf("%w: start of a host that was started before", ErrState)
	}
	rm, err := h.resourceManager()
	if err != nil {
		return err
	}
	key, err := crypto.UnmarshalEd25519PrivateKey(h.privateKey())
	if err != nil {
		return fmt.Errorf("read the transport key: %w", err)
	}
	lh, err := libp2p.New(
		libp2p.Identity(key), libp2p.ListenAddrs(h.listen...),
		h.transports(),
		libp2p.Security(noise.ID, noise.New), libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.ResourceManager(rm), libp2p.ConnectionGater(h.gater), libp2p.ConnectionManager(connmgr.NullConnMgr{}),
		h.relayTransport(), libp2p.DisableMetrics(), libp2p.DisableIdentifyAddressDiscovery(),
		libp2p.Ping(false), libp2p.UserAgent(userAgent), libp2p.ProtocolVersion(userAgent),
		libp2p.WithDialTimeout(DialTimeout), libp2p.SwarmOpts(swarm.WithDialTimeoutLocal(DialTimeoutLocal)),
		// A long partition is not a network without UDP or IPv6: go on dialling.
		libp2p.UDPBlackHoleSuccessCounter(nil), libp2p.IPv6BlackHoleSuccessCounter(nil),
	)
	if err != nil {
		return errors.Join(fmt.Errorf("start the p2p host on %v: %w", h.cfg.Listen, err), rm.Close())
	}
	lh.Network().Notify(&network.NotifyBundle{ConnectedF: h.connected, DisconnectedF: h.disconnected})
	for id, r := range h.protocols {
		lh.SetStreamHandler(id, h.serve(r))
	}
	if h.gossip != nil {
		if err := h.gossip.start(h.ctx, lh); err != nil {
			return errors.Join(err, lh.Close())
		}
	}
	if err := h.startRelays(lh); err != nil {
		return errors.Join(err, closeAll(h.closers), lh.Close())
	}
	h.host = lh
	return nil
}

// startRelays begins what the configuration says of relays; h.mu is held.
func (h *Host) startRelays(lh host.Host) error {
	if h.cfg.ServeRelay {
		if err := h.serveRelay(lh); err != nil {
			return err
		}
	}
	if len(h.relays) == 0 && !h.cfg.ServeRelay {
		return nil
	}
	if err := h.startAutoNAT(lh); err != nil {
		return err
	}
	if err := h.observe(lh); err != nil {
		return err
	}
	for _, r := range h.relays {
		h.handlers.Go(func() { h.keepRelay(r) })
	}
	return nil
}

// relayTransport makes and takes relayed connections only if there are relays.
func (h *Host) relayTransport() libp2p.Option {
	if len(h.relays) == 0 {
		return libp2p.DisableRelay()
	}
	return libp2p.EnableRelay()
}

// transports are QUIC and TCP, or what the configuration puts in their place.
func (h *Host) transports() libp2p.Option {
	if h.cfg.Network != nil {
		return libp2p.Transport(carriedBy(h.cfg.Network))
	}
	return libp2p.ChainOptions(libp2p.Transport(quic.NewTransport), libp2p.Transport(tcp.NewTCPTransport))
}

// privateKey returns the 64-byte form of the transport key.
func (h *Host) privateKey() []byte {
	public := h.cfg.Key.Public()
	return append(h.cfg.Key.Seed(), public[:]...)
}

// Stop closes every stream and connection and waits for the handlers. It is
// idempotent.
func (h *Host) Stop() error {
	h.mu.Lock()
	lh, first, parts := h.host, !h.stopped, h.closers
	h.stopped = true
	for id := range h.strangers {
		h.forget(id)
	}
	h.mu.Unlock()
	h.cancel(fmt.Errorf("%w: stopping", ErrState))
	var err error
	if lh != nil && first {
		err = errors.Join(closeAll(parts), lh.Close())
	}
	h.handlers.Wait()
	return err
}

// started returns the running libp2p host.
func (h *Host) started() (host.Host, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.host == nil || h.stopped {
		return nil, fmt.Errorf("%w: not running", ErrState)
	}
	return h.host, nil
}

// Addrs lists where the host can be reached, each ending in /p2p/<id>: QUIC, then
// through relays, then the others.
func (h *Host) Addrs() []string {
	lh, err := h.started()
	if err != nil {
		return nil
	}
	listening, err := lh.Network().InterfaceListenAddresses()
	if err != nil {
		return nil
	}
	var quicAddrs, others []string
	for _, a := range listening {
		if _, err := a.ValueForProtocol(ma.P_CIRCUIT); err == nil {
			continue // wherever a relay is
		}
		s := a.String() + "/p2p/" + string(h.id)
		if _, err := a.ValueForProtocol(ma.P_QUIC_V1); err == nil {
			quicAddrs = append(quicAddrs, s)
		} else {
			others = append(others, s)
		}
	}
	return slices.Concat(quicAddrs, h.relayAddrs(), others)
}

package p2p

import (
	"context"
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	ma "github.com/multiformats/go-multiaddr"
)

// Reachability says whether nodes elsewhere can dial this one.
type Reachability string

// The answers. They are a relay's word, shown to the operator; nothing is
// decided by them.
const (
	ReachabilityUnknown Reachability = "unknown"
	ReachabilityPublic  Reachability = "public"
	ReachabilityPrivate Reachability = "private"
)

// Reachability returns what a relay found last.
func (h *Host) Reachability() Reachability {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.reachability == "" {
		return ReachabilityUnknown
	}
	return h.reachability
}

// startAutoNAT asks relays whether we can be dialled, and answers others if we
// are a relay ourselves.
func (h *Host) startAutoNAT(lh host.Host) error {
	var dialler host.Host = noDialler{}
	if h.cfg.ServeRelay {
		var err error
		if dialler, err = libp2p.New(libp2p.NoListenAddrs, h.transports(), libp2p.Security(noise.ID, noise.New),
			libp2p.Muxer(yamux.ID, yamux.DefaultTransport), libp2p.ResourceManager(&network.NullResourceManager{}),
			libp2p.ConnectionGater(backGater{h}), libp2p.DisableRelay(), libp2p.DisableMetrics(), libp2p.DisableIdentifyAddressDiscovery(),
			libp2p.Ping(false), libp2p.UserAgent(userAgent), libp2p.ProtocolVersion(userAgent),
			libp2p.UDPBlackHoleSuccessCounter(nil), libp2p.IPv6BlackHoleSuccessCounter(nil)); err != nil {
			return fmt.Errorf("start the dialler of reachability checks: %w", err)
		}
	}
	// Which addresses are dialled is for backGater to say.
	nat, err := autonatv2.New(dialler, autonatv2.AllowPrivateAddrs)
	if err != nil {
		return fmt.Errorf("start reachability checks: %w", err)
	}
	if err := nat.Start(natHost{lh, h}); err != nil {
		return fmt.Errorf("start reachability checks: %w", err)
	}
	h.closers = append(h.closers, func() error { nat.Close(); return nil }) // and the dialler with it
	h.nat = nat
	return nil
}

// askReachability asks a relay about one of our addresses as relays see them.
// libp2p asks one relay no more than every two minutes.
func (h *Host) askReachability() {
	var ask []autonatv2.Request
	for _, a := range h.seenAs() {
		ask = append(ask, autonatv2.Request{Addr: a, SendDialData: true})
	}
	if len(ask) == 0 || h.nat == nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(h.ctx, relayTimeout, ErrTimeout)
	defer cancel()
	found, err := h.nat.GetReachability(ctx, ask)
	if err != nil || found.AllAddrsRefused {
		return // as unknown as before
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch found.Reachability {
	case network.ReachabilityPublic:
		h.reachability = ReachabilityPublic
	case network.ReachabilityPrivate:
		h.reachability = ReachabilityPrivate
	}
}

// noDialler is the dialler of a host that answers no checks.
type noDialler struct{ host.Host }

// Close implements host.Host.
func (noDialler) Close() error { return nil }

// natHost answers checks of peers with an agreement only, and only if we serve.
type natHost struct {
	host.Host
	h *Host
}

// SetStreamHandler implements host.Host. Answers to our own checks come from
// identities made up for them, and name a number that only we know.
func (n natHost) SetStreamHandler(id protocol.ID, serve network.StreamHandler) {
	if id == autonatv2.DialProtocol {
		if !n.h.cfg.ServeRelay {
			return
		}
		asked := serve
		serve = func(s network.Stream) {
			if !n.h.gater.trusted(s.Conn().RemotePeer()) || relayed(s.Conn()) {
				_ = s.Reset()
				return
			}
			asked(s)
		}
	}
	n.Host.SetStreamHandler(id, serve)
}

// backGater lets a check dial a peer at the IP address it comes from and nowhere
// else.
type backGater struct{ h *Host }

// InterceptPeerDial implements connmgr.ConnectionGater.
func (g backGater) InterceptPeerDial(id peer.ID) bool { return g.h.gater.trusted(id) }

// InterceptAddrDial implements connmgr.ConnectionGater.
func (g backGater) InterceptAddrDial(id peer.ID, addr ma.Multiaddr) bool {
	lh, err := g.h.started()
	to, ok := addrOf(addr)
	if err != nil || !ok {
		return false
	}
	for _, c := range lh.Network().ConnsToPeer(id) {
		if from, ok := addrOf(c.RemoteMultiaddr()); ok && from == to && !relayed(c) {
			return true
		}
	}
	return false
}

// InterceptAccept implements connmgr.ConnectionGater: nobody dials a dialler.
func (backGater) InterceptAccept(network.ConnMultiaddrs) bool { return false }

// InterceptSecured implements connmgr.ConnectionGater.
func (backGater) InterceptSecured(dir network.Direction, _ peer.ID, _ network.ConnMultiaddrs) bool {
	return dir == network.DirOutbound
}

// InterceptUpgraded implements connmgr.ConnectionGater.
func (backGater) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

// closeAll ends the parts of a host, the last one first.
func closeAll(parts []func() error) error {
	var failed []error
	for i := len(parts) - 1; i >= 0; i-- {
		failed = append(failed, parts[i]())
	}
	return errors.Join(failed...)
}

package p2p

import (
	"sync"

	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// gater decides which connections may exist. It implements libp2p's
// connmgr.ConnectionGater.
type gater struct {
	allow, agreed func(PeerID) bool // Config's Allow and Trusted
	open          bool              // strangers may connect, for the protocols marked Open
	relay         func(string) bool // is a peer a relay of the configuration

	names names

	mu      sync.Mutex
	dialing map[peer.ID]map[string]int // addresses passed to Connect, now being dialled
}

func newGater(allow, agreed func(PeerID) bool, open bool) *gater {
	return &gater{allow: allow, agreed: agreed, open: open, dialing: make(map[peer.ID]map[string]int)}
}

// known reports whether the owner of the host vouches for the peer.
func (g *gater) known(id peer.ID) bool { return g.allow != nil && g.allow(g.names.of(id)) }

// trusted reports whether there is an agreement with the peer.
func (g *gater) trusted(id peer.ID) bool { return g.agreed != nil && g.agreed(g.names.of(id)) }

// permit lets the given addresses of a peer be dialled until the returned
// function is called: an address the peer advertised about itself never is.
func (g *gater) permit(id peer.ID, addrs []ma.Multiaddr) (revoke func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dialing[id] == nil {
		g.dialing[id] = make(map[string]int, len(addrs))
	}
	for _, a := range addrs {
		g.dialing[id][a.String()]++
	}
	return func() { g.revoke(id, addrs) }
}

func (g *gater) revoke(id peer.ID, addrs []ma.Multiaddr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range addrs {
		key := a.String()
		if g.dialing[id][key]--; g.dialing[id][key] <= 0 {
			delete(g.dialing[id], key)
		}
	}
	if len(g.dialing[id]) == 0 {
		delete(g.dialing, id)
	}
}

// InterceptPeerDial allows dialling a peer that Connect names.
func (g *gater) InterceptPeerDial(id peer.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.dialing[id]) > 0
}

// InterceptAddrDial allows exactly the addresses that Connect was given.
func (g *gater) InterceptAddrDial(id peer.ID, addr ma.Multiaddr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dialing[id][addr.String()] > 0
}

// InterceptAccept lets a connection reach the handshake: before it nobody is
// known by anything but an address. One that comes through a relay comes through
// a relay of the configuration.
func (g *gater) InterceptAccept(c network.ConnMultiaddrs) bool {
	if !relayed(c) {
		return true
	}
	at, err := c.RemoteMultiaddr().ValueForProtocol(ma.P_P2P)
	return err == nil && g.relay != nil && g.relay(at)
}

// InterceptSecured drops an inbound peer that is neither known nor welcome as
// a stranger. Outbound, the dialler already named the key.
func (g *gater) InterceptSecured(dir network.Direction, id peer.ID, _ network.ConnMultiaddrs) bool {
	return dir == network.DirOutbound || g.open || g.known(id)
}

// InterceptUpgraded has nothing to add.
func (g *gater) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

package p2p

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	circuit "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	ma "github.com/multiformats/go-multiaddr"
)

// The reasons a relay is not used.
var (
	// ErrRelayed: the only connection to the peer goes through a relay, and the
	// protocol is not for such connections. It is a kind of ErrNotConnected.
	ErrRelayed = fmt.Errorf("%w: only a relayed connection", ErrNotConnected)
	// ErrUnknownRelay: an address names a relay that the configuration does not.
	ErrUnknownRelay = errors.New("not a relay of this node's configuration")
)

const (
	// MaxRelays bounds Config.Relays.
	MaxRelays = 4
	// relayCheckEvery is how often a lost relay is tried again, and relayTimeout
	// how long one try may take.
	relayCheckEvery = 15 * time.Second
	relayTimeout    = 30 * time.Second
	// circuitPart is in the text of every relayed address, and of no other.
	circuitPart = "/p2p-circuit"
)

// IsRelayed reports whether an address leads through a relay.
func IsRelayed(addr string) bool { return strings.Contains(addr, circuitPart) }

// relayed reports whether a connection goes through a relay. The relay's own
// word, which libp2p goes by, is not asked for.
func relayed(c network.ConnMultiaddrs) bool {
	_, err := c.RemoteMultiaddr().ValueForProtocol(ma.P_CIRCUIT)
	return err == nil
}

// relay is one relay of the configuration.
type relay struct {
	addr string // ends in /p2p/<id>
	id   PeerID

	mu    sync.Mutex   // guards what follows
	until time.Time    // end of our reservation
	seen  ma.Multiaddr // where the relay sees us, nil before it said
	err   error        // of the last try
}

// parseRelays reads Config.Relays: complete multiaddrs of distinct nodes, none of
// them behind a relay itself.
func parseRelays(addrs []string, self PeerID) (out []*relay, err error) {
	if len(addrs) > MaxRelays {
		return nil, fmt.Errorf("%w: %d relays, limit %d", ErrConfig, len(addrs), MaxRelays)
	}
	for _, s := range addrs {
		_, id, err := splitMultiaddr(s)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: relay: %w", ErrConfig, err)
		case IsRelayed(s) || id == self || slices.ContainsFunc(out, func(r *relay) bool { return r.id == id }):
			return nil, fmt.Errorf("%w: relay %.200q: name each relay once, by its own address", ErrConfig, s)
		}
		out = append(out, &relay{addr: s, id: id})
	}
	return out, nil
}

// CheckRelays refuses what Config.Relays would refuse.
func CheckRelays(addrs []string) error {
	_, err := parseRelays(addrs, "")
	return err
}

// relayOf finds the relay of the configuration that has this identity.
func (h *Host) relayOf(id PeerID) *relay {
	for _, r := range h.relays {
		if r.id == id {
			return r
		}
	}
	return nil
}

// isRelay is relayOf for the gater.
func (h *Host) isRelay(id string) bool { return h.relayOf(PeerID(id)) != nil }

// connectRelayed dials a peer through a relay of the configuration, at the
// address that the configuration names: what the peer's address says of where
// the relay is does not count.
func (h *Host) connectRelayed(ctx context.Context, where ma.Multiaddr, id PeerID) error {
	lh, remote, err := h.towards(id)
	if err != nil {
		return err
	}
	at, err := where.ValueForProtocol(ma.P_P2P)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrAddress, where)
	}
	r := h.relayOf(PeerID(at))
	if r == nil {
		return fmt.Errorf("%w: %.80s: add it to p2p.relays", ErrUnknownRelay, at)
	}
	if _, err := h.Connect(ctx, r.addr); err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	through, err := ma.NewMultiaddr("/p2p/" + string(r.id) + circuitPart)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAddress, err)
	}
	defer h.gater.permit(remote, []ma.Multiaddr{through})()
	forgive(lh, remote)
	return lh.Connect(network.WithAllowLimitedConn(ctx, "named by address"), peer.AddrInfo{ID: remote, Addrs: []ma.Multiaddr{through}})
}

// keepRelay holds a reservation at a relay until the host stops.
func (h *Host) keepRelay(r *relay) {
	tick := time.NewTicker(relayCheckEvery)
	defer tick.Stop()
	for {
		due := h.reservationDue(r)
		if due {
			err := h.reserve(r)
			if h.ctx.Err() != nil {
				return
			}
			r.mu.Lock()
			if err != nil && (r.err == nil || r.err.Error() != err.Error()) {
				h.cfg.Log.Warn("no place at a relay: peers cannot reach this node through it", "relay", r.addr, "error", err.Error())
			}
			r.err = err
			r.mu.Unlock()
		}
		if (due || h.Reachability() == ReachabilityUnknown) && len(h.relayAddrs()) > 0 {
			h.askReachability()
		}
		select {
		case <-tick.C:
		case <-h.ctx.Done():
			return
		}
	}
}

// reservationDue reports whether a reservation is lost or half over. It ends
// with the connection.
func (h *Host) reservationDue(r *relay) bool {
	if !h.Connected(r.id) {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return h.cfg.Clock().Add(relayTTL / 2).After(r.until)
}

// reserve asks a relay to pass connections on to us.
func (h *Host) reserve(r *relay) error {
	ctx, cancel := context.WithTimeoutCause(h.ctx, relayTimeout, ErrTimeout)
	defer cancel()
	if _, err := h.Connect(ctx, r.addr); err != nil {
		return err
	}
	lh, remote, err := h.towards(r.id)
	if err != nil {
		return err
	}
	place, err := circuit.Reserve(network.WithNoDial(ctx, "addresses come from Connect"), lh, peer.AddrInfo{ID: remote})
	if err != nil {
		return fmt.Errorf("reserve at relay %s: %w", r.id, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until = place.Expiration
	return nil
}

// relayAddrs lists the addresses at which we are reachable through relays now.
func (h *Host) relayAddrs() (out []string) {
	for _, r := range h.Relays() {
		if r.Through != "" {
			out = append(out, r.Through)
		}
	}
	return out
}

// Relay says how this node stands with one relay of its configuration.
type Relay struct {
	Address string `json:"address"`           // of the relay
	Through string `json:"through,omitempty"` // where peers reach us now; "": it holds no place for us
	Seen    string `json:"seen_as,omitempty"` // where it sees us
	Problem string `json:"problem,omitempty"` // of the last try
}

// Relays lists the relays of the configuration.
func (h *Host) Relays() []Relay {
	now := h.cfg.Clock()
	out := make([]Relay, 0, len(h.relays))
	for _, r := range h.relays {
		connected := h.Connected(r.id)
		r.mu.Lock()
		s := Relay{Address: r.addr}
		if connected && r.until.After(now) {
			s.Through = r.addr + circuitPart + "/p2p/" + string(h.id)
		}
		if r.seen != nil {
			s.Seen = r.seen.String()
		}
		if r.err != nil {
			s.Problem = r.err.Error()
		}
		r.mu.Unlock()
		out = append(out, s)
	}
	return out
}

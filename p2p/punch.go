package p2p

import (
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	// punchTimeout bounds one try to reach a peer directly, and punchAddrs the
	// addresses of it that are tried.
	punchTimeout = 5 * time.Second
	punchAddrs   = 8
	// punchTries and punchPause are for a peer that does not know us yet.
	punchTries = 3
	punchPause = 500 * time.Millisecond
	// punchWait is how long a stream waits for a relayed connection that is not
	// older than punchWindow to be followed by a direct one.
	punchWait   = 5 * time.Second
	punchWindow = 30 * time.Second
)

// observe learns from the relays where they see us: what peers try when we both
// open our address translators for each other.
func (h *Host) observe(lh host.Host) error {
	sub, err := lh.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return fmt.Errorf("listen for what relays see: %w", err)
	}
	h.handlers.Go(func() {
		defer sub.Close()
		for {
			select {
			case e := <-sub.Out():
				h.seen(lh, e.(event.EvtPeerIdentificationCompleted))
			case <-h.ctx.Done():
				return
			}
		}
	})
	return nil
}

func (h *Host) seen(lh host.Host, e event.EvtPeerIdentificationCompleted) {
	r := h.relayOf(PeerID(e.Peer.String()))
	if r == nil || e.Conn == nil || relayed(e.Conn) || e.ObservedAddr == nil || reachOf(e.ObservedAddr) == reachNone {
		return
	}
	if _, err := e.ObservedAddr.ValueForProtocol(ma.P_CIRCUIT); err == nil {
		return
	}
	r.mu.Lock()
	r.seen = e.ObservedAddr
	r.mu.Unlock()
	h.startPunching(lh)
}

// seenAs lists where the relays see us.
func (h *Host) seenAs() (out []ma.Multiaddr) {
	for _, r := range h.relays {
		r.mu.Lock()
		a := r.seen
		r.mu.Unlock()
		if a != nil && !slices.ContainsFunc(out, a.Equal) {
			out = append(out, a)
		}
	}
	return out
}

// startPunching begins to follow relayed connections by direct ones, once there
// is an address to tell.
func (h *Host) startPunching(lh host.Host) {
	ids, ok := lh.(interface{ IDService() identify.IDService })
	h.mu.Lock()
	defer h.mu.Unlock()
	if !ok || h.cfg.NoPunching || h.stopped || h.punching != nil {
		return
	}
	p, err := holepunch.NewService(lh, ids.IDService(), h.seenAs, holepunch.WithAddrFilter(punchFilter{h}), holepunch.DirectDialTimeout(punchTimeout))
	if err != nil {
		h.cfg.Log.Warn("no direct connections through address translation", "error", err.Error())
		return
	}
	h.punching = p
	h.closers = append(h.closers, p.Close)
}

// punch tries to reach a peer directly that is connected to us through a relay.
// Only the side that was dialled may begin. The other may not know us yet when we
// know it, so a try that is refused is made again; what fails leaves things as
// they are.
func (h *Host) punch(id peer.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.punching; p != nil && !h.stopped {
		go h.punchWith(p, id) // ends when p is closed
	}
}

func (h *Host) punchWith(p *holepunch.Service, id peer.ID) {
	pause := time.NewTicker(punchPause)
	defer pause.Stop()
	for range punchTries {
		if p.DirectConnect(id) == nil {
			return
		}
		select {
		case <-pause.C:
		case <-h.ctx.Done():
			return
		}
	}
}

// punchFilter says which addresses are told and tried. libp2p asks it for those
// of the peer just before it dials them.
type punchFilter struct{ h *Host }

// FilterLocal tells only known peers where we are.
func (f punchFilter) FilterLocal(to peer.ID, own []ma.Multiaddr) []ma.Multiaddr {
	if !f.h.gater.known(to) {
		return nil
	}
	return own
}

// FilterRemote keeps the addresses that the peer may have us dial, as
// Peer.MayDial has it, and permits them for one try.
func (f punchFilter) FilterRemote(from peer.ID, theirs []ma.Multiaddr) []ma.Multiaddr {
	at := f.h.relayedFrom(from)
	if at == nil || !f.h.gater.known(from) {
		return nil
	}
	p := Peer{ID: PeerID(from.String()), Address: at.String()}
	theirs = slices.DeleteFunc(theirs, func(a ma.Multiaddr) bool {
		return !p.MayDial(a.String() + "/p2p/" + string(p.ID))
	})
	theirs = theirs[:min(len(theirs), punchAddrs)]
	revoke := f.h.gater.permit(from, theirs)
	time.AfterFunc(2*punchTimeout, revoke)
	return theirs
}

// relayedFrom is the address of a peer's relayed connection, nil without one.
func (h *Host) relayedFrom(id peer.ID) ma.Multiaddr {
	lh, err := h.started()
	if err != nil {
		return nil
	}
	for _, c := range lh.Network().ConnsToPeer(id) {
		if relayed(c) {
			return c.RemoteMultiaddr()
		}
	}
	return nil
}

// links says how a peer is connected: directly, and since when through a relay.
func links(n network.Network, id peer.ID) (direct bool, through time.Time) {
	for _, c := range n.ConnsToPeer(id) {
		if !relayed(c) {
			return true, through
		}
		if o := c.Stat().Opened; o.After(through) {
			through = o
		}
	}
	return false, through
}

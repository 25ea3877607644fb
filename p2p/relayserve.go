package p2p

import (
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	circuit "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"
)

// The limits of the relay that this node is for its peers.
const (
	// relayTTL is how long a place lasts, and at most relayPlaces are held, of
	// them relayPlacesPerIP by peers behind one address.
	relayTTL         = time.Hour
	relayPlaces      = 128
	relayPlacesPerIP = 8
	// relayCircuits are the connections passed on at once from or to one peer;
	// each ends after relayDuration or relayBytes in one direction.
	relayCircuits = 16
	relayDuration = 2 * time.Minute
	relayBytes    = 128 << 10
	relayBuffer   = 2 << 10
)

// serveRelay passes connections on among peers with an agreement.
func (h *Host) serveRelay(lh host.Host) error {
	r, err := circuit.New(lh, circuit.WithACL(relayFor(h.gater.trusted)), circuit.WithResources(circuit.Resources{
		Limit:          &circuit.RelayLimit{Duration: relayDuration, Data: relayBytes},
		ReservationTTL: relayTTL, MaxReservations: relayPlaces, MaxCircuits: relayCircuits, BufferSize: relayBuffer,
		MaxReservationsPerIP: relayPlacesPerIP, MaxReservationsPerASN: relayPlaces,
	}))
	if err != nil {
		return fmt.Errorf("start the relay: %w", err)
	}
	h.closers = append(h.closers, r.Close)
	return nil
}

// relayFor is who may use the relay.
type relayFor func(peer.ID) bool

// AllowReserve implements circuit.ACLFilter.
func (may relayFor) AllowReserve(id peer.ID, _ ma.Multiaddr) bool { return may(id) }

// AllowConnect implements circuit.ACLFilter.
func (may relayFor) AllowConnect(from peer.ID, _ ma.Multiaddr, to peer.ID) bool {
	return may(from) && may(to)
}

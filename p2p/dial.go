package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
)

// slotKey names the outbound slots of one protocol to one peer.
type slotKey struct {
	peer     PeerID
	protocol protocol.ID
}

// Connect dials a multiaddr that ends in /p2p/<id> and returns the peer that
// proved to hold that key. An existing connection is reused, but a relayed one
// only if the address is. A DNS address is resolved by the dialler.
func (h *Host) Connect(ctx context.Context, addr string) (PeerID, error) {
	lh, err := h.started()
	if err != nil {
		return "", err
	}
	where, id, err := splitMultiaddr(addr)
	if err != nil {
		return "", err
	}
	remote, err := id.decode()
	if err != nil {
		return "", err
	}
	if remote == lh.ID() {
		return "", fmt.Errorf("%w: %s is this node itself", ErrAddress, id)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, DialTimeout, ErrTimeout)
	defer cancel()
	if IsRelayed(addr) {
		if err := h.connectRelayed(ctx, where, id); err != nil {
			return "", fmt.Errorf("connect to %s: %w", addr, err)
		}
		return id, nil
	}
	addrs, err := resolve(ctx, where)
	if err != nil {
		return "", fmt.Errorf("connect to %s: %w", addr, err)
	}
	defer h.gater.permit(remote, addrs)()
	forgive(lh, remote)
	ctx = network.WithForceDirectDial(ctx, "the address is the node's own")
	if err := lh.Connect(ctx, peer.AddrInfo{ID: remote, Addrs: addrs}); err != nil {
		return "", fmt.Errorf("connect to %s: %w: is the node up and the address right?", addr, err)
	}
	return id, nil
}

// towards is the running host and a peer as libp2p knows it.
func (h *Host) towards(id PeerID) (host.Host, peer.ID, error) {
	lh, err := h.started()
	if err != nil {
		return nil, "", err
	}
	remote, err := id.decode()
	return lh, remote, err
}

// forgive forgets that dialling a peer failed before. libp2p would not dial it
// again for up to five minutes, and so keep apart two nodes whose network has
// healed. How often a peer is dialled is for whoever calls Connect.
func forgive(lh host.Host, id peer.ID) {
	if s, ok := lh.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(id)
	}
}

// Open starts a stream of a registered protocol to a connected peer. It waits
// while as many streams as the protocol allows are open to that peer.
func (h *Host) Open(ctx context.Context, to PeerID, name string) (*Stream, error) {
	lh, remote, err := h.towards(to)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	r, ok := h.protocols[protocol.ID(name)]
	h.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("%w: protocol %s is not registered", ErrState, name)
	}
	ctx, err = h.onLink(ctx, lh.Network(), remote, r.limits)
	if err != nil {
		return nil, fmt.Errorf("%s to peer %s: %w", name, to, err)
	}
	release, err := h.slot(ctx, slotKey{to, protocol.ID(name)}, r.limits.StreamsPerPeer)
	if err != nil {
		return nil, err
	}
	raw, err := lh.NewStream(network.WithNoDial(ctx, "addresses come from Connect"), remote, protocol.ID(name))
	if err != nil {
		release()
		if direct, through := links(lh.Network(), remote); !direct && !through.IsZero() && !r.limits.Relayed {
			err = fmt.Errorf("%w, and no direct one followed it: %w", ErrRelayed, err)
		}
		return nil, fmt.Errorf("open %s to peer %s: %w", name, to, err)
	}
	if relayed(raw.Conn()) && !r.limits.Relayed {
		_ = raw.Reset()
		release()
		return nil, fmt.Errorf("open %s to peer %s: %w", name, to, ErrRelayed)
	}
	return newStream(raw, r.limits, h.priority(remote), release), nil
}

// onLink prepares to open a stream over what connects us to a peer. Over a
// relayed connection only protocols marked Relayed are opened; others wait a
// little for a direct one, if the relayed one is fresh and may be followed by it.
func (h *Host) onLink(ctx context.Context, n network.Network, to peer.ID, l Limits) (context.Context, error) {
	direct, through := links(n, to)
	switch {
	case direct:
		return ctx, nil
	case through.IsZero():
		return nil, ErrNotConnected
	case l.Relayed:
		return network.WithAllowLimitedConn(ctx, "the protocol may be relayed"), nil
	case h.cfg.NoPunching || h.cfg.Clock().Sub(through) > punchWindow:
		return nil, fmt.Errorf("%w: the protocol needs a direct one", ErrRelayed)
	default:
		return network.WithDialPeerTimeout(ctx, punchWait), nil
	}
}

// slot waits for a free stream slot.
func (h *Host) slot(ctx context.Context, key slotKey, size int) (release func(), err error) {
	h.mu.Lock()
	slots := h.slots[key]
	if slots == nil {
		slots = make(chan struct{}, size)
		h.slots[key] = slots
	}
	h.mu.Unlock()
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a stream slot to peer %s: %w", key.peer, context.Cause(ctx))
	case <-h.ctx.Done():
		return nil, context.Cause(h.ctx)
	}
}

// Call sends one request and returns the one answer.
func (h *Host) Call(ctx context.Context, to PeerID, name string, request []byte) ([]byte, error) {
	s, err := h.Open(ctx, to, name)
	if err != nil {
		return nil, err
	}
	answer, err := s.call(ctx, request)
	if err != nil {
		s.Reset()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	_ = s.Close() // the answer is complete whatever happens to the stream now
	return answer, nil
}

func (s *Stream) call(ctx context.Context, request []byte) ([]byte, error) {
	if err := s.Write(ctx, request); err != nil {
		return nil, err
	}
	if err := s.CloseWrite(); err != nil {
		return nil, err
	}
	answer, err := s.Read(ctx)
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("peer %s closed the stream without an answer: %w", s.peer.ID, io.ErrUnexpectedEOF)
	}
	if err != nil {
		return nil, err
	}
	return answer, s.ExpectEnd(ctx)
}

// Request reads the one frame of a request and its end: the serving half of
// Call.
func (s *Stream) Request(ctx context.Context) ([]byte, error) {
	frame, err := s.Read(ctx)
	if err != nil {
		return nil, err
	}
	return frame, s.ExpectEnd(ctx)
}

// Connected reports whether there is a direct connection to the peer.
func (h *Host) Connected(id PeerID) bool {
	direct, _ := h.linksTo(id)
	return direct
}

// Relayed reports whether the peer is connected through a relay only.
func (h *Host) Relayed(id PeerID) bool {
	direct, through := h.linksTo(id)
	return !direct && !through.IsZero()
}

// linksTo is links of a running host.
func (h *Host) linksTo(id PeerID) (direct bool, through time.Time) {
	lh, remote, err := h.towards(id)
	if err != nil {
		return false, time.Time{}
	}
	return links(lh.Network(), remote)
}

// Disconnect closes every connection to the peer.
func (h *Host) Disconnect(id PeerID) error {
	lh, remote, err := h.towards(id)
	if err != nil {
		return err
	}
	return lh.Network().ClosePeer(remote)
}

package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"

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
// proved to hold that key. An existing connection is reused. A DNS address is
// resolved by the dialler.
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
	addrs, err := resolve(ctx, where)
	if err != nil {
		return "", fmt.Errorf("connect to %s: %w", addr, err)
	}
	defer h.gater.permit(remote, addrs)()
	forgive(lh, remote)
	if err := lh.Connect(ctx, peer.AddrInfo{ID: remote, Addrs: addrs}); err != nil {
		return "", fmt.Errorf("connect to %s: %w: is the node up and the address right?", addr, err)
	}
	return id, nil
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
	lh, err := h.started()
	if err != nil {
		return nil, err
	}
	remote, err := to.decode()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	r, ok := h.protocols[protocol.ID(name)]
	h.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("%w: protocol %s is not registered", ErrState, name)
	}
	if lh.Network().Connectedness(remote) != network.Connected {
		return nil, fmt.Errorf("%w: %s", ErrNotConnected, to)
	}
	release, err := h.slot(ctx, slotKey{to, protocol.ID(name)}, r.limits.StreamsPerPeer)
	if err != nil {
		return nil, err
	}
	raw, err := lh.NewStream(network.WithNoDial(ctx, "addresses come from Connect"), remote, protocol.ID(name))
	if err != nil {
		release()
		return nil, fmt.Errorf("open %s to peer %s: %w", name, to, err)
	}
	return newStream(raw, r.limits, h.priority(remote), release), nil
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

// Connected reports whether there is a connection to the peer.
func (h *Host) Connected(id PeerID) bool {
	lh, err := h.started()
	if err != nil {
		return false
	}
	remote, err := id.decode()
	return err == nil && lh.Network().Connectedness(remote) == network.Connected
}

// Disconnect closes every connection to the peer.
func (h *Host) Disconnect(id PeerID) error {
	lh, err := h.started()
	if err != nil {
		return err
	}
	remote, err := id.decode()
	if err != nil {
		return err
	}
	return lh.Network().ClosePeer(remote)
}

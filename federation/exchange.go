package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Hello dials an address, proves both sides to each other and records the peer.
// The DID in the address is who must answer (ErrWrongDID); without one, the
// caller shows the DID that did answer to its operator. It authenticates, and
// agrees to nothing.
func (s *Service) Hello(ctx context.Context, addr string) (Record, error) {
	a, err := p2p.ParseAddress(addr)
	if err != nil {
		return Record{}, err
	}
	id, err := s.cfg.Host.Connect(ctx, a.Multiaddr)
	if err != nil {
		return Record{}, err
	}
	return s.helloOver(ctx, id, a.DID, a.Multiaddr)
}

// helloOver says hello over an open connection; named "" accepts whoever
// answers, dialled is the address that led there, if one did.
func (s *Service) helloOver(ctx context.Context, to p2p.PeerID, named did.DID, dialled string) (Record, error) {
	stream, err := s.cfg.Host.Open(ctx, to, ProtocolHello)
	if err != nil {
		return Record{}, err
	}
	them, err := s.initiate(ctx, stream, named)
	if err != nil {
		stream.Reset()
		return Record{}, s.whyNoHello(ctx, to, named, fmt.Errorf("hello with %s: %w", to, err))
	}
	_ = stream.Close() // both confirmations are exchanged
	return s.admitHello(ctx, them, dialled)
}

// initiate runs the initiator's half of the four messages.
func (s *Service) initiate(ctx context.Context, stream *p2p.Stream, named did.DID) (*introduced, error) {
	mine, err := s.offer(named)
	if err != nil {
		return nil, err
	}
	if err := send(ctx, stream, mine); err != nil { // 1
		return nil, err
	}
	doc, err := stream.Read(ctx) // 2
	if err != nil {
		return nil, ended(err)
	}
	now := s.cfg.Now()
	them, err := introduce(doc, mine, named, stream.Peer(), now)
	if err != nil {
		return nil, err
	}
	if err := checkExpiry(them.offer.Expires, now); err != nil {
		return nil, err
	}
	t := &transcript{
		Protocol: ProtocolHello, Initiator: s.ownParty(mine), Responder: them.party(), Expires: them.offer.Expires,
	}
	confirmation, err := t.sign(roleInitiator, s.cfg.Org)
	if err != nil {
		return nil, err
	}
	if err := stream.Write(ctx, confirmation); err != nil { // 3
		return nil, err
	}
	if err := stream.CloseWrite(); err != nil {
		return nil, err
	}
	if doc, err = stream.Read(ctx); err != nil { // 4
		return nil, ended(err)
	}
	if err := t.verify(roleResponder, doc); err != nil {
		return nil, err
	}
	return them, stream.ExpectEnd(ctx)
}

// ended explains a stream that the responder reset: it tells strangers nothing.
func ended(err error) error {
	return fmt.Errorf("%w: the peer ended it, its operator's log says why: %w", ErrHello, err)
}

// serveHello is the responder's half. The peer is recorded before the last
// message, so that an initiator who was answered is known here.
func (s *Service) serveHello(ctx context.Context, from p2p.Peer, stream *p2p.Stream) error {
	doc, err := stream.Read(ctx) // 1
	if err != nil {
		return err
	}
	mine, err := s.offer("")
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	them, err := introduce(doc, mine, "", from, now)
	if err != nil {
		return err
	}
	if them.offer.Expires != 0 {
		return fmt.Errorf("%w: only the responder sets the end of the transcript", ErrHello)
	}
	mine.Expires = now + helloSeconds
	if rec, err := s.cfg.Directory.Peer(them.offer.DID); err == nil {
		mine.Attestation = rec.Ours
	}
	if err := send(ctx, stream, mine); err != nil { // 2
		return err
	}
	t := &transcript{
		Protocol: ProtocolHello, Initiator: them.party(), Responder: s.ownParty(mine), Expires: mine.Expires,
	}
	if doc, err = stream.Request(ctx); err != nil { // 3
		return err
	}
	if to := them.offer.To; to != "" && to != s.did { // an honest initiator has left by now, knowing why
		return fmt.Errorf("%w: the peer named %s, this is %s", ErrWrongDID, to, s.did)
	}
	if err := t.verify(roleInitiator, doc); err != nil {
		return err
	}
	if s.cfg.Now() >= mine.Expires {
		return ErrHelloExpired
	}
	if _, err := s.admitHello(ctx, them, ""); err != nil {
		return err
	}
	confirmation, err := t.sign(roleResponder, s.cfg.Org)
	if err != nil {
		return err
	}
	return stream.Write(ctx, confirmation) // 4
}

// offer makes this node's first message; named is "" for the responder.
func (s *Service) offer(named did.DID) (*offer, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	nonce, err := newNonce(s.cfg.Rand)
	if err != nil {
		return nil, err
	}
	b := s.cfg.Bindings()
	o := &offer{
		Schema: HelloSchema, DID: s.did, To: named, Nonce: nonce,
		Transport: b.Transport, Kernel: b.Kernel, Addresses: s.hints(), At: s.cfg.Now(),
	}
	if named != "" {
		if rec, err := s.cfg.Directory.Peer(named); err == nil {
			o.Attestation = rec.Ours
		}
	}
	return o, nil
}

func (s *Service) hints() []string {
	addresses := s.cfg.Host.Addrs()
	return addresses[:min(len(addresses), maxAddresses)]
}

func (s *Service) ownParty(o *offer) party {
	return party{
		DID: s.did, PeerID: s.cfg.Host.ID(), Nonce: o.Nonce,
		Transport: o.Transport.ID(), Kernel: o.Kernel.ID(), Attestation: o.Attestation,
	}
}

// admitHello records an authenticated peer in one transaction with its nonce:
//
//	1 the nonce was never used
//	2 the peer is not revoked
//	3 no binding sequence lower than one seen, none reused for another key
//	4 the transport identity is no other peer's
//	5 the organisation has not ended
//
// A transport identity that the peer left loses its connections.
func (s *Service) admitHello(ctx context.Context, them *introduced, dialled string) (Record, error) {
	var out Record
	var left p2p.PeerID
	now := s.cfg.Now()
	err := s.cfg.Directory.update(ctx, them.offer.DID, func(tx store.Tx, rec *Record) error {
		room := maxStrangerNonces
		if rec.State == Active {
			room = maxNonces
		}
		if err := spendNonce(tx, them.offer.DID, them.offer.Nonce, room, now); err != nil { // 1
			return err
		}
		if rec.State == Revoked { // 2
			return rec.usable()
		}
		if e, err := readEnded(tx, rec.DID); err != nil {
			return err
		} else if e != nil { // 5
			return fmt.Errorf("%w: %s: since %d", ErrPeerDeactivated, rec.DID, e.body.At)
		}
		left = rec.PeerID
		if err := checkSequence("transport", them.transport, rec.TransportSeq, rec.Transport); err != nil { // 3
			return err
		}
		if err := checkSequence("kernel", them.kernel, rec.KernelSeq, rec.KernelBound); err != nil { // 3
			return err
		}
		if err := claimTransport(tx, them.peer.ID, rec); err != nil { // 4
			return err
		}
		if rec.State == Unknown || rec.State == Terminated {
			if err := rec.move(Authenticated, cause{ByProtocol, "hello"}); err != nil {
				return err
			}
		}
		if rec.At(now) == Stale {
			rec.note(Stale, cause{ByProtocol, "hello"}, nil)
		}
		rec.introduce(them, dialled, now)
		rec.OwnPeerID = s.cfg.Host.ID()
		out = *rec
		return nil
	})
	if err == nil && left != "" && left != out.PeerID {
		_ = s.cfg.Host.Disconnect(left) // it is nobody's any more, connected or not
	}
	if err == nil {
		s.cfg.Host.Welcome(out.PeerID)
	}
	return out, err
}

// claimTransport makes a transport identity the peer's, unless it is another's.
func claimTransport(tx store.Tx, id p2p.PeerID, rec *Record) error {
	owner, err := tx.Get(prefixTransport + string(id))
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return fmt.Errorf("look up transport %s: %w", id, err)
	case string(owner) != rec.DID.String():
		return fmt.Errorf("%w: transport %s belongs to %s", ErrPeerBinding, id, owner)
	}
	if rec.PeerID != "" && rec.PeerID != id {
		tx.Delete(prefixTransport + string(rec.PeerID))
	}
	tx.Set(prefixTransport+string(id), []byte(rec.DID))
	return nil
}

// introduce copies what a completed hello established.
func (r *Record) introduce(them *introduced, dialled string, now int64) {
	r.PeerID, r.HelloAt = them.peer.ID, now
	kernel, err := wire.ParsePublicKey(them.kernel.Key)
	if err != nil {
		panic("federation: a verified binding holds no key: " + err.Error())
	}
	r.Kernel = kernel
	r.Transport, r.TransportSeq = them.offer.Transport, them.transport.Sequence
	r.KernelBound, r.KernelSeq = them.offer.Kernel, them.kernel.Sequence
	r.BoundUntil = min(them.transport.NotAfter, them.kernel.NotAfter)
	r.Announced = them.offer.Attestation
	r.ClockSkew = them.skew
	r.Addresses = r.Addresses[:0:0]
	if dialled != "" {
		r.Addresses = append(r.Addresses, dialled) // known to work, so first
	}
	for _, a := range them.offer.Addresses {
		if a != dialled && len(r.Addresses) < maxAddresses && them.peer.MayDial(a) {
			r.Addresses = append(r.Addresses, a)
		}
	}
	direct, through := slices.DeleteFunc(slices.Clone(r.Addresses), p2p.IsRelayed), slices.DeleteFunc(slices.Clone(r.Addresses), isDirect)
	r.Addresses = slices.Concat(direct, through) // a relay is tried last
}

// checkSequence refuses a binding older than one already seen, and two
// different bindings of one sequence.
func checkSequence(what string, b *did.Binding, seen uint64, have *wire.Envelope) error {
	if b.Sequence < seen {
		return fmt.Errorf("%w: %s binding %d, but %d was seen", ErrPeerBinding, what, b.Sequence, seen)
	}
	if b.Sequence > seen || have == nil {
		return nil
	}
	var old did.Binding
	if err := wire.Unmarshal(have.Body, &old, wire.DocumentLimits); err != nil {
		return fmt.Errorf("read the recorded %s binding: %w", what, err)
	}
	if old != *b {
		return fmt.Errorf("%w: two %s bindings with sequence %d", ErrPeerBinding, what, b.Sequence)
	}
	return nil
}

// send writes a message in canonical form.
func send(ctx context.Context, stream *p2p.Stream, message any) error {
	doc, err := wire.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	return stream.Write(ctx, doc)
}

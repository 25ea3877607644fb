package federation

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// ProtocolSettle carries statements, vouchers and price rounds between the
// nodes of an active treaty.
const ProtocolSettle = "/chio/fed/settle/1.0.0"

// The types of a settle request.
const (
	settlePropose = "propose" // a statement; the answer is settlement.Answer
	settleVoucher = "voucher"
	settleRound   = "round"   // a price round that calls will name
	settleStatus  = "status"  // what the answerer holds of our payments
	settleClose   = "close"   // a channel's end, to which the payee consents
	settleDescend = "descend" // which receipts the answerer has in parts of a statement that has no list
)

// settleRequest is one frame; the fields are those of its type.
type settleRequest struct {
	Type     string               `json:"type"`
	Proposal *settlement.Proposal `json:"proposal,omitzero"`
	Document wire.Raw             `json:"document,omitzero"` // voucher or round

	Close   *settlement.CloseRequest `json:"close,omitzero"`
	Descent *settlement.Descent      `json:"descent,omitzero"`
}

// settleReply is one frame. Without OK, Reason says why.
type settleReply struct {
	OK     bool                       `json:"ok"`
	Reason string                     `json:"reason,omitempty"`
	Answer *settlement.Answer         `json:"answer,omitzero"`
	Heads  []settlement.ChannelStatus `json:"heads,omitempty"`

	Consent  string        `json:"consent,omitempty"` // to a close: hex
	Receipts []wire.Digest `json:"receipts,omitempty"`
}

// SettlementHandler answers what peers send. settlement.Settler is one.
type SettlementHandler interface {
	AnswerProposal(ctx context.Context, peer did.DID, p settlement.Proposal) (settlement.Answer, error)
	AcceptVoucher(ctx context.Context, peer did.DID, doc []byte) error
	PutRound(ctx context.Context, peer did.DID, doc []byte) (wire.Digest, error)
	Heads(peer did.DID) ([]settlement.ChannelStatus, error)
	AnswerClose(ctx context.Context, peer did.DID, req settlement.CloseRequest) (string, error)
	AnswerDescent(peer did.DID, d settlement.Descent) ([]wire.Digest, error)
}

// Desk is the settle protocol of a service: it is the Counterparty and the
// Treaties of a settlement.Settler.
type Desk struct {
	s       *Service
	handler atomic.Pointer[SettlementHandler]
}

var (
	_ settlement.Counterparty = (*Desk)(nil)
	_ settlement.Treaties     = (*Desk)(nil)
	_ SettlementHandler       = (*settlement.Settler)(nil)
)

// NewDesk registers the protocol; the host must not be started yet. Until
// SetSettler peers are told that this node does not settle yet.
func NewDesk(s *Service) (*Desk, error) {
	x := &Desk{s: s}
	if err := s.cfg.Host.Handle(ProtocolSettle, settleLimits, s.logged(ProtocolSettle, x.serve)); err != nil {
		return nil, err
	}
	return x, nil
}

// SetSettler names who answers from now on.
func (x *Desk) SetSettler(h SettlementHandler) { x.handler.Store(&h) }

// serve answers one request of a peer whose treaty is in force. Who it is comes
// from the connection.
func (x *Desk) serve(ctx context.Context, from p2p.Peer, stream *p2p.Stream) error {
	rec, err := x.s.cfg.Directory.ByTransport(from.ID)
	if err != nil {
		return err
	}
	if err := rec.inForce(x.s.cfg.Now()); err != nil {
		return err
	}
	doc, err := stream.Request(ctx)
	if err != nil {
		return err
	}
	var req settleRequest
	if err := wire.UnmarshalCanonical(doc, &req, wire.DocumentLimits); err != nil {
		return fmt.Errorf("settle request: %w", err)
	}
	reply, err := x.answer(ctx, rec.DID, &req)
	if err != nil {
		reply = settleReply{Reason: err.Error()}
		x.s.complain("settle request refused", from.ID, "type", req.Type, "peer", rec.DID.String(), "error", err.Error())
	}
	return send(ctx, stream, reply)
}

func (x *Desk) answer(ctx context.Context, peer did.DID, req *settleRequest) (settleReply, error) {
	h := x.handler.Load()
	if h == nil {
		return settleReply{}, errors.New("this node is not ready to settle: try again later")
	}
	if (req.Type == settleClose) != (req.Close != nil) || (req.Type == settleDescend) != (req.Descent != nil) {
		return settleReply{}, fmt.Errorf("a settle request of type %.40q, and its fields are of another", req.Type)
	}
	switch {
	case req.Type == settlePropose && req.Proposal != nil && req.Document == nil:
		answer, err := (*h).AnswerProposal(ctx, peer, *req.Proposal)
		return settleReply{OK: true, Answer: &answer}, err
	case req.Type == settleVoucher && req.Proposal == nil && req.Document != nil:
		return settleReply{OK: true}, (*h).AcceptVoucher(ctx, peer, req.Document)
	case req.Type == settleRound && req.Proposal == nil && req.Document != nil:
		_, err := (*h).PutRound(ctx, peer, req.Document)
		return settleReply{OK: true}, err
	case req.Type == settleStatus && req.Proposal == nil && req.Document == nil:
		heads, err := (*h).Heads(peer)
		return settleReply{OK: true, Heads: heads}, err
	case req.Type == settleClose && req.Proposal == nil && req.Document == nil:
		consent, err := (*h).AnswerClose(ctx, peer, *req.Close)
		return settleReply{OK: true, Consent: consent}, err
	case req.Type == settleDescend && req.Proposal == nil && req.Document == nil:
		ids, err := (*h).AnswerDescent(peer, *req.Descent)
		return settleReply{OK: true, Receipts: ids}, err
	}
	return settleReply{}, fmt.Errorf("no settle request is of type %.40q with these fields", req.Type)
}

// call sends one request to a peer whose treaty is in force, connecting first
// if need be.
func (x *Desk) call(ctx context.Context, peer did.DID, req settleRequest) (*settleReply, error) {
	rec, err := x.s.cfg.Directory.Peer(peer)
	if err != nil {
		return nil, err
	}
	if now := x.s.cfg.Now(); !x.s.cfg.Host.Connected(rec.PeerID) || rec.At(now) == Stale || !x.s.known(&rec) {
		if rec, err = x.s.Connect(ctx, peer); err != nil {
			return nil, err
		}
	}
	if err := rec.inForce(x.s.cfg.Now()); err != nil {
		return nil, err
	}
	doc, err := wire.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("encode a settle request: %w", err)
	}
	if doc, err = x.s.cfg.Host.Call(ctx, rec.PeerID, ProtocolSettle, doc); err != nil {
		return nil, err
	}
	var reply settleReply
	if err := wire.UnmarshalCanonical(doc, &reply, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("settle reply of %s: %w", peer, err)
	}
	if !reply.OK {
		return nil, fmt.Errorf("%w: %.500s", settlement.ErrRefused, reply.Reason)
	}
	return &reply, nil
}

// Propose implements settlement.Counterparty.
func (x *Desk) Propose(ctx context.Context, peer did.DID, p settlement.Proposal) (settlement.Answer, error) {
	reply, err := x.call(ctx, peer, settleRequest{Type: settlePropose, Proposal: &p})
	if err != nil {
		return settlement.Answer{}, err
	}
	if reply.Answer == nil {
		return settlement.Answer{}, fmt.Errorf("settle reply of %s holds no answer", peer)
	}
	return *reply.Answer, nil
}

// Deliver implements settlement.Counterparty.
func (x *Desk) Deliver(ctx context.Context, peer did.DID, voucher []byte) error {
	_, err := x.call(ctx, peer, settleRequest{Type: settleVoucher, Document: voucher})
	return err
}

// Offer implements settlement.Counterparty.
func (x *Desk) Offer(ctx context.Context, peer did.DID, round []byte) error {
	_, err := x.call(ctx, peer, settleRequest{Type: settleRound, Document: round})
	return err
}

// Descend implements settlement.Counterparty.
func (x *Desk) Descend(ctx context.Context, peer did.DID, d settlement.Descent) ([]wire.Digest, error) {
	reply, err := x.call(ctx, peer, settleRequest{Type: settleDescend, Descent: &d})
	if err != nil {
		return nil, err
	}
	return reply.Receipts, nil
}

// Consent implements settlement.Counterparty.
func (x *Desk) Consent(ctx context.Context, peer did.DID, req settlement.CloseRequest) (string, error) {
	reply, err := x.call(ctx, peer, settleRequest{Type: settleClose, Close: &req})
	if err != nil {
		return "", err
	}
	return reply.Consent, nil
}

// Status asks a peer what it holds of our payments.
func (x *Desk) Status(ctx context.Context, peer did.DID) ([]settlement.ChannelStatus, error) {
	reply, err := x.call(ctx, peer, settleRequest{Type: settleStatus})
	if err != nil {
		return nil, err
	}
	return reply.Heads, nil
}

// Current implements settlement.Treaties: the money terms in force with a peer.
func (x *Desk) Current(peer did.DID) (settlement.Terms, error) {
	rec, err := x.s.cfg.Directory.Peer(peer)
	if err != nil {
		return settlement.Terms{}, err
	}
	p, err := x.s.agreedWith(rec, Outbound)
	if err != nil {
		return settlement.Terms{}, err
	}
	return moneyTerms(p.TreatyID, p.Money, p.Addresses, peer, p.PeerKernel)
}

// ByID implements settlement.Treaties: the money terms of any treaty that both
// sides signed, as long as one is in force with the peer.
func (x *Desk) ByID(peer did.DID, treaty wire.Digest) (settlement.Terms, error) {
	rec, err := x.s.cfg.Directory.Peer(peer)
	if err != nil {
		return settlement.Terms{}, err
	}
	if err := rec.inForce(x.s.cfg.Now()); err != nil {
		return settlement.Terms{}, err
	}
	env, err := x.s.stored(prefixTreaty, treaty)
	if err != nil {
		return settlement.Terms{}, fmt.Errorf("treaty %s: %w", treaty, err)
	}
	t, err := VerifyTreaty(env, true)
	if err != nil {
		return settlement.Terms{}, err
	}
	settlers := Settlers{}
	switch [2]did.DID{x.s.did, peer} {
	case t.Parties:
		if t.Money != nil {
			settlers = Settlers{Own: t.Money.Addresses[0], Peer: t.Money.Addresses[1]}
		}
	case [2]did.DID{t.Parties[1], t.Parties[0]}:
		if t.Money != nil {
			settlers = Settlers{Own: t.Money.Addresses[1], Peer: t.Money.Addresses[0]}
		}
	default:
		return settlement.Terms{}, fmt.Errorf("%w: treaty %s is not with %s", ErrTreaty, treaty, peer)
	}
	return moneyTerms(treaty, t.Money, settlers, peer, rec.Kernel)
}

func moneyTerms(treaty wire.Digest, m *Money, who Settlers, peer did.DID, kernel wire.PublicKey) (settlement.Terms, error) {
	if m == nil {
		return settlement.Terms{}, fmt.Errorf("%w: treaty %s with %s is for free calls only: federate again with money terms", settlement.ErrTerms, treaty, peer)
	}
	t := settlement.Terms{
		Treaty: treaty, Peer: peer, PeerKernel: kernel, Currency: m.Currency, SettleCurrency: m.SettleCurrency,
		CreditMinor: m.CreditMinor, MaxUnvoucheredMinor: m.MaxUnvoucheredMinor, Rail: m.Rail, ChainID: settlement.ChainOf(m.Rail, m.ChainID), Token: m.Token,
		Contract: m.ChannelContract, OwnAddress: who.Own, PeerAddress: who.Peer,
	}
	if o := m.Oracle; o != nil {
		t.Oracle = oracle.Operators{Addresses: o.Operators, Min: o.MinOperators, MaxAgeSeconds: o.MaxAgeSeconds,
			MaxAheadSeconds: ClockSkewSeconds, MaxDivergenceBps: o.MaxDivergenceBps}
	}
	return t, nil
}

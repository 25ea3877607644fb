package settlement

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons terms are refused.
var (
	// ErrTerms: the treaty says nothing usable about money.
	ErrTerms = errors.New("treaty has no usable money terms")
	// ErrRail: no configured rail serves what the treaty names.
	ErrRail = errors.New("no rail for the treaty")
)

// Terms are what one treaty says about money with one peer. Amounts are minor
// units of Currency; SettleCurrency is what pays. Addresses are as the rail
// spells them.
type Terms struct {
	Treaty              wire.Digest
	Peer                did.DID
	PeerKernel          wire.PublicKey // bound to the peer now
	Currency            string
	SettleCurrency      string
	CreditMinor         uint64
	MaxUnvoucheredMinor uint64
	Rail                string // one of the rails, empty for a channel
	ChainID             string // CAIP-2, or what stands for it: see ChainOf
	Token               string
	Contract            string
	OwnAddress          string
	PeerAddress         string
	Oracle              oracle.Operators // zero if the two currencies are one
}

func (t *Terms) converts() bool { return t.Currency != t.SettleCurrency }

func (t *Terms) check() error {
	switch {
	case t.Peer == "" || t.Treaty.IsZero() || t.PeerKernel.IsZero():
		return fmt.Errorf("%w: peer, treaty or kernel key is missing", ErrTerms)
	case t.Currency == "" || t.SettleCurrency == "" || t.ChainID == "" || OnChain(t.Rail) && (t.OwnAddress == "" || t.PeerAddress == ""):
		return fmt.Errorf("%w: currency, chain or settlement address is missing", ErrTerms)
	case !KnownRail(t.Rail):
		return fmt.Errorf("%w: rail %.20q", ErrTerms, t.Rail)
	}
	if !t.converts() {
		return nil
	}
	if err := t.Oracle.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrTerms, err)
	}
	return nil
}

// Treaties says what was agreed with a peer. Current refuses unless a treaty is
// in force. ByID also answers for a treaty that was replaced, since what was
// owed under it still is; it refuses a peer with whom nothing is in force.
type Treaties interface {
	Current(peer did.DID) (Terms, error)
	ByID(peer did.DID, treaty wire.Digest) (Terms, error)
}

func (s *Settler) current(peer did.DID) (*Terms, error) {
	t, err := s.cfg.Treaties.Current(peer)
	if err != nil {
		return nil, err
	}
	return &t, t.check()
}

func (s *Settler) termsOf(peer did.DID, treaty wire.Digest) (*Terms, error) {
	t, err := s.cfg.Treaties.ByID(peer, treaty)
	if err != nil {
		return nil, err
	}
	if t.Peer != peer || t.Treaty != treaty {
		return nil, fmt.Errorf("%w: asked for treaty %s with %s", ErrTerms, treaty, peer)
	}
	return &t, t.check()
}

// accountID is the id of the account of one direction: the channel's, or on
// another rail the digest of who pays whom by what.
func (s *Settler) accountID(t *Terms, side Side) (wire.Digest, error) {
	if funded(t.Rail) {
		_, id, err := s.channel(t, side)
		return id, err
	}
	if err := s.serves(t); err != nil {
		return wire.Digest{}, err
	}
	payer, payee := s.parties(t.Peer, side)
	c := s.params(t, side)
	return wire.DigestOf(struct {
		V       int     `json:"v"`
		Rail    string  `json:"rail"`
		ChainID string  `json:"chain_id"`
		Token   string  `json:"token"`
		From    string  `json:"from"`
		To      string  `json:"to"`
		Payer   did.DID `json:"payer"`
		Payee   did.DID `json:"payee"`
	}{1, t.Rail, t.ChainID, t.Token, c.Payer, c.Payee, payer, payee})
}

// channel returns the rail of a treaty and the id of the channel of one
// direction on it.
func (s *Settler) channel(t *Terms, side Side) (Rail, wire.Digest, error) {
	if !funded(t.Rail) {
		return nil, wire.Digest{}, notConfigured(t.Rail)
	}
	rail, err := s.rail(t.ChainID, t.Contract)
	if err != nil {
		return nil, wire.Digest{}, err
	}
	switch {
	case rail.Token() != t.Token:
		return nil, wire.Digest{}, fmt.Errorf("%w: it names token %s, the configuration of %s has %s", ErrRail, t.Token, t.ChainID, rail.Token())
	case rail.Address() != t.OwnAddress:
		return nil, wire.Digest{}, fmt.Errorf("%w: it names our address %s, the settlement key is %s: federate again", ErrRail, t.OwnAddress, rail.Address())
	}
	id, err := rail.ChannelID(s.params(t, side))
	return rail, id, err
}

func (s *Settler) rail(chainID, contract string) (Rail, error) {
	for _, r := range s.cfg.Rails {
		if r.ChainID() == chainID && r.Contract() == contract {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%w: contract %s on chain %s is not configured", ErrRail, contract, chainID)
}

// params name the channel of one direction. The salt binds it to the two
// organisations, whatever treaty they are at.
func (s *Settler) params(t *Terms, side Side) Channel {
	payer, payee := s.parties(t.Peer, side)
	c := Channel{Payer: t.OwnAddress, Payee: t.PeerAddress, Token: t.Token,
		Salt: channelSalt(payer, payee)}
	if side == In {
		c.Payer, c.Payee = c.Payee, c.Payer
	}
	return c
}

func channelSalt(payer, payee did.DID) wire.Digest {
	return wire.Hash([]byte("chio.channel.v1\x00" + payer.String() + "\x00" + payee.String()))
}

func (s *Settler) parties(peer did.DID, side Side) (payer, payee did.DID) {
	if side == In {
		return peer, s.cfg.Self
	}
	return s.cfg.Self, peer
}

package federation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The stream protocols of this file's half of the package.
const (
	ProtocolHello  = "/chio/fed/hello/1.0.0"
	ProtocolPolicy = "/chio/fed/policy/1.0.0"
	ProtocolTreaty = "/chio/fed/treaty/1.0.0"
)

// ErrConfig names the configuration field that is missing.
var ErrConfig = errors.New("federation configuration")

// Bindings are the records by which the organisation key vouches for this
// node's transport and kernel keys, current at the time of asking.
type Bindings struct {
	Transport *wire.Envelope
	Kernel    *wire.Envelope
}

// Self is what attestations say about this node, current at the time of asking.
type Self struct {
	Kernel            wire.PublicKey
	PolicyHash        wire.Digest // of the internal policy, which is never sent
	GuardNames        []string
	SettlementAddress string               // 0x…; fills terms that name none
	OracleAddress     string               // 0x…; joins the operators of the terms
	Surface           func() []SurfaceTool // fills terms that list none
}

// Host is the p2p host as this package uses it.
type Host interface {
	ID() p2p.PeerID
	Addrs() []string
	Handle(name string, limits p2p.Limits, serve p2p.Handler) error
	Connect(ctx context.Context, addr string) (p2p.PeerID, error)
	Connected(id p2p.PeerID) bool
	Relayed(id p2p.PeerID) bool
	Disconnect(id p2p.PeerID) error
	Open(ctx context.Context, to p2p.PeerID, protocol string) (*p2p.Stream, error)
	Call(ctx context.Context, to p2p.PeerID, protocol string, request []byte) ([]byte, error)
	Gossip(p2p.GossipConfig) (*p2p.Gossip, error)
	Welcome(id p2p.PeerID)
}

var _ Host = (*p2p.Host)(nil)

// Config is what the service needs; every field up to Rand but Admission,
// Passport and Listings is required. The host must not be started yet.
type Config struct {
	Host      Host
	Directory *Directory
	DB        store.DB
	Org       wire.Signer
	Bindings  func() Bindings
	Self      func() Self
	Terms     Terms // for peers without terms of their own
	Admission Admission
	Passport  func() []byte // the passport file that we show; nil: none
	Listings  *Listings     // peer directories; nil: none
	Now       func() int64  // unix seconds
	Rand      io.Reader
	Log       *slog.Logger
	// RetiredKernels are the kernel keys before Self's; nil: none.
	RetiredKernels func() []wire.PublicKey
	// Names looks up peers that are given as a DNS name; nil: none are.
	Names Names
	// Concerns reports whether an organisation that is no peer matters here;
	// nil: none does.
	Concerns func(did.DID) bool
	// Ended runs in the transaction that files an organisation's deactivation.
	Ended func(tx store.Tx, id did.DID) error
	// Failpoint is called where a crash is worth testing; nil in production.
	Failpoint func(name string)
}

// Service runs hello, policy and treaty with every peer.
type Service struct {
	cfg Config
	did did.DID

	onEnded atomic.Pointer[func()] // of the exchange
	issuing sync.Mutex             // one attestation is written at a time

	complaints *complaints
	collecting *p2p.Buckets[p2p.PeerID] // how often a peer is asked for what is to come

	mu       sync.Mutex // guards compiled
	compiled map[compiledKey]*TreatyPolicy
}

// New checks the configuration and registers the protocols with the host.
func New(cfg Config) (*Service, error) {
	for _, f := range [...]struct {
		name    string
		missing bool
	}{
		{"Host", cfg.Host == nil}, {"Directory", cfg.Directory == nil}, {"DB", cfg.DB == nil},
		{"Org", cfg.Org == nil}, {"Bindings", cfg.Bindings == nil}, {"Self", cfg.Self == nil},
		{"Now", cfg.Now == nil}, {"Rand", cfg.Rand == nil},
	} {
		if f.missing {
			return nil, fmt.Errorf("%w: %s is missing", ErrConfig, f.name)
		}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{cfg: cfg, did: did.FromKey(cfg.Org.Public()), compiled: make(map[compiledKey]*TreatyPolicy), complaints: newComplaints(), collecting: p2p.NewBuckets[p2p.PeerID](MaxPeers)}
	for _, p := range [...]struct {
		name   string
		limits p2p.Limits
		serve  p2p.Handler
	}{
		{ProtocolHello, helloLimits, s.serveHello},
		{ProtocolPolicy, policyLimits, s.servePolicy},
		{ProtocolTreaty, treatyLimits, s.serveTreaty},
		{ProtocolDeactivation, endedLimits, s.serveEnded},
	} {
		if err := cfg.Host.Handle(p.name, p.limits, s.logged(p.name, p.serve)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Service) failpoint(name string) {
	if s.cfg.Failpoint != nil {
		s.cfg.Failpoint(name)
	}
}

// ownKernels are the keys that our kernel signs and has signed with.
func (s *Service) ownKernels() []wire.PublicKey {
	keys := []wire.PublicKey{s.cfg.Self().Kernel}
	if s.cfg.RetiredKernels != nil {
		keys = append(keys, s.cfg.RetiredKernels()...)
	}
	return keys
}

// DID is the organisation this service speaks for.
func (s *Service) DID() did.DID { return s.did }

// Directory is where the peers are.
func (s *Service) Directory() *Directory { return s.cfg.Directory }

// Connect makes sure of a connection to a known peer with a recent hello, and
// collects what was agreed while it was away: a treaty the peer has signed, or
// its newer attestation. A connection through a relay will do if no other address
// is known; nothing is collected over it.
func (s *Service) Connect(ctx context.Context, id did.DID) (Record, error) {
	rec, err := s.cfg.Directory.Peer(id)
	if err != nil {
		return Record{}, err
	}
	if err := rec.usable(); err != nil && rec.State != Terminated {
		return Record{}, err
	}
	fresh := !rec.RenewalDue(s.cfg.Now()) && s.known(&rec)
	if fresh && s.cfg.Host.Connected(rec.PeerID) {
		return s.settleProposal(ctx, rec)
	}
	if fresh && s.cfg.Host.Relayed(rec.PeerID) && !slices.ContainsFunc(rec.Addresses, isDirect) {
		return rec, nil
	}
	if rec, err = s.reach(ctx, rec); err != nil {
		return Record{}, err
	}
	if s.cfg.Host.Relayed(rec.PeerID) {
		return rec, nil
	}
	return s.settleProposal(ctx, rec)
}

// known reports whether the peer was told of the transport key we use: one that
// was rotated in is a stranger's until the next hello.
func (s *Service) known(rec *Record) bool { return rec.OwnPeerID == s.cfg.Host.ID() }

func isDirect(addr string) bool { return !p2p.IsRelayed(addr) }

// reach says hello over an open connection, or else at each known address.
func (s *Service) reach(ctx context.Context, rec Record) (Record, error) {
	var failed []error
	if s.cfg.Host.Connected(rec.PeerID) {
		fresh, err := s.helloOver(ctx, rec.PeerID, rec.DID, "")
		if err == nil {
			return fresh, nil
		}
		failed = append(failed, err)
	}
	for _, addr := range s.places(rec) {
		fresh, err := s.Hello(ctx, rec.DID.String()+"@"+addr)
		if err == nil {
			return fresh, nil
		}
		failed = append(failed, err)
	}
	if len(failed) == 0 {
		return Record{}, fmt.Errorf("%w: %s: no address is known: run federate with one", p2p.ErrNotConnected, rec.DID)
	}
	return Record{}, errors.Join(failed...)
}

// places are where a peer may be: what it said itself, and then what the peer
// directories say, at most as much again.
func (s *Service) places(rec Record) []string {
	out := slices.Clone(rec.Addresses)
	for _, listed := range s.cfg.Listings.Find(rec.DID) {
		for _, a := range listed.Addresses {
			if len(out) < len(rec.Addresses)+maxAddresses && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

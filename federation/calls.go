package federation

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/admit"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The stream protocols between two kernels under a treaty.
const (
	ProtocolInvoke     = "/chio/fed/invoke/1.0.0"
	ProtocolCosign     = "/chio/fed/cosign/1.0.0"
	ProtocolSync       = "/chio/fed/sync/1.0.0"
	ProtocolRevocation = "/chio/fed/revocation/1.0.0"
)

// DefaultCallTimeout is how long one cross-organisation call may take.
const DefaultCallTimeout = 2 * time.Minute

// The other defaults of an exchange.
const (
	DefaultSyncEvery        = 30 * time.Second
	DefaultDebounce         = 200 * time.Millisecond
	DefaultQueryBackoff     = 500 * time.Millisecond
	DefaultHeartbeatSeconds = 120
)

// Mediator is the kernel as this package uses it.
type Mediator interface {
	Mediate(context.Context, *kernel.Mandate) kernel.Outcome
	Refuse(context.Context, *kernel.Mandate, *kernel.Denial) kernel.Outcome
}

// Obligation is what one joint priced receipt makes one party owe the other.
// Both sides compute the same.
type Obligation struct {
	Payer              did.DID             `json:"payer"`
	Payee              did.DID             `json:"payee"`
	TreatyID           wire.Digest         `json:"treaty_id"`
	CallID             string              `json:"call_id"`
	ReceiptID          string              `json:"receipt_id"` // the payee's receipt
	ContinuationSHA256 wire.Digest         `json:"continuation_sha256"`
	Charge             wire.MonetaryAmount `json:"charge"`
	PriceRound         *wire.Digest        `json:"price_round,omitzero"`
	At                 int64               `json:"at"` // unix seconds, of the receipt
}

// ExchangeConfig is what cross-organisation calls need beyond the service's
// own configuration. Service, KernelKey and Revocations are required. The p2p
// host must not be started yet.
type ExchangeConfig struct {
	Service     *Service
	KernelKey   wire.Signer
	Revocations *authority.Revocations

	// Accrue records an obligation in the transaction that files its receipt.
	Accrue func(store.Tx, Obligation) error
	// Contest takes the obligation of a receipt out of what is settled, or puts it
	// back; it names parties, treaty and receipt. It comes in the transaction that
	// files the objection, or joins the pair after all.
	Contest func(tx store.Tx, o Obligation, contested bool) error
	// Waive ends an obligation that Contest took out, because its payee gave it up
	// at the time At; it names parties, treaty and receipt. It comes in the
	// transaction that files the payee's answer.
	Waive func(tx store.Tx, o Obligation) error
	// PriceRound names the oracle round of a quote under a treaty whose prices
	// are not in the currency that settles.
	PriceRound func(context.Context, did.DID, *Money) (*wire.Digest, error)
	// PassportDocument returns the passport to send along with a call.
	PassportDocument func(kernel.PassportRef) (wire.Raw, error)
	// CheckPassport judges a passport that came with a call. With it, a call
	// that names a passport must bring it; the issuer is the caller's DID.
	CheckPassport func(doc wire.Raw, ref kernel.PassportRef, subject wire.PublicKey, now int64) error

	CallTimeout      time.Duration
	SyncEvery        time.Duration // a full exchange with every peer
	Debounce         time.Duration // after a call, before its exchange
	QueryBackoff     time.Duration // before the first question about a lost answer
	HeartbeatSeconds int64         // age at which our newest revocation epoch is renewed
	Clock            func() time.Time
	// Archived reads a receipt that the node keeps outside its log; nil if it
	// keeps all of them inside.
	Archived func(r store.Reader, index uint64) ([]byte, error)
	// Failpoint is called where a crash is worth testing; nil in production.
	Failpoint func(name string)
}

// Exchange carries calls, receipts, heads and revocations between this kernel
// and those of treaty peers.
type Exchange struct {
	cfg     ExchangeConfig
	s       *Service
	did     did.DID
	limits  p2p.Limits // of ProtocolInvoke
	kernel  atomic.Pointer[Mediator]
	running chan struct{} // one for each exchange in the background

	mu        sync.Mutex // guards what follows
	arriving  map[callKey]*arrival
	departing map[wire.Digest]bool // continuations of our calls that are at a peer
	pulling   map[did.DID]chan struct{}
	due       map[did.DID]bool // peers to exchange with; true: have them do the same
	joining   map[did.DID]string
	spread    map[did.DID]Propagation
	wake      chan struct{}

	early   earlyCancels
	issuing sync.Mutex // one treaty capability is asked for or given at a time
	witness witnesses
	counts  counts
	talk    talk
}

// callKey names a call at the host.
type callKey struct {
	peer   did.DID
	callID string
}

var _ admit.Participant = (*participant)(nil)

// NewExchange checks the configuration and registers the protocols. Calls that
// arrive are answered "not ready" until SetKernel.
func NewExchange(cfg ExchangeConfig) (*Exchange, error) {
	for _, f := range [...]struct {
		name    string
		missing bool
	}{{"Service", cfg.Service == nil}, {"KernelKey", cfg.KernelKey == nil}, {"Revocations", cfg.Revocations == nil}} {
		if f.missing {
			return nil, fmt.Errorf("%w: exchange: %s is missing", ErrConfig, f.name)
		}
	}
	cfg.fill()
	x := &Exchange{cfg: cfg, s: cfg.Service, did: cfg.Service.did,
		limits: invokeLimits(cfg.CallTimeout), running: make(chan struct{}, exchangesAtOnce),
		arriving: make(map[callKey]*arrival), departing: make(map[wire.Digest]bool), pulling: make(map[did.DID]chan struct{}), due: make(map[did.DID]bool), joining: make(map[did.DID]string),
		spread: make(map[did.DID]Propagation), wake: make(chan struct{}, 1), witness: witnesses{asked: make(map[did.DID]bool), waited: make(map[did.DID]int)}}
	for _, p := range [...]struct {
		name   string
		limits p2p.Limits
		serve  answerer
	}{
		{ProtocolInvoke, x.limits, x.answerInvoke}, {ProtocolCosign, cosignLimits, alone(x.answerCosign)},
		{ProtocolSync, syncLimits, alone(x.answerSync)}, {ProtocolRevocation, revocationLimits, alone(x.answerRevocation)},
	} {
		if err := x.s.cfg.Host.Handle(p.name, p.limits, x.s.logged(p.name, x.serve(p.serve))); err != nil {
			return nil, err
		}
	}
	if err := x.openGossip(); err != nil {
		return nil, err
	}
	spread := x.spreadEnded
	x.s.onEnded.Store(&spread)
	return x, x.s.cfg.Host.Handle(ProtocolWitness, witnessLimits, x.s.logged(ProtocolWitness, x.serveWitness))
}

func (c *ExchangeConfig) fill() {
	if c.CallTimeout <= 0 {
		c.CallTimeout = DefaultCallTimeout
	}
	if c.SyncEvery <= 0 {
		c.SyncEvery = DefaultSyncEvery
	}
	if c.Debounce <= 0 {
		c.Debounce = DefaultDebounce
	}
	if c.QueryBackoff <= 0 {
		c.QueryBackoff = DefaultQueryBackoff
	}
	if c.HeartbeatSeconds <= 0 {
		c.HeartbeatSeconds = DefaultHeartbeatSeconds
	}
	if c.Clock == nil {
		now := c.Service.cfg.Now
		c.Clock = func() time.Time { return time.Unix(now(), 0) }
	}
}

// SetKernel lets calls of peers in. The kernel is made of this exchange's
// RemoteTools and Participants, so it comes last; set it once open intents are
// recovered.
func (x *Exchange) SetKernel(k Mediator) { x.kernel.Store(&k) }

// Participants join the kernel's admission transactions.
func (x *Exchange) Participants() []admit.Participant { return []admit.Participant{&participant{x}} }

// answerer gives the answer to one request of a peer. nil without an error says
// that it has written all there is to the stream itself.
type answerer func(ctx context.Context, rec Record, doc []byte, stream *p2p.Stream) ([]byte, error)

// alone is an answer that is the only frame.
func alone(answer func(context.Context, Record, []byte) ([]byte, error)) answerer {
	return func(ctx context.Context, rec Record, doc []byte, _ *p2p.Stream) ([]byte, error) {
		return answer(ctx, rec, doc)
	}
}

// serve reads one request of an active treaty peer and writes one answer. Who
// the peer is follows from the transport key alone. A protocol error is an
// answer; any other error resets the stream.
func (x *Exchange) serve(answer answerer) p2p.Handler {
	return func(ctx context.Context, from p2p.Peer, stream *p2p.Stream) error {
		doc, err := stream.Request(ctx)
		if err != nil {
			return err
		}
		rec, err := x.s.cfg.Directory.ByTransport(from.ID)
		if err != nil {
			return err
		}
		var reply []byte
		if err := rec.inForce(x.now()); err != nil {
			x.counts.add(rec.DID, func(c *Counts) { c.Denied++ })
			reply = errorFrame(refusal(refusedNotActive, "%v", err))
		} else if reply, err = answer(ctx, rec, doc, stream); err != nil {
			x.counts.add(rec.DID, func(c *Counts) { c.Denied++ })
			x.s.complain("request of a peer refused", from.ID, "peer", rec.DID.String(), "error", err.Error())
			reply = errorFrame(err)
		}
		if reply == nil {
			return nil
		}
		return stream.Write(ctx, reply)
	}
}

// request asks a connected peer and decodes its answer.
func (x *Exchange) request(ctx context.Context, rec Record, protocol string, frame []byte, into any) error {
	doc, err := x.s.cfg.Host.Call(ctx, rec.PeerID, protocol, frame)
	if err != nil {
		return err
	}
	return readAnswer(doc, into)
}

func (x *Exchange) now() int64 { return x.s.cfg.Now() }

func (x *Exchange) failpoint(name string) {
	if x.cfg.Failpoint != nil {
		x.cfg.Failpoint(name)
	}
}

// logID is our log's origin line.
func (x *Exchange) logID(r store.Reader) (string, error) {
	id, err := log.ID(r)
	if err != nil {
		return "", fmt.Errorf("read the log id: %w", err)
	}
	return id, nil
}

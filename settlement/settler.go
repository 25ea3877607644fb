package settlement

import (
	"errors"
	"fmt"
	"sync"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrConfig names the configuration field that is missing.
var ErrConfig = errors.New("settlement configuration")

// Config is what a Settler needs; fields are required unless they say
// otherwise.
type Config struct {
	Self         did.DID
	DB           store.DB
	Kernel       wire.Signer // signs statements
	Treaties     Treaties
	Counterparty Counterparty
	Rails        []Rail // none: obligations accrue and nothing is settled
	VerifyPrice  oracle.Verifier
	Now          func() int64 // unix seconds

	// Notes, Offchain and Meter are the rails without a deposit that are
	// configured; Stripe says that as payer this node agrees to be billed there.
	Notes    []NoteRail
	Offchain bool
	Stripe   bool
	Meter    Meter

	// Round finds a price round that was not given to PutRound; optional.
	Round func(r store.Reader, id wire.Digest) (*oracle.Round, error)
	// UsablePrice reports why no new call may be charged at a verified price now,
	// whoever signed it; optional, reads only. What was charged before is settled
	// at its price all the same.
	UsablePrice func(r store.Reader, p oracle.Price, now int64) error
	// Currencies default to wire.DefaultCurrencies.
	Currencies wire.Currencies
	// ListedReceipts is how many receipts a proposal lists at most; a statement
	// over more names their root alone. 0 means 1024, the most that a message holds.
	ListedReceipts int
	// Vouchered is called once a peer's new voucher is on disk, so that its
	// redemption can be scheduled; optional, must be quick.
	Vouchered func(peer did.DID)
	// Alarm is called once for what an operator has to look at: a channel that is
	// halted, a peer that cannot be reached; optional, must be quick.
	Alarm func(Alarm)
	// Failpoint is called between steps so that a test can end the process
	// there; nil in production.
	Failpoint func(name string)
}

func (c *Config) validate() error {
	for _, f := range [...]struct {
		name    string
		missing bool
	}{
		{"Self", c.Self == ""}, {"DB", c.DB == nil}, {"Kernel", c.Kernel == nil}, {"Treaties", c.Treaties == nil},
		{"Counterparty", c.Counterparty == nil}, {"VerifyPrice", c.VerifyPrice == nil}, {"Now", c.Now == nil},
	} {
		if f.missing {
			return fmt.Errorf("%w: %s is missing", ErrConfig, f.name)
		}
	}
	for i, r := range c.Rails {
		if r == nil {
			return fmt.Errorf("%w: rail %d is missing", ErrConfig, i)
		}
	}
	if c.ListedReceipts < 0 || c.ListedReceipts > maxListed {
		return fmt.Errorf("%w: %d listed receipts, 0 to %d", ErrConfig, c.ListedReceipts, maxListed)
	}
	if c.ListedReceipts == 0 {
		c.ListedReceipts = maxListed
	}
	if c.Currencies == nil {
		c.Currencies = wire.DefaultCurrencies()
	}
	if c.Vouchered == nil {
		c.Vouchered = func(did.DID) {}
	}
	if c.Alarm == nil {
		c.Alarm = func(Alarm) {}
	}
	if c.Failpoint == nil {
		c.Failpoint = func(string) {}
	}
	return nil
}

// Settler keeps what this node owes and is owed, and settles it. Its methods
// may be called from several goroutines; per peer, one Run, Fund or RedeemDue
// works at a time.
type Settler struct {
	cfg Config

	mu       sync.Mutex // guards what follows
	busy     map[did.DID]*sync.Mutex
	compared map[wire.Digest]bool // channels that were compared with their chains since the start
}

// New checks the configuration and starts nothing. Call Reconcile before
// serving.
func New(cfg Config) (*Settler, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Settler{cfg: cfg, busy: make(map[did.DID]*sync.Mutex), compared: make(map[wire.Digest]bool)}, nil
}

// lock keeps two settlements with one peer apart.
func (s *Settler) lock(peer did.DID) (unlock func()) {
	s.mu.Lock()
	m := s.busy[peer]
	if m == nil {
		m = new(sync.Mutex)
		s.busy[peer] = m
	}
	s.mu.Unlock()
	m.Lock()
	return m.Unlock
}

func (s *Settler) converter() oracle.Converter { return oracle.Converter{Currencies: s.cfg.Currencies} }

package approval

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds.
const (
	MaxPending         = 10_000
	MaxPendingPerAgent = 256
	MaxApprovers       = 16
	DefaultTTLSeconds  = 3600
	MaxTTLSeconds      = 86_400
	// RetentionSeconds is how long an ended request answers repetitions of its
	// call with how it ended.
	RetentionSeconds = 86_400
)

// Approver is one key whose decisions count.
type Approver struct {
	Name string         `json:"name"`
	Key  wire.PublicKey `json:"key"`
}

// Config is what a Registry is made of. Everything is required but what is
// marked optional.
type Config struct {
	DB        store.DB
	Rand      io.Reader
	Approvers []Approver // empty: a call that needs approval is denied
	Threshold int        // distinct approvers a call needs; optional, 1. A grant may demand more
	// TTLSeconds is how long a request waits; optional, DefaultTTLSeconds.
	TTLSeconds int64
	// Sign makes the terminal receipt of a call that ended without being sent
	// again; see Receipt. It runs in the committer and must not block.
	Sign func(*Request, *kernel.Denial, int64) (*receipt.Receipt, []byte, error)
	// Append adds a receipt to the log and returns its index.
	Append func(tx store.Tx, receiptID string, leaf []byte) (uint64, error)
	// Spend refuses a call id until expiresAt (unix seconds). An id that is
	// spent already stays as it is.
	Spend func(tx store.Tx, callID, receiptID string, logIndex uint64, expiresAt int64) error
	// IsAgent reports whether a key is a known agent's; optional.
	IsAgent func(store.Reader, wire.PublicKey) (bool, error)
	// Notify is called after a new request is durable; optional. It must not
	// block. With it, each request stays in Untold until Told.
	Notify func()

	maxPending, maxPerAgent, maxBatches uint64 // for tests
}

func (c *Config) validate() error {
	switch {
	case c.DB == nil, c.Rand == nil, c.Sign == nil, c.Append == nil, c.Spend == nil:
		return errors.New("approval config: DB, Rand, Sign, Append and Spend are required")
	case len(c.Approvers) > MaxApprovers:
		return fmt.Errorf("approval config: %d approvers, at most %d", len(c.Approvers), MaxApprovers)
	}
	if c.Threshold == 0 {
		c.Threshold = 1
	}
	if c.Threshold < 1 || len(c.Approvers) > 0 && c.Threshold > len(c.Approvers) {
		return fmt.Errorf("approval config: threshold is %d of %d approvers", c.Threshold, len(c.Approvers))
	}
	if c.TTLSeconds == 0 {
		c.TTLSeconds = DefaultTTLSeconds
	}
	if c.TTLSeconds < 1 || c.TTLSeconds > MaxTTLSeconds {
		return fmt.Errorf("approval config: ttl_seconds is %d, want 1 to %d", c.TTLSeconds, MaxTTLSeconds)
	}
	c.Approvers = append([]Approver(nil), c.Approvers...)
	sort.Slice(c.Approvers, func(i, j int) bool { return bytes.Compare(c.Approvers[i].Key[:], c.Approvers[j].Key[:]) < 0 })
	for i, a := range c.Approvers {
		if err := a.Key.Check(); err != nil {
			return fmt.Errorf("approval config: key of approver %.60q: %w", a.Name, err)
		}
		if i > 0 && c.Approvers[i-1].Key == a.Key {
			return fmt.Errorf("approval config: approvers %.60q and %.60q have one key, and one key counts once", c.Approvers[i-1].Name, a.Name)
		}
	}
	for field, value := range map[*uint64]uint64{&c.maxPending: MaxPending, &c.maxPerAgent: MaxPendingPerAgent, &c.maxBatches: MaxBatches} {
		if *field == 0 {
			*field = value
		}
	}
	return nil
}

// Registry holds the requests of one kernel. It is kernel.Approvals, and a
// participant of the admission's transactions. It is safe for concurrent use.
type Registry struct {
	cfg Config
	// live counts the requests that are open, or used and without a receipt
	// yet: while it is zero, no call needs to be looked up.
	live atomic.Int64
}

var _ kernel.Approvals = (*Registry)(nil)

// Open reads the registry's state; it starts nothing.
func Open(cfg Config) (*Registry, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	g := &Registry{cfg: cfg}
	var open, owed uint64
	err := cfg.DB.View(func(r store.Reader) error {
		n, err := count(r, countRow)
		if err != nil {
			return err
		}
		err = r.Scan(reqRows, "", func(key string, value []byte) error {
			q, err := decodeRequest(key[len(reqRows):], value)
			if err != nil {
				return err
			}
			if q.Open() {
				open++
			}
			if q.State == Used && q.ReceiptID == "" {
				owed++
			}
			return nil
		})
		if err == nil && open != n {
			err = fmt.Errorf("%w: %d open requests, %d are counted", ErrCorrupt, open, n)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the approvals: %w", err)
	}
	g.live.Store(int64(open + owed))
	return g, nil
}

// Idle reports that no call waits and none that waited is under way: nothing
// needs to be looked up.
func (g *Registry) Idle() bool { return g.live.Load() == 0 }

// Approvers lists the trusted approvers, by key.
func (g *Registry) Approvers() []Approver { return append([]Approver(nil), g.cfg.Approvers...) }

// Threshold is how many distinct approvers a call needs at least.
func (g *Registry) Threshold() int { return g.cfg.Threshold }

// eligible lists the keys that may approve calls of an agent: trusted, and
// neither that agent's nor any agent's.
func (g *Registry) eligible(r store.Reader, subject wire.PublicKey) ([]wire.PublicKey, error) {
	keys := make([]wire.PublicKey, 0, len(g.cfg.Approvers))
	for _, a := range g.cfg.Approvers {
		agent := a.Key == subject
		if !agent && g.cfg.IsAgent != nil {
			var err error
			if agent, err = g.cfg.IsAgent(r, a.Key); err != nil {
				return nil, err
			}
		}
		if !agent {
			keys = append(keys, a.Key)
		}
	}
	return keys, nil
}

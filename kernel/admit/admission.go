package admit

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
)

// ErrLatched: a receipt that was owed could not be recorded.
var ErrLatched = errors.New("admission is latched: restart the node to recover")

// Admission implements kernel.Admission. It is safe for concurrent use.
type Admission struct {
	cfg   Config
	sweep sweeper

	mu      sync.Mutex // guards latched and ballast
	latched error
	ballast Ballast
}

var _ kernel.Admission = (*Admission)(nil)

// New checks the configuration. Call Recover before admitting anything.
func New(cfg Config) (*Admission, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Admission{cfg: cfg, ballast: cfg.Ballast}, nil
}

// Ready is nil while a receipt could be recorded: ErrLatched after one could
// not, and the store's own error while the store says that it is not ready.
func (a *Admission) Ready() error {
	a.mu.Lock()
	latched := a.latched
	a.mu.Unlock()
	if latched != nil {
		return latched
	}
	if db, ok := a.cfg.DB.(interface{ Ready() error }); ok {
		return db.Ready()
	}
	return nil
}

// Admit makes room for one call, in one transaction and in this order:
//
//	1 the nonce is new, and is taken
//	2 the call id is new, and its intent is open
//	3 every token that this kernel counts, and every node of the budget tree
//	  that counts the call, has room for it and holds it
//	4 every participant agrees
//
// A *kernel.Denial says why not; any other error means that nothing happened.
func (a *Admission) Admit(ctx context.Context, req *kernel.Admittance) (kernel.Ticket, error) {
	if err := a.Ready(); err != nil {
		return kernel.Ticket{}, err
	}
	entry, err := entryOf(req)
	if err != nil {
		return kernel.Ticket{}, err
	}
	plan, err := a.cfg.Budgets.Plan(req)
	if err != nil {
		return kernel.Ticket{}, fmt.Errorf("admit call: %w", err)
	}
	var ticket kernel.Ticket
	ran := false
	err = a.cfg.DB.Update(ctx, func(tx store.Tx) error {
		var err error
		ticket, err = a.admit(tx, req, entry, plan)
		ran = err == nil
		return err
	})
	if err != nil {
		if storeFailed(ran, err) {
			a.latch(err)
		}
		return kernel.Ticket{}, fmt.Errorf("admit call: %w", err)
	}
	a.failpoint("admit.after")
	return ticket, nil
}

func (a *Admission) admit(tx store.Tx, req *kernel.Admittance, entry journal.Entry, plan budget.Plan) (kernel.Ticket, error) {
	callID, now := req.Call.Mandate.CallID, req.Call.Now
	if err := a.cfg.Nonces.Use(tx, *req.Nonce, now); err != nil { // 1
		return kernel.Ticket{}, err
	}
	if err := journal.Begin(tx, entry); err != nil { // 2
		return kernel.Ticket{}, err
	}
	held, err := budget.Hold(tx, budget.Request{CallID: callID, Now: now, Tokens: req.Holds, Charge: req.Charge, Plan: plan}) // 3
	if err != nil {
		return kernel.Ticket{}, err
	}
	ticket := kernel.Ticket{CallID: callID, Charge: req.Charge, Held: held}
	a.failpoint("hold.after")
	for _, p := range a.cfg.Participants { // 4
		if err := p.Admit(tx, req, &ticket); err != nil {
			return kernel.Ticket{}, err
		}
	}
	return ticket, a.sweep.step(tx, a.cfg.Nonces, now)
}

// entryOf does what needs no transaction. It refuses what the kernel never
// sends, so that a caller that is not the kernel fails closed.
func entryOf(req *kernel.Admittance) (journal.Entry, error) {
	switch {
	case req == nil || req.Call == nil || req.Call.Mandate == nil:
		return journal.Entry{}, errors.New("admit call: no mandate")
	case req.Nonce == nil:
		return journal.Entry{}, &kernel.Denial{Step: 10, Code: kernel.CodeProofMissing, Guard: "holder_proof", Side: "local",
			Reason: "no holder proof was verified for the call", Fix: "sign the call with the agent's key"}
	case len(req.Holds) == 0:
		return journal.Entry{}, &kernel.Denial{Step: 10, Code: kernel.CodeNoCapability, Guard: "budget", Side: "local",
			Reason: "no token of this kernel counts the call", Fix: "present a capability that this kernel issued"}
	}
	intent, err := journal.NewIntent(req)
	if err != nil {
		return journal.Entry{}, err
	}
	return journal.Prepare(intent)
}

// storeFailed tells a store that cannot commit from one closure that the store
// refused for what it wrote, which is that call's failure alone.
func storeFailed(ran bool, err error) bool {
	if errors.Is(err, store.ErrNotReady) {
		return true
	}
	return ran && !errors.Is(err, store.ErrTooBig) && !errors.Is(err, store.ErrKey)
}

func (a *Admission) failpoint(name string) {
	if a.cfg.Failpoint != nil {
		a.cfg.Failpoint(name)
	}
}

// latch refuses everything from now on. The first cause is kept.
func (a *Admission) latch(cause error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.latched == nil {
		a.latched = fmt.Errorf("%w: %w", ErrLatched, cause)
	}
}

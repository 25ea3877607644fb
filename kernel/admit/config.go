package admit

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
)

// Participant joins the transactions of a call: settlement's obligation,
// federation's continuation. Its methods run inside the one Update, after the
// kernel's own rows, in the order of Config.Participants; an error aborts the
// whole transaction, and a *kernel.Denial from Admit denies the call. They must
// not block. logIndex is the receipt's place in the log.
//
// After a crash Close is called with Disposition Retain, a nil Result, and a
// Call without arguments, tokens, proof or grant. A closure can run and then fail to commit:
// a participant advances memory in Tx.AfterCommit only.
type Participant interface {
	Admit(store.Tx, *kernel.Admittance, *kernel.Ticket) error
	Close(tx store.Tx, c *kernel.Closing, logIndex uint64) error
	Refuse(tx store.Tx, r *kernel.Refusal, logIndex uint64) error
}

// Preparer is a Participant that writes what one transaction cannot hold, in
// transactions of its own before the one that closes the call. If that one does
// not commit, Close is called after a restart as above, and the participant
// removes what it prepared.
type Preparer interface {
	Prepare(context.Context, *kernel.Closing) error
}

// Ballast is disk space kept in reserve. Release gives it back to the file
// system, once; the second call is an error.
type Ballast interface{ Release() error }

// Config is what an Admission is made of.
type Config struct {
	DB     store.DB
	Nonces *authority.Nonces
	Now    func() int64 // unix seconds

	Budgets      *budget.Tree // optional: nil counts under tokens only
	Participants []Participant
	Ballast      Ballast // optional
	// EndedTTLSeconds is how long the id of an ended call stays refused. It
	// must outlive a holder proof; default 600.
	EndedTTLSeconds int64
	// Failpoint is called at hold.after, admit.after, close.before and
	// close.after, so that a test process can be ended there; nil in production.
	Failpoint func(name string)
}

const (
	defaultEndedTTLSeconds = 600
	minEndedTTLSeconds     = capability.ProofTTLSeconds + capability.ProofSkewSeconds
)

func (c *Config) validate() error {
	switch {
	case c.DB == nil:
		return errors.New("admission config: DB is nil")
	case c.Nonces == nil:
		return errors.New("admission config: Nonces is nil")
	case c.Now == nil:
		return errors.New("admission config: Now is nil")
	}
	for i, p := range c.Participants {
		if p == nil {
			return fmt.Errorf("admission config: participant %d is nil", i)
		}
	}
	if c.EndedTTLSeconds == 0 {
		c.EndedTTLSeconds = defaultEndedTTLSeconds
	}
	if c.EndedTTLSeconds < minEndedTTLSeconds {
		return fmt.Errorf("admission config: ended_ttl_seconds is %d, it must outlive a holder proof: at least %d",
			c.EndedTTLSeconds, minEndedTTLSeconds)
	}
	return nil
}

package settlement

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Alarm is something that an operator has to look at.
type Alarm struct {
	Peer    did.DID
	Channel wire.Digest
	Reason  string
}

// The reasons a halted channel is not resumed.
var (
	// ErrReason: the operator gave no reason, or one that is too long.
	ErrReason = errors.New("a reason is needed")
	// ErrNotHalted: there is nothing to resume.
	ErrNotHalted = errors.New("channel is not halted")
	// ErrUnknownChannel: no channel of that id is known here.
	ErrUnknownChannel = errors.New("there is no such channel")
)

// maxReasonBytes bounds what an operator says.
const maxReasonBytes = 500

// resumption records who let a channel pay again, and why.
type resumption struct {
	At     int64  `json:"at"` // unix seconds
	Halted string `json:"halted"`
	Reason string `json:"reason"`
}

func resumptionKey(channel wire.Digest, at int64) string {
	return fmt.Sprintf("s/q/%s/%020d", channel, at)
}

// assess books a sight and sets what it means for the channel: a difference
// halts it, and one that was halted stays so until an operator resumes it, also
// when the figures agree again. An endpoint that is behind one we have heard
// says nothing.
func (s *Settler) assess(tx store.Tx, a *account, seen sight) error {
	if block := seen.standing.FinalBlock; block > 0 {
		if block < a.FinalBlock {
			return nil
		}
		a.FinalBlock = block
	}
	was := a.Halted
	a.Halted = ""
	if err := s.book(tx, a, seen); err != nil {
		return err
	}
	a.Agrees = a.Halted == "" && was != ""
	if a.Agrees {
		a.Halted = was
	}
	if a.Halted == "" || a.Agrees {
		return nil
	}
	if seen.standing.FinalBlock > 0 {
		a.Halted += fmt.Sprintf(", at block %d 0x%s", seen.standing.FinalBlock, seen.standing.FinalHash)
	}
	if was == "" {
		alarm := Alarm{Peer: a.Peer, Channel: a.Channel, Reason: a.Halted}
		tx.AfterCommit(func() { s.cfg.Alarm(alarm) })
	}
	return nil
}

// Resume lets a halted channel pay again: an operator says why, and chain and
// ledger agree by now. While they do not, it is ErrHalted with both figures.
func (s *Settler) Resume(ctx context.Context, channel wire.Digest, reason string) error {
	if reason == "" || len(reason) > maxReasonBytes || !utf8.ValidString(reason) {
		return fmt.Errorf("%w, of up to %d bytes", ErrReason, maxReasonBytes)
	}
	a, err := s.byChannel(channel)
	if err != nil {
		return err
	}
	defer s.lock(a.Peer)()
	if a, err = s.observe(ctx, a); err != nil {
		return err
	}
	if a.Halted == "" {
		return fmt.Errorf("%w: %s", ErrNotHalted, channel)
	}
	if !a.Agrees {
		return a.usable()
	}
	return s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, ok, err := load[account](tx, a.key())
		if err != nil || !ok {
			return orMissing(err)
		}
		if !fresh.Agrees {
			return fresh.usable()
		}
		at := s.cfg.Now()
		if err := save(tx, resumptionKey(channel, at), resumption{At: at, Halted: fresh.Halted, Reason: reason}); err != nil {
			return err
		}
		fresh.Halted, fresh.Agrees = "", false
		return save(tx, fresh.key(), fresh)
	})
}

func (s *Settler) byChannel(channel wire.Digest) (*account, error) {
	channels, err := s.all()
	if err != nil {
		return nil, err
	}
	for _, a := range channels {
		if a.Channel == channel {
			return a, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrUnknownChannel, channel)
}

// reconciled is a channel that has been compared with its chain since this
// Settler was made; before that nothing is paid on it.
func (s *Settler) reconciled(ctx context.Context, a *account) (*account, error) {
	s.mu.Lock()
	done := s.compared[a.Channel]
	s.mu.Unlock()
	if done {
		return a, nil
	}
	return s.observe(ctx, a)
}

func (s *Settler) markCompared(channel wire.Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.compared[channel] = true
}

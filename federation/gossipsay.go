package federation

import (
	"context"
	"errors"
	"log/slog"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// gossipTurn says what is due in every topic; once a second, so that a log
// that grows fast is still one message a second.
func (x *Exchange) gossipTurn(ctx context.Context) {
	if x.s.alive() != nil || x.RolledBack() != nil {
		return
	}
	err := x.attend()
	if err == nil {
		err = x.sayOwn(ctx)
	}
	for _, origin := range x.dueLogs() {
		err = errors.Join(err, x.sayLog(ctx, origin))
	}
	if err != nil && ctx.Err() == nil {
		x.s.cfg.Log.Warn("heads were not gossiped", slog.Any("error", err))
	}
}

// sayOwn says our head if it is another than the last said, or somebody new
// listens, or has cosigned it. A node that may have been rolled back asks the
// witnesses that are there first.
func (x *Exchange) sayOwn(ctx context.Context) error {
	own, due, said := x.ownDue()
	var note []byte
	var size uint64
	err := x.s.cfg.DB.View(func(r store.Reader) (err error) {
		if size, err = log.Size(r); err != nil || size == 0 || size == said && !due {
			return err
		}
		note, err = x.bestHead(r, own, size)
		return err
	})
	if err != nil || note == nil || x.witnessesWait() {
		return err
	}
	x.talk.mu.Lock()
	if l := x.talk.logs[own]; l != nil {
		l.due, l.said = false, size
	}
	x.talk.mu.Unlock()
	return x.publish(ctx, own, note, nil)
}

func (x *Exchange) ownDue() (own string, due bool, said uint64) {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	if l := x.talk.logs[x.talk.own]; l != nil {
		due, said = l.due, l.said
	}
	return x.talk.own, due, said
}

// bestHead is our head of a size: as witnessed, if it was, else signed now.
func (x *Exchange) bestHead(r store.Reader, own string, size uint64) ([]byte, error) {
	note, witnessed, err := x.WitnessedHead(r)
	if err != nil {
		return nil, err
	}
	if witnessed == size {
		if _, err := receipt.VerifyCheckpoint(note, own, x.cfg.KernelKey.Public()); err == nil {
			return note, nil
		}
	}
	note, _, err = log.SignHead(r, x.cfg.KernelKey)
	return note, err
}

// witnessTurns is how long our head waits for one witness that does not say
// what it holds: longer than Run takes to ask it, and no longer, or a peer
// could keep our head from everybody.
const witnessTurns = 15

// witnessesWait reports whether a connected witness was not asked yet what it
// holds of our log; Run asks it when it connects. It is called once a turn.
func (x *Exchange) witnessesWait() (wait bool) {
	for _, peer := range x.Unconfirmed() {
		if rec, err := x.s.cfg.Directory.Peer(peer); err != nil || !x.s.cfg.Host.Connected(rec.PeerID) {
			continue
		}
		x.witness.mu.Lock()
		if x.witness.waited[peer] < witnessTurns {
			x.witness.waited[peer]++
			wait = true
		}
		x.witness.mu.Unlock()
	}
	return wait
}

// cosigned has our head said again: it has one more witness.
func (x *Exchange) cosigned() {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	if l := x.talk.logs[x.talk.own]; l != nil {
		l.due = true
	}
}

// dueLogs lists the peers' logs of which something is to be said.
func (x *Exchange) dueLogs() (origins []string) {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	for origin, l := range x.talk.logs {
		if l.due && l.owner != x.did {
			l.due = false
			origins = append(origins, origin)
		}
	}
	return origins
}

// sayLog says what we hold of a peer's log: the proof that it contradicts
// itself, or the head that we witnessed.
func (x *Exchange) sayLog(ctx context.Context, origin string) error {
	owner, _ := x.ownerOf(origin)
	if owner == "" {
		return nil
	}
	doc, err := x.Evidence(owner)
	if err == nil {
		var e receipt.Equivocation
		if err := wire.UnmarshalCanonical(doc, &e, rowLimits); err != nil {
			return err
		}
		return x.publish(ctx, origin, nil, &e)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	held, err := x.heldHead(owner)
	if err != nil || held.Note == "" || held.Origin != origin {
		return err
	}
	return x.publish(ctx, origin, []byte(held.Note), nil)
}

func (x *Exchange) publish(ctx context.Context, origin string, note []byte, e *receipt.Equivocation) error {
	doc, err := x.newGossip(note, e)
	if err != nil {
		return err
	}
	return x.talk.lib.Publish(ctx, topicOf(origin), doc)
}

// sayEvidence has the proof against a peer said at the next turn.
func (x *Exchange) sayEvidence(peer did.DID) {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	for _, l := range x.talk.logs {
		if l.owner == peer {
			l.due = true
		}
	}
}

// toCompare takes the heads that were heard and whose owner may be asked now.
func (x *Exchange) toCompare() map[did.DID]heardHead {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	out := make(map[did.DID]heardHead)
	for _, l := range x.talk.logs {
		if l.compare == nil || l.owner == x.did || l.wait > 0 {
			continue
		}
		out[l.owner], l.wait, l.compare = *l.compare, followTurns, nil
	}
	return out
}

// compareLater puts a head back that could not be compared.
func (x *Exchange) compareLater(peer did.DID, heard heardHead) {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	if l := x.talk.logs[heard.cp.Origin]; l != nil && l.owner == peer && l.compare == nil {
		l.compare, l.wait = &heard, retryTurns
	}
}

package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// prefixOutbox holds what a peer is to be told: DID/time → request.
const prefixOutbox = "f/tell/"

const (
	// maxUntold bounds what waits for one peer; the oldest is dropped.
	maxUntold = 8
	// noticeTTLSeconds is how long a peer that is away is tried.
	noticeTTLSeconds = 30 * 24 * 3600
)

// tellLater queues a signed request for the peer in the transaction of the
// change that it tells of.
func tellLater(tx store.Tx, rec *Record, q treatyRequest, at int64) error {
	q.Schema = treatyRequestSchema
	row, err := wire.Marshal(q)
	if err != nil {
		return fmt.Errorf("encode a notice: %w", err)
	}
	keys, err := outboxKeys(tx, rec.DID)
	if err != nil {
		return err
	}
	if len(keys) >= maxUntold {
		tx.Delete(keys[0])
		rec.Untold--
	}
	tx.Set(outboxKey(rec.DID, at), row)
	rec.Untold++
	rec.ToldAt = at
	return nil
}

// noticeTime is the time of the next notice to a peer: later than every one
// before, whatever the clock does.
func (s *Service) noticeTime(rec *Record) int64 { return max(s.cfg.Now(), rec.ToldAt+1) }

func outboxKeys(r store.Reader, peer did.DID) (keys []string, err error) {
	err = r.Scan(prefixOutbox+peer.String()+"/", "", func(key string, _ []byte) error {
		keys = append(keys, key)
		return nil
	})
	return keys, err
}

func outboxKey(peer did.DID, at int64) string {
	return prefixOutbox + peer.String() + "/" + ordered(uint64(at))
}

// Tell delivers what a peer was not told yet, in order. It dials, and says no
// hello unless the peer could not know our transport key: a relationship that
// has ended does not begin again by being told so.
func (s *Service) Tell(ctx context.Context, id did.DID) error {
	rec, err := s.cfg.Directory.Peer(id)
	if err != nil || rec.Untold == 0 {
		return err
	}
	if s.known(&rec) {
		err = s.dial(ctx, rec)
	} else {
		rec, err = s.reach(ctx, rec)
	}
	if err != nil {
		return err
	}
	return s.deliver(ctx, rec)
}

// deliver tells a connected peer. What the peer refuses is not told again, and
// what is too old is dropped: both end in the history.
func (s *Service) deliver(ctx context.Context, rec Record) error {
	var keys []string
	if err := s.cfg.DB.View(func(r store.Reader) (err error) {
		keys, err = outboxKeys(r, rec.DID)
		return err
	}); err != nil {
		return err
	}
	for _, key := range keys {
		var q treatyRequest
		if err := s.cfg.DB.View(func(r store.Reader) error {
			found, err := load(r, key, &q)
			if err == nil && !found {
				err = store.ErrNotFound
			}
			return err
		}); err != nil {
			return fmt.Errorf("read what %s is to be told: %w", rec.DID, err)
		}
		_, err := s.ask(ctx, rec, q)
		if err != nil && !errors.Is(err, ErrRefused) {
			return err
		}
		if err := s.told(ctx, rec.DID, key, err); err != nil {
			return err
		}
	}
	return nil
}

// told takes a row out of the outbox.
func (s *Service) told(ctx context.Context, peer did.DID, key string, refused error) error {
	return s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		if _, err := tx.Get(key); err != nil {
			return ignoreNotFound(err) // somebody else told it
		}
		tx.Delete(key)
		rec.Untold--
		if refused != nil {
			rec.note(rec.State, cause{ByPeer, clip("did not take our notice: "+refused.Error(), maxReason)}, nil)
		}
		return nil
	})
}

func ignoreNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// tellUntold is one background attempt, and gives up on what is too old.
func (s *Service) tellUntold(ctx context.Context, rec Record) {
	if s.cfg.Now() > rec.ToldAt+noticeTTLSeconds {
		s.forgetUntold(ctx, rec.DID)
		return
	}
	if err := s.Tell(ctx, rec.DID); err != nil && ctx.Err() == nil {
		s.cfg.Log.Debug("peer not told yet", slog.String("peer", rec.DID.String()), slog.String("error", err.Error()))
	}
	if rec.State == Terminated {
		_ = s.cfg.Host.Disconnect(rec.PeerID) // it may not be connected, and is nobody here
	}
}

func (s *Service) forgetUntold(ctx context.Context, peer did.DID) {
	err := s.cfg.Directory.update(ctx, peer, func(tx store.Tx, rec *Record) error {
		if err := clearOutbox(tx, rec); err != nil {
			return err
		}
		rec.note(rec.State, cause{ByProtocol, fmt.Sprintf("not reached for %d days: it is not told any more", noticeTTLSeconds/86400)}, nil)
		return nil
	})
	if err != nil {
		s.cfg.Log.Warn("old notices not dropped", slog.String("peer", peer.String()), slog.String("error", err.Error()))
	}
}

// clearOutbox drops what waits for a peer.
func clearOutbox(tx store.Tx, rec *Record) error {
	keys, err := outboxKeys(tx, rec.DID)
	for _, key := range keys {
		tx.Delete(key)
	}
	rec.Untold = 0
	return err
}

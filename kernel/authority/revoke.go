package authority

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Revoke makes the next epoch with the entries that change something (what is
// revoked stays so; only what is suspended can be resumed), signs it with the
// kernel key and stores it. If nothing is new, the newest epoch is
// returned and none is made. Entries must be this organisation's own: tokens
// the signer issued, passports and subjects of its DID.
func (v *Revocations) Revoke(tx store.Tx, entries []Entry, signer wire.Signer, now int64) (*wire.Envelope, error) {
	if len(entries) == 0 || len(entries) > MaxEntries {
		return nil, fmt.Errorf("%w: %d entries, want 1 … %d", ErrEntry, len(entries), MaxEntries)
	}
	var fresh []Entry
	chosen := map[Entry]bool{} // what this epoch puts in force, or lifts
	in := func(e Entry) (bool, error) {
		if now, decided := chosen[e]; decided {
			return now, nil
		}
		_, err := tx.Get(e.rowKey())
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	}
	for i := range entries {
		e := entries[i]
		if err := e.check(); err != nil {
			return nil, err
		}
		if err := e.issuedBy(v.cfg.DID, signer.Public()); err != nil {
			return nil, err
		}
		changes, err := e.news(in)
		if err != nil {
			return nil, err
		}
		if changes {
			fresh = append(fresh, e)
			target, force := e, true
			if e.Kind == KindResumption {
				target, force = e.suspension(), false
			}
			if _, twice := chosen[target]; twice {
				return nil, fmt.Errorf("%w: passport %.80q is suspended and resumed in one epoch", ErrEntry, e.ID)
			}
			chosen[target] = force
		}
	}
	if len(fresh) == 0 {
		h, err := readHistory(tx, ownState)
		if err != nil {
			return nil, err
		}
		return epochAt(tx, ownRows, h.Epoch)
	}
	return v.makeEpoch(tx, fresh, signer, now)
}

// Heartbeat makes an epoch without entries, so that peers know that nothing
// more was revoked up to now.
func (v *Revocations) Heartbeat(tx store.Tx, signer wire.Signer, now int64) (*wire.Envelope, error) {
	return v.makeEpoch(tx, nil, signer, now)
}

func (v *Revocations) makeEpoch(tx store.Tx, entries []Entry, signer wire.Signer, now int64) (*wire.Envelope, error) {
	h, err := readHistory(tx, ownState)
	if err != nil {
		return nil, err
	}
	body := h.next(v.cfg.DID, entries, now)
	env, err := wire.Seal(EpochSchema, body, signer)
	if err != nil {
		return nil, fmt.Errorf("sign revocation epoch %d: %w", body.Epoch, err)
	}
	if err := storeEpoch(tx, ownRows, ownState, &h, &body, env); err != nil {
		return nil, err
	}
	tx.AfterCommit(func() { v.advance(&body, "") })
	return env, nil
}

// storeEpoch writes an epoch, its entries and the history after it.
func storeEpoch(tx store.Tx, rows, state string, h *history, body *EpochBody, env *wire.Envelope) error {
	if err := put(tx, epochKey(rows, body.Epoch), env); err != nil {
		return err
	}
	for i := range body.Entries {
		e := &body.Entries[i]
		if e.Kind == KindResumption { // the set holds what is in force; the epochs remember the rest
			lifted := e.suspension()
			tx.Delete(lifted.rowKey())
			continue
		}
		if err := put(tx, e.rowKey(), e); err != nil {
			return err
		}
	}
	return put(tx, state, h.advance(body, env.ID()))
}

// Newest returns our newest epoch, or ErrUnknown before the first.
func Newest(r store.Reader) (*wire.Envelope, error) {
	h, err := readHistory(r, ownState)
	if err != nil {
		return nil, err
	}
	return epochAt(r, ownRows, h.Epoch)
}

// Since returns at most limit of our epochs after the given number, in order:
// what a peer that is behind asks for.
func Since(r store.Reader, epoch uint64, limit int) ([]*wire.Envelope, error) {
	var out []*wire.Envelope
	err := r.Scan(ownRows, epochKey(ownRows, epoch), func(key string, value []byte) error {
		if len(out) >= limit {
			return store.ErrStop
		}
		env, err := decodeEpoch(key, value)
		out = append(out, env)
		return err
	})
	return out, err
}

// PeerEpoch is the number of the newest epoch held of a peer, 0 for none.
func PeerEpoch(r store.Reader, peer did.DID) (uint64, error) {
	h, err := readHistory(r, peerStates+peer.String())
	return h.Epoch, err
}

func epochAt(r store.Reader, rows string, epoch uint64) (*wire.Envelope, error) {
	key := epochKey(rows, epoch)
	b, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("revocation epoch %d: %w", epoch, ErrUnknown)
	}
	if err != nil {
		return nil, err
	}
	return decodeEpoch(key, b)
}

func decodeEpoch(key string, b []byte) (*wire.Envelope, error) {
	var env wire.Envelope
	if err := wire.UnmarshalCanonical(b, &env, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: %.120q: %w", ErrCorrupt, key, err)
	}
	return &env, nil
}

func epochKey(rows string, epoch uint64) string {
	s := strconv.FormatUint(epoch, 10)
	return rows + "00000000000000000000"[:20-len(s)] + s
}

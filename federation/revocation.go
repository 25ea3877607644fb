package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	// maxEpochs bounds the revocation epochs of one exchange.
	maxEpochs = 4096
	// epochPageBytes bounds the epochs of one message; one epoch always fits.
	epochPageBytes = 96 << 10
	// maxEpochPage bounds their number.
	maxEpochPage = 256
)

// Propagation says how far our revocations have reached a peer.
type Propagation struct {
	Peer  did.DID       `json:"peer"`
	Epoch uint64        `json:"epoch"`           // our newest epoch that the peer holds
	Took  time.Duration `json:"took_nanosecond"` // from the start of its push to the peer's word
	At    int64         `json:"at"`              // unix seconds
}

// revocationRequest offers epochs of ours, or (with After) asks for the
// peer's.
type revocationRequest struct {
	Type   string           `json:"type"` // push | since
	Epochs []*wire.Envelope `json:"epochs,omitzero"`
	After  uint64           `json:"after,omitzero"`
}

type revocationAnswer struct {
	Status string           `json:"status"`
	Have   uint64           `json:"have"` // push: the newest epoch of ours that the peer holds now
	Epochs []*wire.Envelope `json:"epochs,omitzero"`
	Newest uint64           `json:"newest,omitzero"` // since: the peer's newest
}

// answerRevocation serves both directions of the revocation protocol.
func (x *Exchange) answerRevocation(ctx context.Context, rec Record, doc []byte) ([]byte, error) {
	var q revocationRequest
	if err := wire.UnmarshalCanonical(doc, &q, frameLimits); err != nil {
		return nil, refusal(refusedMalformed, "%v", err)
	}
	a := revocationAnswer{Status: statusOK}
	var err error
	switch q.Type {
	case "push":
		if a.Have, err = x.applyEpochs(ctx, rec, q.Epochs); err != nil {
			return nil, refusal(refusedConflict, "%v", err)
		}
		if len(q.Epochs) > 0 {
			x.failpoint("revocation.stored_before_ack")
		}
	case "since":
		if a.Epochs, a.Newest, err = x.epochsAfter(q.After); err != nil {
			return nil, err
		}
	default:
		return nil, refusal(refusedUnsupported, "no request %.40q", q.Type)
	}
	return wire.Marshal(a)
}

// applyEpochs takes a peer's epochs, in order and without a gap, and returns
// the number of the newest held. The first that does not fit ends it. A peer
// that signed two histories is frozen, with the evidence kept.
func (x *Exchange) applyEpochs(ctx context.Context, rec Record, epochs []*wire.Envelope) (uint64, error) {
	if len(epochs) > maxEpochs {
		return 0, fmt.Errorf("%d epochs, limit %d", len(epochs), maxEpochs)
	}
	for _, env := range epochs {
		if env == nil {
			return 0, errors.New("an epoch is null")
		}
		err := x.cfg.Revocations.Receive(ctx, x.s.cfg.DB, env, rec.Kernel, rec.DID, x.now())
		var order *authority.OutOfOrderError
		var fork *authority.EquivocationError
		switch {
		case err == nil:
		case errors.As(err, &order):
			return order.Have, nil
		case errors.As(err, &fork):
			return 0, errors.Join(err, x.s.cfg.Directory.Suspect(context.WithoutCancel(ctx), rec.DID, "signed two revocation histories"))
		default:
			return 0, err
		}
	}
	var have uint64
	err := x.s.cfg.DB.View(func(r store.Reader) (err error) {
		have, err = authority.PeerEpoch(r, rec.DID)
		return err
	})
	return have, err
}

// epochsAfter is one page of our epochs.
func (x *Exchange) epochsAfter(after uint64) (page []*wire.Envelope, newest uint64, err error) {
	newest = x.cfg.Revocations.Epoch()
	err = x.s.cfg.DB.View(func(r store.Reader) error {
		found, err := authority.Since(r, after, maxEpochPage)
		size := 0
		for _, env := range found {
			if size += len(env.Body) + 512; size > epochPageBytes && len(page) > 0 {
				break
			}
			page = append(page, env)
		}
		return err
	})
	return page, newest, err
}

// PushRevocations sends our newest epochs to every active peer that is
// connected, at once. What does not arrive is sent again by the next exchange
// with that peer; the error names the peers it did not reach.
func (x *Exchange) PushRevocations(ctx context.Context) error {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	for _, rec := range x.s.cfg.Directory.List() {
		if rec.inForce(x.now()) != nil {
			continue
		}
		wait.Go(func() {
			if err := x.pushRevocations(ctx, rec); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, fmt.Errorf("push revocations to %s: %w", rec.DID, err))
			}
		})
	}
	wait.Wait()
	return errors.Join(failed...)
}

// pushRevocations brings one peer up to our newest epoch. The peer says what it
// holds, so nothing about it is remembered here.
func (x *Exchange) pushRevocations(ctx context.Context, rec Record) error {
	begun, newest := x.cfg.Clock(), x.cfg.Revocations.Epoch()
	if newest == 0 {
		return nil
	}
	var page []*wire.Envelope
	for sent := 0; sent <= maxEpochs; sent += len(page) {
		var a revocationAnswer
		frame, err := wire.Marshal(revocationRequest{Type: "push", Epochs: page})
		if err != nil {
			return err
		}
		if err := x.request(ctx, rec, ProtocolRevocation, frame, &a); err != nil {
			return err
		}
		if a.Have >= newest {
			x.mu.Lock()
			x.spread[rec.DID] = Propagation{Peer: rec.DID, Epoch: a.Have, Took: x.cfg.Clock().Sub(begun), At: x.now()}
			x.mu.Unlock()
			return nil
		}
		if page, _, err = x.epochsAfter(a.Have); err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("%w: the peer holds epoch %d, ours end at %d", store.ErrCorrupt, a.Have, newest)
		}
	}
	return nil // the rest goes with the next exchange
}

// pullRevocations collects a peer's epochs after the newest held and returns
// how many were new.
func (x *Exchange) pullRevocations(ctx context.Context, rec Record) (int, error) {
	got := 0
	for got < maxEpochs {
		var have uint64
		err := x.s.cfg.DB.View(func(r store.Reader) (err error) {
			have, err = authority.PeerEpoch(r, rec.DID)
			return err
		})
		if err != nil {
			return got, err
		}
		frame, err := wire.Marshal(revocationRequest{Type: "since", After: have})
		if err != nil {
			return got, err
		}
		var a revocationAnswer
		if err := x.request(ctx, rec, ProtocolRevocation, frame, &a); err != nil {
			return got, err
		}
		if len(a.Epochs) == 0 {
			return got, nil
		}
		after, err := x.applyEpochs(ctx, rec, a.Epochs)
		if err != nil {
			return got, err
		}
		if after <= have {
			return got, fmt.Errorf("%w: its epochs after %d do not follow", ErrRefused, have)
		}
		got += int(after - have)
	}
	return got, nil
}

// Heartbeat makes an epoch without entries if our newest is older than the
// configured age, so that peers go on counting us as fresh. It reports whether
// it made one.
func (x *Exchange) Heartbeat(ctx context.Context) (made bool, err error) {
	if err := x.RolledBack(); err != nil {
		return false, err
	}
	due := false
	err = x.s.cfg.DB.View(func(r store.Reader) (err error) {
		due, err = x.heartbeatDue(r)
		return err
	})
	if err == nil && due { // looked at again: somebody may have revoked meanwhile
		err = x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			if made, err = x.heartbeatDue(tx); err != nil || !made {
				return err
			}
			_, err := x.cfg.Revocations.Heartbeat(tx, x.cfg.KernelKey, x.now())
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("revocation heartbeat: %w", err)
	}
	return made, nil
}

func (x *Exchange) heartbeatDue(r store.Reader) (bool, error) {
	newest, err := authority.Newest(r)
	if errors.Is(err, authority.ErrUnknown) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	var body authority.EpochBody
	if err := newest.Open(authority.EpochSchema, &body, nil, nil); err != nil {
		return false, err
	}
	return x.now()-body.IssuedAt >= x.cfg.HeartbeatSeconds, nil
}

// Propagations tells, for every peer that was reached, the newest epoch it
// holds and how long the last push took.
func (x *Exchange) Propagations() []Propagation {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []Propagation
	for _, rec := range x.s.cfg.Directory.List() {
		if p, ok := x.spread[rec.DID]; ok {
			out = append(out, p)
		}
	}
	return out
}

// warn logs what a loop could not do.
func (x *Exchange) warn(what string, peer did.DID, err error) {
	x.s.cfg.Log.Warn(what, slog.String("peer", peer.String()), slog.String("error", err.Error()))
}

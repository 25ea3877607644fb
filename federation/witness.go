package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ProtocolWitness is how a node asks what heads of its own log are known: the
// only memory of them that does not lie on its own disk.
const ProtocolWitness = "/chio/fed/witness/1.0.0"

// ErrRolledBack: a witness holds a head of our log that we signed and our log
// does not have. Whatever we signed now would contradict it.
var ErrRolledBack = errors.New("this node's store was rolled back")

// errNoAnswer: a witness said nothing that counts.
var errNoAnswer = errors.New("witness has no usable answer")

// RolledBack is ErrRolledBack with the proof.
type RolledBack struct {
	Peer did.DID // the witness
	Size uint64  // of the head it holds
	Have uint64  // receipts in our log
	Note string  // that head, signed by us
}

func (e *RolledBack) Error() string {
	if e.Size > e.Have {
		return fmt.Sprintf("%v: %s holds a head of %d receipts that this node signed, the log here has %d", ErrRolledBack, e.Peer, e.Size, e.Have)
	}
	return fmt.Sprintf("%v: %s holds a head of %d receipts that this node signed, and the log here had another root at that size", ErrRolledBack, e.Peer, e.Size)
}

// Is makes it match ErrRolledBack.
func (e *RolledBack) Is(target error) bool { return target == ErrRolledBack }

// witnesses is what this process has asked so far.
type witnesses struct {
	mu         sync.Mutex
	asked      map[did.DID]bool
	waited     map[did.DID]int // turns that our head was not said for want of its answer
	rolledBack error           // the first; it stays until the process ends
}

// witnessRequest names the log that the head should be of.
type witnessRequest struct {
	Log string `json:"log"`
}

// witnessAnswer is the newest head of the asker's log that the witness stored,
// and the binding of the asker's kernel key that it last saw; both empty if it
// has none.
type witnessAnswer struct {
	Status  string         `json:"status"`
	Note    string         `json:"note,omitempty"`
	Binding *wire.Envelope `json:"binding,omitzero"`
}

// serveWitness answers with what the asker itself once signed, so it needs no
// treaty in force, no fresh hello and no good standing.
func (x *Exchange) serveWitness(ctx context.Context, from p2p.Peer, stream *p2p.Stream) error {
	doc, err := stream.Request(ctx)
	if err != nil {
		return err
	}
	rec, err := x.s.cfg.Directory.ByTransport(from.ID)
	if err != nil {
		return err
	}
	var q witnessRequest
	if err := wire.UnmarshalCanonical(doc, &q, frameLimits); err != nil {
		return stream.Write(ctx, errorFrame(refusal(refusedMalformed, "%v", err)))
	}
	held, err := x.heldHead(rec.DID)
	if err != nil {
		return err
	}
	a := witnessAnswer{Status: statusOK}
	if held.Note != "" && held.Origin == q.Log {
		a.Note, a.Binding = held.Note, rec.KernelBound
	}
	return send(ctx, stream, a)
}

// askWitness asks one peer which head of our log it holds:
//
//	1 the answer is from the transport key that the directory names
//	2 the note is a head of our log
//	3 it is signed by our kernel key, by one of our retired ones, or by one that
//	  our organisation key bound: a peer cannot make one up
//	4 it is not larger than our log
//	5 our log has that root at that size
//
// Nothing of a note that fails 2 or 3 is believed. 4 and 5 failing is
// *RolledBack.
func (x *Exchange) askWitness(ctx context.Context, rec Record) error {
	if err := x.touch(ctx, rec); err != nil { // 1
		return err
	}
	var origin string
	err := x.s.cfg.DB.View(func(r store.Reader) (err error) {
		origin, err = x.logID(r)
		return err
	})
	if err != nil {
		return err
	}
	var a witnessAnswer
	if err := x.request(ctx, rec, ProtocolWitness, wire.MustMarshal(witnessRequest{Log: origin}), &a); err != nil {
		return err
	}
	if a.Note == "" {
		return nil // it has witnessed nothing
	}
	cp, err := x.ownHead(&a, origin) // 2, 3
	if err != nil {
		return err
	}
	return x.s.cfg.DB.View(func(r store.Reader) error {
		proof, err := rolledBackBy(r, rec.DID, cp, a.Note) // 4, 5
		if proof != nil {
			return proof
		}
		return err
	})
}

// ownHead is rules 2 and 3 of askWitness.
func (x *Exchange) ownHead(a *witnessAnswer, origin string) (cp receipt.Checkpoint, err error) {
	keys := x.s.ownKernels()
	if key, ok := x.boundKey(a.Binding); ok {
		keys = append(keys, key)
	}
	for _, key := range keys {
		if cp, err = receipt.VerifyCheckpoint([]byte(a.Note), origin, key); err == nil {
			return cp, nil
		}
	}
	return cp, fmt.Errorf("%w: the head it shows is not one of ours: %w", errNoAnswer, err)
}

// boundKey is a kernel key that our organisation key bound at any time: after a
// rotation that this store has lost, the witness knows the key and we do not.
func (x *Exchange) boundKey(env *wire.Envelope) (key wire.PublicKey, ok bool) {
	var b did.Binding
	if env == nil || wire.Unmarshal(env.Body, &b, wire.DocumentLimits) != nil {
		return key, false
	}
	if _, err := did.VerifyBinding(env, x.did, did.RoleKernel, b.NotBefore, nil); err != nil {
		return key, false
	}
	key, err := wire.ParsePublicKey(b.Key)
	return key, err == nil
}

// touch makes sure of a connection to a peer's transport key, without a hello:
// a rolled-back node may not be able to make one.
func (x *Exchange) touch(ctx context.Context, rec Record) error {
	if x.s.cfg.Host.Connected(rec.PeerID) {
		return nil
	}
	failed := []error{fmt.Errorf("%w: %s", p2p.ErrNotConnected, rec.DID)}
	for _, addr := range rec.Addresses {
		id, err := x.s.cfg.Host.Connect(ctx, addr)
		if err == nil && id == rec.PeerID {
			return nil
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// AskWitnesses asks every peer that may hold a head of our log, at once. An
// error matches ErrRolledBack and is final for this process; peers that do not
// answer are returned, and are asked again before anything is exchanged with
// them.
func (x *Exchange) AskWitnesses(ctx context.Context) (silent []did.DID, err error) {
	var asking sync.WaitGroup
	for _, rec := range x.s.cfg.Directory.List() {
		if mayWitness(rec) {
			asking.Go(func() { _ = x.confirm(ctx, rec) }) // what it finds is kept
		}
	}
	asking.Wait()
	return x.Unconfirmed(), x.RolledBack()
}

// mayWitness reports whether a peer was ever asked to cosign our heads.
func mayWitness(rec Record) bool { return rec.Treaty != nil || rec.Last != nil }

// Unconfirmed lists the witnesses that have not answered this process yet.
func (x *Exchange) Unconfirmed() (silent []did.DID) {
	x.witness.mu.Lock()
	defer x.witness.mu.Unlock()
	for _, rec := range x.s.cfg.Directory.List() {
		if mayWitness(rec) && !x.witness.asked[rec.DID] {
			silent = append(silent, rec.DID)
		}
	}
	return silent
}

// RolledBack is the *RolledBack that a witness gave cause for, or nil.
func (x *Exchange) RolledBack() error {
	x.witness.mu.Lock()
	defer x.witness.mu.Unlock()
	return x.witness.rolledBack
}

// confirm asks a witness once in the life of this process. Only proof that we
// were rolled back is an error: a peer that does not answer must not be able to
// stop us.
func (x *Exchange) confirm(ctx context.Context, rec Record) error {
	if err := x.RolledBack(); err != nil {
		return err
	}
	x.witness.mu.Lock()
	asked := x.witness.asked[rec.DID]
	x.witness.mu.Unlock()
	if asked {
		return nil
	}
	err := x.askWitness(ctx, rec)
	if err != nil && !errors.Is(err, ErrRolledBack) {
		x.s.cfg.Log.Info("witness not asked yet", slog.String("peer", rec.DID.String()), slog.Any("error", err))
		return nil
	}
	x.witness.mu.Lock()
	x.witness.asked[rec.DID] = true
	x.witness.mu.Unlock()
	if err != nil {
		x.rollBack(err)
	}
	return err
}

// rollBack keeps the first proof that this node was rolled back.
func (x *Exchange) rollBack(proof error) {
	x.witness.mu.Lock()
	first := x.witness.rolledBack == nil
	if first {
		x.witness.rolledBack = proof
	}
	x.witness.mu.Unlock()
	if first {
		x.s.cfg.Log.Error("a witness proves that this node's store was rolled back; nothing is signed any more", slog.Any("error", proof))
	}
}

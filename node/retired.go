package node

import (
	"sync"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// retiring keeps a call that passed the kernel's revocation check from being
// admitted under a key that is being retired. It is told before the
// transaction that retires the key: what was admitted earlier is seen by that
// transaction, and what comes later is refused here. So no budget that is
// carried over to a new key is used under the old one as well.
type retiring struct {
	mu   sync.RWMutex
	keys map[wire.PublicKey]bool
	all  bool // the organisation is ending
}

// begin marks a key; undo takes the mark back if the key was not retired.
func (r *retiring) begin(key wire.PublicKey) (undo func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil {
		r.keys = make(map[wire.PublicKey]bool)
	}
	had := r.keys[key]
	r.keys[key] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !had {
			delete(r.keys, key)
		}
	}
}

// end marks every key.
func (r *retiring) end() (undo func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	had := r.all
	r.all = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = had
	}
}

// Admit implements admit.Participant.
func (r *retiring) Admit(_ store.Tx, req *kernel.Admittance, _ *kernel.Ticket) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.all {
		return deactivatedDenial("the organisation of this node was deactivated")
	}
	if len(r.keys) == 0 || req.Call == nil || req.Call.Mandate == nil {
		return nil
	}
	for i := range req.Call.Mandate.Chain {
		if key := req.Call.Mandate.Chain[i].Subject; r.keys[key] {
			return &kernel.Denial{Step: 10, Code: kernel.CodeRevokedSubject, Guard: "revocation", Side: "local",
				Reason: "agent key " + key.String() + " was rotated out", Fix: "sign with the agent's new key, under a capability issued to it"}
		}
	}
	return nil
}

// Close implements admit.Participant.
func (r *retiring) Close(store.Tx, *kernel.Closing, uint64) error { return nil }

// Refuse implements admit.Participant.
func (r *retiring) Refuse(store.Tx, *kernel.Refusal, uint64) error { return nil }

package federation

import (
	"sync"

	"github.com/backbay-labs/chio-node/did"
)

// maxEarly bounds the cancellations kept of one peer's calls that have not
// arrived. An honest one has as many under way at most.
const maxEarly = 1024

// earlyCancels are calls that were cancelled before they arrived. They are kept
// while the continuation that was cancelled could still be taken; after a restart
// of this node nobody sends it any more, for its stream broke and its origin has
// given it up.
type earlyCancels struct {
	mu    sync.Mutex
	until map[did.DID]map[string]int64 // call id → unix seconds
}

// note keeps a cancellation, unless too many of that peer are kept.
func (e *earlyCancels) note(key callKey, now int64) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	calls := e.until[key.peer]
	if len(calls) >= maxEarly {
		for id, until := range calls {
			if until < now {
				delete(calls, id)
			}
		}
		if len(calls) >= maxEarly {
			return refusal(refusedNotReady, "%d cancelled calls have not arrived yet", len(calls))
		}
	}
	if calls == nil {
		calls = make(map[string]int64)
		if e.until == nil {
			e.until = make(map[did.DID]map[string]int64)
		}
		e.until[key.peer] = calls
	}
	calls[key.callID] = now + ContinuationTTLSeconds + ClockSkewSeconds
	return nil
}

// take reports whether a call was cancelled, and forgets it.
func (e *earlyCancels) take(key callKey, now int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	until, ok := e.until[key.peer][key.callID]
	e.drop(key)
	return ok && now <= until
}

func (e *earlyCancels) forget(key callKey) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(key)
}

// drop removes an entry; e.mu is held.
func (e *earlyCancels) drop(key callKey) {
	delete(e.until[key.peer], key.callID)
	if len(e.until[key.peer]) == 0 {
		delete(e.until, key.peer)
	}
}

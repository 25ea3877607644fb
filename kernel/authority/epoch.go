package authority

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// EpochSchema is the schema id of a revocation epoch.
const EpochSchema = "chio.revocation_epoch.v1"

// EpochBody is the signed body of one revocation epoch: what its signer
// revoked since the previous one. An epoch without entries is a heartbeat: it
// says that nothing more was revoked up to IssuedAt.
type EpochBody struct {
	Schema   string       `json:"schema"`
	DID      did.DID      `json:"did"`
	Epoch    uint64       `json:"epoch"`     // 1, 2, 3, … without a gap
	IssuedAt int64        `json:"issued_at"` // unix seconds, never decreasing
	Previous *wire.Digest `json:"previous"`  // id of the previous epoch, null for the first
	Entries  []Entry      `json:"entries"`   // new in this epoch, in order
	Count    uint64       `json:"count"`     // entries of this and all earlier epochs
	Root     wire.Digest  `json:"root"`      // RFC 6962 root over JCS of all of them
}

const (
	ownRows      = "a/own/e/"
	ownState     = "a/own/state"
	peerRows     = "a/rev/"
	peerStates   = "a/revstate/"
	entryRows    = "a/rx/"
	evidenceRows = "a/eq/"
)

// history is where one party's epochs stand: enough to make or to check the
// next one.
type history struct {
	Epoch    uint64        `json:"epoch"`
	ID       wire.Digest   `json:"id"` // of the newest epoch's body
	IssuedAt int64         `json:"issued_at"`
	Count    uint64        `json:"count"`
	Peaks    []wire.Digest `json:"peaks"` // right edge of the entry tree
}

func readHistory(r store.Reader, key string) (history, error) {
	b, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return history{}, nil
	}
	if err != nil {
		return history{}, err
	}
	var h history
	if err := wire.UnmarshalCanonical(b, &h, wire.DocumentLimits); err != nil {
		return history{}, fmt.Errorf("%w: %s: %w", ErrCorrupt, key, err)
	}
	if len(h.Peaks) != bits.OnesCount64(h.Count) {
		return history{}, fmt.Errorf("%w: %s holds %d peaks for %d entries", ErrCorrupt, key, len(h.Peaks), h.Count)
	}
	return h, nil
}

// next is the body of the epoch that follows h.
func (h *history) next(party did.DID, entries []Entry, now int64) EpochBody {
	after := h.with(entries)
	body := EpochBody{Schema: EpochSchema, DID: party, Epoch: h.Epoch + 1, IssuedAt: max(now, h.IssuedAt),
		Entries: entries, Count: after.Count, Root: after.root()}
	if body.Entries == nil {
		body.Entries = []Entry{}
	}
	if h.Epoch > 0 {
		previous := h.ID
		body.Previous = &previous
	}
	return body
}

// with is h after entries were added to its tree; h is not changed.
func (h *history) with(entries []Entry) history {
	out := *h
	out.Peaks = append([]wire.Digest(nil), h.Peaks...)
	for i := range entries {
		hash := receipt.LeafHash(wire.MustMarshal(entries[i]))
		for n := out.Count; n&1 == 1; n >>= 1 {
			last := len(out.Peaks) - 1
			hash = receipt.NodeHash(out.Peaks[last], hash)
			out.Peaks = out.Peaks[:last]
		}
		out.Peaks = append(out.Peaks, hash)
		out.Count++
	}
	return out
}

func (h *history) root() wire.Digest {
	if len(h.Peaks) == 0 {
		return wire.Hash(nil)
	}
	hash := h.Peaks[len(h.Peaks)-1]
	for i := len(h.Peaks) - 2; i >= 0; i-- {
		hash = receipt.NodeHash(h.Peaks[i], hash)
	}
	return hash
}

// advance is h after body, whose envelope id is id.
func (h *history) advance(body *EpochBody, id wire.Digest) history {
	out := h.with(body.Entries)
	out.Epoch, out.ID, out.IssuedAt = body.Epoch, id, body.IssuedAt
	return out
}

// openEpoch verifies an epoch against the party that must have signed it:
//
//	1 the envelope opens and the kernel key has signed, nobody else
//	2 it is the party's
//	3 its number is at least 1, and only the first has no previous
//	4 at most MaxEntries entries, each well-formed, none twice
//	5 every entry is the party's to revoke
//
// Its place in the history is applyNext's question.
func openEpoch(env *wire.Envelope, party did.DID, kernelKey wire.PublicKey) (*EpochBody, error) {
	var body EpochBody
	if err := env.Open(EpochSchema, &body, []wire.PublicKey{kernelKey}, nil); err != nil { // 1
		return nil, err
	}
	if len(env.Signatures) != 1 { // 1
		return nil, fmt.Errorf("%w: a revocation epoch has one signature", wire.ErrSignerSet)
	}
	if body.DID != party { // 2
		return nil, fmt.Errorf("%w: epoch of %.80s offered as %s", ErrEntry, body.DID, party)
	}
	if body.Epoch == 0 || (body.Epoch == 1) != (body.Previous == nil) { // 3
		return nil, fmt.Errorf("%w: epoch %d with previous %v", ErrEntry, body.Epoch, body.Previous)
	}
	if len(body.Entries) > MaxEntries { // 4
		return nil, fmt.Errorf("%w: %d entries, limit %d", ErrEntry, len(body.Entries), MaxEntries)
	}
	seen := make(map[Entry]bool, len(body.Entries))
	for i := range body.Entries {
		e := &body.Entries[i]
		if err := e.check(); err != nil { // 4
			return nil, err
		}
		if seen[*e] { // 4
			return nil, fmt.Errorf("%w: %s %.80q twice", ErrEntry, e.Kind, e.ID)
		}
		seen[*e] = true
		if err := e.issuedBy(party, kernelKey); err != nil { // 5
			return nil, err
		}
	}
	return &body, nil
}

package journal

import (
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrSessionChain: entries and heads are not of one history.
var ErrSessionChain = errors.New("session journal does not verify")

// linkDomain begins what every link hashes.
const linkDomain = "chio.session_entry.v1\x00"

// Head is where a session's chain stood: the digest after Sequence entries.
// The zero head is before the first.
type Head struct {
	Sequence uint64      `json:"sequence"`
	SHA256   wire.Digest `json:"sha256"`
}

// Link is the head after an entry that had the given number (from 0):
//
//	SHA-256("chio.session_entry.v1" ‖ 0x00 ‖ previous head (32) ‖ number (8, big-endian) ‖
//	        length of ended (1) ‖ ended ‖ receipt id)
//
// A receipt id is the digest of everything the receipt says, so a chain is
// recomputed from receipts alone.
func Link(previous wire.Digest, number uint64, e *kernel.SessionEntry) wire.Digest {
	ended := e.Ended
	if len(ended) > 255 {
		ended = ended[:255]
	}
	b := make([]byte, 0, len(linkDomain)+len(previous)+8+1+len(ended)+len(e.ReceiptID))
	b = append(b, linkDomain...)
	b = append(b, previous[:]...)
	b = binary.BigEndian.AppendUint64(b, number)
	b = append(b, byte(len(ended)))
	b = append(b, ended...)
	b = append(b, e.ReceiptID...)
	return sha256.Sum256(b)
}

// Verify recomputes the chain over entries, in journal order, from the head
// before the first of them, and returns the head after the last:
//
//	1 every head lies on the chain: at its sequence the digest is the same
//	2 no head is before or beyond the entries given
//
// Heads are what receipts carry. Entries of a whole session begin at the zero
// head. The error wraps ErrSessionChain and names the first head that differs.
func Verify(from Head, entries []kernel.SessionEntry, heads []Head) (Head, error) {
	at := make([]wire.Digest, 0, len(entries)+1)
	at = append(at, from.SHA256)
	for i := range entries {
		at = append(at, Link(at[i], from.Sequence+uint64(i), &entries[i]))
	}
	for _, h := range heads {
		if h.Sequence < from.Sequence || h.Sequence-from.Sequence >= uint64(len(at)) { // 2
			return Head{}, fmt.Errorf("%w: a receipt names entry %d, the entries are %d to %d",
				ErrSessionChain, h.Sequence, from.Sequence, from.Sequence+uint64(len(entries)))
		}
		if at[h.Sequence-from.Sequence] != h.SHA256 { // 1
			return Head{}, fmt.Errorf("%w: after %d entries a receipt says %s, the entries give %s",
				ErrSessionChain, h.Sequence, h.SHA256, at[h.Sequence-from.Sequence])
		}
	}
	return Head{Sequence: from.Sequence + uint64(len(entries)), SHA256: at[len(entries)]}, nil
}

// FromReceipts reads the entries and heads of one caller's session out of
// receipts, in the order given. Log order is journal order when the calls of
// the session followed each other; of calls that overlapped, the journal
// (session show) says which came first. Receipts of other sessions are left
// out. A head that says the session restarted begins with the Restarted entry.
func FromReceipts(caller wire.PublicKey, session string, receipts []*receipt.Receipt) ([]kernel.SessionEntry, []Head, error) {
	var entries []kernel.SessionEntry
	var heads []Head
	restarted := kernel.SessionEntry{Ended: Restarted}
	for _, r := range receipts {
		var md receipt.Metadata
		if err := wire.UnmarshalLenient(r.Metadata, &md, wire.DocumentLimits); err != nil {
			return nil, nil, fmt.Errorf("metadata of receipt %.80s: %w", r.ID, err)
		}
		if md.Session == nil || md.Session.ID != session || md.Attribution == nil || md.Attribution.SubjectKey != caller {
			continue
		}
		ended := endedOf(r)
		if ended == "" {
			continue
		}
		if len(entries) == 0 && md.Session.Sequence == 1 && md.Session.SHA256 == Link(wire.Digest{}, 0, &restarted) {
			entries = append(entries, restarted)
		}
		heads = append(heads, Head{Sequence: md.Session.Sequence, SHA256: md.Session.SHA256})
		entries = append(entries, kernel.SessionEntry{At: r.Timestamp, CallID: md.CallID, Server: r.ToolServer, Tool: r.ToolName,
			ArgsSHA256: md.ArgsSHA256, Ended: ended, Code: kernel.Code(md.Code), ReceiptID: r.ID})
	}
	return entries, heads, nil
}

// endedOf is how the journal recorded a call: an advisory evaluation's ran.
func endedOf(r *receipt.Receipt) string {
	switch {
	case r.Decision != nil:
		return r.Decision.Verdict
	case r.ReceiptKind == receipt.AdvisoryEvaluation && r.ObservationOutcome == receipt.Evaluated:
		return receipt.Allow
	}
	return ""
}

// Summary is one session in a list.
type Summary struct {
	kernel.SessionView        // without entries
	Kept               int    // entries
	LastAt             int64  // unix seconds, of the newest call
	Restarted          bool   // an earlier life of it may have been forgotten
	Caller             string // key, hex
}

// Journal is one session in full: Verify(From, Entries, …) recomputes Head.
type Journal struct {
	Summary
	From    Head
	Entries []kernel.SessionEntry
}

// List describes every session, the most recently used first, and says how
// many were dropped to stay within the bounds.
func (s *Sessions) List() (all []Summary, dropped uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for el := s.recent.Back(); el != nil; el = el.Prev() {
		all = append(all, summarize(el))
	}
	return all, s.dropped
}

// Show returns one session. It does not count as use.
func (s *Sessions) Show(name string) (Journal, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	el := s.byName[bounded(name)]
	if el == nil {
		return Journal{}, false
	}
	ss := el.Value.(*session)
	from := Head{Sequence: ss.view.Sequence - uint64(len(ss.view.Entries)), SHA256: ss.before[0]}
	return Journal{Summary: summarize(el), From: from, Entries: ss.view.Entries}, true
}

func summarize(el *list.Element) Summary {
	ss := el.Value.(*session)
	sum := Summary{SessionView: ss.view, Kept: len(ss.view.Entries), LastAt: ss.lastAt, Restarted: ss.restarted, Caller: ss.caller}
	sum.SessionView.Entries = nil
	return sum
}

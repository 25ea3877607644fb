package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// Report is what a look at a store found. Sequences count transactions.
type Report struct {
	Fresh        bool           // no rows and no head file yet
	Sequence     uint64         // what the rows say
	HeadSequence uint64         // what the newest good head says
	Rows         uint64         // rows counted
	HeadRows     uint64         // rows the head promises
	RowsSum      wire.Digest    // over the rows counted
	HeadBehind   bool           // a crash came between a commit and its head
	TornSlot     bool           // one slot was unreadable, the other was used
	Head         HeadNote       // what the newest good head says about log and ledger
	SignedBy     wire.PublicKey // who signed it, zero if nobody
	EverSigned   bool           // a head of this store was signed once
	Problems     []string       // empty if the store may be served
}

// Check looks at a store without writing to it: what doctor shows. The error
// wraps ErrCorrupt if the report has problems. The caller keeps the backend.
func Check(c Config) (Report, error) {
	report, _, _, err := inspect(c)
	return report, err
}

// inspect compares rows and head file:
//
//	1 rows and no head file: refuse; neither: a fresh store
//	2 a head file with no readable slot: refuse; one bad slot: use the other
//	3 the rows sum to what the store's own row says, counted and hashed afresh
//	4 the store's own row is at the head's sequence with the head's sum, or one
//	  ahead with the head's sum as its predecessor; anything else is refused
//	5 a store with signed heads has a signed head
func inspect(c Config) (Report, chain, found, error) {
	snapshot, err := c.Backend.Snapshot()
	if err != nil {
		return Report{}, chain{}, found{}, fmt.Errorf("read store: %w", err)
	}
	defer snapshot.Close()
	at, err := readChain(snapshot)
	if err != nil {
		return Report{Problems: []string{err.Error()}}, chain{}, found{}, err
	}
	rows, sum, err := sumRows(snapshot, splitsOf(c.Backend))
	if err != nil {
		return Report{}, chain{}, found{}, fmt.Errorf("read all rows: %w", err)
	}
	r := Report{Sequence: at.Sequence, Rows: rows, RowsSum: sum, EverSigned: at.HeadKey != ""}
	if rows != at.Rows || sum != at.Sum { // 3
		r.Problems = append(r.Problems, fmt.Sprintf("rows were altered: %d rows, transaction %d left %d%s",
			rows, at.Sequence, at.Rows, differs(sum, at.Sum)))
	}
	if c.HeadPath == "" {
		return r, at, found{}, r.err()
	}
	heads, err := readHeads(c.HeadPath)
	if err != nil {
		return r, at, heads, err
	}
	r.compare(at, heads)
	return r, at, heads, r.err()
}

func (r *Report) compare(at chain, heads found) {
	empty := at.Sequence == 0 && r.Rows == 0
	switch {
	case !heads.exists && empty: // 1
		r.Fresh = true
		return
	case !heads.exists: // 1
		r.problem("the head file is missing and the store has %d rows", r.Rows)
		return
	case !heads.valid: // 2
		r.problem("no slot of the head file is readable")
		return
	}
	h := heads.head
	r.HeadSequence, r.HeadRows, r.TornSlot, r.SignedBy = h.Sequence, h.Rows, heads.torn, heads.signer // 2
	r.Head = HeadNote{LogSize: h.LogSize, LogRoot: h.LogRoot, LedgerSequence: h.LedgerSequence}
	switch { // 4
	case at.Sequence == h.Sequence && at.Sum == h.RowsSum:
	case at.Sequence == h.Sequence:
		r.problem("rows at transaction %d are not the ones its head describes", h.Sequence)
	case at.Sequence == h.Sequence+1 && at.PrevSum == h.RowsSum:
		r.HeadBehind = true
	case at.Sequence < h.Sequence:
		r.problem("rows are rolled back by %d transactions: rows at %d, head at %d", h.Sequence-at.Sequence, at.Sequence, h.Sequence)
	default:
		r.problem("the head file is rolled back: rows at transaction %d, head at %d", at.Sequence, h.Sequence)
	}
	if r.EverSigned && heads.signer.IsZero() { // 5
		r.problem("the head is not signed, earlier ones were signed by %s", at.HeadKey)
	}
}

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

func (r *Report) err() error {
	if len(r.Problems) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrCorrupt, strings.Join(r.Problems, "; "))
}

func differs(a, b wire.Digest) string {
	if a == b {
		return ""
	}
	return ", and their digest differs"
}

// openChecked builds an engine whose store has passed inspect, and completes
// what a crash left: a missing head file, or a head one transaction behind.
func openChecked(c Config) (*Engine, error) {
	report, at, heads, err := inspect(c)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	e := &Engine{
		backend: c.Backend, report: report, chain: at,
		queue: make(chan *request, queueLength), stopped: make(chan struct{}),
	}
	if c.HeadPath == "" {
		return e, nil
	}
	if report.Fresh {
		e.heads, err = createHeads(c.HeadPath)
	} else {
		e.heads, err = openHeads(c.HeadPath, heads.head.Generation)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if report.EverSigned || !report.SignedBy.IsZero() {
		e.unsigned.Store(true) // SetHead writes the missing head, signed
		return e, nil
	}
	if report.HeadBehind {
		if err := e.catchUp(); err != nil {
			return nil, fmt.Errorf("open store: %w", errors.Join(err, e.heads.close()))
		}
	}
	return e, nil
}

// catchUp writes the unsigned head that a crash kept from being written.
func (e *Engine) catchUp() error {
	slot, err := e.nextHead(e.chain, nil) // no source is set yet, so nothing is read
	if err != nil {
		return err
	}
	return e.heads.write(slot)
}

package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
)

func damaged(r store.Report) finding {
	return wrong("store", damageMeans, restoreHint, "%s", strings.Join(r.Problems, "; "))
}

// lostTransactions compares what the head promises with what the rows say.
func lostTransactions(r store.Report) finding {
	const name = "lost"
	const means = "budgets, revocations, capabilities and settlements made in them are gone from this disk"
	switch {
	case r.Sequence < r.HeadSequence:
		return wrong(name, means, restoreHint, "transactions %d to %d (%d of %d)", r.Sequence+1, r.HeadSequence, r.HeadSequence-r.Sequence, r.HeadSequence)
	case r.HeadSequence == 0:
		return wrong(name, "nothing says how far the store had come", restoreHint, "unknown: there is no readable head; the rows are at transaction %d", r.Sequence)
	case r.Sequence > r.HeadSequence:
		return wrong(name, "the head file is older than the rows", restoreHint, "none of the head's %d transactions; the rows are at %d", r.HeadSequence, r.Sequence)
	}
	return wrong(name, "which rows differ cannot be told", restoreHint, "no whole transaction, but rows of the %d: %d are there, %d were promised", r.HeadSequence, r.Rows, r.HeadRows)
}

// maxLostRanges bounds how many gaps are named.
const maxLostRanges = 8

// gap is a run of receipts that cannot be read.
type gap struct {
	from, to      uint64 // indexes, inclusive
	after, before int64  // times of the receipts around it, 0 for none
}

// lostReceipts reads every receipt that the head promises, one by one.
func (s *storeReader) lostReceipts(r store.Reader, report store.Report) finding {
	const name = "lost"
	size := report.Head.LogSize
	if have, err := rlog.Size(r); err == nil {
		size = max(size, have)
	}
	gaps, lost, altered := findGaps(r, size)
	if lost == 0 && altered == 0 {
		return doubt(name, "the damage is elsewhere", "export them before anything else: they verify by themselves", "no receipt: all %d can be read", size)
	}
	var ranges []string
	for i, g := range gaps {
		if i == maxLostRanges {
			ranges = append(ranges, fmt.Sprintf("and %d more gaps", len(gaps)-i))
			break
		}
		ranges = append(ranges, g.String())
	}
	return wrong(name, "what was decided then is proved by nothing on this disk; peers hold the receipts that name them, and their cosigned heads say how many there were",
		restoreHint, "%d of %d receipts, and %d more are not as they were signed: %s", lost, size, altered, strings.Join(ranges, "; "))
}

func (g gap) String() string {
	what := fmt.Sprintf("%d to %d", g.from, g.to)
	if g.from == g.to {
		what = fmt.Sprint(g.from)
	}
	switch {
	case g.after != 0 && g.before != 0:
		return fmt.Sprintf("%s, made between %s and %s", what, when(g.after), when(g.before))
	case g.after != 0:
		return fmt.Sprintf("%s, made after %s", what, when(g.after))
	case g.before != 0:
		return fmt.Sprintf("%s, made before %s", what, when(g.before))
	}
	return what
}

// findGaps looks for receipts that are missing, or that do not hash to their
// own id. Archived ones are in files and are not missed here.
func findGaps(r store.Reader, size uint64) (gaps []gap, lost, altered uint64) {
	var last int64
	open := false
	for index := range size {
		leaf, err := rlog.Leaf(r, index)
		if errors.Is(err, rlog.ErrArchived) {
			open = false
			continue
		}
		var rec *receipt.Receipt
		if err == nil {
			rec, err = receipt.Parse(leaf)
			if err != nil {
				altered++
				lost--
			}
		}
		if err != nil {
			lost++
			if !open {
				gaps = append(gaps, gap{from: index, after: last})
				open = true
			}
			gaps[len(gaps)-1].to = index
			continue
		}
		if open {
			gaps[len(gaps)-1].before = rec.Timestamp
			open = false
		}
		last = rec.Timestamp
	}
	return gaps, lost, altered
}

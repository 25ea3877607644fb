package settlement

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of comparing two extents.
const (
	parts        = 1024 // that an extent is compared by
	maxBeyond    = 256  // receipts that an extent leaves out
	maxParts     = 16   // that one Descent asks for
	maxUnlike    = 64   // parts that differ, for a run to look into them
	maxDescents  = 4    // in one run
	maxDescended = 3072 // receipts in an answer: what fits into a message
)

// errTooMany ends reading an extent that is over more than a statement holds.
var errTooMany = errors.New("too many receipts")

// part is where an id belongs: its first ten bits.
func part(id wire.Digest) uint64 { return uint64(id[0])<<2 | uint64(id[1])>>6 }

// partOf returns the ids of one part, of ids that are ascending.
func partOf(ids []wire.Digest, n uint64) []wire.Digest {
	at := func(n uint64) int {
		i, _ := slices.BinarySearchFunc(ids, n, func(id wire.Digest, n uint64) int { return int(part(id)) - int(n) })
		return i
	}
	return ids[at(n):at(n+1)]
}

// partRoots are the roots of all parts, each as ReceiptsRoot makes it.
func partRoots(ids []wire.Digest) []wire.Digest {
	roots := make([]wire.Digest, parts)
	for n := range roots {
		roots[n] = merkleRoot(partOf(ids, uint64(n)))
	}
	return roots
}

func (e *Extent) check() error {
	if e.To <= 0 || e.Last.IsZero() || len(e.Beyond) > maxBeyond || !ascending(e.Beyond) {
		return fmt.Errorf("%w: an extent to %d without %d receipts", ErrStatement, e.To, len(e.Beyond))
	}
	return nil
}

// within calls fn for our obligations of an extent under a treaty that can be
// settled.
func (e *Extent) within(r store.Reader, side Side, peer did.DID, p *prices, fn func(*Obligation) error) error {
	return open(r, side, peer, func(o Obligation) error {
		if o.At > e.To || o.At == e.To && compareDigests(o.Receipt, e.Last) > 0 {
			return store.ErrStop
		}
		if o.Treaty != p.t.Treaty || p.eligible(&o) != nil {
			return nil
		}
		if _, beyond := slices.BinarySearchFunc(e.Beyond, o.Receipt, compareDigests); beyond {
			return nil
		}
		return fn(&o)
	})
}

// compareExtent puts our obligations of the extent into the draft, or says what
// the roots of their parts are.
func (s *Settler) compareExtent(r store.Reader, a *account, st *Statement, p *Proposal, d *draft) (Answer, error) {
	err := p.Extent.within(r, In, a.Peer, d.prices, func(o *Obligation) error {
		if len(d.receipts) == MaxReceipts {
			return errTooMany
		}
		return d.add(o)
	})
	if errors.Is(err, errTooMany) {
		return Answer{Status: StatusMismatch, Count: MaxReceipts, Gross: d.total.Gross.Units}, nil
	}
	if err != nil {
		return Answer{}, err
	}
	slices.SortFunc(d.receipts, compareDigests)
	answer := Answer{Status: StatusMismatch, Root: merkleRoot(d.receipts), Count: uint64(len(d.receipts)), Gross: d.total.Gross.Units}
	if answer.Count == st.Count && answer.Root == st.ReceiptsRoot {
		return Answer{}, nil
	}
	answer.Parts = partRoots(d.receipts)
	return answer, nil
}

// AnswerDescent is the payee's part of finding out what two extents differ in:
// the receipts it has in the parts asked for, ascending.
func (s *Settler) AnswerDescent(peer did.DID, q Descent) ([]wire.Digest, error) {
	if err := q.Extent.check(); err != nil {
		return nil, err
	}
	if n := len(q.Parts); n == 0 || n > maxParts || q.Parts[n-1] >= parts || !slices.IsSorted(q.Parts) {
		return nil, fmt.Errorf("%w: %d parts are asked for, 1 to %d below %d in order", ErrStatement, n, maxParts, parts)
	}
	t, err := s.termsOf(peer, q.Treaty)
	if err != nil {
		return nil, err
	}
	ids := []wire.Digest{}
	err = s.cfg.DB.View(func(r store.Reader) error {
		return q.Extent.within(r, In, peer, s.newPrices(r, t), func(o *Obligation) error {
			if _, asked := slices.BinarySearch(q.Parts, part(o.Receipt)); !asked {
				return nil
			}
			if len(ids) == maxDescended {
				return fmt.Errorf("%w: more than %d receipts are in %d parts", ErrStatement, maxDescended, len(q.Parts))
			}
			ids = append(ids, o.Receipt)
			return nil
		})
	})
	slices.SortFunc(ids, compareDigests)
	return ids, err
}

// descend finds out what the peer's receipts of an extent differ in from those
// proposed, and withdraws the statement. The next one leaves those out, or lists
// what it is over if there are too many of them to name.
func (run *runner) descend(ctx context.Context, a *account, rec *record, answer *Answer) error {
	st, _, err := rec.open()
	if err != nil {
		return err
	}
	var ours []wire.Digest
	err = run.s.cfg.DB.View(func(r store.Reader) error {
		ours, err = receiptsOf(r, a.Channel, a.Sequence)
		return err
	})
	if err != nil {
		return err
	}
	missing, extra, ok, err := run.unlike(ctx, st, rec.Extent, ours, answer)
	if err != nil {
		return err
	}
	if run.descents++; !ok || run.descents == maxDescents || len(run.missing)+len(missing) > maxBeyond {
		run.bound = run.s.cfg.ListedReceipts
		return run.withdraw(ctx, a, nil, nil)
	}
	for _, id := range extra {
		run.skip[id] = true
	}
	run.missing = append(run.missing, missing...)
	run.res.Missing = run.missing
	run.res.Disputed = append(run.res.Disputed, extra...)
	return run.withdraw(ctx, a, extra, missing)
}

// unlike returns what the peer has beyond ours and lacks of them; without ok
// that is more than a run looks into, or it changed on the way.
func (run *runner) unlike(ctx context.Context, st *Statement, e *Extent, ours []wire.Digest, answer *Answer) (missing, extra []wire.Digest, ok bool, err error) {
	if len(answer.Parts) != parts {
		return nil, nil, false, nil
	}
	var differ []uint64
	for n, root := range partRoots(ours) {
		if root != answer.Parts[n] {
			differ = append(differ, uint64(n))
		}
	}
	if len(differ) == 0 {
		return nil, nil, false, fmt.Errorf("%w: it disagrees with statement %d and has the same receipts", ErrRefused, st.Sequence)
	}
	if len(differ) > maxUnlike {
		return nil, nil, false, nil
	}
	for asked := range slices.Chunk(differ, maxParts) {
		theirs, err := run.s.cfg.Counterparty.Descend(ctx, run.peer, Descent{Treaty: st.Treaty, Extent: *e, Parts: asked})
		if errors.Is(err, ErrRefused) {
			return nil, nil, false, nil
		}
		if err != nil {
			return nil, nil, false, fmt.Errorf("ask %s for what differs in statement %d: %w", run.peer, st.Sequence, err)
		}
		if !ascending(theirs) {
			return nil, nil, false, fmt.Errorf("%w: the receipts it has are not in order", ErrRefused)
		}
		seen := 0
		for _, n := range asked {
			have := partOf(theirs, n)
			if merkleRoot(have) != answer.Parts[n] {
				return nil, nil, false, nil
			}
			seen += len(have)
			proposed := partOf(ours, n)
			missing = append(missing, without(have, proposed)...)
			extra = append(extra, without(proposed, have)...)
		}
		if seen != len(theirs) {
			return nil, nil, false, fmt.Errorf("%w: it has receipts in parts that were not asked for", ErrRefused)
		}
	}
	return missing, extra, true, nil
}

// without returns the ids that are not among others; both are ascending.
func without(ids, others []wire.Digest) (out []wire.Digest) {
	for _, id := range ids {
		if _, has := slices.BinarySearchFunc(others, id, compareDigests); !has {
			out = append(out, id)
		}
	}
	return out
}

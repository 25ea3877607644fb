package federation

import (
	"strconv"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
)

// lying is what is counted of a peer's results, and how many rows say so.
func (p *peerNode) lying(from *peerNode) (total int64, rows int) {
	p.t.Helper()
	err := p.db.View(func(r store.Reader) (err error) {
		if total, err = lyingBytes(r, prefixLyingBytes+from.did().String()); err != nil {
			return err
		}
		return r.Scan(prefixLying, "", func(string, []byte) error { rows++; return nil })
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return total, rows
}

// TestUnjoinedResultsHaveABound: a peer that never signs for what it gets is
// refused before its calls run; when it signs, or after a day, there is room.
func TestUnjoinedResultsHaveABound(t *testing.T) {
	a, b := federated(t)
	const size = maxInlineBytes + 1
	b.tool.set(returns(resultOfSize(size)))
	m := a.mandate(b, "read_file", readArgs)
	if out := a.kernelOf.Mediate(t.Context(), m); out.Verdict != kernel.Allow {
		t.Fatalf("outcome %s %+v", out.Ended, out.Denial)
	}
	if total, rows := b.lying(a); total != size || rows != 1 {
		t.Fatalf("%d bytes in %d rows are counted", total, rows)
	}
	set := func(n int64) {
		t.Helper()
		if err := b.db.Update(t.Context(), func(tx store.Tx) error {
			tx.Set(prefixLyingBytes+a.did().String(), strconv.AppendInt(nil, n, 10))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	set(maxUnjoinedBytes)
	out := a.call(b)
	if out.Peer == nil || out.Peer.Code != string(CodeResultsWait) || b.ran.Load() != 1 {
		t.Fatalf("outcome %s %+v, ran %d", out.Ended, out.Denial, b.ran.Load())
	}
	set(size)
	a.sync(b)
	if total, rows := b.lying(a); total != 0 || rows != 0 {
		t.Fatalf("signed for, and %d bytes in %d rows are counted", total, rows)
	}
}

// TestUnjoinedResultsAreDropped after a day, and no earlier.
func TestUnjoinedResultsAreDropped(t *testing.T) {
	a, b := federated(t)
	b.tool.set(returns(resultOfSize(maxInlineBytes + 1)))
	m := a.mandate(b, "read_file", readArgs)
	if out := a.kernelOf.Mediate(t.Context(), m); out.Verdict != kernel.Allow {
		t.Fatalf("outcome %s %+v", out.Ended, out.Denial)
	}
	key := callKey{a.did(), m.CallID}
	b.clock.Add(resultKeepSeconds)
	b.exchange.sweepResults(t.Context())
	if b.chunkRows(key) == 0 {
		t.Fatal("dropped too early")
	}
	b.clock.Add(1)
	b.exchange.sweepResults(t.Context())
	if total, rows := b.lying(a); total != 0 || rows != 0 || b.chunkRows(key) != 0 {
		t.Fatalf("%d bytes in %d rows are counted, %d chunks lie", total, rows, b.chunkRows(key))
	}
}

package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
)

// A result in chunks lies at the host until its origin has signed for it, and an
// origin need not. So there is a bound for what one peer leaves lying: while it
// is reached the peer's calls are refused before they run. Calls that are under
// way by then may add their results, one for each stream that is open. What nobody signed for in a day is
// dropped: its caller is long gone, and the receipt stays.
const (
	maxUnjoinedBytes  = 1 << 30
	resultKeepSeconds = 24 * 3600
	// maxSwept bounds the results dropped at once.
	maxSwept = 64
)

// CodeResultsWait: the peer has not signed for the results that it has.
const CodeResultsWait kernel.Code = "CHIO-FED-RESULTS-WAIT"

// The rows of results that lie here.
const (
	prefixLying      = "f/inq/" // time/peer/call id → bytes
	prefixLyingBytes = "f/inb/" // peer → bytes of all of them
)

func lyingKey(at int64, key callKey) string {
	return prefixLying + ordered(uint64(at)) + "/" + key.peer.String() + "/" + key.callID
}

// lyingBytes reads a number of bytes; a row that is not there is zero.
func lyingBytes(r store.Reader, key string) (int64, error) {
	row, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(row), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: row %.160s: %w", store.ErrCorrupt, key, err)
	}
	return n, nil
}

// roomForResult refuses a call of a peer that leaves too much lying.
func roomForResult(r store.Reader, peer did.DID) error {
	lying, err := lyingBytes(r, prefixLyingBytes+peer.String())
	if err != nil || lying < maxUnjoinedBytes {
		return err
	}
	return denied(CodeResultsWait, fmt.Sprintf("%d bytes of results wait for the calling organisation to sign for them", lying),
		"have the calling organisation exchange receipts: chio-node federate sync")
}

// lay counts a result that was stored, in the transaction that closes its call.
func lay(tx store.Tx, key callKey, row *arrived, size, now int64) error {
	row.LyingSince = now
	tx.Set(lyingKey(now, key), strconv.AppendInt(nil, size, 10))
	return addLying(tx, key.peer, size)
}

func addLying(tx store.Tx, peer did.DID, size int64) error {
	lying, err := lyingBytes(tx, prefixLyingBytes+peer.String())
	if err != nil {
		return err
	}
	if lying += size; lying > 0 {
		tx.Set(prefixLyingBytes+peer.String(), strconv.AppendInt(nil, lying, 10))
	} else {
		tx.Delete(prefixLyingBytes + peer.String())
	}
	return nil
}

// clearResult drops the chunks of a result, and counts it no more.
func clearResult(tx store.Tx, key callKey, row *arrived) error {
	row.Delivered = true
	if err := dropChunks(tx, key); err != nil {
		return err
	}
	size, err := lyingBytes(tx, lyingKey(row.LyingSince, key))
	if err != nil {
		return err
	}
	tx.Delete(lyingKey(row.LyingSince, key))
	if err := addLying(tx, key.peer, -size); err != nil {
		return err
	}
	return save(tx, inKey(key), row)
}

// sweepResults drops what nobody signed for, the oldest first, whoever's it is.
func (x *Exchange) sweepResults(ctx context.Context) {
	var old []callKey
	before := ordered(uint64(max(0, x.now()-resultKeepSeconds)))
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(prefixLying, "", func(key string, _ []byte) error {
			at, call, _ := strings.Cut(strings.TrimPrefix(key, prefixLying), "/")
			if at >= before || len(old) == maxSwept {
				return store.ErrStop
			}
			peer, id, _ := strings.Cut(call, "/")
			old = append(old, callKey{did.DID(peer), id})
			return nil
		})
	})
	for i := 0; i < len(old) && err == nil; i++ { // a transaction holds the chunks of one
		err = x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			var row arrived
			if have, err := load(tx, inKey(old[i]), &row); err != nil || !have || row.Delivered {
				return err
			}
			return clearResult(tx, old[i], &row)
		})
	}
	if err != nil && ctx.Err() == nil {
		x.s.cfg.Log.Warn("old results not dropped", slog.String("error", err.Error()))
	}
}

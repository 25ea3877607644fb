package approval

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	reqRows     = "p/req/"
	callRows    = "p/call/"
	agentRows   = "p/agent/"
	dueRows     = "p/due/"
	tellRows    = "p/tell/"
	batchRows   = "p/batch/"
	batchIDRows = "p/batchid/"
	countRow    = "p/count"
	batchesRow  = "p/batches"
)

// dueBatch marks the due row of a batch.
const dueBatch = "batch:"

// rowLimits bound one row: an ask repeats up to 128 KiB of parameters.
var rowLimits = wire.Limits{Bytes: 512 << 10, Depth: 40}

func dueKey(at int64, id string) string { return fmt.Sprintf("%s%020d/%s", dueRows, max(at, 0), id) }

// sameCall is a digest of server, tool and arguments: what makes two calls of
// one agent the same call.
func sameCall(server, tool string, args wire.Digest) string {
	return wire.Hash(wire.MustMarshal([]string{server, tool, args.String()})).String()
}

func agentKey(q *Request) string {
	return agentRows + q.Ask.Subject.String() + "/" + sameCall(q.Ask.Server, q.Ask.Tool, q.Ask.ArgsSHA256) + "/" + q.ApprovalID
}

// get reads one request, or store.ErrNotFound.
func get(r store.Reader, id string) (*Request, error) {
	b, err := r.Get(reqRows + id)
	if err != nil {
		return nil, err
	}
	return decodeRequest(id, b)
}

func decodeRequest(id string, b []byte) (*Request, error) {
	var q Request
	if err := wire.UnmarshalCanonical(b, &q, rowLimits); err != nil {
		return nil, fmt.Errorf("%w: request %.60s: %w", ErrCorrupt, id, err)
	}
	if q.ApprovalID != id {
		return nil, fmt.Errorf("%w: row of request %.60s holds another", ErrCorrupt, id)
	}
	return &q, nil
}

// byCall reads the request of a call id; nil if there is none.
func byCall(r store.Reader, callID string) (*Request, error) {
	id, err := r.Get(callRows + callID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	q, err := get(r, string(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: call %.60s names a request that is not there", ErrCorrupt, callID)
	}
	return q, err
}

func put(tx store.Tx, q *Request) error {
	b, err := wire.Marshal(q)
	if err != nil {
		return fmt.Errorf("approval request %s: %w", q.ApprovalID, err)
	}
	if len(b) > rowLimits.Bytes {
		return fmt.Errorf("approval request %s: %w: %d bytes, limit %d", q.ApprovalID, wire.ErrTooLarge, len(b), rowLimits.Bytes)
	}
	tx.Set(reqRows+q.ApprovalID, b)
	return nil
}

// insert adds an open request with its index rows.
func insert(tx store.Tx, q *Request, tell bool) error {
	if err := put(tx, q); err != nil {
		return err
	}
	n, err := count(tx, countRow)
	if err != nil {
		return err
	}
	setCount(tx, countRow, n+1)
	tx.Set(callRows+q.Ask.CallID, []byte(q.ApprovalID))
	tx.Set(agentKey(q), []byte(q.Ask.CallID))
	tx.Set(dueKey(q.Deadline(), q.ApprovalID), nil)
	if tell {
		tx.Set(tellRows+q.ApprovalID, nil)
	}
	return nil
}

// move writes an open request whose deadline may have changed.
func move(tx store.Tx, q *Request, was int64) error {
	if at := q.Deadline(); at != was {
		tx.Delete(dueKey(was, q.ApprovalID))
		tx.Set(dueKey(at, q.ApprovalID), nil)
	}
	return put(tx, q)
}

// end takes an open request out of the indexes and keeps it for a while, so
// that a repetition of the call hears how it ended. was is its deadline.
func end(tx store.Tx, q *Request, was int64) error {
	n, err := count(tx, countRow)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: an open request is not counted", ErrCorrupt)
	}
	setCount(tx, countRow, n-1)
	tx.Delete(agentKey(q))
	tx.Delete(tellRows + q.ApprovalID)
	tx.Delete(dueKey(was, q.ApprovalID))
	tx.Set(dueKey(q.EndedAt+RetentionSeconds, q.ApprovalID), nil)
	return put(tx, q)
}

// forget removes what is left of an ended request.
func forget(tx store.Tx, q *Request) {
	tx.Delete(reqRows + q.ApprovalID)
	tx.Delete(callRows + q.Ask.CallID)
}

func count(r store.Reader, row string) (uint64, error) {
	b, err := r.Get(row)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: %s", ErrCorrupt, row)
	}
	return binary.BigEndian.Uint64(b), nil
}

func setCount(tx store.Tx, row string, n uint64) {
	tx.Set(row, binary.BigEndian.AppendUint64(nil, n))
}

// openOf counts the open requests of an agent.
func openOf(r store.Reader, agent wire.PublicKey) (n int, err error) {
	err = r.Scan(agentRows+agent.String()+"/", "", func(string, []byte) error {
		n++
		return nil
	})
	return n, err
}

// PendingCall returns the call id under which an agent already asked for this
// same call and may still be, or has been, approved: a caller that keeps no
// call ids repeats it under that one. Several are answered by the oldest.
func (g *Registry) PendingCall(agent wire.PublicKey, server, tool string, args wire.Digest, now int64) (callID string, ok bool, err error) {
	if g.Idle() {
		return "", false, nil
	}
	prefix := agentRows + agent.String() + "/" + sameCall(server, tool, args) + "/"
	err = g.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(prefix, "", func(key string, value []byte) error {
			q, err := get(r, strings.TrimPrefix(key, prefix))
			if err != nil {
				return err
			}
			if now < q.Deadline() {
				callID, ok = string(value), true
				return store.ErrStop
			}
			return nil
		})
	})
	return callID, ok, err
}

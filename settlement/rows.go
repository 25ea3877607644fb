package settlement

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Side says which way money goes, seen from this node.
type Side string

// The sides.
const (
	Out Side = "out" // we pay
	In  Side = "in"  // we are paid
)

// rowLimits bound what one row holds: a statement with its list of receipts.
var rowLimits = wire.Limits{Bytes: 768 << 10, Depth: 40}

const holdPrefix = "s/h/"

func obligationKey(id wire.Digest) string { return "s/o/" + id.String() }
func openPrefix(side Side, peer did.DID) string {
	return fmt.Sprintf("s/u/%s/%s/", side, peer)
}
func openKey(side Side, peer did.DID, o *Obligation) string {
	return fmt.Sprintf("%s%020d/%s", openPrefix(side, peer), o.At, o.Receipt)
}
func exposurePrefix(side Side, peer did.DID) string { return fmt.Sprintf("s/x/%s/%s/", side, peer) }
func holdKey(callID string) string                  { return holdPrefix + callID }
func accountPrefix(side Side) string                { return fmt.Sprintf("s/c/%s/", side) }
func peerAccounts(side Side, peer did.DID) string   { return accountPrefix(side) + peer.String() + "/" }
func accountKey(side Side, peer did.DID, channel wire.Digest) string {
	return peerAccounts(side, peer) + channel.String()
}
func statementPrefix(channel wire.Digest) string { return fmt.Sprintf("s/s/%s/", channel) }
func statementKey(channel wire.Digest, sequence uint64) string {
	return fmt.Sprintf("%s%020d", statementPrefix(channel), sequence)
}
func receiptsPrefix(channel wire.Digest, sequence uint64) string {
	return fmt.Sprintf("s/q/%s/%020d/", channel, sequence)
}
func contestsKey(side Side, peer did.DID) string { return fmt.Sprintf("s/n/%s/%s", side, peer) }
func statementIndex(id wire.Digest) string       { return "s/i/" + id.String() }
func depositKey(channel wire.Digest, sequence uint64) string {
	return fmt.Sprintf("s/f/%s/%020d", channel, sequence)
}
func roundKey(id wire.Digest) string { return "s/r/" + id.String() }
func disputePrefix(side Side, peer did.DID) string {
	return fmt.Sprintf("s/d/%s/%s/", side, peer)
}

// load reads a row; false means that there is none.
func load[T any](r store.Reader, key string) (T, bool, error) {
	var v T
	row, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return v, false, nil
	}
	if err != nil {
		return v, false, fmt.Errorf("read row %.120s: %w", key, err)
	}
	return decodeRow[T](key, row)
}

func decodeRow[T any](key string, row []byte) (T, bool, error) {
	var v T
	if err := wire.UnmarshalCanonical(row, &v, rowLimits); err != nil {
		return v, false, fmt.Errorf("%w: row %.120s: %w", store.ErrCorrupt, key, err)
	}
	return v, true, nil
}

// save writes a row.
func save(tx store.Tx, key string, v any) error {
	row, err := wire.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode row %.120s: %w", key, err)
	}
	tx.Set(key, row)
	return nil
}

package federation

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
)

// ErrNoncesFull: more hellos were made in the last minutes than are remembered.
var ErrNoncesFull = errors.New("too many hellos: try again in a few minutes")

const (
	// nonceSeconds is how long a nonce is kept: past any time at which a
	// transcript that names it could still be accepted.
	nonceSeconds = helloSeconds + 2*ClockSkewSeconds
	// maxNonces bounds the live nonces; reached, hellos are refused. A live
	// nonce is never evicted.
	maxNonces = 16_384
	// maxStrangerNonces bounds those that peers without a treaty may add to, so
	// that many strangers do not keep the others from renewing their hello.
	maxStrangerNonces = maxNonces / 4 * 3
	// sweepStep bounds the expired nonces removed by one hello.
	sweepStep = 8
)

// spendNonce records a peer's nonce, or refuses it as a replay, or because limit
// are live. It also removes a few expired ones, so that the table shrinks as it
// is used.
func spendNonce(tx store.Tx, from did.DID, nonce string, limit int, now int64) error {
	key := from.String() + "/" + nonce
	if _, err := tx.Get(prefixNonce + key); err == nil {
		return fmt.Errorf("%w: %s used this nonce before", ErrReplay, from)
	} else if !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("look up a nonce: %w", err)
	}
	live, err := sweepNonces(tx, now)
	if err != nil {
		return err
	}
	if live >= limit {
		return fmt.Errorf("%w: %d remembered", ErrNoncesFull, live)
	}
	expiry := fmt.Sprintf("%020d", now+nonceSeconds)
	tx.Set(prefixNonce+key, []byte(expiry))
	tx.Set(prefixNonceExpiry+expiry+"/"+key, []byte{1})
	tx.Set(keyNonceCount, strconv.AppendInt(nil, int64(live+1), 10))
	return nil
}

// keyNonceCount counts the rows under prefixNonce.
const keyNonceCount = "f/nonces"

// sweepNonces removes up to sweepStep expired nonces and returns how many rows
// remain.
func sweepNonces(tx store.Tx, now int64) (int, error) {
	count := 0
	row, err := tx.Get(keyNonceCount)
	if err == nil {
		count, err = strconv.Atoi(string(row))
	} else if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return 0, fmt.Errorf("count nonces: %w", err)
	}
	limit := fmt.Sprintf("%020d", now)
	var expired []string
	err = tx.Scan(prefixNonceExpiry, "", func(key string, _ []byte) error {
		expiry, name, ok := strings.Cut(key[len(prefixNonceExpiry):], "/")
		if !ok || expiry > limit || len(expired) == sweepStep {
			return store.ErrStop
		}
		expired = append(expired, expiry+"/"+name)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("sweep nonces: %w", err)
	}
	for _, name := range expired {
		_, key, _ := strings.Cut(name, "/")
		tx.Delete(prefixNonceExpiry + name)
		tx.Delete(prefixNonce + key)
	}
	return count - len(expired), nil
}

package reputation

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
)

// importRows holds summaries of others as they came, by subject and issuer.
// What counts is decided again whenever they are read.
const importRows = "c/rep/"

func importKey(subject, issuer did.DID) string {
	return importRows + subject.Key().String() + "/" + issuer.Key().String()
}

// ErrOlder refuses a summary that is not newer than the one of the same issuer
// about the same agent that is kept.
var ErrOlder = errors.New("a reputation summary at least as new is kept already")

// Keep files a summary that VerifyImport accepted in place of an older one of
// its issuer.
func Keep(tx store.Tx, in *Import, doc []byte) error {
	key := importKey(in.subject, in.issuer)
	switch have, err := tx.Get(key); {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return err
	default:
		old, _, err := Verify(have)
		if err != nil {
			return fmt.Errorf("%w: row %.200s: %w", store.ErrCorrupt, key, err)
		}
		if old.ComputedAt >= in.computedAt {
			return fmt.Errorf("%w: of %d by %s", ErrOlder, old.ComputedAt, in.issuer)
		}
	}
	tx.Set(key, doc)
	return nil
}

// Kept calls fn for every summary kept about an agent, in order of issuers,
// until fn returns an error; store.ErrStop ends it with nil.
func Kept(r store.Reader, subject did.DID, fn func(doc []byte) error) error {
	return r.Scan(importRows+subject.Key().String()+"/", "", func(_ string, row []byte) error { return fn(row) })
}

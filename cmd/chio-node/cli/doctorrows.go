package cli

import (
	"errors"

	"github.com/backbay-labs/chio-node/did/keys"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
)

// readRows checks keys, log and ledger of a store whose rows are sound, and
// returns the time of the newest receipt.
func (s *storeReader) readRows(dir string) (newest int64, ok bool) {
	db, err := badger.Open(dir, badger.Options{KeepTables: true})
	if err != nil {
		s.say(bad("store", err, damageMeans, restoreHint))
		return 0, false
	}
	s.say(s.keyFinding(db))
	if err := db.View(func(r store.Reader) error {
		s.say(logFinding(r), ledgerFinding(r), paymentsFinding(r), budgetFinding(r))
		return rlog.ScanNewest(r, 0, func(_ uint64, leaf []byte) error {
			if rec, err := receipt.Parse(leaf); err == nil {
				newest = rec.Timestamp
			}
			return store.ErrStop
		})
	}); err != nil {
		s.say(bad("log", err, damageMeans, restoreHint))
	}
	if err := db.Close(); err != nil {
		s.say(bad("store", err, "", ""))
		return 0, false
	}
	return newest, true
}

func (s *storeReader) keyFinding(db *store.Engine) finding {
	const name = "keys"
	ring, err := keys.Open(keys.Config{DB: db, Home: s.scratch, Passphrase: s.pass, Rand: s.Rand})
	if errors.Is(err, keys.ErrPassphrase) {
		return bad(name, err, "they stay sealed, and the node cannot start", "set CHIO_PASSPHRASE to the passphrase given at init")
	}
	if err != nil {
		return bad(name, err, "without them nobody can act as this organisation", restoreHint)
	}
	if err := db.VerifyHead(ring.HeadKeys()...); err != nil {
		return bad(name, err, "the keys and the store are not of one home", "put back the master key file that belongs to this store")
	}
	if !ring.Sealed() {
		return fine(name, "of %s, plain, in a file only its owner can read; the store's head is signed by its kernel", ring.OrgDID())
	}
	return fine(name, "of %s, sealed by a passphrase; the store's head is signed by its kernel", ring.OrgDID())
}

func logFinding(r store.Reader) finding {
	head, err := rlog.Verify(r)
	if err != nil {
		return bad("log", err, "receipts or their proofs contradict each other", restoreHint)
	}
	return fine("log", "%d receipt(s), root %s", head.Size, head.Root)
}

func ledgerFinding(r store.Reader) finding {
	sum, err := ledger.Verify(r)
	if err != nil {
		return bad("ledger", err, "what is owed cannot be relied on; nothing is paid", restoreHint)
	}
	return fine("ledger", "%d posting(s), %d account(s), balanced", sum.Sequence, sum.Accounts)
}

//go:build linux

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/wire"
)

// atRest looks at the disk of an organisation that was stopped: no call is
// under way, and every pair is signed by both.
func (o *org) atRest(r *report) error {
	db, err := badger.Open(filepath.Join(o.home, "store"), badger.Options{})
	if err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	err = db.View(func(rows store.Reader) error {
		open, err := journal.Open(rows)
		if err != nil {
			return err
		}
		r.check(len(open) == 0, "%s: %d calls are under way on disk: %+v", o.name, len(open), open)
		return rows.Scan("f/joint/", "", func(key string, row []byte) error {
			var j federation.Joint
			if err := wire.UnmarshalCanonical(row, &j, wire.BundleLimits); err != nil {
				return err
			}
			r.check(len(j.Cosign) > 0 && j.Disputed == "", "%s: the pair %s of call %s is not joined: %q", o.name, strings.TrimPrefix(key, "f/joint/"), j.CallID, j.Disputed)
			return nil
		})
	})
	return errors.Join(err, db.Close())
}

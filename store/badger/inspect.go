package badger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/backbay-labs/chio-node/store"
)

// Inspect looks at a store without serving it. The report is filled as far as
// it got, also when the error is store.ErrCorrupt; read is called with the rows
// that are left, whatever the report says. It is for a copy: badger writes into
// a folder that it opens. Tables that are there stay as they are.
func Inspect(dir string, o Options, read func(store.Reader, store.Report) error) (report store.Report, err error) {
	if _, err := os.Stat(filepath.Join(dir, rowsName)); err != nil {
		return report, fmt.Errorf("inspect store: %w", err)
	}
	o.KeepTables = true
	c, err := config(dir, o)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, c.Backend.Close()) }()
	report, err = store.Check(c)
	rows, snapshotErr := c.Backend.Snapshot()
	if snapshotErr != nil {
		return report, errors.Join(err, snapshotErr)
	}
	defer rows.Close()
	return report, errors.Join(err, read(rows, report))
}

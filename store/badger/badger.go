package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	badgerdb "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/backbay-labs/chio-node/store"
)

// The names inside a store's directory.
const (
	HeadName = "HEAD"
	rowsName = "rows"
)

// Options tune a store; the zero value is the default.
type Options struct {
	// Logger receives what badger reports, nil for nothing.
	Logger *slog.Logger
	// MinFreeBytes is the free space below which writes are refused; default
	// 64 MiB, twice what one memory table and its log may still allocate.
	MinFreeBytes uint64
	// KeepTables is for a copy whose tables are links to those of another store:
	// nothing is compacted. Badger truncates a table that it is done with before
	// it removes it, and that would follow the link.
	KeepTables bool
}

const (
	memTableBytes       = 16 << 20
	memTables           = 3
	compactors          = 2
	blockCacheBytes     = 32 << 20
	valueLogBytes       = 4 << 20
	defaultMinFreeBytes = 64 << 20
)

// Open opens or creates the store in dir. Errors: store.ErrInUse if another
// process has it, store.ErrCorrupt if it is not what its head says.
func Open(dir string, o Options) (*store.Engine, error) {
	c, err := config(dir, o)
	if err != nil {
		return nil, err
	}
	e, err := store.Open(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return e, nil
}

func config(dir string, o Options) (store.Config, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return store.Config{}, fmt.Errorf("create store directory: %w", err)
	}
	rows := filepath.Join(dir, rowsName)
	b, err := openBackend(rows, o)
	if err != nil {
		return store.Config{}, err
	}
	return store.Config{Backend: b, HeadPath: filepath.Join(dir, HeadName)}, nil
}

func openBackend(rows string, o Options) (b *backend, err error) {
	if o.MinFreeBytes == 0 {
		o.MinFreeBytes = defaultMinFreeBytes
	}
	defer func() { // badger panics on some kinds of damage
		if v := recover(); v != nil {
			b, err = nil, fmt.Errorf("%w: badger cannot read %s: %v", store.ErrCorrupt, rows, v)
		}
	}()
	db, err := badgerdb.Open(badgerOptions(rows, o))
	if err != nil {
		return nil, classify(rows, err)
	}
	return &backend{db: db, dir: rows, minFree: o.MinFreeBytes}, nil
}

func badgerOptions(dir string, o Options) badgerdb.Options {
	running := compactors
	if o.KeepTables {
		running = 0
	}
	return badgerdb.DefaultOptions(dir).
		WithSyncWrites(true).
		WithDetectConflicts(false). // one committer
		WithNumVersionsToKeep(1).
		WithMemTableSize(memTableBytes).
		WithNumMemtables(memTables).
		WithBlockCacheSize(blockCacheBytes).
		WithValueLogFileSize(valueLogBytes).
		WithNumCompactors(running).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithVerifyValueChecksum(true).
		WithMetricsEnabled(false).
		WithLogger(logger(o.Logger))
}

// classify maps badger's text onto the store's causes. What the operating
// system refused is passed on; what badger itself refuses to read is damage.
func classify(dir string, err error) error {
	var path *fs.PathError
	var errno syscall.Errno
	switch {
	case strings.Contains(err.Error(), "Cannot acquire directory lock"):
		return fmt.Errorf("%w: %s; stop the other process or use another --home", store.ErrInUse, dir)
	case errors.As(err, &path), errors.As(err, &errno), errors.Is(err, fs.ErrPermission),
		strings.Contains(err.Error(), syscall.EACCES.Error()), strings.Contains(err.Error(), syscall.ENOSPC.Error()):
		return fmt.Errorf("open store %s: %w", dir, err)
	}
	return fmt.Errorf("%w: badger cannot read %s: %w", store.ErrCorrupt, dir, err)
}

package store

// Backend is what an engine stands on: snapshots to read, and one durable
// transaction at a time. It need not be safe for concurrent Apply calls; it
// must allow snapshots to be taken and read while Apply runs.
type Backend interface {
	// Snapshot returns the state after the last successful Apply. The caller
	// closes it.
	Snapshot() (Snapshot, error)
	// Apply makes all writes durable in one transaction, or none. Keys are in
	// ascending byte order and distinct. When it returns an error the state on
	// disk is unknown until the backend is opened again.
	Apply(writes []Write) error
	Close() error
}

// Snapshot is one consistent state of a backend.
type Snapshot interface {
	Reader
	Close()
}

// Write sets or deletes one row.
type Write struct {
	Key    string
	Value  []byte
	Delete bool
}

// The sizes a caller may rely on. They keep a whole group inside one
// transaction of every backend, so a group is never split.
const (
	// MaxKeyBytes bounds a key.
	MaxKeyBytes = 1024
	// MaxValueBytes bounds one value.
	MaxValueBytes = 1<<20 - 1
	// MaxOverlayBytes bounds what one closure writes, rowOverhead included.
	MaxOverlayBytes = 2 << 20
	// rowOverhead is added per row: an index node of the backend.
	rowOverhead = 128
	// groupBytes and groupClosures bound one backend transaction.
	groupBytes    = MaxOverlayBytes
	groupClosures = 256
	// queueLength bounds the closures that wait for the committer.
	queueLength = 1024
	// reserved is the first byte of the engine's own rows.
	reserved = '!'
)

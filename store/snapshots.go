package store

import (
	"errors"
	"fmt"
)

// shared is the last committed state, read by many at once. A backend may make
// a new snapshot wait for a commit that is under way, so one is taken after
// each commit and handed to everybody until the next.
type shared struct {
	Snapshot
	refs int // guarded by Engine.snapshots
}

// acquire returns the last committed state; the caller releases it.
func (e *Engine) acquire() *shared {
	e.snapshots.Lock()
	defer e.snapshots.Unlock()
	e.latest.refs++
	return e.latest
}

func (e *Engine) release(s *shared) {
	if s == nil {
		return
	}
	e.snapshots.Lock()
	s.refs--
	last := s.refs == 0
	e.snapshots.Unlock()
	if last {
		s.Close()
	}
}

// publish makes the state after the last commit what readers see.
func (e *Engine) publish() error {
	fresh, err := e.backend.Snapshot()
	if err != nil {
		return fmt.Errorf("read what was committed: %w", err)
	}
	e.snapshots.Lock()
	old := e.latest
	e.latest = &shared{Snapshot: fresh, refs: 1}
	e.snapshots.Unlock()
	e.release(old)
	return nil
}

// memo remembers what was read of a committed state, because a group asks for
// most of its rows twice: when its closures run, and when their old values
// leave the digest.
type memo struct {
	base Reader
	rows map[string][]byte // nil: there is no such row
}

// maxMemoRows bounds what one group remembers.
const maxMemoRows = 1 << 14

func (m *memo) Get(key string) ([]byte, error) {
	if v, ok := m.rows[key]; ok {
		if v == nil {
			return nil, ErrNotFound
		}
		return append([]byte{}, v...), nil
	}
	v, err := m.base.Get(key)
	if len(m.rows) < maxMemoRows {
		switch {
		case err == nil:
			m.rows[key] = append([]byte{}, v...)
		case errors.Is(err, ErrNotFound):
			m.rows[key] = nil
		}
	}
	return v, err
}

func (m *memo) Scan(prefix, after string, fn func(string, []byte) error) error {
	return m.base.Scan(prefix, after, fn)
}

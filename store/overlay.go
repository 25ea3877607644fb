package store

import (
	"errors"
	"sort"
	"strings"
)

// overlay holds writes not yet in the backend. A nil value is a deletion.
type overlay struct {
	rows  map[string][]byte
	bytes int
}

func newOverlay() *overlay { return &overlay{rows: map[string][]byte{}} }

func (o *overlay) put(key string, value []byte) {
	if old, ok := o.rows[key]; ok {
		o.bytes -= len(old)
	} else {
		o.bytes += len(key) + rowOverhead
	}
	o.bytes += len(value)
	o.rows[key] = value
}

// merge takes over every row of the upper overlay.
func (o *overlay) merge(upper *overlay) {
	for k, v := range upper.rows {
		o.put(k, v)
	}
}

// keys returns the overlay's keys in ascending order.
func (o *overlay) keys() []string {
	keys := make([]string, 0, len(o.rows))
	for k := range o.rows {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// layers reads through overlays, top first, down to a committed snapshot.
type layers struct {
	top  []*overlay
	base Reader
}

func (l layers) Get(key string) ([]byte, error) {
	if key != "" && key[0] == reserved {
		return nil, ErrNotFound
	}
	for _, o := range l.top {
		if v, ok := o.rows[key]; ok {
			if v == nil {
				return nil, ErrNotFound
			}
			return append([]byte{}, v...), nil
		}
	}
	return l.base.Get(key)
}

// Scan merges the overlays into the base. Writes made by fn during the scan
// are not part of it.
func (l layers) Scan(prefix, after string, fn func(string, []byte) error) error {
	over := l.rowsAbove(prefix, after)
	emitBelow := func(limit string, bounded bool) error {
		for len(over) > 0 && (!bounded || over[0].Key < limit) {
			row := over[0]
			over = over[1:]
			if row.Delete {
				continue
			}
			if err := fn(row.Key, row.Value); err != nil {
				return err
			}
		}
		return nil
	}
	err := l.base.Scan(prefix, after, func(key string, value []byte) error {
		if key != "" && key[0] == reserved {
			return nil
		}
		if err := emitBelow(key, true); err != nil {
			return stopped{err}
		}
		if len(over) > 0 && over[0].Key == key {
			row := over[0]
			over = over[1:]
			if row.Delete {
				return nil
			}
			value = row.Value
		}
		if err := fn(key, value); err != nil {
			return stopped{err}
		}
		return nil
	})
	if err == nil {
		err = emitBelow("", false)
	}
	var s stopped
	if errors.As(err, &s) {
		err = s.cause
	}
	if errors.Is(err, ErrStop) {
		return nil
	}
	return err
}

// rowsAbove lists the overlays' rows under prefix and above after, in order.
func (l layers) rowsAbove(prefix, after string) []Write {
	var out []Write
	for depth, o := range l.top {
		for k, v := range o.rows {
			if !strings.HasPrefix(k, prefix) || after != "" && k <= after || l.shadowed(k, depth) {
				continue
			}
			out = append(out, Write{Key: k, Value: v, Delete: v == nil})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}

func (l layers) shadowed(key string, depth int) bool {
	for _, o := range l.top[:depth] {
		if _, ok := o.rows[key]; ok {
			return true
		}
	}
	return false
}

// stopped carries a callback's error through a backend's Scan untouched, so
// that ErrStop from the callback is not mistaken for the end of the base rows.
type stopped struct{ cause error }

func (s stopped) Error() string { return s.cause.Error() }

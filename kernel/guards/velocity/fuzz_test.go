package velocity_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/velocity"
	"github.com/backbay-labs/chio-node/store"
)

// FuzzBucket: a row is refused, or is exactly what this package would write.
func FuzzBucket(f *testing.F) {
	f.Add([]byte{})
	f.Add(append([]byte{1}, make([]byte, 32)...))
	f.Add(append([]byte{2}, make([]byte, 32)...))
	f.Fuzz(func(t *testing.T, row []byte) {
		again, err := velocity.DecodeBucket(row)
		if err == nil && !bytes.Equal(row, again) || err != nil && !errors.Is(err, velocity.ErrCorrupt) {
			t.Fatal(err)
		}
	})
}

// A row that was altered denies: nobody's limit is guessed.
func TestCorruptRowsDeny(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(2), WindowSeconds: window, BurstMicros: one}, 0)
	w.passes(t, 1, attempt{agent: 1})
	call := attempt{agent: 1}.call()
	req := &kernel.Admittance{Call: call}
	d, err := w.guards[1].Judge(&guard.Request{Call: call})
	if err != nil {
		t.Fatal(err)
	}
	req.Consume = d.Consume
	for _, prefix := range []string{"w/b/", "w/all"} {
		err := w.db.Update(context.Background(), func(tx store.Tx) error {
			var keys []string
			if err := tx.Scan(prefix, "", func(key string, _ []byte) error { keys = append(keys, key); return nil }); err != nil {
				return err
			}
			for _, k := range keys {
				tx.Set(k, []byte("junk"))
			}
			return w.buckets.Admit(tx, req, &kernel.Ticket{})
		})
		if !errors.Is(err, velocity.ErrCorrupt) {
			t.Errorf("%s: %v", prefix, err)
		}
	}
}

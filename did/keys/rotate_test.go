package keys

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const at = 1_790_000_000

func rotation(seq uint64) RotateKernel {
	return RotateKernel{Now: at, Term: did.Term{Role: did.RoleKernel, Sequence: seq, NotBefore: at, NotAfter: at + 3600},
		Final: did.FinalTree{LogID: "log", Size: 3, Root: wire.Hash(nil)}, Checkpoint: []byte("note")}
}

func TestRotateKernel(t *testing.T) {
	db := newRows()
	cfg := Config{DB: db, Home: t.TempDir(), Rand: rand.Reader}
	k, err := Create(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var keys []wire.PublicKey
	for i := range 3 {
		old := k.Kernel().Public()
		sealed := db.m[rowOf(did.RoleKernel, current)]
		rot, err := k.RotateKernel(context.Background(), rotation(uint64(i+1)))
		if err != nil {
			t.Fatal(err)
		}
		body := rot.Body()
		if body.Old != old || body.New != k.Kernel().Public() || body.New == old || bytes.Equal(sealed, db.m[rowOf(did.RoleKernel, current)]) {
			t.Fatalf("%+v", body)
		}
		if _, err := did.VerifyBinding(rot.Binding, k.OrgDID(), did.RoleKernel, at, nil); err != nil {
			t.Error(err)
		}
		keys = append(keys, old)
		// Until it is finished, the next opener accepts a head by either key.
		again, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if h := again.HeadKeys(); len(h) != 2 || h[0] != body.New || h[1] != old {
			t.Errorf("unfinished: %v", h)
		}
		if err := again.FinishRotation(context.Background()); err != nil {
			t.Fatal(err)
		}
		if k, err = Open(cfg); err != nil || len(k.HeadKeys()) != 1 {
			t.Fatalf("finished: %v", err)
		}
	}
	for i, rot := range k.Rotations() {
		if rot.Body().Old != keys[i] || rot.Checkpoint != "note" {
			t.Errorf("rotation %d: %+v", i, rot.Body())
		}
	}
	if err := k.FinishRotation(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestRotateKernelAllOrNothing: whatever fails leaves the old key in force.
func TestRotateKernelAllOrNothing(t *testing.T) {
	errOther := errors.New("no")
	for name, change := range map[string]func(*Config, *RotateKernel){
		"the rest of the transaction": func(_ *Config, c *RotateKernel) { c.Also = func(store.Tx, wire.Signer) error { return errOther } },
		"no randomness":               func(cfg *Config, _ *RotateKernel) { cfg.Rand = bytes.NewReader(nil) },
		"no log":                      func(_ *Config, c *RotateKernel) { c.Final.LogID = "" },
		"a binding for two months":    func(_ *Config, c *RotateKernel) { c.Term.NotAfter = at + 60*24*3600 },
	} {
		db := newRows()
		cfg := Config{DB: db, Home: t.TempDir(), Rand: rand.Reader}
		k, err := Create(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		before, c := k.Kernel().Public(), rotation(1)
		change(&cfg, &c)
		if k, err = Open(cfg); err != nil {
			t.Fatal(err)
		}
		if _, err := k.RotateKernel(context.Background(), c); err == nil {
			t.Errorf("%s: rotated", name)
		}
		if k.Kernel().Public() != before || len(k.Rotations()) != 0 || len(k.HeadKeys()) != 1 {
			t.Errorf("%s: the keyring changed", name)
		}
		if again, err := Open(cfg); err != nil || again.Kernel().Public() != before || len(again.Rotations()) != 0 {
			t.Errorf("%s: the store changed: %v", name, err)
		}
	}
}

// TestRotationRowsAreChecked: a history that does not lead to the key in use is
// refused, whoever altered it.
func TestRotationRowsAreChecked(t *testing.T) {
	for name, change := range map[string]func(db *rows){
		"the last record is gone":        func(db *rows) { delete(db.m, numbered(eventRows, 2)) },
		"the first record is gone":       func(db *rows) { db.m[numbered(eventRows, 1)] = db.m[numbered(eventRows, 2)] },
		"a record is garbage":            func(db *rows) { db.m[numbered(eventRows, 1)] = []byte("{}") },
		"a record is not canonical":      func(db *rows) { db.m[numbered(eventRows, 1)] = []byte("x") },
		"another rotation is unfinished": func(db *rows) { db.m[keyUnfinished] = []byte("00") },
	} {
		db := newRows()
		cfg := Config{DB: db, Home: t.TempDir(), Rand: rand.Reader}
		k, err := Create(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if _, err := k.RotateKernel(context.Background(), rotation(uint64(i+1))); err != nil {
				t.Fatal(err)
			}
		}
		change(db)
		if _, err := Open(cfg); !errors.Is(err, ErrRotation) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

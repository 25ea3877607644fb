package trade

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var (
	minutes = flag.Int("minutes", 5, "how long they trade, in simulated minutes, at least 5")
	seed    = flag.Uint64("seed", 7, "of everything that happens; 0 draws one")
	keep    = flag.Bool("keep", false, "keep the homes and logs")
)

func TestMain(m *testing.M) {
	if code, ok := other(os.Args); ok {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// TestI7_Trade plays the minutes and compares every book with every other.
func TestI7_Trade(t *testing.T) {
	if *minutes < 5 {
		t.Fatal("-minutes: at least 5")
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano()) >> 16
	}
	t.Logf("seed %d", *seed)
	dir, err := os.MkdirTemp("", "chio-trade-")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir, minutes: *minutes, rand: rand.New(rand.NewPCG(*seed, 0)), why: make(map[string]int), rounds: make(map[[2]int64]bool)}
	t.Cleanup(func() {
		if err := w.end(); err != nil {
			t.Error(err)
		}
		if *keep {
			t.Logf("homes and logs are in %s", dir)
		} else if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	for _, part := range []func(context.Context) error{w.link, w.open, w.trade, w.heal, w.audit} {
		if err := part(t.Context()); err != nil {
			for _, n := range w.notes {
				t.Log(n)
			}
			t.Fatal(err)
		}
	}
}

// link makes the names under which this program is the others.
func (w *world) link(context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, name := range []string{nodeProgram, toolProgram} {
		if err := os.Symlink(self, filepath.Join(w.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

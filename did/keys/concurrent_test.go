package keys

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
)

// TestAgentsAndRotationsAtOnce: agents get their first keys while another's is
// rotated again and again. What a rotation does after its commit must not wait
// for anybody who waits for a commit.
func TestAgentsAndRotationsAtOnce(t *testing.T) {
	db := memory.New() // not closed: where they do wait, it would, too
	cfg := Config{DB: db, Home: t.TempDir(), Rand: rand.Reader}
	k, err := Create(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Agent(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	const rounds = 60
	var work sync.WaitGroup
	work.Go(func() {
		for i := range rounds {
			if err := db.Update(context.Background(), func(tx store.Tx) error {
				_, err := k.RotateAgent(tx, "one", at+int64(i), 60)
				return err
			}); err != nil {
				t.Error(err)
			}
		}
	})
	for worker := range 3 {
		work.Go(func() {
			for i := range rounds {
				name := fmt.Sprintf("agent-%d-%d", worker, i)
				first, _, err := k.Agent(context.Background(), name)
				if err != nil {
					t.Error(err)
					return
				}
				again, err := k.HeldAgent(name)
				if err != nil || again.Public() != first.Public() {
					t.Errorf("%s has another key: %v", name, err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { work.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("they wait for each other")
	}
	inForce, err := k.HeldAgent("one")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := again.HeldAgent("one")
	if err != nil || stored.Public() != inForce.Public() {
		t.Errorf("in memory and on disk are two keys: %v", err)
	}
}

package cli

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/node"
)

// TestCopiedStoreStaysLocked: what doctor reads are the store's own tables, so
// nobody may change them before it has read them.
func TestCopiedStoreStaysLocked(t *testing.T) {
	o := node.Options{Home: t.TempDir() + "/home"}
	if _, err := node.Init(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	release, f := takeCopy(o.Home, t.TempDir())
	if release == nil {
		t.Fatal(f)
	}
	var p *node.Problem
	if n, err := node.Open(t.Context(), o); !errors.As(err, &p) || p.Code != "CHIO-STORE-IN-USE" {
		t.Fatal(n, err)
	}
	release()
	n, err := node.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

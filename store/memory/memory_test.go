package memory_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/internal/storetest"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) *store.Engine { return memory.New() })
}

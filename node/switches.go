package node

import (
	"sync/atomic"

	"github.com/backbay-labs/chio-node/kernel"
)

// switches stops calls before anything else is looked at: step 1.
type switches struct{ stopped atomic.Bool }

// Stopped implements kernel.Switches.
func (s *switches) Stopped(*kernel.Mandate) *kernel.Denial {
	if !s.stopped.Load() {
		return nil
	}
	return &kernel.Denial{Code: kernel.CodeStopped, Guard: "emergency_stop", Side: "local", Reason: "the node is stopping",
		Fix: "call again when it is up"}
}

package cli

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestHardenedProcessCannotBeTraced(t *testing.T) {
	if err := harden(); err != nil {
		t.Fatal(err)
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil || dumpable != 0 {
		t.Errorf("dumpable %d, %v", dumpable, err)
	}
	if System().Harden == nil {
		t.Error("the real program is not hardened")
	}
}

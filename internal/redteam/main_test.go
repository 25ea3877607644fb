package redteam

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/edge/mcp/fileserver"
)

// The programs this binary is when it is called with one of these words.
const (
	confinedProgram = "redteam-confined"
	filesProgram    = "redteam-files"   // DIR
	hostileProgram  = "redteam-hostile" // BEHAVIOUR [ARGUMENT…]
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case confinedProgram:
			os.Exit(mcp.RunConfined())
		case filesProgram:
			os.Exit(exit(fileserver.Run(context.Background(), os.Args[2])))
		case hostileProgram:
			os.Exit(exit(runHostile(os.Args[2:])))
		}
	}
	os.Exit(m.Run())
}

func exit(err error) int {
	if err == nil || errors.Is(err, context.Canceled) {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

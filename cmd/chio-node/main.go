// Command chio-node runs an organisation's trust node and talks to one that is
// up. `chio-node help` lists the verbs; called as chio it is the same program.
package main

import (
	"os"

	"github.com/backbay-labs/chio-node/cmd/chio-node/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }

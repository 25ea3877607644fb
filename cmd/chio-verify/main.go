package main

import (
	"os"

	"github.com/backbay-labs/chio-node/cmd/chio-verify/verifier"
)

func main() { os.Exit(verifier.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

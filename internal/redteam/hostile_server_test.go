package redteam

import "fmt"

// runHostile is a tool server that misbehaves.
func runHostile(args []string) error { return fmt.Errorf("no behaviour %q", args) }

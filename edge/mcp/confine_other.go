//go:build !linux

package mcp

import "errors"

// ConfinementVersion says that only Linux has Landlock.
func ConfinementVersion() (int, error) { return 0, errors.New("only Linux has Landlock") }

func become(*stage) error { return ErrConfineUnavailable }

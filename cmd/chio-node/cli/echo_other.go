//go:build !linux

package cli

import "os"

// echoOff cannot hide typing here; prefer CHIO_PASSPHRASE.
func echoOff() (restore func()) { return func() {} }

// isTerminal is a guess: a character device is most often one.
func isTerminal() bool {
	st, err := os.Stdin.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

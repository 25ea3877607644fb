package cli

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// keygenCmd makes a key file: a seed of 64 hex characters that only its owner
// can read. hint says what to do with the public half.
func (a *app) keygenCmd(short, hint string) *cobra.Command {
	return &cobra.Command{Use: "keygen FILE", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			key, err := wire.GenerateKey(a.Rand)
			if err != nil {
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return fmt.Errorf("make the key file: %w", err)
			}
			_, err = fmt.Fprintf(f, "%s\n", hex.EncodeToString(key.Seed()))
			if err := errors.Join(err, f.Close()); err != nil {
				return fmt.Errorf("write the key file: %w", err)
			}
			return a.print(map[string]string{"key": key.Public().String(), "file": args[0]}, func(w io.Writer) {
				fmt.Fprintln(w, key.Public())
				fmt.Fprintf(a.Stderr, "hint: "+hint+"\n", key.Public())
			})
		}}
}

// readKeyFile reads a key file that nobody else can read; code names what is
// wrong with it, verb the command that makes one.
func readKeyFile(path, code, verb string) (*wire.Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, &node.Problem{Code: code, Message: path + " can be read by others", Hint: "chmod 600 " + path, Exit: node.ExitFailure}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != 32 {
		return nil, &node.Problem{Code: code, Message: path + " holds no key of 64 hex characters", Hint: "chio-node " + verb + " makes one",
			Exit: node.ExitFailure}
	}
	return wire.KeyFromSeed(seed)
}

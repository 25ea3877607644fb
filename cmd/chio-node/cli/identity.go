package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) initCmd() *cobra.Command {
	var name string
	var seal bool
	c := &cobra.Command{Use: "init", Short: "create a home: keys, did:chio, config, default policy and terms", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pass, err := a.newPassphrase(seal)
			if err != nil {
				return err
			}
			o := a.options(pass)
			o.Name = name
			info, err := node.Init(cmd.Context(), o)
			if err != nil {
				return err
			}
			return a.print(info, func(w io.Writer) {
				fmt.Fprintf(w, "created %s\ndid     %s\nkernel  %s\n", a.home, info.DID, info.KernelKey)
				if !info.Sealed {
					fmt.Fprintf(a.Stderr, "keys are in a file only you can read, without a passphrase (%s)\n", filepath.Join(a.home, "master.key"))
				}
				fmt.Fprintln(a.Stderr, "hint: start the node with chio-node up")
			})
		}}
	c.Flags().StringVar(&name, "name", "local", "what this organisation calls itself")
	c.Flags().BoolVar(&seal, "seal", false, "ask for a passphrase for the keys (or set CHIO_PASSPHRASE)")
	return c
}

// newPassphrase reads the passphrase of a new home.
func (a *app) newPassphrase(seal bool) ([]byte, error) {
	pass, err := a.passphrase(true)
	if err != nil || !seal || len(pass) > 0 {
		return pass, err
	}
	first, err := a.prompt("new passphrase: ")
	if err != nil {
		return nil, err
	}
	second, err := a.prompt("again: ")
	if err != nil {
		return nil, err
	}
	if len(first) == 0 || string(first) != string(second) {
		return nil, &node.Problem{Code: "CHIO-KEYS-PASSPHRASE", Message: "the passphrases are empty or differ", Exit: node.ExitUsage}
	}
	return first, nil
}

func (a *app) statusCmd() *cobra.Command {
	return &cobra.Command{Use: "status", Short: "who this node is and what it serves", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var s node.Status
			if err := a.call(cmd.Context(), "status", node.Empty{}, &s); err != nil {
				return err
			}
			return a.print(s, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				fmt.Fprintf(t, "name\t%s\ndid\t%s\nkernel key\t%s\nreceipts\t%d\n", s.Name, s.DID, s.KernelKey, s.Receipts)
				if s.Peer != "" {
					fmt.Fprintf(t, "peer\t%s\napi\t%s\n", s.Peer, s.API)
				}
				for _, r := range s.Relays {
					if r.Through != "" {
						fmt.Fprintf(t, "relay\t%s@%s\n", s.DID, r.Through)
					} else {
						fmt.Fprintf(t, "relay\tno place at %s: %s\n", r.Address, r.Problem)
					}
				}
				if s.Reachability != "" {
					fmt.Fprintf(t, "reachability\t%s\n", s.Reachability)
				}
				fmt.Fprintf(t, "settlement\t%s\noracle\t%s\n", s.Settlement, s.Oracle)
				for _, srv := range s.Servers {
					fmt.Fprintf(t, "server %s\t%s\n", srv.Name, strings.Join(srv.Tools, ", "))
					if srv.Confinement != "" {
						fmt.Fprintf(t, "\tconfinement %s\n", srv.Confinement)
					}
				}
				showPolicyState(t, &s.PolicyState)
				if !s.Ready {
					fmt.Fprintf(t, "not ready\t%s\n", s.Problem)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

// writeFile writes a file that others may read, making its folder.
func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of %s: %w", path, err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// printJSON prints a document for people, indented.
func printJSON(w io.Writer, doc wire.Raw) {
	pretty := doc.Clone()
	if err := pretty.Indent(); err != nil {
		pretty = doc
	}
	fmt.Fprintf(w, "%s\n", pretty)
}

func (a *app) prompt(text string) ([]byte, error) {
	fmt.Fprint(a.Stderr, text)
	restore := echoOff()
	line, err := readLine(a.Stdin)
	restore()
	fmt.Fprintln(a.Stderr)
	return line, err
}

// readLine reads one line without buffering what follows it.
func readLine(r io.Reader) ([]byte, error) {
	var line []byte
	var b [1]byte
	for {
		n, err := r.Read(b[:])
		if n == 1 && b[0] == '\n' {
			return []byte(strings.TrimSuffix(string(line), "\r")), nil
		}
		if n == 1 {
			line = append(line, b[0])
		}
		if len(line) > 4096 {
			return nil, errors.New("the line is too long")
		}
		if err != nil {
			return line, nil
		}
	}
}

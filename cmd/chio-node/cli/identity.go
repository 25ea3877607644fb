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

func (a *app) didCmd() *cobra.Command {
	c := &cobra.Command{Use: "did", Short: "DID documents, and the end of an organisation"}
	resolve := func(cmd *cobra.Command, did string) error {
		var doc wire.Raw
		if err := a.call(cmd.Context(), "did/resolve", node.ResolveRequest{DID: did}, &doc); err != nil {
			return err
		}
		return a.print(doc, func(w io.Writer) { printJSON(w, doc) })
	}
	c.AddCommand(
		&cobra.Command{Use: "show", Short: "this node's DID document", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return resolve(cmd, "") }},
		&cobra.Command{Use: "resolve DID", Short: "the document of a did:chio or did:key", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return resolve(cmd, args[0]) }},
	)
	c.AddCommand(a.didDeactivateCmd(), a.didCountersignCmd(), a.didReceiveCmd(), a.didDeactivationsCmd())
	return c
}

func (a *app) passportCmd() *cobra.Command {
	c := &cobra.Command{Use: "passport", Short: "issue, verify and revoke agents' passports"}
	var agent, out, key string
	var roles []string
	var ttl int64
	issue := &cobra.Command{Use: "issue --agent NAME", Short: "issue a VC 2.0 passport to an agent", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var p node.IssuedPassport
			req := node.IssuePassport{Agent: agent, Roles: roles, TTLSeconds: ttl}
			if key != "" {
				own, err := wire.ParsePublicKey(key)
				if err != nil {
					return usageProblem("--key: "+err.Error(), "give the agent's public key as 64 hex characters")
				}
				req.Key = &own
			}
			if err := a.call(cmd.Context(), "passport/issue", req, &p); err != nil {
				return err
			}
			path := out
			if path == "" {
				path = filepath.Join(a.home, "passports", agent+".json")
			}
			if err := writeFile(path, p.File); err != nil {
				return err
			}
			return a.print(struct {
				node.PassportInfo
				Path string `json:"path"`
			}{p.Passport, path}, func(w io.Writer) {
				fmt.Fprintf(w, "passport  %s\nagent     %s\nfile      %s\n", p.Passport.ID, p.Passport.AgentDID, path)
			})
		}}
	issue.Flags().StringVar(&agent, "agent", "", "the agent's name")
	issue.Flags().StringVar(&out, "out", "", "file to write (default in the home)")
	issue.Flags().StringSliceVar(&roles, "role", nil, "a role the passport names (repeatable)")
	issue.Flags().StringVar(&key, "key", "", "public key that the agent keeps to itself (default the node makes and keeps one)")
	issue.Flags().Int64Var(&ttl, "ttl-seconds", 0, "life of the passport (default 30 days)")
	_ = issue.MarkFlagRequired("agent") // the flag exists: it is defined above
	revoke := &cobra.Command{Use: "revoke ID|AGENT", Short: "revoke a passport, here and at every peer", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var r node.Revoked
			req := node.PassportRequest{Agent: args[0]}
			if strings.HasPrefix(args[0], "urn:") {
				req = node.PassportRequest{ID: args[0]}
			}
			if err := a.call(cmd.Context(), "passport/revoke", req, &r); err != nil {
				return err
			}
			return a.print(r, func(w io.Writer) { fmt.Fprintf(w, "revoked %s in epoch %d\n", r.ID, r.Epoch) })
		}}
	c.AddCommand(issue, revoke, a.passportListCmd(), a.passportShowCmd(), a.passportVerifyCmd())
	return c
}

func (a *app) passportListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "the passports this node issued", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list struct {
				Passports []node.PassportInfo `json:"passports"`
			}
			if err := a.call(cmd.Context(), "passport/list", node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, p := range list.Passports {
					fmt.Fprintf(t, "%s\t%s\t%s\tuntil %s\n", p.Agent, p.Status, p.ID, p.ValidUntil)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

func (a *app) passportShowCmd() *cobra.Command {
	return &cobra.Command{Use: "show ID|AGENT", Short: "print a passport file", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req := node.PassportRequest{Agent: args[0]}
			if strings.HasPrefix(args[0], "urn:") {
				req = node.PassportRequest{ID: args[0]}
			}
			var p node.IssuedPassport
			if err := a.call(cmd.Context(), "passport/show", req, &p); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.Stdout, "%s", p.File)
			return err
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

package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

// panicState is the JSON of policy panic.
type panicState struct {
	Panic  bool   `json:"panic"`
	File   string `json:"file"`
	Reason string `json:"reason,omitempty"`
}

func (a *app) policyPanicCmd() *cobra.Command {
	c := &cobra.Command{Use: "panic", Short: "deny every call by policy while a file exists in the home",
		Long: "The file is " + node.PanicFile + " in the node's home; a node that is up looks for it on every call. Anything that can\n" +
			"write there can end all calls at once, with no API and no key. chio-node stop does the same with a signed trail."}
	var reason string
	on := &cobra.Command{Use: "on", Short: "deny everything from now on", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return a.setPanic(true, a.Now().UTC().Format(time.RFC3339)+" "+reason)
		}}
	on.Flags().StringVar(&reason, "reason", "chio-node policy panic on", "kept in the file")
	off := &cobra.Command{Use: "off", Short: "let the policy decide again", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.setPanic(false, "") }}
	status := &cobra.Command{Use: "status", Short: "whether everything is denied", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.showPanic() }}
	c.AddCommand(on, off, status)
	return c
}

func (a *app) setPanic(on bool, reason string) error {
	if !node.Exists(a.home) {
		return &node.Problem{Code: "CHIO-HOME-NONE", Message: a.home + " is not a node's home",
			Hint: "create one: chio-node init --name NAME", Exit: node.ExitFailure}
	}
	if err := node.SetPanic(a.home, on, reason); err != nil {
		return fmt.Errorf("policy panic: %w", err)
	}
	return a.showPanic()
}

func (a *app) showPanic() error {
	s := panicState{File: filepath.Join(a.home, node.PanicFile)}
	s.Panic, s.Reason = node.Panicking(a.home)
	s.Reason = strings.TrimSpace(s.Reason)
	return a.print(s, func(w io.Writer) {
		if !s.Panic {
			fmt.Fprintln(w, "off: the policy decides")
			return
		}
		fmt.Fprintf(w, "on: every call is denied while %s exists\n%s\n", s.File, s.Reason)
	})
}

func (a *app) policyReloadCmd() *cobra.Command {
	return &cobra.Command{Use: "reload", Short: "make the node that is up read its policy again now",
		Long: "A node that is up looks at its policy and everything that extends it every two seconds, and on SIGHUP; this does not\n" +
			"wait, and says what is wrong. A policy that does not compile leaves the one before in force.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := node.Dial(a.home)
			if errors.Is(err, node.ErrNotRunning) {
				return &node.Problem{Code: "CHIO-NODE-DOWN", Message: "no node is up in " + a.home, Exit: node.ExitFailure,
					Hint: "the policy is read when it starts; check it with chio-node policy validate"}
			}
			if err != nil {
				return err
			}
			var r node.PolicyReloaded
			if err := ask(cmd.Context(), client, "policy/reload", node.Empty{}, &r); err != nil {
				return err
			}
			return a.print(r, func(w io.Writer) {
				word := "unchanged"
				if r.Changed {
					word = "in force"
				}
				fmt.Fprintf(w, "%s  %s\nguards    %s\n", word, r.Policy.Hash, strings.Join(r.Policy.Guards, ", "))
			})
		}}
}

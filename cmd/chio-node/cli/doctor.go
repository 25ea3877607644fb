package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

// The states of a finding. Only failed ones make doctor exit 1.
const (
	stateOK   = "ok"
	stateWarn = "warn"
	stateFail = "fail"
)

// finding is one line of doctor: what was looked at, what was found, what that
// means, and what to do. docs/operations.md explains each name.
type finding struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok | warn | fail
	Detail string `json:"detail,omitempty"`
	Means  string `json:"means,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

func fine(name, format string, args ...any) finding {
	return finding{Name: name, State: stateOK, Detail: fmt.Sprintf(format, args...)}
}

// doubt is something that works and deserves a look.
func doubt(name, means, hint, format string, args ...any) finding {
	return finding{Name: name, State: stateWarn, Detail: fmt.Sprintf(format, args...), Means: means, Hint: hint}
}

// wrong is something that does not work.
func wrong(name, means, hint, format string, args ...any) finding {
	return finding{Name: name, State: stateFail, Detail: fmt.Sprintf(format, args...), Means: means, Hint: hint}
}

// bad is a failure that an error describes; an error of package node brings its
// own hint.
func bad(name string, err error, means, hint string) finding {
	var p *node.Problem
	if errors.As(err, &p) && p.Hint != "" {
		hint = p.Hint
	}
	return wrong(name, means, hint, "%v", err)
}

// diagnosis is the JSON of doctor.
type diagnosis struct {
	OK      bool         `json:"ok"` // nothing failed; there may be warnings
	Home    string       `json:"home"`
	Running bool         `json:"running"`
	Checks  []finding    `json:"checks"`
	Status  *node.Status `json:"status,omitempty"` // of the node that is up
}

func (a *app) doctorCmd() *cobra.Command {
	var fix bool
	c := &cobra.Command{Use: "doctor", Short: "check the home and say what to do: files, keys, store, log, ledger, clock, policy, chains, peers",
		Long: "Looks at everything and changes nothing: the store is read in a copy. While a node is up its store is in\n" +
			"use, and doctor asks that node instead. --fix does what cannot hurt: it closes files that others can\n" +
			"read and removes a socket that nobody serves. Exits 1 if something failed, 0 with warnings.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), fix) }}
	c.Flags().BoolVar(&fix, "fix", false, "repair permissions of files and a stale socket")
	return c
}

func (a *app) doctor(ctx context.Context, fix bool) error {
	d := diagnosis{OK: true, Home: a.home, Checks: []finding{checkHome(a.home, fix)}}
	if node.Exists(a.home) {
		client, err := node.Dial(a.home)
		d.Running = !errors.Is(err, node.ErrNotRunning)
		d.Checks = append(d.Checks, checkFiles(a.home, fix), checkSocket(a.home, d.Running, fix), checkDisk(a.home), checkConfinement())
		d.Checks = append(d.Checks, a.checkConfig(ctx)...)
		switch {
		case !d.Running:
			d.Checks = append(d.Checks, a.checkStoreApart(ctx)...)
		case err != nil:
			d.Checks = append(d.Checks, bad("node", err, "a node is up and cannot be asked", ""))
		default:
			d.Checks = append(d.Checks, a.checkLive(ctx, client, &d)...)
		}
	}
	for _, c := range d.Checks {
		d.OK = d.OK && c.State != stateFail
	}
	if err := a.print(d, func(w io.Writer) { showDiagnosis(w, &d) }); err != nil {
		return err
	}
	if !d.OK {
		return exit(node.ExitFailure)
	}
	return nil
}

func showDiagnosis(w io.Writer, d *diagnosis) {
	for _, c := range d.Checks {
		mark := map[string]string{stateOK: "✓", stateWarn: "!", stateFail: "✗"}[c.State]
		fmt.Fprintf(w, "%s %-12s %s\n", mark, c.Name, c.Detail)
		if c.Means != "" {
			fmt.Fprintf(w, "  means: %s\n", c.Means)
		}
		if c.Hint != "" {
			fmt.Fprintf(w, "  hint: %s\n", c.Hint)
		}
	}
	if s := d.Status; s != nil {
		fmt.Fprintf(w, "  a node is up: %s, %d receipt(s), peer %s, api %s\n", s.DID, s.Receipts, s.Peer, s.API)
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// finding is one line of doctor.
type finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

func fine(name, format string, args ...any) finding {
	return finding{Name: name, OK: true, Detail: fmt.Sprintf(format, args...)}
}

// bad is a problem; an error of package node brings its own hint.
func bad(name string, err error, hint string) finding {
	var p *node.Problem
	if errors.As(err, &p) && p.Hint != "" {
		hint = p.Hint
	}
	return finding{Name: name, Detail: err.Error(), Hint: hint}
}

// diagnosis is the JSON of doctor.
type diagnosis struct {
	OK      bool         `json:"ok"`
	Home    string       `json:"home"`
	Running bool         `json:"running"`
	Checks  []finding    `json:"checks"`
	Status  *node.Status `json:"status,omitempty"` // of the node that is up
}

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{Use: "doctor", Short: "check the home: files, keys, store, log, ledger, policy, chains, peers",
		Long: "Reads everything and repairs nothing. While a node is up its store is in use, and doctor shows that\n" +
			"node's own status instead of reading it. Exits 1 if there is a problem.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) }}
}

func (a *app) doctor(ctx context.Context) error {
	d := diagnosis{OK: true, Home: a.home}
	d.Checks = append(d.Checks, checkHome(a.home))
	if d.Checks[0].OK || node.Exists(a.home) {
		d.Checks = append(d.Checks, checkFiles(a.home))
		d.Checks = append(d.Checks, a.checkConfig(ctx)...)
		d.Checks = append(d.Checks, a.checkState(ctx, &d)...)
	}
	for _, c := range d.Checks {
		d.OK = d.OK && c.OK
	}
	if err := a.print(d, func(w io.Writer) { a.showDiagnosis(w, &d) }); err != nil {
		return err
	}
	if !d.OK {
		return exit(node.ExitFailure)
	}
	return nil
}

func (a *app) showDiagnosis(w io.Writer, d *diagnosis) {
	for _, c := range d.Checks {
		mark := "✓"
		if !c.OK {
			mark = "✗"
		}
		fmt.Fprintf(w, "%s %-12s %s\n", mark, c.Name, c.Detail)
		if c.Hint != "" {
			fmt.Fprintf(w, "  hint: %s\n", c.Hint)
		}
	}
	if s := d.Status; s != nil {
		fmt.Fprintf(w, "  a node is up: %s, %d receipt(s), peer %s, api %s\n", s.DID, s.Receipts, s.Peer, s.API)
	}
}

func checkHome(home string) finding {
	const name = "home"
	if !node.Exists(home) {
		return finding{Name: name, Detail: home + " is not a node's home", Hint: "create one: chio-node init --name NAME"}
	}
	info, err := os.Stat(home)
	if err != nil {
		return bad(name, err, "")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return finding{Name: name, Detail: fmt.Sprintf("%s can be read by others (%04o)", home, info.Mode().Perm()), Hint: "chmod 700 " + home}
	}
	return fine(name, "%s", home)
}

// checkFiles looks at the files that must be their owner's alone.
func checkFiles(home string) finding {
	const name = "permissions"
	found := 0
	for _, file := range []string{"master.key", "master.age", "api.token"} {
		path := filepath.Join(home, file)
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return bad(name, err, "")
		}
		if info.Mode().Perm()&0o077 != 0 {
			return finding{Name: name, Detail: fmt.Sprintf("%s can be read by others (%04o)", path, info.Mode().Perm()), Hint: "chmod 600 " + path}
		}
		found++
	}
	return fine(name, "%d secret file(s), each its owner's alone", found)
}

// checkState looks at what the store holds, or asks the node that has it.
func (a *app) checkState(ctx context.Context, d *diagnosis) []finding {
	client, err := node.Dial(a.home)
	if errors.Is(err, node.ErrNotRunning) {
		return a.checkStoreApart(ctx)
	}
	if err != nil {
		return []finding{bad("node", err, "")}
	}
	d.Running = true
	d.Status = new(node.Status)
	if err := ask(ctx, client, "status", node.Empty{}, d.Status); err != nil {
		return []finding{bad("node", err, "end it and run doctor again")}
	}
	out := []finding{fine("store", "in use by the node that is up; end it to have every row read")}
	if d.Status.Ready {
		out = append(out, fine("node", "ready"))
	} else {
		out = append(out, finding{Name: "node", Detail: "not ready: " + d.Status.Problem, Hint: "its log says more; free disk space is the usual cause"})
	}
	return append(out, a.checkClock(newestReceipt(ctx, client)), checkPeers(ctx, client))
}

// ask runs one operation and decodes its answer.
func ask(ctx context.Context, c caller, op string, req, res any) error {
	body, err := wire.Marshal(req)
	if err != nil {
		return err
	}
	answer, err := c.Call(ctx, op, body)
	if err != nil {
		return err
	}
	return wire.Unmarshal(answer, res, wire.BundleLimits)
}

// newestReceipt is the time of the newest receipt, 0 if there is none.
func newestReceipt(ctx context.Context, c caller) int64 {
	var l node.ReceiptList
	if err := ask(ctx, c, "receipt/list", node.ListReceipts{Limit: 1}, &l); err != nil || len(l.Receipts) == 0 {
		return 0
	}
	return l.Receipts[0].Time
}

func checkPeers(ctx context.Context, c caller) finding {
	var l node.PeerList
	if err := ask(ctx, c, "federate/list", node.Empty{}, &l); err != nil {
		return bad("peers", err, "")
	}
	states := map[string]int{}
	for _, p := range l.Peers {
		states[p.State]++
	}
	return fine("peers", "%d known, %d active", len(l.Peers), states["active"])
}

// The bounds of a plausible clock: no node is older than the format, and no
// receipt of ours is from the future.
const (
	clockFloor       = 1_767_225_600 // 2026-01-01
	clockSkewSeconds = 60
)

func (a *app) checkClock(newest int64) finding {
	now := a.Now().Unix()
	text := time.Unix(now, 0).UTC().Format(time.RFC3339)
	if now < clockFloor {
		return finding{Name: "clock", Detail: "it says " + text + ", which is in the past", Hint: "set the clock: windows, prices and revocations depend on it"}
	}
	if newest > now+clockSkewSeconds {
		return finding{Name: "clock", Detail: fmt.Sprintf("it says %s, but the newest receipt is from %s", text, time.Unix(newest, 0).UTC().Format(time.RFC3339)),
			Hint: "the clock went back: set it right before the node signs anything"}
	}
	return fine("clock", "%s", text)
}

package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/wire"
)

// storeVerb is doctor's other half. It runs in a process of its own, because a
// damaged table can end the process that opens it.
const storeVerb = "doctor-store"

const (
	damageMeans = "nothing is served from a damaged store; what it still holds is not lost by looking at it"
	restoreHint = "keep this home aside, restore the newest backup, and let its peers confirm it at the next start: docs/operations.md"
)

// checkStoreApart copies the store and has the copy read by another process of
// this program. What that process found before it died counts.
func (a *app) checkStoreApart(ctx context.Context) (out []finding) {
	pass, err := a.passphrase(false)
	if err != nil {
		return []finding{bad("keys", err, "", "")}
	}
	self, err := a.Self()
	if err != nil {
		return []finding{bad("store", err, "", "")}
	}
	scratch, err := os.MkdirTemp("", "chio-doctor-")
	if err != nil {
		return []finding{bad("store", err, "there is no room for the copy that doctor reads", "point TMPDIR at a folder with some space")}
	}
	defer func() {
		if err := os.RemoveAll(scratch); err != nil {
			out = append(out, bad("store", err, "the copy that doctor read is left", "remove "+scratch))
		}
	}()
	release, f := takeCopy(a.home, scratch)
	if release == nil {
		return []finding{f}
	}
	defer release()
	cmd := exec.CommandContext(ctx, self[0], slices.Concat(self[1:], []string{storeVerb, "--home", a.home, "--copy", scratch})...)
	cmd.Env = a.Environ()
	cmd.Stdin = bytes.NewReader(append(pass, '\n'))
	var answer, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &answer, &errs
	err = cmd.Run()
	out, complete := readFindings(&answer)
	if err == nil && complete {
		return out
	}
	first, _, _ := strings.Cut(strings.TrimSpace(errs.String()), "\n")
	dead := wrong("store", damageMeans, restoreHint, "reading it ended the process (%v): %.200s", err, first)
	return slices.Concat(out, []finding{dead}, promised(a.home))
}

// takeCopy makes the copy while nobody has the store open, and keeps it so until
// release: the copy's tables are those of the store. release is nil if there is
// no copy; then the finding says why.
func takeCopy(home, scratch string) (release func(), f finding) {
	release, inUse, err := shareLock(filepath.Join(home, "store", "rows"))
	if inUse {
		return nil, doubt("store", "it is not read", "end that process and run doctor again",
			"another process has it open, which does not answer on the socket: an mcp serve, or a node that is starting")
	}
	if err != nil {
		return nil, bad("store", err, damageMeans, restoreHint)
	}
	if err := copyHome(home, scratch); err != nil {
		release()
		return nil, bad("store", err, "it could not be read to the end", "is the disk sound, and is there space in "+os.TempDir()+"? TMPDIR names another folder")
	}
	return release, finding{}
}

// promised is what the head file alone says, for a store that cannot be read.
func promised(home string) []finding {
	r, err := store.PeekHead(filepath.Join(home, "store", badger.HeadName))
	if err != nil {
		return []finding{bad("head", err, "nobody but witnesses knows what was in the store", restoreHint)}
	}
	return []finding{wrong("lost", "how much of it can still be read is not known", restoreHint,
		"up to %d transaction(s) with %d row(s), and the receipts 0 to %d", r.HeadSequence, r.HeadRows, max(r.Head.LogSize, 1)-1)}
}

// lastFinding ends what the other half prints.
const lastFinding = "end"

// readFindings reads one finding a line, as far as they came.
func readFindings(r io.Reader) (out []finding, complete bool) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, wire.DocumentLimits.Bytes)
	for lines.Scan() {
		var f finding
		if wire.Unmarshal(lines.Bytes(), &f, wire.DocumentLimits) != nil {
			return out, false
		}
		if f.Name == lastFinding {
			return out, true
		}
		out = append(out, f)
	}
	return out, false
}

func (a *app) doctorStoreCmd() *cobra.Command {
	var scratch string
	c := &cobra.Command{Use: storeVerb, Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pass, err := readLine(a.Stdin)
			if err != nil {
				return err
			}
			s := &storeReader{app: a, scratch: scratch, pass: pass}
			s.read(cmd.Context())
			s.say(finding{Name: lastFinding, State: stateOK})
			return s.err
		}}
	c.Flags().StringVar(&scratch, "copy", "", "the copy of the home to read")
	_ = c.MarkFlagRequired("copy") // the flag exists: it is defined above
	return c
}

// storeReader reads a copy of a home and says what it finds as it finds it.
type storeReader struct {
	*app
	scratch string
	pass    []byte
	failed  bool  // a finding is bad enough that the node would not open
	err     error // of saying it
}

func (s *storeReader) say(findings ...finding) {
	for _, f := range findings {
		s.failed = s.failed || f.State == stateFail
		// People know the home, not the copy.
		f.Detail = strings.ReplaceAll(f.Detail, s.scratch, s.home)
		f.Hint = strings.ReplaceAll(f.Hint, s.scratch, s.home)
		if _, err := fmt.Fprintf(s.Stdout, "%s\n", wire.MustMarshal(f)); err != nil {
			s.err = err
		}
	}
}

// read checks every row, then keys, log and ledger, then that a node opens.
func (s *storeReader) read(ctx context.Context) {
	dir := filepath.Join(s.scratch, "store")
	looked := false
	report, err := badger.Inspect(dir, badger.Options{}, func(r store.Reader, report store.Report) error {
		looked = true
		if len(report.Problems) > 0 {
			s.say(damaged(report), lostTransactions(report), s.lostReceipts(r, report))
		}
		return nil
	})
	switch {
	case err != nil && !looked:
		s.say(bad("store", err, damageMeans, restoreHint))
		s.say(promised(s.home)...)
	case err != nil && len(report.Problems) == 0:
		s.say(bad("store", err, damageMeans, restoreHint))
	case err == nil:
		s.say(fine("store", "%d rows in %d transactions, as the head says", report.Rows, report.Sequence), headFinding(report))
	}
	if err != nil {
		return
	}
	if newest, ok := s.readRows(dir); ok {
		s.say(s.checkClock(newest))
	}
	if !s.failed {
		s.openNode(ctx)
	}
}

func headFinding(r store.Report) finding {
	const name = "head"
	switch {
	case r.TornSlot:
		return doubt(name, "a crash came while it was written, or that part of the disk is bad; the other slot was used, and the next commit repairs it",
			"if it comes back, check the disk", "one of its two slots is unreadable")
	case r.HeadBehind:
		return fine(name, "one transaction behind the rows: the last process ended between a commit and its head, which is allowed for")
	}
	return fine(name, "transaction %d, log of %d receipt(s)", r.HeadSequence, r.Head.LogSize)
}

// openNode opens a node over the copy: what up would do, without listening.
func (s *storeReader) openNode(ctx context.Context) {
	o := s.options(s.pass)
	o.Home, o.KeepTables = s.scratch, true
	n, err := node.Open(ctx, o)
	var p *node.Problem
	if errors.As(err, &p) && (p.Code == "CHIO-CONFIG" || strings.HasPrefix(p.Code, "CHIO-POLICY")) {
		return // has a line of its own
	}
	if err != nil {
		s.say(bad("node", err, "chio-node up would fail in the same way", ""))
		return
	}
	s.say(s.checkPeers(ctx, n)...)
	if err := n.Stop(context.WithoutCancel(ctx)); err != nil {
		s.say(bad("node", err, "", ""))
	}
}

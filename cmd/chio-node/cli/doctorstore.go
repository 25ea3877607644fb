package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/did/keys"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/wire"
)

// storeVerb is doctor's other half. It runs in a process of its own, because a
// damaged table can end the process that opens it.
const storeVerb = "doctor-store"

const restoreHint = "nothing is served from a damaged store; restore the home from a backup, and ask peers for the last head they cosigned"

// storeFindings is what the other half answers.
type storeFindings struct {
	Checks []finding `json:"checks"`
}

// checkStoreApart has the store read by another process of this program.
func (a *app) checkStoreApart(ctx context.Context) []finding {
	pass, err := a.passphrase(false)
	if err != nil {
		return []finding{bad("keys", err, "")}
	}
	self, err := a.Self()
	if err != nil {
		return []finding{bad("store", err, "")}
	}
	cmd := exec.CommandContext(ctx, self[0], slices.Concat(self[1:], []string{storeVerb, "--home", a.home})...)
	cmd.Env = a.Environ()
	cmd.Stdin = bytes.NewReader(append(pass, '\n'))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var res storeFindings
	if decodeErr := wire.Unmarshal(out.Bytes(), &res, wire.DocumentLimits); err == nil && decodeErr == nil {
		return res.Checks
	}
	first, _, _ := strings.Cut(strings.TrimSpace(errs.String()), "\n")
	return []finding{{Name: "store", Detail: fmt.Sprintf("reading it ended the process (%v): %.200s", err, first), Hint: restoreHint}}
}

func (a *app) doctorStoreCmd() *cobra.Command {
	return &cobra.Command{Use: storeVerb, Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pass, err := readLine(a.Stdin)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.Stdout, "%s\n", wire.MustMarshal(storeFindings{a.readStore(cmd.Context(), pass)}))
			return err
		}}
}

// readStore reads every row, then the log, the ledger and the keys.
func (a *app) readStore(ctx context.Context, pass []byte) []finding {
	dir := filepath.Join(a.home, "store")
	report, err := badger.Check(dir, badger.Options{})
	if err != nil {
		return []finding{lost(report, err)}
	}
	out := []finding{fine("store", "%d rows in %d transactions, as the head says", report.Rows, report.Sequence)}
	db, err := badger.Open(dir, badger.Options{})
	if err != nil {
		return []finding{bad("store", err, restoreHint)}
	}
	newest, checks := a.readRows(db, pass)
	out = append(out, checks...)
	if err := db.Close(); err != nil {
		return append(out, bad("store", err, ""))
	}
	out = append(out, a.checkClock(newest))
	for _, c := range out {
		if !c.OK {
			return out // the node would not open
		}
	}
	n, err := node.Open(ctx, a.options(pass))
	var p *node.Problem
	if errors.As(err, &p) && (p.Code == "CHIO-CONFIG" || strings.HasPrefix(p.Code, "CHIO-POLICY")) {
		return out // has a line of its own
	}
	if err != nil {
		return append(out, bad("node", err, ""))
	}
	out = append(out, checkPeers(ctx, n))
	if err := n.Stop(context.WithoutCancel(ctx)); err != nil {
		out = append(out, bad("node", err, ""))
	}
	return out
}

// lost says what a damaged store is missing.
func lost(report store.Report, err error) finding {
	if errors.Is(err, store.ErrInUse) {
		return bad("store", err, "another process has it open: ask that one, or end it")
	}
	f := bad("store", err, restoreHint)
	if len(report.Problems) > 0 {
		f.Detail = fmt.Sprintf("%s; the head promises %d transactions with %d rows and a log of %d receipts, the store has %d and %d",
			strings.Join(report.Problems, "; "), report.HeadSequence, report.HeadRows, report.Head.LogSize, report.Sequence, report.Rows)
	}
	return f
}

// readRows checks keys, log and ledger, and returns the time of the newest
// receipt.
func (a *app) readRows(db *store.Engine, pass []byte) (newest int64, out []finding) {
	ring, err := keys.Open(keys.Config{DB: db, Home: a.home, Passphrase: pass, Rand: a.Rand})
	switch {
	case errors.Is(err, keys.ErrPassphrase):
		out = append(out, bad("keys", err, "set CHIO_PASSPHRASE to the passphrase given at init"))
	case err != nil:
		out = append(out, bad("keys", err, restoreHint))
	default:
		out = append(out, keyFindings(db, ring))
	}
	if err := db.View(func(r store.Reader) error {
		out = append(out, logFinding(r), ledgerFinding(r), budgetFinding(r))
		return rlog.ScanNewest(r, 0, func(_ uint64, leaf []byte) error {
			if rec, err := receipt.Parse(leaf); err == nil {
				newest = rec.Timestamp
			}
			return store.ErrStop
		})
	}); err != nil {
		out = append(out, bad("log", err, restoreHint))
	}
	return newest, out
}

func keyFindings(db *store.Engine, ring *keys.Keyring) finding {
	if err := db.VerifyHead(ring.HeadKeys()...); err != nil {
		return bad("keys", err, restoreHint)
	}
	how := "plain, in a file only its owner can read"
	if ring.Sealed() {
		how = "sealed by a passphrase"
	}
	return fine("keys", "of %s, %s; the store's head is signed by its kernel", ring.OrgDID(), how)
}

func logFinding(r store.Reader) finding {
	head, err := rlog.Verify(r)
	if err != nil {
		return bad("log", err, restoreHint)
	}
	return fine("log", "%d receipt(s), root %s", head.Size, head.Root)
}

func ledgerFinding(r store.Reader) finding {
	sum, err := ledger.Verify(r)
	if err != nil {
		return bad("ledger", err, restoreHint)
	}
	return fine("ledger", "%d posting(s), %d account(s), balanced", sum.Sequence, sum.Accounts)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// Codes the demo expects, as the documentation promises them.
const (
	codeBudget          = "CHIO-BUDGET-EXCEEDED"
	codeRevokedPassport = "CHIO-REVOKED-PASSPORT"
)

// callFiles has an agent of Acme call Globex's file server through both kernels.
func (w *world) callFiles(ctx context.Context, agent, tool, path string) (node.CallAnswer, error) {
	args := wire.MustMarshal(map[string]string{"path": path})
	a, err := ask[node.CallAnswer](ctx, w.acme, "call", node.CallRequest{Agent: agent, Server: w.files(), Tool: tool, Arguments: args})
	if err == nil && a.Verdict == "allow" && a.Charged > 0 {
		w.bill.calls++
		w.bill.minor += a.Charged
	}
	return a, err
}

func stepCallAllowed(ctx context.Context, w *world, d *detail) error {
	// As far as Acme is concerned the agent may use every tool there.
	c, err := ask[node.CapabilityInfo](ctx, w.acme, "capability/issue", node.IssueCapability{Agent: researcher, Server: w.files(),
		Tools: []string{"read_file", "list_directory", "write_file", "delete_file"}})
	if err != nil {
		return err
	}
	d.add("capability", c.ID)
	d.add("chain", fmt.Sprintf("%d tokens: Globex to Acme's kernel, that to the agent", len(c.Chain)))
	a, err := w.callFiles(ctx, researcher, "read_file", reportPath)
	if err != nil {
		return err
	}
	if a.Verdict != "allow" {
		return refusal(a)
	}
	d.add("content", strings.TrimSpace(reportText))
	d.add("charged_minor", a.Charged)
	d.add("currency", a.Currency)
	d.add("acme_receipt", a.ReceiptID)
	d.add("globex_receipt", a.PeerReceiptID)
	if !strings.Contains(string(a.Content), strings.TrimSpace(reportText)) {
		return fmt.Errorf("the answer is not the file: %.200s", a.Content)
	}
	if a.Charged != readPrice || a.Currency != "USD" {
		return fmt.Errorf("charged %d %s, the price is %d USD cents", a.Charged, a.Currency, readPrice)
	}
	ours, err := w.receipt(ctx, w.acme, a.ReceiptID)
	if err != nil {
		return err
	}
	theirs, err := w.receipt(ctx, w.globex, a.PeerReceiptID)
	if err != nil {
		return err
	}
	d.add("content_sha256", ours.ContentHash)
	if ours.ContentHash != theirs.ContentHash || ours.KernelKey != w.acme.status.KernelKey || theirs.KernelKey != w.globex.status.KernelKey {
		return errors.New("the two receipts are not of one answer by the two kernels")
	}
	return nil
}

// receipt reads one receipt from an organisation's log and checks it.
func (w *world) receipt(ctx context.Context, o *org, id string) (*receipt.Receipt, error) {
	row, err := ask[node.ReceiptRow](ctx, o, "receipt/show", node.ByID{ID: id})
	if err != nil {
		return nil, err
	}
	r, res, err := receipt.VerifyJSON(row.Receipt, receipt.TrustKernel(o.status.KernelKey))
	if err != nil {
		return nil, err
	}
	if !res.SignatureValid || !res.ReceiptIDValid || !res.ParameterHashValid || !res.SignerTrusted {
		return nil, fmt.Errorf("receipt %s of %s does not verify: %s", id, o.name, res.Result)
	}
	return r, nil
}

// refusal is a call that should have been allowed.
func refusal(a node.CallAnswer) error {
	return fmt.Errorf("the call ended as %s: %s: %s (peer: %s)", a.Ended, a.Code, a.Reason, a.PeerCode)
}

// denied checks that a call was refused with a receipt, for this code if one is
// given, bound by this side.
func denied(a node.CallAnswer, code, side string) error {
	switch {
	case a.Verdict != "deny" || a.ReceiptID == "" || len(a.Content) != 0:
		return fmt.Errorf("the call should be refused with a receipt; it ended as %s, receipt %q", a.Ended, a.ReceiptID)
	case code != "" && a.Code != code:
		return fmt.Errorf("refused with %s (%s), want %s", a.Code, a.Reason, code)
	case a.BoundBy != side:
		return fmt.Errorf("refused by %q with %s (%s), want %q", a.BoundBy, a.Code, a.Reason, side)
	case a.Charged != 0:
		return fmt.Errorf("a refused call was charged %d", a.Charged)
	}
	return nil
}

func stepCallDeniedPeer(ctx context.Context, w *world, d *detail) error {
	for _, c := range []struct{ key, tool, path string }{
		{"delete", "delete_file", reportPath},
		{"secret", "read_file", secretPath},
	} {
		if err := w.deniedAtAcme(ctx, d, c.key, c.tool, c.path, "peer_terms"); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(w.dir, "workspace", reportPath)); err != nil {
		return fmt.Errorf("the refused deletion took effect: %w", err)
	}
	return nil
}

func stepCallDeniedLocal(ctx context.Context, w *world, d *detail) error {
	return w.deniedAtAcme(ctx, d, "env", "read_file", envPath, "local")
}

// deniedAtAcme makes a call that Acme's kernel must refuse by itself: its own
// log gets the receipt, and Globex never hears of it.
func (w *world) deniedAtAcme(ctx context.Context, d *detail, key, tool, path, side string) error {
	if err := errors.Join(w.acme.look(ctx), w.globex.look(ctx)); err != nil {
		return err
	}
	ours, theirs := w.acme.status.Receipts, w.globex.status.Receipts
	a, err := w.callFiles(ctx, researcher, tool, path)
	if err != nil {
		return err
	}
	d.add(key+"_call", tool+" "+path)
	d.add(key+"_code", a.Code)
	d.add(key+"_bound_by", a.BoundBy)
	d.add(key+"_guard", a.Guard)
	d.add(key+"_receipt", a.ReceiptID)
	if err := denied(a, "", side); err != nil {
		return err
	}
	if err := errors.Join(w.acme.look(ctx), w.globex.look(ctx)); err != nil {
		return err
	}
	if w.acme.status.Receipts != ours+1 || w.globex.status.Receipts != theirs {
		return fmt.Errorf("the logs grew by %d at Acme and %d at Globex, want 1 and 0", w.acme.status.Receipts-ours, w.globex.status.Receipts-theirs)
	}
	return nil
}

// budgetCalls is how many calls the budget pays for, exactly.
const budgetCalls = 3

func stepBudget(ctx context.Context, w *world, d *detail) error {
	if _, err := ask[node.IssuedPassport](ctx, w.acme, "passport/issue", node.IssuePassport{Agent: analyst}); err != nil {
		return err
	}
	total := wire.MonetaryAmount{Units: budgetCalls * readPrice, Currency: "USD"}
	c, err := ask[node.CapabilityInfo](ctx, w.acme, "capability/issue", node.IssueCapability{Agent: analyst, Server: w.files(),
		Tools: []string{"read_file", "list_directory"}, MaxTotal: &total})
	if err != nil {
		return err
	}
	w.budgeted = c.ID
	d.add("capability", c.ID)
	d.add("budget", wire.DefaultCurrencies().Format(total))
	charges := make([]uint64, 0, budgetCalls)
	for i := range budgetCalls {
		a, err := w.callFiles(ctx, analyst, "read_file", reportPath)
		if err != nil {
			return err
		}
		if a.Verdict != "allow" {
			return fmt.Errorf("call %d of %d: %w", i+1, budgetCalls, refusal(a))
		}
		charges = append(charges, a.Charged)
	}
	d.add("charges_minor", charges)
	return w.beyondBudget(ctx, d)
}

// beyondBudget makes the call that one cent more would be needed for.
func (w *world) beyondBudget(ctx context.Context, d *detail) error {
	a, err := w.callFiles(ctx, analyst, "read_file", reportPath)
	if err != nil {
		return err
	}
	d.add("next_call_code", a.Code)
	d.add("next_call_receipt", a.ReceiptID)
	if err := denied(a, codeBudget, a.BoundBy); err != nil {
		return err
	}
	c, err := ask[node.CapabilityInfo](ctx, w.acme, "capability/inspect", node.ByID{ID: w.budgeted})
	if err != nil {
		return err
	}
	for _, b := range c.Budgets {
		if b.Tool != "read_file" {
			continue
		}
		d.add("calls", b.Invocations)
		d.add("spent_minor", b.Spent)
		d.add("remaining_minor", b.Total-b.Spent)
		if b.Spent != b.Total || b.Invocations != budgetCalls {
			return fmt.Errorf("%d calls spent %d of %d", b.Invocations, b.Spent, b.Total)
		}
		return nil
	}
	return errors.New("the capability shows no budget for read_file")
}

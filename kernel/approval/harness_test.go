package approval_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const now = 1_800_000_000

var ctx = context.Background()

// disk outlives the engines opened on it.
type disk struct {
	store.Backend
	dead atomic.Bool
}

func (d *disk) Close() error { return nil }

func (d *disk) Apply(w []store.Write) error {
	if d.dead.Load() {
		return errors.New("no space left on device")
	}
	return d.Backend.Apply(w)
}

func key(t testing.TB, b byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// desk is one registry over one disk.
type desk struct {
	t       testing.TB
	disk    *disk
	db      *store.Engine
	via     store.DB // db, perhaps with faults
	faults  *faults
	reg     *approval.Registry
	cfg     approval.Config
	kernel  *wire.Key
	agent   *wire.Key
	alice   *wire.Key
	bob     *wire.Key
	carol   *wire.Key
	signErr error
	told    atomic.Int64
}

// newDesk trusts alice, bob and carol; tune changes the configuration.
func newDesk(t testing.TB, tune func(*approval.Config)) *desk {
	d := &desk{t: t, disk: &disk{Backend: memory.NewBackend()}, kernel: key(t, 1), agent: key(t, 2), alice: key(t, 3), bob: key(t, 4), carol: key(t, 5)}
	d.cfg = approval.Config{Rand: rand.Reader, Approvers: []approval.Approver{{"alice", d.alice.Public()}, {"bob", d.bob.Public()}, {"carol", d.carol.Public()}},
		Append: log.Append, Notify: func() { d.told.Add(1) },
		Sign: func(q *approval.Request, why *kernel.Denial, at int64) (*receipt.Receipt, []byte, error) {
			if d.signErr != nil {
				return nil, nil, d.signErr
			}
			r, err := approval.Receipt(q, why, d.kernel.Public(), at)
			if err != nil {
				return nil, nil, err
			}
			raw, err := receipt.Sign(r, d.kernel)
			return r, raw, err
		},
		Spend: func(tx store.Tx, callID, receiptID string, index uint64, until int64) error {
			return journal.Spend(tx, callID, journal.Done{ReceiptID: receiptID, LogIndex: index, ExpiresAt: until})
		}}
	if tune != nil {
		tune(&d.cfg)
	}
	d.reopen()
	return d
}

func (d *desk) reopen() {
	d.t.Helper()
	if d.db != nil {
		_ = d.db.Close()
	}
	d.disk.dead.Store(false)
	var err error
	if d.db, err = store.Open(store.Config{Backend: d.disk}); err != nil {
		d.t.Fatal(err)
	}
	db := d.db
	d.t.Cleanup(func() { _ = db.Close() })
	if d.via = d.db; d.faults != nil {
		d.via = &faulty{d.db, d.faults}
	}
	d.cfg.DB = d.via
	if d.reg, err = approval.Open(d.cfg); err != nil {
		d.t.Fatal(err)
	}
}

func newID(t testing.TB) string {
	id, err := wire.NewUUIDv7(now*1000, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// ask is one call that needs approval.
func (d *desk) ask() *kernel.ApprovalAsk {
	return &kernel.ApprovalAsk{Schema: kernel.ApprovalAskSchema, CallID: newID(d.t), Subject: d.agent.Public(), Server: "files", Tool: "delete_file",
		Operation: capability.Invoke, ArgsSHA256: wire.Hash([]byte(`{"path":"a"}`)), Parameters: wire.Raw(`{"path":"a"}`),
		Capability: capability.Ref{Issuer: d.kernel.Public(), ID: "cap-1"}, PolicySHA256: wire.Hash([]byte("policy")),
		Guard: "mcp-tool", Reason: "tool needs a person's approval", Approvers: 1}
}

func (d *desk) decide(ask *kernel.ApprovalAsk, at int64, presented ...wire.Raw) kernel.ApprovalAnswer {
	d.t.Helper()
	a, err := d.reg.Decide(ask, presented, at)
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

func (d *desk) call(ask *kernel.ApprovalAsk, at int64) *kernel.Call {
	return &kernel.Call{Now: at, Mandate: &kernel.Mandate{CallID: ask.CallID, Server: ask.Server, Tool: ask.Tool,
		Chain: []capability.Token{{ID: "cap-1", Subject: ask.Subject}}}}
}

// receipt signs a receipt of the call with the words of a denial.
func (d *desk) receipt(ask *kernel.ApprovalAsk, verdict string, code kernel.Code, id string, at int64) (*receipt.Receipt, []byte) {
	d.t.Helper()
	meta := wire.MustMarshal(receipt.Metadata{CallID: ask.CallID, ArgsSHA256: ask.ArgsSHA256, Code: string(code)})
	dec := &receipt.Decision{Verdict: verdict}
	if verdict != receipt.Allow {
		dec.Reason, dec.Guard = string(code)+": x", "approval"
	}
	if verdict == receipt.PendingApproval {
		dec.ApprovalID = id
	}
	r := &receipt.Receipt{Timestamp: at, ToolServer: ask.Server, ToolName: ask.Tool, Action: receipt.Action{Parameters: wire.Raw("null")}, Decision: dec,
		ReceiptKind: receipt.MediatedDecision, BoundaryClass: receipt.Prevent, TrustLevel: receipt.Mediated, ToolOrigin: receipt.CallerExecuted,
		RedactionMode: receipt.RedactAll, ContentHash: wire.Hash([]byte("null")).String(), PolicyHash: ask.PolicySHA256.String(), Metadata: meta}
	raw, err := receipt.Sign(r, d.kernel)
	if err != nil {
		d.t.Fatal(err)
	}
	return r, raw
}

// refuse does what the admission does with a refusal.
func (d *desk) refuse(r *kernel.Refusal) error {
	return d.via.Update(ctx, func(tx store.Tx) error {
		index, err := log.Append(tx, r.Receipt.ID, r.ReceiptJSON)
		if err != nil {
			return err
		}
		return d.reg.Refuse(tx, r, index)
	})
}

// pend records what is awaited.
func (d *desk) pend(ask *kernel.ApprovalAsk, a kernel.ApprovalAnswer, at int64) error {
	r, raw := d.receipt(ask, receipt.PendingApproval, approval.CodePending, a.ID, at)
	return d.refuse(&kernel.Refusal{Call: d.call(ask, at), Nonce: &kernel.Nonce{}, Pending: &kernel.Awaiting{Ask: ask, Answer: a}, Receipt: r, ReceiptJSON: raw})
}

// deny records that a repetition of the call was denied.
func (d *desk) deny(ask *kernel.ApprovalAsk, code kernel.Code, at int64) error {
	r, raw := d.receipt(ask, receipt.Deny, code, "", at)
	return d.refuse(&kernel.Refusal{Call: d.call(ask, at), Nonce: &kernel.Nonce{}, Receipt: r, ReceiptJSON: raw})
}

// waiting asks for a call and returns the ask and the approval id.
func (d *desk) waiting() (*kernel.ApprovalAsk, string) {
	d.t.Helper()
	ask := d.ask()
	a := d.decide(ask, now)
	if a.State != kernel.Awaited || a.ID == "" {
		d.t.Fatalf("a first ask: %+v", a)
	}
	if err := d.pend(ask, a, now); err != nil {
		d.t.Fatal(err)
	}
	return ask, a.ID
}

// admit does what the admission does; close follows with an allow.
func (d *desk) admit(ask *kernel.ApprovalAsk, a *kernel.ApprovalAnswer, at int64) error {
	return d.via.Update(ctx, func(tx store.Tx) error {
		if err := journal.Fresh(tx, ask.CallID); err != nil {
			return err
		}
		return d.reg.Admit(tx, &kernel.Admittance{Call: d.call(ask, at), Approval: a}, &kernel.Ticket{})
	})
}

func (d *desk) close(ask *kernel.ApprovalAsk, at int64) string {
	d.t.Helper()
	r, raw := d.receipt(ask, receipt.Allow, "", "", at)
	err := d.db.Update(ctx, func(tx store.Tx) error {
		index, err := log.Append(tx, r.ID, raw)
		if err != nil {
			return err
		}
		return d.reg.Close(tx, &kernel.Closing{Call: d.call(ask, at), Receipt: r, ReceiptJSON: raw}, index)
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return r.ID
}

// token is a decision about a request, valid for ten minutes from now on.
func (d *desk) token(by *wire.Key, ask *kernel.ApprovalAsk, id, decision string, tune func(*approval.Token)) []byte {
	d.t.Helper()
	digest, err := approval.Digest(ask)
	if err != nil {
		d.t.Fatal(err)
	}
	tok := approval.Token{ApprovalID: id, RequestSHA256: digest, Decision: decision, IssuedAt: now, ExpiresAt: now + 600}
	if tune != nil {
		tune(&tok)
	}
	e, err := approval.SignToken(tok, by)
	if err != nil {
		d.t.Fatal(err)
	}
	return e.Bytes()
}

func (d *desk) respond(doc []byte, at int64) (*approval.Request, error) {
	return d.reg.Respond(ctx, doc, at)
}

// codeOf is the code of a denial in an error, "" if there is none.
func codeOf(err error) kernel.Code {
	var d *kernel.Denial
	if errors.As(err, &d) {
		return d.Code
	}
	return ""
}

// terminals counts, per call id, the receipts in the log that are terminal.
func (d *desk) terminals() map[string]int {
	d.t.Helper()
	out := map[string]int{}
	trust := receipt.TrustKernel(d.kernel.Public())
	err := d.db.View(func(r store.Reader) error {
		return log.Scan(r, 0, func(_ uint64, leaf []byte) error {
			rec, res, err := receipt.VerifyJSON(leaf, trust)
			if err != nil {
				return err
			}
			if !res.Intact() || !res.SignerTrusted {
				d.t.Errorf("receipt does not verify: %+v", res)
			}
			var md receipt.Metadata
			if err := wire.UnmarshalLenient(rec.Metadata, &md, wire.DocumentLimits); err != nil {
				return err
			}
			if rec.Decision.Verdict != receipt.PendingApproval {
				out[md.CallID]++
			}
			return nil
		})
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

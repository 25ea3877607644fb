package admit_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/admit"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
)

// recorder is a participant that keeps a row and may be told to fail.
type recorder struct {
	fail map[string]error
	seen []string
}

func (r *recorder) note(tx store.Tx, what, callID string) error {
	if err := r.fail[what]; err != nil {
		return err
	}
	tx.Set("x/"+callID+"/"+what, []byte{1})
	tx.AfterCommit(func() { r.seen = append(r.seen, what) })
	return nil
}

func (r *recorder) Admit(tx store.Tx, a *kernel.Admittance, t *kernel.Ticket) error {
	t.Attach = "escrow"
	return r.note(tx, "admit", a.Call.Mandate.CallID)
}

func (r *recorder) Close(tx store.Tx, c *kernel.Closing, _ uint64) error {
	return r.note(tx, fmt.Sprint("close ", c.Disposition), c.Call.Mandate.CallID)
}

func (r *recorder) Refuse(tx store.Tx, f *kernel.Refusal, _ uint64) error {
	return r.note(tx, "refuse", f.Call.Mandate.CallID)
}

func withRecorder(t *testing.T) (*process, *recorder) {
	p := newProcess(t, 10, 30)
	r := &recorder{fail: map[string]error{}}
	p.parts = []admit.Participant{r}
	p.restart()
	return p, r
}

func TestParticipantsJoinEveryTransaction(t *testing.T) {
	p, r := withRecorder(t)
	p.call()
	p.dispatch = tool(1)
	p.call()
	p.dispatch = tool(2)
	p.call()
	p.kernel.Mediate(context.Background(), &kernel.Mandate{})
	want := fmt.Sprint([]string{"admit", "close 2", "admit", "close 1", "admit", "close 0", "refuse"})
	if fmt.Sprint(r.seen) != want {
		t.Fatalf("participant saw %v, want %s", r.seen, want)
	}
}

func TestParticipantsErrorAbortsAll(t *testing.T) {
	p, r := withRecorder(t)
	r.fail["admit"] = &kernel.Denial{Code: "CHIO-TEST-NO", Guard: "test", Reason: "no", Fix: "none"}
	out := p.call()
	if out.Verdict != kernel.Deny || out.Denial.Code != "CHIO-TEST-NO" || out.Unlogged {
		t.Fatalf("outcome %+v", out.Denial)
	}
	if purse, calls := p.purse(); purse.Reserved != 0 || calls != 0 || len(p.open()) != 0 {
		t.Fatalf("an aborted admission left %+v", purse)
	}
	if err := p.admission.Ready(); err != nil {
		t.Fatalf("a denial latched: %v", err)
	}
}

func TestReplayedNonceAndDuplicateCall(t *testing.T) {
	p := newProcess(t, 10, 30)
	m := p.mandate()
	if out := p.kernel.Mediate(context.Background(), m); out.Verdict != kernel.Allow {
		t.Fatalf("first: %+v", out.Denial)
	}
	out := p.kernel.Mediate(context.Background(), m)
	if out.Denial == nil || out.Denial.Code != kernel.CodeProofReplayed || out.Denial.Step != 10 || out.Unlogged {
		t.Fatalf("replay: %+v", out.Denial)
	}
	fresh := p.mandate()
	admittance := &kernel.Admittance{Call: &kernel.Call{Mandate: fresh, Now: now}, Holds: hold(p),
		Nonce: &kernel.Nonce{AgentKey: p.agent.Public(), Value: "n1", ExpiresAt: now + 300}}
	if _, err := p.admission.Admit(context.Background(), admittance); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{fresh.CallID, m.CallID} { // open, ended
		again := *admittance
		again.Nonce = &kernel.Nonce{AgentKey: p.agent.Public(), Value: "n-" + id, ExpiresAt: now + 300}
		mandate := *fresh
		mandate.CallID = id
		again.Call = &kernel.Call{Mandate: &mandate, Now: now}
		_, err := p.admission.Admit(context.Background(), &again)
		var d *kernel.Denial
		if !errors.As(err, &d) || d.Code != kernel.CodeDuplicateCall {
			t.Fatalf("call %s again: %v", id, err)
		}
	}
}

func hold(p *process) []kernel.HoldRequest {
	return []kernel.HoldRequest{{Token: p.chain[0].Ref(), Candidates: []kernel.GrantCap{{}}}}
}

// A mandate that was refused cannot be presented again.
func TestRefusedMandateIsSpent(t *testing.T) {
	p := newProcess(t, 10, 5) // one call costs 3
	p.call()
	m := p.mandate()
	if out := p.kernel.Mediate(context.Background(), m); out.Denial == nil || out.Denial.Code != kernel.CodeBudgetExceeded {
		t.Fatalf("first: %+v", out.Denial)
	}
	if out := p.kernel.Mediate(context.Background(), m); out.Denial == nil || out.Denial.Code != kernel.CodeProofReplayed {
		t.Fatalf("again: %+v", out.Denial)
	}
}

func TestAdmitFailsClosedOnWhatTheKernelNeverSends(t *testing.T) {
	p := newProcess(t, 10, 30)
	nonce := &kernel.Nonce{AgentKey: p.agent.Public(), Value: "n", ExpiresAt: now + 300}
	call := &kernel.Call{Mandate: p.mandate(), Now: now}
	for name, a := range map[string]*kernel.Admittance{
		"nil":      nil,
		"no call":  {Nonce: nonce, Holds: hold(p)},
		"no nonce": {Call: call, Holds: hold(p)},
		"no holds": {Call: call, Nonce: nonce},
		"no chain": {Call: &kernel.Call{Mandate: &kernel.Mandate{CallID: call.Mandate.CallID}, Now: now}, Nonce: nonce, Holds: hold(p)},
	} {
		if _, err := p.admission.Admit(context.Background(), a); err == nil {
			t.Errorf("%s: admitted", name)
		}
	}
	if err := p.admission.Refuse(context.Background(), &kernel.Refusal{Call: call}); !errors.Is(err, admit.ErrReceipt) {
		t.Errorf("refusal without a receipt: %v", err)
	}
	if err := p.admission.Ready(); err != nil {
		t.Errorf("latched: %v", err)
	}
	if n := p.disk.applied.Load(); n != 1 {
		t.Errorf("%d commits, want only the set-up's", n)
	}
}

func TestClosingTwice(t *testing.T) {
	p := newProcess(t, 10, 30)
	var closing *kernel.Closing
	p.parts = []admit.Participant{capture{&closing}}
	p.restart()
	p.call()
	if err := p.admission.Close(context.Background(), closing); err != nil {
		t.Fatalf("the same closing again: %v", err)
	}
	if len(p.receipts()) != 1 {
		t.Fatal("closing again added a receipt")
	}
	other := *closing
	other.Receipt = &receipt.Receipt{ID: "another"}
	if err := p.admission.Close(context.Background(), &other); err == nil {
		t.Fatal("a second receipt for one call was accepted")
	}
	if !errors.Is(p.admission.Ready(), admit.ErrLatched) {
		t.Fatal("a receipt that is owed and could not be recorded must latch")
	}
}

type capture struct{ into **kernel.Closing }

func (capture) Admit(store.Tx, *kernel.Admittance, *kernel.Ticket) error { return nil }
func (capture) Refuse(store.Tx, *kernel.Refusal, uint64) error           { return nil }
func (c capture) Close(_ store.Tx, closing *kernel.Closing, _ uint64) error {
	*c.into = closing
	return nil
}

// A disk that fails at any transaction of a call ends it in a deny; nothing is
// released, and nothing more is admitted.
func TestI5_StoreFailureDeniesAndLatches(t *testing.T) {
	for _, point := range []string{"start", "dispatch.before"} {
		t.Run(point, func(t *testing.T) {
			p := newProcess(t, 10, 30)
			fail := func(name string) {
				if name == point {
					p.disk.failing.Store(1 << 20)
				}
			}
			p.failpoint = fail
			fail("start")
			out := p.call()
			if out.Verdict != kernel.Deny || !out.Unlogged || out.Content != nil || out.Receipt == nil {
				t.Fatalf("outcome %+v", out)
			}
			if res := receipt.Verify(out.Receipt, receipt.TrustKernel(p.key.Public())); !res.Intact() {
				t.Fatalf("the unlogged deny is not signed: %+v", res)
			}
			if !errors.Is(p.admission.Ready(), admit.ErrLatched) {
				t.Fatalf("ready after a failed commit: %v", p.admission.Ready())
			}
			p.disk.failing.Store(0)
			if out := p.call(); out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeNotReady {
				t.Fatalf("the next call: %+v", out.Denial)
			}
			p.failpoint = nil
			p.restart()
			if _, err := p.admission.Recover(context.Background(), p.sign); err != nil {
				t.Fatal(err)
			}
			terminal(t, p, nil)
			if out := p.call(); out.Verdict != kernel.Allow {
				t.Fatalf("after a restart: %+v", out.Denial)
			}
		})
	}
}

// A participant that fails or panics in Close leaves the call open and the
// admission latched; recovery pays the receipt.
func TestI5_FailureInCloseLatches(t *testing.T) {
	p, r := withRecorder(t)
	r.fail["close 2"] = errors.New("ledger refused")
	if out := p.call(); out.Verdict != kernel.Deny || !out.Unlogged {
		t.Fatalf("outcome %+v", out)
	}
	if !errors.Is(p.admission.Ready(), admit.ErrLatched) {
		t.Fatal("not latched")
	}
	p.restart()
	if n, err := p.admission.Recover(context.Background(), p.sign); err != nil || n != 1 {
		t.Fatalf("recovered %d, %v", n, err)
	}
	terminal(t, p, nil)
}

func TestCancelledCallerIsNotAFailure(t *testing.T) {
	p := newProcess(t, 10, 30)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	out := p.kernel.Mediate(ctx, p.mandate())
	if out.Verdict != kernel.Deny || out.Unlogged {
		t.Fatalf("outcome %+v %+v", out, out.Denial)
	}
	if err := p.admission.Ready(); err != nil {
		t.Fatalf("latched: %v", err)
	}
}

// flaky is a store that can go on after a failed commit.
type flaky struct {
	store.DB
	fail int
}

func (f *flaky) Update(ctx context.Context, fn func(store.Tx) error) error {
	if f.fail > 0 {
		f.fail--
		return fmt.Errorf("%w: %w", store.ErrNotReady, errDisk)
	}
	return f.DB.Update(ctx, fn)
}

func TestBallastLetsTheStoreRecordOnce(t *testing.T) {
	p := newProcess(t, 10, 30)
	path := filepath.Join(t.TempDir(), "ballast")
	b, err := admit.NewFileBallast(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != admit.DefaultBallastBytes || info.Mode().Perm() != 0o600 {
		t.Fatalf("ballast %v, %v", info, err)
	}
	db := &flaky{DB: p.db, fail: 1}
	a := newAdmission(t, db, b)
	refusal := refusalOf(t, p)
	if err := a.Refuse(context.Background(), refusal); err != nil {
		t.Fatalf("with ballast: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("the ballast is still there")
	}
	if err := a.Ready(); err != nil {
		t.Fatal(err)
	}
	db.fail = 1
	if err := a.Refuse(context.Background(), refusal); !errors.Is(err, store.ErrNotReady) {
		t.Fatalf("without ballast: %v", err)
	}
	if !errors.Is(a.Ready(), admit.ErrLatched) {
		t.Fatal("not latched")
	}
	if err := b.Release(); !errors.Is(err, admit.ErrNoBallast) {
		t.Fatalf("a second release: %v", err)
	}
	if _, err := admit.NewFileBallast(path, 4096); err != nil {
		t.Fatalf("made again: %v", err)
	}
}

// What only replay protection needs is swept, a few rows at a time, as calls
// come in; receipts and accounts stay.
func TestSweepForgetsOnlyWhatExpired(t *testing.T) {
	p := newProcess(t, 1000, 3000)
	const early, late = 100, 130
	for range early {
		if out := p.call(); out.Verdict != kernel.Allow {
			t.Fatalf("denied: %+v", out.Denial)
		}
	}
	p.at = now + 700
	for range late {
		if out := p.call(); out.Verdict != kernel.Allow {
			t.Fatalf("denied: %+v", out.Denial)
		}
	}
	for _, prefix := range []string{"n/", "i/done/", "b/h/"} {
		rows := 0
		if err := p.db.View(func(r store.Reader) error {
			return r.Scan(prefix, "", func(string, []byte) error { rows++; return nil })
		}); err != nil {
			t.Fatal(err)
		}
		if rows != late {
			t.Errorf("%d rows under %s, want %d", rows, prefix, late)
		}
	}
	if purse, calls := p.purse(); purse.Committed != 3*(early+late) || calls != early+late {
		t.Errorf("account %+v", purse)
	}
	if n := len(p.receipts()); n != early+late {
		t.Errorf("%d receipts", n)
	}
}

// A full disk at Admit: the ballast goes, the deny says unlogged, and after a
// restart there is room to go on.
func TestI5_FullDiskReleasesTheBallast(t *testing.T) {
	p := newProcess(t, 10, 30)
	path := filepath.Join(t.TempDir(), "ballast")
	b, err := admit.NewFileBallast(path, 4096)
	if err != nil {
		t.Fatal(err)
	}
	p.ballast = b
	p.restart()
	p.disk.failing.Store(1 << 20)
	if out := p.call(); !out.Unlogged || out.Verdict != kernel.Deny {
		t.Fatalf("outcome %+v", out)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("the ballast is still there")
	}
	if !errors.Is(p.admission.Ready(), admit.ErrLatched) {
		t.Fatal("not latched")
	}
}

func newAdmission(t *testing.T, db store.DB, b admit.Ballast) *admit.Admission {
	t.Helper()
	var nonces *authority.Nonces
	err := db.View(func(r store.Reader) (err error) {
		nonces, err = authority.OpenNonces(r, authority.NonceLimits{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := admit.New(admit.Config{DB: db, Nonces: nonces, Now: func() int64 { return now }, Ballast: b})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// refusalOf is a real refusal, with a receipt that is not in p's log yet.
func refusalOf(t *testing.T, p *process) *kernel.Refusal {
	t.Helper()
	other := newProcess(t, 10, 30)
	out := other.kernel.Mediate(context.Background(), &kernel.Mandate{})
	raw, err := out.Receipt.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return &kernel.Refusal{Call: &kernel.Call{Mandate: p.mandate(), Now: now}, Receipt: out.Receipt, ReceiptJSON: raw}
}

func TestConfigNamesWhatIsMissing(t *testing.T) {
	p := newProcess(t, 1, 1)
	nonces := &authority.Nonces{}
	clock := func() int64 { return now }
	for name, c := range map[string]admit.Config{
		"no db":          {Nonces: nonces, Now: clock},
		"no nonces":      {DB: p.db, Now: clock},
		"no clock":       {DB: p.db, Nonces: nonces},
		"nil part":       {DB: p.db, Nonces: nonces, Now: clock, Participants: []admit.Participant{nil}},
		"ended too soon": {DB: p.db, Nonces: nonces, Now: clock, EndedTTLSeconds: 329},
	} {
		if _, err := admit.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

package settlement_test

import (
	"errors"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/wire"
)

const paidByCall = 99_990 // what a call of 10 cents settles to

// promised is a channel of 1 USDC with a voucher that nobody has redeemed.
func promised(t testing.TB) *world {
	w := newWorld(t)
	w.call(10, w.quote(100_000_000))
	w.fund(usdc)
	w.run()
	return w
}

// holds is what an account of the chain gained or lost.
func (p *party) gained() int64 {
	p.w.t.Helper()
	n, err := p.chain.Balance(p.w.t.Context(), p.key.Address())
	must(p.w.t, err)
	return int64(n) - given
}

// chainTime is the chain's clock.
func (w *world) chainTime() int64 {
	w.t.Helper()
	standing, err := newRail(w.acme.chain, evm.Latest).Standing(w.t.Context(), w.acme.status().Out.Channels[0].Channel)
	must(w.t, err)
	return standing.Time
}

func (w *world) close(alone bool) ([]settlement.Exit, error) {
	return w.acme.settler.Close(w.t.Context(), w.globex.did, alone)
}

// left checks that a channel was left: the payee has what was promised, the
// payer the rest, and the ledger says so.
func (w *world) left(returned int64) {
	w.t.Helper()
	if paid, kept := w.globex.gained(), w.acme.gained(); paid != paidByCall || kept != -paidByCall {
		w.t.Fatalf("the payee gained %d, the payer lost %d", paid, -kept)
	}
	must(w.t, w.acme.settler.Reconcile(w.t.Context()))
	must(w.t, w.globex.settler.Reconcile(w.t.Context()))
	w.balanced()
	st := w.acme.status().Out.Channels[0]
	if held := w.acme.balance(ledger.Channel(st.Channel.String()), "USDC"); held != 0 || st.Deposited != paidByCall || st.Settled != paidByCall || st.Leaving || st.Halted != "" {
		w.t.Fatalf("the ledger holds %d in the channel; %+v", held, st)
	}
	if got := w.acme.balance(ledger.USDC, "USDC"); got != -paidByCall {
		w.t.Fatalf("the ledger lost %d USDC, want %d, %d came back", -got, paidByCall, returned)
	}
	if paid := w.redeem(); paid != 0 {
		w.t.Fatalf("redeemed %d again", paid)
	}
}

// TestI8_CloseTogether: with the payee's consent both have their money in one
// transaction, and the channel can be used again.
func TestI8_CloseTogether(t *testing.T) {
	w := promised(t)
	out, err := w.close(false)
	must(t, err)
	if len(out) != 1 || out[0].State != settlement.ExitWithdrawn || out[0].Left != usdc || out[0].Tx.IsZero() {
		t.Fatalf("%+v", out)
	}
	w.left(usdc - paidByCall)
	if _, err := w.close(false); !errors.Is(err, settlement.ErrNothingHeld) {
		t.Fatal(err)
	}

	w.call(10, w.quote(100_000_000))
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrDeposit) {
		t.Fatalf("paid through an empty channel: %v", err)
	}
	w.fund(usdc)
	w.run()
	if paid := w.redeem(); paid != paidByCall {
		t.Fatalf("redeemed %d", paid)
	}
	must(t, w.acme.settler.Reconcile(t.Context()))
	w.balanced()
}

// TestI8_CloseAlone: a payer that is not answered announces its leave. The payee
// has what was promised, and only after the grace period the rest comes back.
func TestI8_CloseAlone(t *testing.T) {
	w := promised(t)
	out, err := w.close(true)
	must(t, err)
	if len(out) != 1 || out[0].State != settlement.ExitClosing || out[0].CloseAt == 0 {
		t.Fatalf("%+v", out)
	}
	if out, err = w.close(true); err != nil || out[0].State != settlement.ExitClosing { // again, it is the same
		t.Fatalf("%+v %v", out, err)
	}
	w.call(10, w.quote(100_000_000))
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrClosing) {
		t.Fatalf("a voucher on a closing channel: %v", err)
	}
	if _, err := w.acme.settler.Fund(t.Context(), w.globex.did, 1); !errors.Is(err, settlement.ErrClosing) {
		t.Fatalf("a deposit into a closing channel: %v", err)
	}
	if _, err := w.acme.settler.Withdraw(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrGrace) {
		t.Fatalf("withdrawn at once: %v", err)
	}
	if done, err := w.acme.settler.WithdrawDue(t.Context()); err != nil || len(done) != 0 {
		t.Fatalf("%+v %v", done, err)
	}
	if paid := w.redeem(); paid != paidByCall {
		t.Fatalf("redeemed %d", paid)
	}
	must(t, w.net.AdjustTime(25*time.Hour))
	w.clock = out[0].CloseAt - now // the node's clock says so, too
	done, err := w.acme.settler.WithdrawDue(t.Context())
	if err != nil || len(done) != 1 || done[0].State != settlement.ExitWithdrawn || done[0].Left != usdc-paidByCall {
		t.Fatalf("%+v %v", done, err)
	}
	w.left(usdc - paidByCall)
	if _, err := w.acme.settler.Withdraw(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrGrace) {
		t.Fatalf("withdrawn twice: %v", err)
	}
}

// TestI7_EveryCrashLeavesOnce: wherever either process ends, closing again ends
// the channel once.
func TestI7_EveryCrashLeavesOnce(t *testing.T) {
	for _, c := range []struct{ who, at string }{
		{"acme", "close.marked_before_send"},
		{"acme", "close.consented_before_send"},
		{"acme", "close.mined_before_record"},
		{"acme", "tx.signed"},
		{"acme", "tx.persisted"},
		{"acme", "tx.broadcast_before_record"},
		{"acme", "mined_before_status"},
		{"acme", "final_before_ledger"},
		{"globex", "close.recorded_before_reply"},
	} {
		t.Run(c.who+" "+c.at, func(t *testing.T) {
			w := promised(t)
			victim := w.acme
			if c.who == "globex" {
				victim = w.globex
			}
			victim.fail = c.at
			var err error
			if at := survives(func() { _, err = w.close(false) }); at == "" && err == nil {
				t.Fatal("nothing ended")
			}
			victim.fail = "" // what is told to the chain alone ends no process here
			w.acme.restart()
			w.globex.restart()
			if _, err := w.close(false); err != nil && !errors.Is(err, settlement.ErrNothingHeld) {
				t.Fatal(err)
			}
			w.left(usdc - paidByCall)
		})
	}
	t.Run("withdraw.mined_before_record", func(t *testing.T) {
		w := promised(t)
		w.redeem()
		_, err := w.close(true)
		must(t, err)
		must(t, w.net.AdjustTime(25*time.Hour))
		w.acme.fail = "withdraw.mined_before_record"
		if at := survives(func() { _, _ = w.acme.settler.Withdraw(t.Context(), w.globex.did) }); at == "" {
			t.Fatal("the point was not reached")
		}
		w.acme.restart()
		w.left(usdc - paidByCall)
	})
}

// TestConsentIsForExactlyWhatIsPromised: a payee signs no end that gives it less
// than it could redeem, or that outlives the question.
func TestConsentIsForExactlyWhatIsPromised(t *testing.T) {
	w := promised(t)
	st := w.globex.status().In.Channels[0]
	good := settlement.CloseRequest{Channel: st.Channel, Cumulative: paidByCall, Statement: *st.Statement, ValidUntil: w.chainTime() + 600}
	for name, c := range map[string]struct {
		change func(*settlement.CloseRequest)
		want   error
	}{
		"less":               {func(r *settlement.CloseRequest) { r.Cumulative-- }, settlement.ErrConflict},
		"more":               {func(r *settlement.CloseRequest) { r.Cumulative++ }, settlement.ErrConflict},
		"nothing":            {func(r *settlement.CloseRequest) { r.Cumulative, r.Statement = 0, wire.Digest{} }, settlement.ErrConflict},
		"another statement":  {func(r *settlement.CloseRequest) { r.Statement = wire.Hash(nil) }, settlement.ErrConflict},
		"another channel":    {func(r *settlement.CloseRequest) { r.Channel = wire.Hash(nil) }, settlement.ErrUnknownChannel},
		"another life of it": {func(r *settlement.CloseRequest) { r.Epoch = 1 }, settlement.ErrConflict},
		"for a day":          {func(r *settlement.CloseRequest) { r.ValidUntil += 86400 }, settlement.ErrConflict},
		"over":               {func(r *settlement.CloseRequest) { r.ValidUntil -= 86400 }, settlement.ErrConflict},
	} {
		req := good
		c.change(&req)
		if _, err := w.globex.settler.AnswerClose(t.Context(), w.acme.did, req); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := w.globex.settler.AnswerClose(t.Context(), w.globex.did, good); !errors.Is(err, settlement.ErrUnknownChannel) {
		t.Errorf("asked by a stranger: %v", err)
	}
	w.call(10, w.quote(100_000_000))
	if _, err := w.globex.settler.AnswerClose(t.Context(), w.acme.did, good); !errors.Is(err, settlement.ErrOwed) {
		t.Errorf("while something is owed: %v", err)
	}
	if _, err := w.close(false); !errors.Is(err, settlement.ErrOwed) {
		t.Errorf("the payer, while it owes: %v", err)
	}
	if w.globex.gained() != 0 || w.acme.gained() != -usdc {
		t.Fatal("something moved")
	}
}

// TestI7_ConsentAndVoucherDoNotMeet: between a payee's consent and its end it
// takes no voucher, which the end could make worthless; and the payer makes none.
func TestI7_ConsentAndVoucherDoNotMeet(t *testing.T) {
	w := promised(t)
	w.acme.losing = "consent"
	if _, err := w.close(false); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	w.call(10, w.quote(100_000_000))
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrClosing) {
		t.Fatalf("a voucher beside a consent: %v", err)
	}
	must(t, w.net.AdjustTime((600+300+1)*time.Second))
	w.run()
	if paid := w.redeem(); paid != 2*paidByCall+1 && paid != 2*paidByCall {
		t.Fatalf("redeemed %d", paid)
	}
	must(t, w.globex.settler.Reconcile(t.Context()))
	if w.globex.status().In.Channels[0].Leaving {
		t.Fatal("a consent that is over still shows")
	}
	w.balanced()
}

// TestConsentBindsEveryField: no byte of what a payee consents to can be
// changed, and its contract agrees with the digest.
func TestConsentBindsEveryField(t *testing.T) {
	w := newWorld(t)
	good := evm.Consent{ChainID: 1, Contract: w.acme.key.Address(), Channel: wire.Hash([]byte("c")), Cumulative: 7, Statement: wire.Hash([]byte("s")), Epoch: 2, ValidUntil: 9}
	sig, err := evm.SignConsent(w.globex.key, &good)
	must(t, err)
	must(t, evm.VerifyConsent(&good, w.globex.key.Address(), sig))
	for name, change := range map[string]func(*evm.Consent){
		"chain": func(c *evm.Consent) { c.ChainID++ }, "contract": func(c *evm.Consent) { c.Contract = w.globex.key.Address() },
		"channel": func(c *evm.Consent) { c.Channel[0]++ }, "cumulative": func(c *evm.Consent) { c.Cumulative++ },
		"statement": func(c *evm.Consent) { c.Statement[0]++ }, "epoch": func(c *evm.Consent) { c.Epoch++ }, "validity": func(c *evm.Consent) { c.ValidUntil++ },
	} {
		other := good
		change(&other)
		if err := evm.VerifyConsent(&other, w.globex.key.Address(), sig); !errors.Is(err, evm.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, sig := range []string{"", sig[:126], sig + "00", "zz" + sig[2:]} {
		if err := evm.VerifyConsent(&good, w.globex.key.Address(), sig); !errors.Is(err, evm.ErrSignature) {
			t.Errorf("%q: %v", sig, err)
		}
	}
}

package federation

import (
	"context"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// TestOriginCrashIsResolvedByCallID: the origin dies after the host ran the
// call; at its next start it asks, closes the call with the charge, files the
// pair and accrues once.
func TestOriginCrashIsResolvedByCallID(t *testing.T) {
	for name, tc := range map[string]struct {
		local       kernel.Guard
		verdict     string
		code        string
		obligations int
	}{
		"the host allowed": {nil, receipt.Incomplete, string(CodeUndelivered), 1},
		"the host denied":  {denyAll{}, receipt.Deny, string(kernel.CodePeerDenied), 0},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := federated(t)
			b.local.set(tc.local)
			m := a.mandate(b, "read_file", readArgs)
			a.dies.set(true)
			a.reopen()
			a.meet(b)
			if out := a.kernelOf.Mediate(t.Context(), m); !out.Unlogged {
				t.Fatalf("outcome %+v", out)
			}
			a.dies.set(false)
			a.reopen()
			list := a.receipts()
			if len(list) != 1 || list[0].Decision.Verdict != tc.verdict {
				t.Fatalf("receipts %+v", list)
			}
			md, err := metadataOf(list[0])
			if err != nil {
				t.Fatal(err)
			}
			if md.Code != tc.code || md.Federation.PeerReceiptID == "" || md.Financial.CostCharged != uint64(3*tc.obligations) {
				t.Fatalf("our receipt says %s %+v %+v", md.Code, md.Federation, md.Financial)
			}
			a.sync(b)
			if j := a.joints(b); len(j) != 1 || j[0].At(startTime) != JointJoined {
				t.Fatalf("joint records %+v", j)
			}
			if len(a.obligations()) != tc.obligations || len(b.obligations()) != tc.obligations {
				t.Fatalf("obligations %d and %d", len(a.obligations()), len(b.obligations()))
			}
		})
	}
}

// TestHostCrashBeforeItsReceipt: the host dies after the tool ran. Its next
// start owes an incomplete receipt, which the origin gets, and nobody owes
// money for it.
func TestHostCrashBeforeItsReceipt(t *testing.T) {
	a, b := federated(t)
	b.failAt(func(name string) {
		if name == "host.executed_before_receipt" {
			panic("the process ends here")
		}
	})
	m := a.mandate(b, "read_file", readArgs)
	out := a.kernelOf.Mediate(t.Context(), m)
	if out.Ended != receipt.Incomplete || b.ran.Load() != 1 {
		t.Fatalf("outcome %s %+v, ran %d", out.Ended, out.Denial, b.ran.Load())
	}
	b.failAt(nil)
	b.reopen()
	a.meet(b)
	answer, err := a.exchange.query(t.Context(), b.did(), m.CallID)
	if err != nil || answer.Status != statusDone {
		t.Fatalf("answer %+v, %v", answer, err)
	}
	a.sync(b)
	b.sync(a)
	j := a.joints(b)
	if len(j) != 1 || j[0].Verdict != receipt.Incomplete || j[0].Accrued || j[0].At(startTime) != JointJoined {
		t.Fatalf("joint records %+v", j)
	}
	if b.ran.Load() != 1 || len(a.obligations())+len(b.obligations()) != 0 {
		t.Fatalf("ran %d, obligations %d", b.ran.Load(), len(a.obligations())+len(b.obligations()))
	}
}

// TestCosignSurvivesLostAnswers: a cosign that was stored and not answered, or
// answered and not stored, is the same one the next time.
func TestCosignSurvivesLostAnswers(t *testing.T) {
	for _, at := range []string{"cosign.signed_before_reply", "cosign.received_before_store"} {
		t.Run(at, func(t *testing.T) {
			a, b := federated(t)
			if out := a.call(b); out.Verdict != kernel.Allow {
				t.Fatalf("%+v", out.Denial)
			}
			crash := func(name string) {
				if name == at {
					panic("the process ends here")
				}
			}
			a.failAt(crash)
			b.failAt(crash)
			func() {
				defer func() { _ = recover() }()
				_, _ = a.exchange.SyncNow(context.Background(), b.did())
			}()
			if j := a.joints(b); len(j) != 1 || j[0].At(startTime) != JointPending {
				t.Fatalf("joint records %+v", j)
			}
			half := b.joints(a)[0].Cosign
			a.failAt(nil)
			b.failAt(nil)
			a.sync(b)
			if j := a.joints(b); j[0].At(startTime) != JointJoined || string(j[0].Cosign) != string(half) {
				t.Fatalf("joined as %s, the host had %s", j[0].Cosign, half)
			}
		})
	}
}

// TestOverchargeIsRefused: a host that signs a charge above the maximum gets no
// obligation: the origin keeps the receipt as a dispute.
func TestOverchargeIsRefused(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	a.failAt(func(name string) {
		if name == "continuation.signed_before_send" {
			b.plantReply(a, m)
		}
	})
	out := a.kernelOf.Mediate(t.Context(), m)
	if out.Ended != receipt.Incomplete || out.Denial.Code != kernel.CodeOverCharge || out.Content != nil {
		t.Fatalf("outcome %s %+v", out.Ended, out.Denial)
	}
	if b.ran.Load() != 0 {
		t.Fatal("the planted reply was not used")
	}
	j := a.joints(b)
	if len(j) != 1 || j[0].Disputed == "" || j[0].Accrued || len(a.obligations()) != 0 {
		t.Fatalf("joint records %+v, %d obligations", j, len(a.obligations()))
	}
}

// plantReply makes a dishonest host: a signed receipt over a content, for one
// minor unit more than the continuation allows.
func (p *peerNode) plantReply(from *peerNode, m *kernel.Mandate) {
	var row departed
	err := from.db.View(func(r store.Reader) error {
		_, err := load(r, prefixOut+m.CallID, &row)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := peekContinuation(row.Continuation)
	if err != nil {
		p.t.Fatal(err)
	}
	hash := row.Continuation.ID()
	content := wire.Raw(`{"text":"dear"}`)
	md := receipt.Metadata{CallID: c.CallID, ArgsSHA256: c.ArgsSHA256,
		Federation: &receipt.Federation{Role: RoleHost, PeerDID: from.did().String(), TreatyID: c.TreatyID, ContinuationSHA256: &hash},
		Financial:  &receipt.Financial{CostCharged: c.MaxCharge.Units + 1, Currency: c.MaxCharge.Currency, SettlementStatus: "pending"}}
	r := &receipt.Receipt{Timestamp: startTime, CapabilityID: c.CapabilityID, ToolServer: c.Server, ToolName: c.Tool,
		Action: receipt.Action{Parameters: wire.Raw("null")}, Decision: &receipt.Decision{Verdict: receipt.Allow},
		ReceiptKind: receipt.MediatedDecision, BoundaryClass: receipt.Prevent, TrustLevel: receipt.Mediated, ToolOrigin: receipt.CallerExecuted,
		RedactionMode: receipt.RedactAll, ContentHash: wire.Hash(content).String(), PolicyHash: wire.Hash(nil).String(), Metadata: wire.MustMarshal(md)}
	doc, err := receipt.Sign(r, p.kernel)
	if err != nil {
		p.t.Fatal(err)
	}
	k := callKey{from.did(), c.CallID}
	err = p.db.Update(p.t.Context(), func(tx store.Tx) error {
		if _, err := log.Append(tx, r.ID, doc); err != nil {
			return err
		}
		tx.Set(contentKey(k), content)
		return save(tx, inKey(k), arrived{Continuation: row.Continuation, Done: true, ReceiptID: r.ID, Content: true})
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

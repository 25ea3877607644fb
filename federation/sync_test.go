package federation

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// logLocal appends a receipt that concerns nobody but the organisation itself.
func (p *peerNode) logLocal(n int) string {
	p.t.Helper()
	r := &receipt.Receipt{Timestamp: p.clock.Load(), ToolServer: "files", ToolName: fmt.Sprintf("local_%d", n),
		Action: receipt.Action{Parameters: wire.Raw("null")}, Decision: &receipt.Decision{Verdict: receipt.Allow},
		ReceiptKind: receipt.MediatedDecision, BoundaryClass: receipt.Prevent, TrustLevel: receipt.Mediated, ToolOrigin: receipt.CallerExecuted,
		RedactionMode: receipt.RedactAll, ContentHash: wire.Hash(nil).String(), PolicyHash: wire.Hash(nil).String(),
		Metadata: wire.MustMarshal(receipt.Metadata{CallID: "local"})}
	doc, err := receipt.Sign(r, p.kernel)
	if err != nil {
		p.t.Fatal(err)
	}
	err = p.db.Update(p.t.Context(), func(tx store.Tx) error {
		_, err := log.Append(tx, r.ID, doc)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return r.ID
}

// forkLog replaces the whole log by n local receipts under the same log id.
func (p *peerNode) forkLog(n int) {
	p.t.Helper()
	if err := p.db.Update(p.t.Context(), dropRows("r/")); err != nil {
		p.t.Fatal(err)
	}
	raw, err := hex.DecodeString(p.logOrigin[len("chio-log/"):])
	if err != nil {
		p.t.Fatal(err)
	}
	err = p.db.Update(p.t.Context(), func(tx store.Tx) error {
		id, err := log.Init(tx, &fixed{raw})
		if id != p.logOrigin {
			return fmt.Errorf("log id %s", id)
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range n {
		p.logLocal(1000 + i)
	}
}

type fixed struct{ b []byte }

func (f *fixed) Read(p []byte) (int, error) { return copy(p, f.b), nil }

func (p *peerNode) heads() map[bool]KnownHead {
	p.t.Helper()
	list, err := p.exchange.Heads()
	if err != nil {
		p.t.Fatal(err)
	}
	out := map[bool]KnownHead{}
	for _, h := range list {
		out[h.Own] = h
	}
	return out
}

// checkWitnessed: both hold the same note of the owner's head, it verifies
// offline, and it is the head that exports use.
func checkWitnessed(t *testing.T, owner, witness *peerNode) {
	t.Helper()
	own, other := owner.heads()[true], witness.heads()[false]
	if own.Note == "" || own.Note != other.Note {
		t.Fatalf("own head as witnessed:\n%s\nas the witness holds it:\n%s", own.Note, other.Note)
	}
	trust := &receipt.TrustSet{Schema: receipt.TrustSchema,
		Kernels:   []receipt.TrustedKernel{{Key: owner.kernel.Public(), Logs: []string{owner.logOrigin}}},
		Witnesses: []receipt.Witness{{Name: witness.did().String(), Key: witness.kernel.Public()}}}
	head, err := receipt.VerifyHead([]byte(own.Note), trust)
	if err != nil {
		t.Fatal(err)
	}
	if len(head.CosignedBy) != 1 || head.Size != own.Size {
		t.Fatalf("head %+v", head)
	}
	err = owner.db.View(func(r store.Reader) error {
		note, size, err := owner.exchange.WitnessedHead(r)
		if string(note) != own.Note || size != own.Size {
			t.Errorf("WitnessedHead %d:\n%s", size, note)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestHeadsAreWitnessedAndReceiptsArrive: after an exchange each holds the
// other's cosigned head and the receipts that name it, proven; nothing else.
func TestHeadsAreWitnessedAndReceiptsArrive(t *testing.T) {
	a, b := federated(t)
	private := b.logLocal(1)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	b.logLocal(2)
	if report := a.sync(b); report.Receipts != 1 || report.HeadSize != 3 || report.Joined != 1 {
		t.Fatalf("report %+v", report)
	}
	checkWitnessed(t, a, b)
	checkWitnessed(t, b, a)
	count := 0
	err := a.exchange.ForeignReceipts(b.did(), func(f *ForeignReceipt) error {
		count++
		cp, err := receipt.VerifyCheckpoint([]byte(f.Checkpoint), b.logOrigin, b.kernel.Public())
		if err != nil {
			return err
		}
		return receipt.VerifyInclusion(receipt.LeafHash(f.Receipt), f.Index, cp.Size, f.Path, cp.Root)
	})
	if err != nil || count != 1 {
		t.Fatalf("%d foreign receipts, %v", count, err)
	}
	checkFiled(t, a, b)
	var refused *PeerError
	rec := a.record(b.org)
	err = a.exchange.syncRequest(t.Context(), rec, syncRequest{Type: "receipt", ReceiptID: private, Size: 3}, new(receiptsAnswer))
	if !errors.As(err, &refused) || refused.Code != refusedNotAParty {
		t.Fatalf("a receipt that does not name us: %v", err)
	}
	var one receiptsAnswer
	err = a.exchange.syncRequest(t.Context(), rec, syncRequest{Type: "receipt", ReceiptID: a.joints(b)[0].ReceiptID, Size: 3}, &one)
	if err != nil || len(one.Receipts) != 1 || one.Receipts[0].Index != 1 {
		t.Fatalf("one receipt: %+v, %v", one, err)
	}
	if report := a.sync(b); report.Receipts != 0 || report.Joined != 0 {
		t.Fatalf("an exchange with nothing new: %+v", report)
	}
}

func TestManyReceiptsComeInPages(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	const calls = maxSyncReceipts + 20
	for range calls { // refused ones: quick, and they name us all the same
		id, err := wire.NewUUIDv7(startTime*1000, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		m.CallID = id
		frame, _ := a.frame(m, func(c *Continuation) { c.Nonce = "" })
		a.raw(b, frame)
	}
	if report := a.sync(b); report.Receipts != calls {
		t.Fatalf("report %+v, want %d receipts", report, calls)
	}
}

// TestI10_BothKernelsComputeTheSameStatement: the origin's and the host's bytes
// of the joint statement are identical, and verify offline.
func TestI10_BothKernelsComputeTheSameStatement(t *testing.T) {
	a, b := federated(t)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	a.sync(b)
	j := a.joints(b)[0]
	var row departed
	err := a.db.View(func(r store.Reader) error {
		_, err := load(r, prefixOut+j.CallID, &row)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	atB := b.joints(a)[0]
	c, err := peekContinuation(row.Continuation)
	if err != nil {
		t.Fatal(err)
	}
	own := receiptByID(t, a, row.ReceiptID)
	one, err := jointStatement(c, row.Continuation.ID(), own, j.PeerReceipt)
	if err != nil {
		t.Fatal(err)
	}
	two, err := jointStatement(c, row.Continuation.ID(), atB.PeerReceipt, receiptByID(t, b, atB.ReceiptID))
	if err != nil {
		t.Fatal(err)
	}
	if string(one) != string(two) {
		t.Fatalf("two statements:\n%s\n%s", one, two)
	}
	verify := func(cosign wire.Raw) error {
		return VerifyJoint(cosign, own, j.PeerReceipt, row.Continuation, a.kernel.Public(), b.kernel.Public())
	}
	if err := verify(j.Cosign); err != nil {
		t.Fatal(err)
	}
	var d dsse
	if err := wire.UnmarshalCanonical(j.Cosign, &d, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	s := d.Signatures
	third := d
	third.Signatures = append([]dsseSignature{}, s[0], s[1], s[0])
	swapped, single, other := d, d, d
	swapped.Signatures, single.Signatures = []dsseSignature{s[1], s[0]}, s[:1]
	other.Payload = newDSSE(append(one, ' ')).Payload
	foreign := *newDSSE(one)
	if err := errors.Join(foreign.sign(one, key(t, 77)), foreign.sign(one, b.kernel)); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]dsse{"swapped": swapped, "one signature": single, "three": third, "another payload": other, "another key": foreign} {
		if err := verify(wire.MustMarshal(bad)); !errors.Is(err, ErrCosign) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func receiptByID(t testing.TB, p *peerNode, id string) (doc wire.Raw) {
	t.Helper()
	err := p.db.View(func(r store.Reader) (err error) {
		_, doc, err = log.ByID(r, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestCosignOfACallNeverMade: a peer cannot have us countersign what we do not
// compute.
func TestCosignOfACallNeverMade(t *testing.T) {
	a, b := federated(t)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	j := a.joints(b)[0]
	rec := a.record(b.org)
	ask := func(receiptID string, origin wire.Raw, d *dsse) error {
		frame := object(part{"type", text("cosign")}, part{"receipt_id", text(receiptID)}, part{"receipt", origin}, part{"statement", wire.MustMarshal(d)})
		return a.exchange.request(t.Context(), rec, ProtocolCosign, frame, new(cosignAnswer))
	}
	own := a.receipts()[0]
	doc, err := own.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{}`)
	wrong := newDSSE(body)
	if err := wrong.sign(body, a.kernel); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"unknown receipt":   ask(wire.Hash(nil).String(), doc, wrong),
		"another statement": ask(j.ReceiptID, doc, wrong),
		"another receipt":   ask(j.ReceiptID, j.PeerReceipt, wrong),
		"not an id":         ask("x", doc, wrong),
	} {
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := b.joints(a)[0].At(startTime + JoinSeconds + 1); got != JointOverdue {
		t.Fatalf("state %s", got)
	}
}

// TestEquivocationFreezes: two signed heads of one size are evidence that
// verifies offline, and the peer is frozen.
func TestEquivocationFreezes(t *testing.T) {
	for name, size := range map[string]int{"same size": 3, "longer": 5} {
		t.Run(name, func(t *testing.T) {
			a, b := federated(t)
			for i := range 3 {
				b.logLocal(i)
			}
			a.sync(b)
			b.forkLog(size)
			if _, err := a.exchange.SyncNow(t.Context(), b.did()); !errors.Is(err, ErrEquivocation) {
				t.Fatalf("sync: %v", err)
			}
			if rec := a.record(b.org); rec.State != Frozen {
				t.Fatalf("the peer is %s", rec.State)
			}
			doc, err := a.exchange.Evidence(b.did())
			if err != nil {
				t.Fatal(err)
			}
			trust := &receipt.TrustSet{Schema: receipt.TrustSchema, Kernels: []receipt.TrustedKernel{{Key: b.kernel.Public(), Logs: []string{b.logOrigin}}}}
			if _, err := receipt.VerifyEquivocation(doc, trust); err != nil {
				t.Fatal(err)
			}
			if _, err := a.exchange.TreatyCapability(t.Context(), b.did()); !errors.Is(err, ErrPeerFrozen) {
				t.Fatalf("a frozen peer still has a treaty: %v", err)
			}
		})
	}
}

func TestShrunkenLogIsRefused(t *testing.T) {
	a, b := federated(t)
	for i := range 3 {
		b.logLocal(i)
	}
	a.sync(b)
	b.forkLog(2)
	if _, err := a.exchange.SyncNow(t.Context(), b.did()); !errors.Is(err, ErrRollback) {
		t.Fatalf("sync: %v", err)
	}
	if got := a.heads()[false]; got.Size != 3 {
		t.Fatalf("the cosigned head was replaced by one of %d", got.Size)
	}
}

// checkFiled compares the numbers of a peer with its rows, also as a store has
// them that did not keep numbers.
func checkFiled(t *testing.T, of, peer *peerNode) {
	t.Helper()
	want := Filed{Foreign: 1, Joint: 1}
	for _, what := range [...]string{"kept", "counted"} {
		if got, err := of.exchange.Filed(peer.did()); err != nil || got != want {
			t.Fatalf("%s: %+v, %v, want %+v", what, got, err, want)
		}
		err := of.db.Update(t.Context(), func(tx store.Tx) error {
			tx.Delete(prefixFiled + peer.did().String())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestLogOfAnotherIsRefused: a peer's first head cannot be of our log, nor of
// another peer's while that one is with us.
func TestLogOfAnotherIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		ours  bool
		other State // of the peer that holds the log id
		old   bool  // nothing but the head says so
		want  error
	}{
		"ours":              {ours: true, want: ErrHead},
		"an active peer's":  {other: Active, want: ErrHead},
		"a frozen peer's":   {other: Frozen, want: ErrHead},
		"a revoked peer's":  {other: Revoked},
		"one that has left": {other: Terminated},
		"an active peer's, of a store without owners": {other: Active, old: true, want: ErrHead},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newParty(t, 10, callTerms()), newParty(t, 20, callTerms(), didOf(t, 10))
			if c.ours {
				b.logOrigin = a.logOrigin
			} else {
				holder := didOf(t, 30)
				err := a.db.Update(t.Context(), func(tx store.Tx) error {
					if err := save(tx, prefixPeer+holder.String(), &Record{DID: holder, State: c.other, Kernel: key(t, 31).Public()}); err != nil {
						return err
					}
					if !c.old {
						tx.Set(logOwnerKey(b.logOrigin), []byte(holder))
					}
					return save(tx, prefixHead+holder.String(), &KnownHead{Peer: holder, Origin: b.logOrigin, Size: 1, Witnesses: []string{}})
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			b.forkLog(2)
			federate(t, a.org, b.org)
			if _, err := a.exchange.SyncNow(t.Context(), b.did()); !errors.Is(err, c.want) {
				t.Fatalf("sync: %v, want %v", err, c.want)
			}
			held, err := a.exchange.heldHead(b.did())
			if err != nil || (held.Origin == "") != (c.want != nil) {
				t.Fatalf("held %+v, %v", held, err)
			}
		})
	}
}

// TestCosignaturesThatAreNotOurs: a peer cannot make us keep a head of ours that
// we never signed, or one that it did not sign.
func TestCosignaturesThatAreNotOurs(t *testing.T) {
	a, b := federated(t)
	b.logLocal(1)
	a.sync(b)
	before := b.heads()[true]
	cp := receipt.Checkpoint{Origin: b.logOrigin, Size: 1, Root: wire.Hash([]byte("x"))}
	forged, err := receipt.SignCheckpoint(cp, b.kernel)
	if err != nil {
		t.Fatal(err)
	}
	forged, err = receipt.Cosign(forged, a.did().String(), a.kernel, startTime)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := receipt.Cosign([]byte(before.Note), "stranger", key(t, 88), startTime)
	if err != nil {
		t.Fatal(err)
	}
	var plain receipt.Note
	if n, err := receipt.ParseNote(stranger); err != nil {
		t.Fatal(err)
	} else {
		plain = *n
		plain.Lines = append(plain.Lines[:1:1], plain.Lines[2])
	}
	for name, note := range map[string]string{"another root": string(forged), "not by us": string(plain.Bytes()), "nothing": ""} {
		err := a.exchange.syncRequest(t.Context(), a.record(b.org), syncRequest{Type: "cosignature", Note: note}, new(answerHead))
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := b.heads()[true]; after.Note != before.Note {
		t.Fatal("a head that does not count was kept")
	}
}

// TestRunJoinsByItself: after a call the two background loops exchange without
// being asked.
func TestRunJoinsByItself(t *testing.T) {
	a, b := federated(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for _, p := range []*peerNode{a, b} {
		go func() { done <- p.exchange.Run(ctx) }()
	}
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	deadline, tick := time.NewTimer(10*time.Second), time.NewTicker(5*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for {
		own, other := b.heads()[true], a.heads()[true]
		if j := b.joints(a); len(j) == 1 && j[0].At(startTime) == JointJoined && own.Size == 1 && other.Size == 1 {
			break
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not joined: %+v", b.joints(a))
		}
	}
	cancel()
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

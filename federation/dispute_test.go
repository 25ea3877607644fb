package federation

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// judged exports a call as a party holds it, and judges the file with the keys
// of both.
func judged(t testing.TB, p, other *peerNode, callID string, args wire.Raw) (*DisputeReport, *DisputeFile) {
	t.Helper()
	f, err := p.exchange.ExportDispute(other.did(), callID, args)
	if err != nil {
		t.Fatal(err)
	}
	report, err := VerifyDispute(wire.MustMarshal(f), keysOf(p, other))
	if err != nil {
		t.Fatal(err)
	}
	return report, f
}

func keysOf(nodes ...*peerNode) KernelKeys {
	return func(id did.DID) (keys []wire.PublicKey) {
		for _, n := range nodes {
			if n.did() == id {
				keys = append(keys, n.kernel.Public())
			}
		}
		return keys
	}
}

func (p *peerNode) disputes(other *peerNode) *Disputes {
	p.t.Helper()
	d, err := p.exchange.Disputes(other.did())
	if err != nil {
		p.t.Fatal(err)
	}
	return d
}

func kinds(d *Disputes) (out []string) {
	for _, one := range d.List {
		out = append(out, one.Kind)
	}
	slices.Sort(out)
	return out
}

// TestFourCells: each side allows or denies, by the result or by its own
// policy, a paid or a free call. The receipts name whose side bound, the policy
// of each, the other's attestation and the effective policy; both export files
// that judge the same.
func TestFourCells(t *testing.T) {
	for _, tool := range []string{"read_file", "list_files"} { // paid, free
		for cell := range 4 {
			aAllows, bAllows := cell&1 == 0, cell&2 == 0
			t.Run(fmt.Sprintf("%s/A allows %t/B allows %t", tool, aAllows, bAllows), func(t *testing.T) {
				a, b := federated(t)
				if !aAllows {
					a.output.set(denyOutput{})
				}
				if !bAllows {
					b.local.set(denyAll{})
				}
				out := a.kernelOf.Mediate(t.Context(), a.mandate(b, tool, readArgs))
				for _, p := range []*peerNode{a, b} {
					p.clock.Add(ObjectionSeconds)
				}
				a.sync(b)
				ja, jb := a.joints(b), b.joints(a)
				if len(ja) != 1 || len(jb) != 1 || ja[0].At(startTime) != JointJoined || string(ja[0].Cosign) != string(jb[0].Cosign) {
					t.Fatalf("joint records %+v and %+v", ja, jb)
				}
				checkCell(t, a, b, out, aAllows, bAllows)
				paid := tool == "read_file" && bAllows
				if got := len(a.obligations()); got != len(b.obligations()) || (got == 1) != paid {
					t.Errorf("%d obligations", got)
				}
				mine, _ := judged(t, a, b, ja[0].CallID, nil)
				theirs, _ := judged(t, b, a, ja[0].CallID, nil)
				if *mine.clear() != *theirs.clear() || mine.Against != "" || mine.Joint != word(aAllows && bAllows) {
					t.Errorf("judged as %+v and %+v", mine, theirs)
				}
				want := []string(nil)
				if !aAllows && bAllows {
					want = []string{DisputeVerdicts}
				}
				if got := a.disputes(b); !slices.Equal(kinds(got), want) || got.OwnDenials != map[bool]uint64{false: 1}[bAllows] {
					t.Errorf("disputes %+v", got)
				}
			})
		}
	}
}

// clear takes out what compares by address.
func (r *DisputeReport) clear() *DisputeReport {
	own := *r
	own.Charge, own.MaxCharge = nil, nil
	return &own
}

func word(allow bool) string {
	if allow {
		return receipt.Allow
	}
	return receipt.Deny
}

// checkCell compares the two receipts and the statement with what each side did.
func checkCell(t *testing.T, a, b *peerNode, out kernel.Outcome, aAllows, bAllows bool) {
	t.Helper()
	own, err := metadataOf(out.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	host := b.receipts()[0]
	md, err := metadataOf(host)
	if err != nil {
		t.Fatal(err)
	}
	if host.Decision.Verdict != word(bAllows) || out.Receipt.Decision.Verdict != word(aAllows && bAllows) {
		t.Errorf("verdicts %s and %s", out.Receipt.Decision.Verdict, host.Decision.Verdict)
	}
	treaty, err := a.service.TreatyFor(b.did(), Outbound)
	if err != nil {
		t.Fatal(err)
	}
	rec := a.record(b.org)
	for name, c := range map[string]struct {
		md   *receipt.Metadata
		peer *wire.Digest
	}{"origin": {own, rec.Theirs}, "host": {md, rec.Ours}} {
		p := c.md.Policy
		if p == nil || p.Local == nil || p.Effective == nil || *p.Effective != treaty.EffectiveHash || p.Peer == nil || *p.Peer != *c.peer {
			t.Errorf("%s: policy %+v", name, p)
		}
		if c.md.Federation.TreatyID != treaty.TreatyID {
			t.Errorf("%s: treaty %s", name, c.md.Federation.TreatyID)
		}
	}
	if want := map[bool]string{false: "local"}[bAllows]; md.Policy.BoundBy != want {
		t.Errorf("the host was bound by %q, want %q", md.Policy.BoundBy, want)
	}
	j := a.joints(b)[0]
	va, vb, err := j.verdicts()
	if err != nil || va.Verdict != out.Receipt.Decision.Verdict || vb.Verdict != host.Decision.Verdict || vb.RationaleCode != md.Code {
		t.Errorf("the statement says %+v and %+v, %v", va, vb, err)
	}
	if wantCode := map[[2]bool]kernel.Code{{false, true}: kernel.CodeOutputBlocked, {true, false}: kernel.CodePeerDenied, {false, false}: kernel.CodePeerDenied}[[2]bool{aAllows, bAllows}]; va.RationaleCode != string(wantCode) {
		t.Errorf("the origin's code is %q, want %q", va.RationaleCode, wantCode)
	}
}

// TestDeniedByTermsThatAllow: a host that says the treaty denies what it does
// not deny is found out by its own receipt, and with the arguments proven.
func TestDeniedByTermsThatAllow(t *testing.T) {
	a, b := federated(t)
	b.twist.set(func(p *kernel.Policy) { // its conjunct is not the one it attested to
		p.Treaty = append(slices.Clone(p.Treaty), kernel.SidedGuard{Side: sideTreaty, Guard: denyAll{}})
	})
	out := a.call(b)
	if out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodePeerDenied {
		t.Fatalf("outcome %+v", out.Denial)
	}
	a.sync(b)
	got := a.disputes(b)
	if !slices.Equal(kinds(got), []string{DisputeAttested}) || got.OwnDenials != 0 || got.List[0].NewerTerms {
		t.Fatalf("disputes %+v", got)
	}
	callID := got.List[0].CallID
	if r, _ := judged(t, a, b, callID, nil); r.Attested != StandingClaimed || r.Against != "" {
		t.Errorf("without the arguments: %+v", r)
	}
	r, f := judged(t, a, b, callID, wire.Raw(readArgs))
	if r.Attested != StandingProven || r.Against != b.did() || r.BoundBy != sideTreaty {
		t.Errorf("with the arguments: %+v", r)
	}
	if _, err := a.exchange.ExportDispute(b.did(), callID, wire.Raw(`{}`)); !errors.Is(err, ErrDispute) {
		t.Errorf("other arguments were exported: %v", err)
	}
	bare := *f
	bare.Treaty, bare.Attestations = nil, nil
	if r, err := VerifyDispute(wire.MustMarshal(&bare), keysOf(a, b)); err != nil || r.Attested != StandingClaimed || r.Against != "" {
		t.Errorf("without the treaty: %+v, %v", r, err)
	}
	for name, change := range map[string]func(*DisputeFile){
		"no treaty":       func(f *DisputeFile) { f.Treaty = nil },
		"one attestation": func(f *DisputeFile) { f.Attestations = f.Attestations[:1] },
		"swapped":         func(f *DisputeFile) { f.Attestations = []*wire.Envelope{f.Attestations[1], f.Attestations[0]} },
		"other arguments": func(f *DisputeFile) { f.Arguments = wire.Raw(`{}`) },
	} {
		other := *f
		change(&other)
		if r, err := VerifyDispute(wire.MustMarshal(&other), keysOf(a, b)); !errors.Is(err, ErrDispute) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestDeniedByTermsThatDeny: newer terms of the host deny at once; the list says
// that they may be why, and the treaty alone does not convict.
func TestDeniedByTermsThatDeny(t *testing.T) {
	terms := callTerms()
	a, b := federatedUnder(t, callTerms(), terms)
	m := a.mandate(b, "read_file", readArgs)
	tight := callTerms()
	tight.Ingress.ToolAccess.Block = append(tight.Ingress.ToolAccess.Block, "read_file")
	if err := b.service.SetTerms(t.Context(), a.did(), tight); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.service.issue(t.Context(), a.did()); err != nil { // not fetched here yet
		t.Fatal(err)
	}
	out := a.kernelOf.Mediate(t.Context(), m)
	if out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodePeerDenied {
		t.Fatalf("outcome %+v", out.Denial)
	}
	a.meet(b)
	if _, err := a.service.Preview(t.Context(), b.address()); err != nil { // fetches them
		t.Fatal(err)
	}
	got := a.disputes(b)
	if !slices.Equal(kinds(got), []string{DisputeAttested}) || !got.List[0].NewerTerms {
		t.Fatalf("disputes %+v", got)
	}
}

// TestDisputeFilesThatProveNothing: a file is refused unless its documents are
// by whom they must be, and belong together.
func TestDisputeFilesThatProveNothing(t *testing.T) {
	a, b := federated(t)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	a.sync(b)
	j := a.joints(b)
	_, f := judged(t, a, b, j[0].CallID, nil)
	_, second := judged(t, a, b, j[1].CallID, nil)
	for name, change := range map[string]func(*DisputeFile){
		"schema":                 func(f *DisputeFile) { f.Schema = "x" },
		"one party":              func(f *DisputeFile) { f.Host = f.Origin },
		"parties swapped":        func(f *DisputeFile) { f.Host, f.Origin = f.Origin, f.Host },
		"another call":           func(f *DisputeFile) { f.CallID = second.CallID },
		"no host's receipt":      func(f *DisputeFile) { f.HostReceipt = f.OriginReceipt },
		"another host's receipt": func(f *DisputeFile) { f.HostReceipt = second.HostReceipt },
		"another continuation":   func(f *DisputeFile) { f.Continuation = second.Continuation },
		"another origin receipt": func(f *DisputeFile) { f.OriginReceipt = second.OriginReceipt },
		"another statement":      func(f *DisputeFile) { f.Joint = second.Joint },
		"no continuation":        func(f *DisputeFile) { f.Continuation = nil },
	} {
		other := *f
		change(&other)
		if r, err := VerifyDispute(wire.MustMarshal(&other), keysOf(a, b)); !errors.Is(err, ErrDispute) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	for name, keys := range map[string]KernelKeys{"nobody": keysOf(), "one side": keysOf(a), "the other": keysOf(b)} {
		if _, err := VerifyDispute(wire.MustMarshal(f), keys); !errors.Is(err, ErrDispute) {
			t.Errorf("trusting %s: %v", name, err)
		}
	}
}

// TestDisputesAreJudgedOffline: from what either side exports follows who has
// signed what it must not.
func TestDisputesAreJudgedOffline(t *testing.T) {
	t.Run("overcharge", func(t *testing.T) {
		a, b := federated(t)
		m := a.mandate(b, "read_file", readArgs)
		a.failAt(func(name string) {
			if name == "continuation.signed_before_send" {
				b.plantReply(a, m)
			}
		})
		a.kernelOf.Mediate(t.Context(), m)
		r, f := judged(t, a, b, m.CallID, nil)
		if r.Objection != ChargeAboveMaximum || r.Standing != StandingProven || r.Against != b.did() {
			t.Errorf("%+v", r)
		}
		f.Objection = nil
		if r, err := VerifyDispute(wire.MustMarshal(f), keysOf(a, b)); err != nil || r.Against != b.did() {
			t.Errorf("without an objection: %+v, %v", r, err)
		}
		if got := a.disputes(b); !slices.Equal(kinds(got), []string{DisputeObjection}) {
			t.Errorf("disputes %+v", got)
		}
	})
	t.Run("objection to one's own continuation", func(t *testing.T) {
		a, b := federated(t)
		out := a.call(b)
		env := a.sealObjection(b, out, func(o *Objection) { o.Reason, o.OwnReceiptSHA256, o.ContinuationSHA256 = NotRequested, nil, nil })
		a.sync(b)
		_, f := judged(t, b, a, b.joints(a)[0].CallID, nil)
		f.Objection = env
		if r, err := VerifyDispute(wire.MustMarshal(f), keysOf(a, b)); err != nil || r.Standing != StandingRefuted || r.Against != a.did() {
			t.Errorf("%+v, %v", r, err)
		}
		forged, err := wire.Seal(ObjectionSchema, Objection{Schema: ObjectionSchema, Objector: a.did(), Host: b.did()}, key(t, 99))
		if err != nil {
			t.Fatal(err)
		}
		f.Objection = forged
		if _, err := VerifyDispute(wire.MustMarshal(f), keysOf(a, b)); !errors.Is(err, ErrDispute) {
			t.Errorf("an objection of nobody: %v", err)
		}
	})
	t.Run("never requested", func(t *testing.T) {
		a, b := federated(t)
		a.call(b)
		b.forge(a, func(_ *receipt.Receipt, md *receipt.Metadata) { md.CallID = "0190a6a0-0000-7000-8000-00000000beef" })
		a.sync(b)
		r, _ := judged(t, a, b, "0190a6a0-0000-7000-8000-00000000beef", nil)
		if r.Objection != NotRequested || r.Standing != StandingClaimed || r.Against != "" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("overdue", func(t *testing.T) {
		a, b := federated(t)
		a.call(b)
		b.clock.Add(JoinSeconds + 1)
		if got := b.disputes(a); !slices.Equal(kinds(got), []string{DisputeOverdue}) {
			t.Errorf("disputes %+v", got)
		}
		if r, _ := judged(t, b, a, b.joints(a)[0].CallID, nil); r.Charge == nil || r.Against != "" || r.Joint != "" {
			t.Errorf("%+v", r)
		}
	})
}

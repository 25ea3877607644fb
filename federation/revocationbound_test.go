package federation

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// unpricedTool costs nothing, so that the host's own bound judges a call of it, and
// not the treaty's for paid calls.
const unpricedTool = "list_files"

// revocable are the three things of an organisation that a peer relies on, each
// with the code of its refusal.
var revocable = map[string]struct {
	entry func(p *peerNode, m *kernel.Mandate) authority.Entry
	code  kernel.Code
}{
	"capability": {func(p *peerNode, m *kernel.Mandate) authority.Entry {
		return authority.Entry{Kind: authority.KindCapability, Issuer: p.kernel.Public().String(), ID: m.Chain[len(m.Chain)-1].ID}
	}, kernel.CodeRevokedToken},
	"passport": {func(p *peerNode, m *kernel.Mandate) authority.Entry {
		return authority.Entry{Kind: authority.KindPassport, Issuer: m.Passport.Issuer, ID: m.Passport.ID}
	}, kernel.CodeRevokedPassport},
	"key": {func(p *peerNode, _ *kernel.Mandate) authority.Entry {
		return authority.Entry{Kind: authority.KindSubject, Issuer: p.did().String(), ID: p.agent.Public().String()}
	}, kernel.CodeRevokedSubject},
}

// revocableParties are two parties, the first with an agent that has everything which
// can be revoked.
func revocableParties(t testing.TB) (a, b *peerNode) {
	t.Helper()
	a, b = federated(t)
	a.passport = &kernel.PassportRef{Issuer: a.did().String(), ID: "urn:uuid:0190a6a0-0000-7000-8000-000000000001"}
	return a, b
}

// refusedFor sends a call that was good when it was signed, and wants the
// host's denial.
func (p *peerNode) refusedFor(other *peerNode, frame []byte, want kernel.Code) {
	p.t.Helper()
	r, md := answered(p.t, p.raw(other, frame))
	if r.Decision.Verdict != receipt.Deny || md.Code != string(want) || other.ran.Load() != 0 {
		p.t.Fatalf("verdict %s, code %s, ran %d, want %s", r.Decision.Verdict, md.Code, other.ran.Load(), want)
	}
}

// TestWithheldRoots: whoever does not hear of a revocation, because its push
// and every exchange since are lost or kept from it, refuses all calls of that
// organisation once its newest epoch is older than the bound. Staleness bites
// one second after the bound, whatever was revoked.
func TestWithheldRoots(t *testing.T) {
	for name, tc := range revocable {
		t.Run(name, func(t *testing.T) {
			a, b := revocableParties(t)
			m := a.mandate(b, unpricedTool, readArgs)
			a.revoke(tc.entry(a, m)) // and b is not told
			for _, p := range [...]*peerNode{a, b} {
				p.clock.Add(DefaultMaxStalenessSeconds)
			}
			if d := b.revocations.Check(nil, nil, a.agent.Public(), &kernel.Origin{PeerDID: a.did().String()}, b.clock.Load()); d != nil {
				t.Fatalf("at the bound: %+v", d)
			}
			b.clock.Add(1)
			frame, _ := a.frame(a.mandate(b, unpricedTool, readArgs), nil)
			a.refusedFor(b, frame, kernel.CodeRevocationStale)
		})
	}
}

// TestLostPush: what a lost push would have said comes with the next exchange.
func TestLostPush(t *testing.T) {
	for name, tc := range revocable {
		t.Run(name, func(t *testing.T) {
			a, b := revocableParties(t)
			m := a.mandate(b, "read_file", readArgs)
			frame, _ := a.frame(m, nil)
			a.revoke(tc.entry(a, m))
			if report := b.sync(a); report.Epochs != 1 {
				t.Fatalf("report %+v", report)
			}
			a.refusedFor(b, frame, tc.code)
		})
	}
}

// push sends epochs of ours as they are.
func (p *peerNode) push(other *peerNode, epochs []*wire.Envelope) (revocationAnswer, error) {
	p.t.Helper()
	var a revocationAnswer
	frame := wire.MustMarshal(revocationRequest{Type: "push", Epochs: epochs})
	return a, p.exchange.request(p.t.Context(), p.record(other.org), ProtocolRevocation, frame, &a)
}

// epochs are all of ours.
func (p *peerNode) epochs() []*wire.Envelope {
	p.t.Helper()
	page, _, err := p.exchange.epochsAfter(0)
	if err != nil {
		p.t.Fatal(err)
	}
	return page
}

// revokeSubjects makes n epochs, and returns the keys that they revoke.
func (p *peerNode) revokeSubjects(n int) (keys []wire.PublicKey) {
	p.t.Helper()
	for i := range n {
		k := key(p.t, byte(100+i)).Public()
		p.revoke(authority.Entry{Kind: authority.KindSubject, Issuer: p.did().String(), ID: k.String()})
		keys = append(keys, k)
	}
	return keys
}

// refuses reports whether calls that other's agent of a key sends are denied as
// revoked.
func (p *peerNode) refuses(other *peerNode, k wire.PublicKey) bool {
	d := p.revocations.Check(nil, nil, k, &kernel.Origin{PeerDID: other.did().String()}, p.clock.Load())
	return d != nil && d.Code == kernel.CodeRevokedSubject
}

// TestEpochRegression: old epochs said again change nothing, and the answer is
// where the peer stands.
func TestEpochRegression(t *testing.T) {
	a, b := federated(t)
	keys := a.revokeSubjects(3)
	b.sync(a)
	all := a.epochs()
	for _, old := range [][]*wire.Envelope{all[:1], all[:len(all)-1], all} {
		answer, err := a.push(b, old)
		if err != nil || answer.Have != uint64(len(all)) {
			t.Fatalf("%d epochs again: %+v, %v", len(old), answer, err)
		}
	}
	for i, k := range keys {
		if !b.refuses(a, k) {
			t.Errorf("key %d is let in again", i)
		}
	}
	if rec := b.record(a.org); rec.State != Active {
		t.Errorf("the peer is %s", rec.State)
	}
}

// TestCatchUpWithGaps: an epoch that does not follow is not taken, however much
// it revokes; what is held is said, and catching up from there takes all.
func TestCatchUpWithGaps(t *testing.T) {
	a, b := federated(t)
	keys := a.revokeSubjects(4)
	all := a.epochs()
	have := uint64(len(all) - len(keys))
	for _, gap := range [][]*wire.Envelope{all[have+1:], {all[have], all[have+2]}, {all[len(all)-1]}} {
		answer, err := a.push(b, gap)
		if err != nil || answer.Have > have+1 {
			t.Fatalf("with a gap: %+v, %v", answer, err)
		}
	}
	if b.refuses(a, keys[3]) {
		t.Fatal("an epoch was taken whose predecessor is missing")
	}
	if err := a.exchange.PushRevocations(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, k := range keys {
		if !b.refuses(a, k) {
			t.Errorf("after catching up key %d is let in", i)
		}
	}
}

// Test4097EpochRequest: one more epoch than an exchange may hold is refused
// before any is looked at; a request for more is answered with a page.
func Test4097EpochRequest(t *testing.T) {
	a, b := federated(t)
	a.revokeSubjects(1)
	_, err := b.exchange.applyEpochs(t.Context(), b.record(a.org), make([]*wire.Envelope, maxEpochs+1))
	if err == nil {
		t.Error("4097 epochs were looked at")
	}
	many := make([]*wire.Envelope, maxEpochs+1)
	for i := range many {
		many[i] = a.epochs()[0]
	}
	if _, err := a.push(b, many); err == nil {
		t.Error("a frame of 4097 epochs was taken")
	}
	if rec := b.record(a.org); rec.State != Active {
		t.Errorf("the peer is %s", rec.State)
	}
	for range maxEpochPage + 5 {
		a.revoke(authority.Entry{Kind: authority.KindPassport, Issuer: a.did().String(), ID: "urn:" + wire.Hash([]byte{byte(a.revocations.Epoch()), byte(a.revocations.Epoch() >> 8)}).String()})
	}
	if page := a.epochs(); len(page) > maxEpochPage {
		t.Errorf("a page of %d epochs", len(page))
	}
}

// TestFutureEpochTimestamps: an epoch dated ahead would keep its signer fresh
// for as long; it is refused beyond the skew of honest clocks, and taken when
// its time has come.
func TestFutureEpochTimestamps(t *testing.T) {
	a, b := federated(t)
	a.clock.Add(61)
	keys := a.revokeSubjects(1)
	if _, err := a.push(b, a.epochs()); !errors.Is(err, ErrRefused) {
		t.Fatalf("an epoch of 61 seconds ahead: %v", err)
	}
	if b.refuses(a, keys[0]) {
		t.Fatal("it counts")
	}
	b.clock.Add(1)
	if _, err := a.push(b, a.epochs()); err != nil || !b.refuses(a, keys[0]) {
		t.Fatalf("an epoch of 60 seconds ahead: %v", err)
	}
}

// TestRevokedMidFlightCall: a call whose capability is revoked while its tool
// runs ends as it began, with its receipts; the next is refused.
func TestRevokedMidFlightCall(t *testing.T) {
	a, b := revocableParties(t)
	m := a.mandate(b, "read_file", readArgs)
	next := *m
	b.tool.set(func(*kernel.Mandate) (kernel.Result, error) {
		a.revoke(revocable["capability"].entry(a, m))
		return kernel.Result{Content: wire.Raw(`{"text":"hello"}`)}, a.exchange.PushRevocations(t.Context())
	})
	if out := a.kernelOf.Mediate(t.Context(), m); out.Verdict != kernel.Allow {
		t.Fatalf("the call under way: %+v", out.Denial)
	}
	if d := b.revocations.Check(m.Chain, nil, a.agent.Public(), &kernel.Origin{PeerDID: a.did().String()}, b.clock.Load()); d == nil {
		t.Fatal("the revocation did not arrive while the tool ran")
	}
	if out := a.kernelOf.Mediate(t.Context(), &next); out.Verdict == kernel.Allow || b.ran.Load() != 1 {
		t.Fatalf("the next call: %+v, ran %d", out, b.ran.Load())
	}
	a.sync(b)
	if j := a.joints(b); len(j) != 1 {
		t.Fatalf("joint records %+v", j)
	}
}

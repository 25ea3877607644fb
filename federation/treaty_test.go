package federation

import (
	"bytes"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// TestI10_BothSidesHoldIdenticalTreaties: after one federate both stores hold
// the same bytes, and both directions have the same effective digest.
func TestI10_BothSidesHoldIdenticalTreaties(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	id := federate(t, a, b)
	for _, o := range [...]*org{a, b} {
		other := b
		if o == b {
			other = a
		}
		if rec := o.record(other); rec.State != Active || rec.Treaty == nil || *rec.Treaty != id || rec.Proposal != nil {
			t.Fatalf("record %+v", rec)
		}
	}
	atA, err := a.service.TreatyEnvelope(id)
	if err != nil {
		t.Fatal(err)
	}
	atB, err := b.service.TreatyEnvelope(id)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(atA.Bytes(), atB.Bytes()) {
		t.Fatalf("the two sides hold different treaties:\n%s\n%s", atA.Bytes(), atB.Bytes())
	}
	out, err := a.service.TreatyFor(b.did(), Outbound)
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.service.TreatyFor(a.did(), Inbound)
	if err != nil {
		t.Fatal(err)
	}
	back, err := a.service.TreatyFor(b.did(), Inbound)
	if err != nil {
		t.Fatal(err)
	}
	if out.EffectiveHash != in.EffectiveHash || out.EffectiveHash == back.EffectiveHash {
		t.Fatalf("out %s, in %s, back %s", out.EffectiveHash, in.EffectiveHash, back.EffectiveHash)
	}
	if out.Addresses.Own != a.self.SettlementAddress || in.Addresses.Own != b.self.SettlementAddress || in.Addresses.Peer != out.Addresses.Own {
		t.Fatalf("settlement addresses: out %+v, in %+v", out.Addresses, in.Addresses)
	}
	if out.PeerKernel != b.kernel.Public() || in.PeerKernel != a.kernel.Public() {
		t.Fatal("kernel keys")
	}
	if m := out.Money; m.Oracle.MinOperators != 2 || len(m.Oracle.Operators) != 2 || m.CreditMinor != 500 {
		t.Fatalf("money %+v %+v", m, m.Oracle)
	}
	treaty, err := VerifyTreaty(atA, true)
	if err != nil {
		t.Fatal(err)
	}
	var parts [2]*wire.Envelope
	for i, id := range treaty.Attestations {
		if parts[i], err = b.service.Attestation(id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := VerifyTreatyFrom(atA, parts, nil); err != nil {
		t.Fatal(err)
	}
	parts[0], parts[1] = parts[1], parts[0]
	if _, err := VerifyTreatyFrom(atA, parts, nil); !errors.Is(err, ErrAttestation) {
		t.Fatalf("swapped attestations: %v", err)
	}
}

// TestI10_ComputeIsSymmetric: the order in which a node holds the attestations
// does not matter.
func TestI10_ComputeIsSymmetric(t *testing.T) {
	x, y := testAttestations(t)
	one, err := compute(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := compute(y, x, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(wire.MustMarshal(one), wire.MustMarshal(two)) {
		t.Fatal("two computations differ")
	}
}

func testAttestations(t testing.TB) (x, y signed) {
	t.Helper()
	make := func(from, to, kernelSeed byte) signed {
		self := Self{
			Kernel: key(t, kernelSeed).Public(), GuardNames: []string{"mcp-tool"},
			SettlementAddress: address(from), OracleAddress: address(from + 100),
		}
		a, err := newAttestation(testTerms().fill(self), self, didOf(t, from), didOf(t, to), nil, startTime)
		if err != nil {
			t.Fatal(err)
		}
		id, err := wire.DigestOf(a)
		if err != nil {
			t.Fatal(err)
		}
		return signed{a, id}
	}
	return make(10, 20, 11), make(20, 10, 21)
}

func TestTermsThatDoNotMeet(t *testing.T) {
	for name, change := range map[string]func(*Attestation){
		"currency":        func(a *Attestation) { a.Money.Currency = "EUR" },
		"settle currency": func(a *Attestation) { a.Money.SettleCurrency = "USD" },
		"chain":           func(a *Attestation) { a.Settlement.ChainID = "eip155:1" },
		"token":           func(a *Attestation) { a.Settlement.Token = address(1) },
		"contract":        func(a *Attestation) { a.Settlement.ChannelContract = address(1) },
		"same address":    func(a *Attestation) { a.Settlement.Address = address(20) },
		"lone operators":  func(a *Attestation) { a.Oracle.Operators = []string{address(1), address(2), address(3)} },
		"quorum":          func(a *Attestation) { a.Oracle.MinOperators = 3 },
		"window":          func(a *Attestation) { a.NotBefore, a.Expires = 1, 2 },
	} {
		t.Run(name, func(t *testing.T) {
			x, y := testAttestations(t)
			change(x.Attestation)
			_, err := compute(x, y, nil)
			if name == "lone operators" { // four operators, of which three are x's alone: all four must agree
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, ErrNoMeet) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// TestNoSidePricesAlone: whatever operators one side names, the treaty asks for
// more of them than that.
func TestNoSidePricesAlone(t *testing.T) {
	x, y := testAttestations(t)
	x.Oracle.Operators = sortedUnique([]string{address(1), address(2), address(3)})
	treaty, err := compute(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o := treaty.Money.Oracle; o.MinOperators != 4 || len(o.Operators) != 4 {
		t.Fatalf("%+v", o)
	}
}

func TestPendingThenAccept(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	p, err := a.service.Preview(t.Context(), b.address())
	if err != nil {
		t.Fatal(err)
	}
	if p.InForce || p.State != Authenticated || len(p.Outbound) == 0 || len(p.Inbound) == 0 {
		t.Fatalf("preview %+v", p)
	}
	if _, err := a.service.Propose(t.Context(), b.did(), wire.Hash([]byte("another"))); !errors.Is(err, ErrTermsChanged) {
		t.Fatalf("accepted a treaty that was not shown: %v", err)
	}
	rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash)
	if err != nil || rec.State != PendingPeer {
		t.Fatalf("%s, %v", rec.State, err)
	}
	if _, err := a.service.TreatyFor(b.did(), Outbound); !errors.Is(err, ErrNotActive) {
		t.Fatalf("a pending peer has a treaty: %v", err)
	}
	pending := b.service.Pending()
	if len(pending) != 1 || pending[0].DID != a.did() || *pending[0].Proposal != p.TreatyHash {
		t.Fatalf("pending at b: %+v", pending)
	}
	shown, err := b.service.Show(a.did())
	if err != nil || shown.TreatyHash != p.TreatyHash || shown.InForce {
		t.Fatalf("%+v, %v", shown, err)
	}
	wrong := wire.Hash([]byte("another"))
	if _, err := b.service.Accept(t.Context(), a.did(), &wrong); !errors.Is(err, ErrTermsChanged) {
		t.Fatal(err)
	}
	if rec, err = b.service.Accept(t.Context(), a.did(), &p.TreatyHash); err != nil || rec.State != Active {
		t.Fatalf("%s, %v", rec.State, err)
	}
	if rec := a.record(b); rec.State != Active || *rec.Treaty != p.TreatyHash {
		t.Fatalf("the proposer was not told: %+v", rec)
	}
	if _, err := b.service.Accept(t.Context(), a.did(), nil); !errors.Is(err, ErrNoProposal) {
		t.Fatal(err)
	}
}

// proposed has a preview b's terms and propose a treaty on them.
func proposed(t *testing.T, a, b *org) wire.Digest {
	t.Helper()
	p, err := a.service.Preview(t.Context(), b.address())
	if err == nil {
		_, err = a.service.Propose(t.Context(), b.did(), p.TreatyHash)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p.TreatyHash
}

// acceptedAway has b sign what a proposed while a is down.
func acceptedAway(t *testing.T, a, b *org) {
	t.Helper()
	if err := a.host.Stop(); err != nil {
		t.Fatal(err)
	}
	if rec, err := b.service.Accept(t.Context(), a.did(), nil); err != nil || rec.State != Active {
		t.Fatalf("%s, %v", rec.State, err)
	}
}

// TestAcceptedWhileAway: the peer signs while the proposer is down; the next
// connect collects the treaty.
func TestAcceptedWhileAway(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	proposed(t, a, b)
	acceptedAway(t, a, b)
	a.start()
	if rec := a.record(b); rec.State != PendingPeer {
		t.Fatalf("the restart forgot: %s", rec.State)
	}
	rec, err := a.service.Connect(t.Context(), b.did())
	if err != nil || rec.State != Active {
		t.Fatalf("%s, %v", rec.State, err)
	}
}

// TestSameProposalFromBothSides: each side proposes before it hears of the
// other; the treaty is the same, so the two signatures meet.
func TestSameProposalFromBothSides(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	p, err := a.service.Preview(t.Context(), b.address())
	if err != nil {
		t.Fatal(err)
	}
	q, err := b.service.Preview(t.Context(), a.address())
	if err != nil {
		t.Fatal(err)
	}
	if p.TreatyHash != q.TreatyHash {
		t.Fatalf("a computes %s, b %s", p.TreatyHash, q.TreatyHash)
	}
	if rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil || rec.State != PendingPeer {
		t.Fatalf("%s, %v", rec.State, err)
	}
	if rec, err := b.service.Propose(t.Context(), a.did(), q.TreatyHash); err != nil || rec.State != Active {
		t.Fatalf("%s, %v", rec.State, err)
	}
	if rec := a.record(b); rec.State != Active {
		t.Fatalf("a is at %s", rec.State)
	}
}

func call(server, tool, args string, price *wire.MonetaryAmount) *kernel.Call {
	return &kernel.Call{
		Mandate: &kernel.Mandate{Server: server, Tool: tool, Operation: capability.Invoke, Arguments: wire.Raw(args)},
		Route:   kernel.Route{Server: server, Price: price}, Now: startTime,
	}
}

// decide evaluates every conjunct and returns the strictest verdict and the
// side that first gave it.
func decide(t testing.TB, p *TreatyPolicy, c *kernel.Call) (kernel.Verdict, string) {
	t.Helper()
	verdict, side := kernel.Allow, ""
	for _, g := range p.Guards {
		d, err := g.Evaluate(c)
		if err != nil {
			t.Fatal(err)
		}
		if d.Verdict < verdict {
			verdict, side = d.Verdict, g.Side
		}
	}
	return verdict, side
}

func TestTreatyDecides(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	atA, err := a.service.TreatyFor(b.did(), Outbound)
	if err != nil {
		t.Fatal(err)
	}
	atB, err := b.service.TreatyFor(a.did(), Inbound)
	if err != nil {
		t.Fatal(err)
	}
	usd := func(n uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: n, Currency: "USD"} }
	for name, c := range map[string]struct {
		call         *kernel.Call
		want         kernel.Verdict
		sideA, sideB string
	}{
		"allowed":                  {call("files", "read_file", `{"path":"docs/a.txt"}`, usd(3)), kernel.Allow, "", ""},
		"free tool":                {call("files", "list_directory", `{"path":"docs"}`, nil), kernel.Allow, "", ""},
		"host forbids the path":    {call("files", "read_file", `{"path":"docs/.env"}`, usd(3)), kernel.Deny, sidePeer, sideOwn},
		"caller forbids the path":  {call("files", "read_file", `{"path":"x/secrets/k"}`, usd(3)), kernel.Deny, sideOwn, sidePeer},
		"host blocks the tool":     {call("files", "delete_file", `{"path":"docs/a.txt"}`, nil), kernel.Deny, sidePeer, sideOwn},
		"server is not offered":    {call("mail", "send", `{}`, nil), kernel.Deny, sidePeer, sideOwn},
		"above the attested price": {call("files", "read_file", `{"path":"docs/a.txt"}`, usd(4)), kernel.Deny, sidePeer, sideOwn},
		"price for a free tool":    {call("files", "list_directory", `{"path":"docs"}`, usd(1)), kernel.Deny, sidePeer, sideOwn},
	} {
		t.Run(name, func(t *testing.T) {
			if v, side := decide(t, atA, c.call); v != c.want || side != c.sideA {
				t.Errorf("at the caller: %s by %q", v, side)
			}
			if v, side := decide(t, atB, c.call); v != c.want || side != c.sideB {
				t.Errorf("at the host: %s by %q", v, side)
			}
		})
	}
}

// TestUnilateralLoosening: one side's newer and looser terms change nothing
// until both have signed; newer and tighter terms count at once.
func TestUnilateralLoosening(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	first := federate(t, a, b)
	blocked := call("files", "delete_file", `{"path":"docs/a.txt"}`, nil)
	read := call("files", "read_file", `{"path":"docs/a.txt"}`, nil)

	looser := testTerms()
	looser.Ingress.ToolAccess = nil
	if err := b.service.SetTerms(t.Context(), a.did(), looser); err != nil {
		t.Fatal(err)
	}
	p, err := a.service.Preview(t.Context(), b.address()) // a has seen the newer attestation
	if err != nil || p.TreatyHash == first || p.Treaty.Revision != 2 || *p.Treaty.Previous != first {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, side := range []struct {
		o, peer *org
		dir     Direction
	}{{a, b, Outbound}, {b, a, Inbound}} {
		policy, err := side.o.service.TreatyFor(side.peer.did(), side.dir)
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := decide(t, policy, blocked); v != kernel.Deny || policy.TreatyID != first {
			t.Fatalf("one side loosened by itself: %s", v)
		}
	}
	if rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil || *rec.Treaty != first {
		t.Fatalf("the admission rule signed terms that were written for this peer: %+v, %v", rec, err)
	}
	if rec, err := b.service.Accept(t.Context(), a.did(), &p.TreatyHash); err != nil || *rec.Treaty != p.TreatyHash {
		t.Fatalf("%+v, %v", rec, err)
	}
	policyA, err := a.service.TreatyFor(b.did(), Outbound)
	if err != nil {
		t.Fatal(err)
	}
	if v, side := decide(t, policyA, blocked); v != kernel.Allow {
		t.Fatalf("both agreed, still %s by %s", v, side)
	}

	tighter := looser
	tighter.Ingress.ToolAccess = denyTool("read_file")
	if err := b.service.SetTerms(t.Context(), a.did(), tighter); err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.Preview(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	for _, side := range []struct {
		o, peer *org
		dir     Direction
	}{{a, b, Outbound}, {b, a, Inbound}} {
		policy, err := side.o.service.TreatyFor(side.peer.did(), side.dir)
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := decide(t, policy, read); v != kernel.Deny || policy.TreatyID != p.TreatyHash {
			t.Fatalf("tighter terms wait: %s", v)
		}
	}
}

func denyTool(name string) *policy.ToolAccess {
	return &policy.ToolAccess{Block: []string{name}, Default: policy.DefaultAllow}
}

func TestTreatyRefusesTamperedParts(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	if _, err := a.service.Preview(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	rec := a.record(b)
	d, err := a.service.draft(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	seal := func(treaty Treaty, by ...wire.Signer) *wire.Envelope {
		env, err := wire.Seal(TreatySchema, treaty, by...)
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	richer := *d.treaty
	money := *richer.Money
	money.CreditMinor = 1 << 40
	richer.Money = &money
	later := *d.treaty
	later.Revision, later.Previous = 2, &d.id
	forged := *d.oursEnv
	forged.Body = wire.Raw(bytes.Replace(forged.Body, []byte(`"delete_file"`), []byte(`"delete_fil_"`), 1))
	// First, because any proposal teaches b the attestation it brings.
	missing := treatyRequest{Schema: treatyRequestSchema, Treaty: seal(*d.treaty, a.org)}
	if _, err := a.service.ask(t.Context(), rec, missing); !errors.Is(err, ErrRefused) {
		t.Fatalf("without the attestation: %v", err)
	}
	for name, q := range map[string]treatyRequest{
		"better terms than computed": {Treaty: seal(richer, a.org), Attestation: d.oursEnv},
		"a revision of nothing":      {Treaty: seal(later, a.org), Attestation: d.oursEnv},
		"signed by a stranger":       {Treaty: seal(*d.treaty, key(t, 99)), Attestation: d.oursEnv},
		"signed with the kernel key": {Treaty: seal(*d.treaty, a.kernel), Attestation: d.oursEnv},
		"tampered attestation":       {Treaty: seal(*d.treaty, a.org), Attestation: &forged},
		"nothing":                    {},
	} {
		t.Run(name, func(t *testing.T) {
			q.Schema = treatyRequestSchema
			if _, err := a.service.ask(t.Context(), rec, q); !errors.Is(err, ErrRefused) {
				t.Fatalf("got %v", err)
			}
			if at := b.record(a); at.Proposal != nil || at.State != Authenticated {
				t.Fatalf("b kept it: %+v", at)
			}
		})
	}
}

// TestTerminatedTreatyStaysDead: after a termination the signed treaty of
// before is worth nothing, and the next one names it.
func TestTerminatedTreatyStaysDead(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	first := federate(t, a, b)
	env, err := a.service.TreatyEnvelope(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.service.Leave(t.Context(), a.did(), "terms", "contract ended"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service.TreatyFor(a.did(), Inbound); !errors.Is(err, ErrNotActive) {
		t.Fatal(err)
	}
	rec, err := a.service.Hello(t.Context(), b.address())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.ask(t.Context(), rec, treatyRequest{Schema: treatyRequestSchema, Treaty: env}); !errors.Is(err, ErrRefused) {
		t.Fatalf("the old treaty came back: %v", err)
	}
	if at := b.record(a); at.State != Authenticated || at.Treaty != nil || at.Last == nil || *at.Last != first {
		t.Fatalf("%+v", at)
	}
}

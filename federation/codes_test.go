package federation

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// TestCallsThatNoTreatyLetsPass: each reason for which a call does not leave
// has its own code, and nothing reaches the peer.
func TestCallsThatNoTreatyLetsPass(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(a, b *peerNode, m *kernel.Mandate)
		want  kernel.Code
	}{
		"no treaty with that organisation": {func(a, _ *peerNode, m *kernel.Mandate) {
			m.Server = didOf(t, 99).String() + "/files"
		}, CodeNoTreaty},
		"no hello for too long": {func(a, _ *peerNode, _ *kernel.Mandate) {
			a.clock.Add(HelloTTLSeconds)
		}, CodePeerStale},
		"frozen": {func(a, b *peerNode, _ *kernel.Mandate) {
			if err := a.service.Directory().Freeze(t.Context(), b.did(), "two heads of one size"); err != nil {
				t.Fatal(err)
			}
		}, CodePeerFrozen},
		"revoked": {func(a, b *peerNode, _ *kernel.Mandate) {
			if err := a.service.Directory().Revoke(t.Context(), b.did(), "fraud"); err != nil {
				t.Fatal(err)
			}
		}, CodePeerFrozen},
		"not a tool call": {func(_, _ *peerNode, m *kernel.Mandate) {
			m.Operation = capability.Read
		}, CodeOperation},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := federated(t)
			m := a.mandate(b, "read_file", readArgs)
			c.spoil(a, b, m)
			out := a.kernelOf.Mediate(t.Context(), m)
			if out.Verdict != kernel.Deny || out.Denial == nil || out.Denial.Code != c.want || out.Denial.Fix == "" || out.Receipt == nil {
				t.Fatalf("denial %+v, want %s", out.Denial, c.want)
			}
			if b.ran.Load() != 0 || len(b.receipts()) != 0 {
				t.Fatal("the peer heard of it")
			}
		})
	}
}

// TestNoPriceRoundNoCall: a tool that is paid for in another currency is not
// called without a round that says at what rate.
func TestNoPriceRoundNoCall(t *testing.T) {
	terms := callTerms()
	terms.Money.SettleCurrency, terms.Oracle = "USDC", testTerms().Oracle
	terms.Oracle.Operators = []string{address(1), address(2)}
	a, b := federatedUnder(t, terms, terms)
	m := a.mandate(b, "read_file", readArgs)
	a.exchange.cfg.PriceRound = func(context.Context, did.DID, *Money) (*wire.Digest, error) {
		return nil, errors.New("the newest is an hour old")
	}
	if out := a.kernelOf.Mediate(t.Context(), m); out.Denial == nil || out.Denial.Code != CodePriceRound || b.ran.Load() != 0 {
		t.Fatalf("denial %+v", out.Denial)
	}
}

// TestTreatyDenialsAreNamed: the surface and the money terms each say by code
// why they deny, on both sides alike.
func TestTreatyDenialsAreNamed(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	p, err := a.service.TreatyFor(b.did(), Outbound)
	if err != nil {
		t.Fatal(err)
	}
	usd := func(n uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: n, Currency: "USD"} }
	read := call("files", "read_file", `{"path":"docs/a.txt"}`, usd(3))
	read.Mandate.Operation = capability.Read
	for name, c := range map[string]struct {
		call *kernel.Call
		want kernel.Code
	}{
		"another server":           {call("mail", "send", `{}`, nil), CodeNotOffered},
		"another operation":        {read, CodeNotOffered},
		"above the attested price": {call("files", "read_file", `{"path":"docs/a.txt"}`, usd(4)), CodeOverPrice},
		"another currency": {call("files", "read_file", `{"path":"docs/a.txt"}`,
			&wire.MonetaryAmount{Units: 1, Currency: "EUR"}), CodeNoMoney},
	} {
		t.Run(name, func(t *testing.T) {
			var codes []kernel.Code
			for _, g := range p.Guards {
				d, err := g.Evaluate(c.call)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range d.Evidence {
					if d.Verdict == kernel.Deny && e.Code == c.want {
						return
					}
					codes = append(codes, e.Code)
				}
			}
			t.Errorf("codes %q, want %s", codes, c.want)
		})
	}
}

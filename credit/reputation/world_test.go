package reputation_test

import (
	"fmt"
	"iter"
	"testing"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	now = 1_800_000_000
	day = 24 * 3600
	ppm = reputation.PPM
)

func seedKey(t testing.TB, b byte) *wire.Key {
	t.Helper()
	seed := make([]byte, 32)
	seed[0] = b
	k, err := wire.KeyFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The cast: acme computes, globex is trusted too; each has a kernel of its own.
type cast struct {
	acme, acmeKernel, acmeSecond  *wire.Key
	globex, globexKernel, initech *wire.Key
	agent, other                  *wire.Key
}

func keys(t testing.TB) cast {
	t.Helper()
	return cast{acme: seedKey(t, 1), acmeKernel: seedKey(t, 2), acmeSecond: seedKey(t, 3), globex: seedKey(t, 4), globexKernel: seedKey(t, 5),
		initech: seedKey(t, 6), agent: seedKey(t, 7), other: seedKey(t, 8)}
}

func (c *cast) trust() *receipt.TrustSet {
	return &receipt.TrustSet{Schema: receipt.TrustSchema, Kernels: []receipt.TrustedKernel{
		{Key: c.acmeKernel.Public(), DID: did.FromKey(c.acme.Public()).String(), Logs: []string{"acme"}},
		{Key: c.acmeSecond.Public(), DID: did.FromKey(c.acme.Public()).String(), Logs: []string{"acme", "acme2"}},
		{Key: c.globexKernel.Public(), DID: did.FromKey(c.globex.Public()).String(), Logs: []string{"globex"}},
	}}
}

// deed is one receipt to be made.
type deed struct {
	verdict    string // "" is allow
	age        int64  // seconds before now
	tool       string
	args       string
	policy     string
	capability string
	grant      int
	step       int
	code       string
	agent      *wire.Key // nil: the agent
	signer     *wire.Key // nil: acme's kernel
	charged    uint64
	total      *uint64
	kind       receipt.Kind
	edit       func(*receipt.Receipt, *receipt.Metadata)
}

func (c *cast) make(t testing.TB, d deed) []byte {
	t.Helper()
	agent, signer := c.agent, c.acmeKernel
	if d.agent != nil {
		agent = d.agent
	}
	if d.signer != nil {
		signer = d.signer
	}
	decision := &receipt.Decision{Verdict: receipt.Allow}
	switch d.verdict {
	case "", receipt.Allow:
	case receipt.Deny:
		decision = &receipt.Decision{Verdict: d.verdict, Reason: "no", Guard: "path"}
		if d.step == 0 {
			d.step = 8
		}
	case receipt.PendingApproval:
		decision = &receipt.Decision{Verdict: d.verdict, Reason: "wait", Guard: "approval", ApprovalID: "a"}
	default:
		decision = &receipt.Decision{Verdict: d.verdict, Reason: "gone"}
	}
	if d.tool == "" {
		d.tool = "read"
	}
	if d.policy == "" {
		d.policy = wire.Hash(nil).String()
	}
	if d.capability == "" {
		d.capability = "cap"
	}
	md := &receipt.Metadata{CallID: "c", ArgsSHA256: wire.Hash([]byte(d.args)), Step: d.step, Code: d.code, Holder: &receipt.Holder{Kind: "agent"},
		Attribution: &receipt.Attribution{SubjectKey: agent.Public(), GrantIndex: d.grant}}
	if d.charged > 0 || d.total != nil {
		md.Financial = &receipt.Financial{Currency: "USD", CostCharged: d.charged, BudgetTotal: d.total, SettlementStatus: "not_applicable"}
	}
	r := &receipt.Receipt{Timestamp: now - d.age, CapabilityID: d.capability, ToolServer: "files", ToolName: d.tool,
		Action: receipt.Action{Parameters: wire.Raw(`{}`)}, Decision: decision, ReceiptKind: receipt.MediatedDecision, BoundaryClass: receipt.Prevent,
		TrustLevel: receipt.Mediated, ToolOrigin: receipt.CallerExecuted, RedactionMode: receipt.RedactSummary, ContentHash: wire.Hash(nil).String(), PolicyHash: d.policy}
	switch d.kind {
	case receipt.AdvisoryEvaluation:
		r.ReceiptKind, r.BoundaryClass, r.TrustLevel, r.Decision, r.ObservationOutcome = d.kind, receipt.AdvisoryOnly, receipt.Advisory, nil, receipt.Evaluated
	case receipt.TraceObservation:
		r.ReceiptKind, r.BoundaryClass, r.TrustLevel, r.Decision, r.ObservationOutcome = d.kind, receipt.DetectOnly, receipt.Verified, nil, receipt.Observed
	}
	if d.edit != nil {
		d.edit(r, md)
	}
	r.Metadata = wire.MustMarshal(md)
	doc, err := receipt.Sign(r, signer)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// log makes a source of deeds, in their order.
func (c *cast) log(t testing.TB, name string, deeds ...deed) reputation.Source {
	t.Helper()
	leaves := make([]reputation.Leaf, 0, len(deeds))
	for i, d := range deeds {
		leaves = append(leaves, reputation.Leaf{Index: uint64(i), Doc: c.make(t, d)})
	}
	return source(name, leaves)
}

func source(name string, leaves []reputation.Leaf) reputation.Source {
	return reputation.Source{Log: name, Size: uint64(len(leaves)), Root: wire.Hash([]byte(name)), Receipts: each(leaves)}
}

func each[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (c *cast) corpus(sources ...reputation.Source) *reputation.Corpus {
	return &reputation.Corpus{Trust: c.trust(), Own: did.FromKey(c.acme.Public()), Organization: did.FromKey(c.acme.Public()), Sources: sources}
}

// easy lets a composite through with any history.
func easy() reputation.Params {
	p := reputation.DefaultParams()
	p.MinReceipts, p.MinActiveDays, p.MinDistinctCalls, p.FullReceipts, p.FullActiveDays = 1, 1, 1, 1, 1
	return p
}

func (c *cast) card(t testing.TB, corpus *reputation.Corpus, p reputation.Params) *reputation.Card {
	t.Helper()
	card, err := reputation.Scorecard(corpus, did.FromKey(c.agent.Public()), p, now)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// read is the value of a metric, -1 if it is unknown.
func read(card *reputation.Card, m reputation.Metric) int64 {
	for i := range card.Metrics {
		if card.Metrics[i].Metric == m {
			if card.Metrics[i].ValuePPM == nil {
				return -1
			}
			return int64(*card.Metrics[i].ValuePPM)
		}
	}
	return -2
}

func times(n int, d deed) []deed {
	out := make([]deed, n)
	for i := range out {
		out[i] = d
		out[i].args = fmt.Sprintf("%s%d", d.args, i)
	}
	return out
}

func ptr[T any](v T) *T { return &v }

// token signs a root capability of the agent by acme's kernel.
func (c *cast) token(t testing.TB, id string, grants ...capability.ToolGrant) capability.Token {
	t.Helper()
	tok, err := capability.Sign(capability.Token{ID: id, Subject: c.agent.Public(), Scope: capability.Scope{Grants: grants},
		IssuedAt: now - 90*day, ExpiresAt: now + day}, c.acmeKernel)
	if err != nil {
		t.Fatal(err)
	}
	return *tok
}

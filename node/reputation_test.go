package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// livedHome is a home whose agent made calls on eight days: fourteen a day that
// were allowed, and one that was not.
func livedHome(t *testing.T, o Options) (Options, *movable) {
	t.Helper()
	clock := &movable{}
	clock.unix.Store(time.Now().Unix())
	o.Now = clock.read
	n, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer stopNode(t, n)
	if _, err := n.RegisterTool(Tool{Server: "go", Name: "work", Run: func(context.Context, wire.Raw) (any, error) { return struct{}{}, nil }}); err != nil {
		t.Fatal(err)
	}
	do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "local", TTLSeconds: 90 * 24 * 3600})
	if _, err := n.Grant(t.Context(), IssueCapability{Agent: "local", Server: "go", Tools: []string{"work"}, TTLSeconds: 90 * 24 * 3600}); err != nil {
		t.Fatal(err)
	}
	for day := range 8 {
		for i := range 14 {
			invoke(t, n, "work", fmt.Sprintf(`{"day":%d,"n":%d}`, day, i))
		}
		invoke(t, n, "work", `{"path":"/root/.ssh/id_rsa"}`)
		clock.unix.Add(24 * 3600)
	}
	return o, clock
}

func cardOf(t *testing.T, n *Node, agent string) *reputation.Card {
	t.Helper()
	card := do[reputation.Card](t, n, "reputation/show", ReputationRequest{Agent: agent})
	return &card
}

func metricOf(c *reputation.Card, m reputation.Metric) *uint64 {
	for i := range c.Metrics {
		if c.Metrics[i].Metric == m {
			return c.Metrics[i].ValuePPM
		}
	}
	return nil
}

// TestReputationOfALife: a history makes a composite, and it is the same from
// the log, from archive files, and after the kernel key was replaced; a revoked
// passport lowers it.
func TestReputationOfALife(t *testing.T) {
	o, _ := livedHome(t, newHome(t))
	n := openNode(t, o)
	first := cardOf(t, n, "local")
	if first.CompositePPM == nil || !first.Gate.Open || first.Evidence.Receipts != 120 || first.Evidence.SelfIssued != 120 || first.Gate.ActiveDays < 8 {
		t.Fatalf("%+v", first)
	}
	for metric, known := range map[reputation.Metric]bool{reputation.BoundaryPressure: true, reputation.Reliability: true, reputation.LeastPrivilege: true,
		reputation.IncidentCorrelation: true, reputation.DelegationHygiene: false, reputation.ResourceStewardship: false} {
		if (metricOf(first, metric) != nil) != known {
			t.Errorf("%s known: %t", metric, !known)
		}
	}
	same := func(what string, c *reputation.Card) {
		t.Helper()
		if *c.CompositePPM != *first.CompositePPM || c.Evidence.Logs[0].IndexesSHA256 != first.Evidence.Logs[0].IndexesSHA256 || len(c.Evidence.Uncounted) != 0 {
			t.Errorf("%s: %+v, was %+v", what, c, first)
		}
	}
	archived(t, n, filepath.Join(t.TempDir(), "old"), 10)
	same("archived", cardOf(t, n, "local"))

	file := do[ReputationFile](t, n, "reputation/export", ExportReputation{Agent: "local"})
	s, env, err := reputation.Verify(file.File)
	if err != nil || env.ID() != file.ID || s.Issuer != n.DID() || *s.CompositePPM != *first.CompositePPM {
		t.Fatalf("%v: %+v", err, s)
	}
	head := do[Status](t, n, "status", Empty{})
	if l := s.Logs[0]; l.LogID != head.LogID || l.TreeSize != head.Receipts || l.Receipts != 120 {
		t.Errorf("%+v", l)
	}

	stopNode(t, n)
	if _, err := RotateKernel(t.Context(), o, RotateKernelRequest{}); err != nil {
		t.Fatal(err)
	}
	n = openNode(t, o)
	same("after a rotation", cardOf(t, n, "local"))

	do[Revoked](t, n, "passport/revoke", PassportRequest{Agent: "local"})
	after := cardOf(t, n, "local")
	if v := metricOf(after, reputation.IncidentCorrelation); v == nil || *v != 800_000 {
		t.Errorf("a revoked passport: %v", v)
	}
	do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "other"})
	if c := cardOf(t, n, "other"); *metricOf(c, reputation.IncidentCorrelation) != reputation.PPM || c.CompositePPM != nil {
		t.Error("one agent's incident hit another")
	}
}

// TestReputationExportsOnlyItsOwn: a treaty peer's word about an agent that is
// ours moves what we show, and is in nothing that we sign; after its time it
// no longer counts.
func TestReputationExportsOnlyItsOwn(t *testing.T) {
	o, clock := livedHome(t, shortHome(t, "acme"))
	b := shortHome(t, "globex")
	b.Now = clock.read
	n, _ := startedNode(t, o)
	globex, ready := startedNode(t, b)
	key, err := n.agentKey("local")
	if err != nil {
		t.Fatal(err)
	}
	before := cardOf(t, n, "local")
	federateNodes(t, n, globex, ready)
	third := shortHome(t, "initech")
	third.Now = clock.read
	initech, ready := startedNode(t, third)
	federateNodes(t, n, initech, ready)
	raw := *before.RawPPM
	counting := func(what string, imports int, want uint64) {
		t.Helper()
		if c := cardOf(t, n, "local"); len(c.Imports) != imports || *c.CompositePPM != min(want, c.CeilingPPM) {
			t.Errorf("%s: composite %d of %d, want %d; imports %+v", what, *c.CompositePPM, raw, want, c.Imports)
		}
	}
	first := do[ImportedReputation](t, n, "reputation/import", ImportReputation{File: summaryBy(t, globex, key, 0)}).ID
	counting("kept", 0, raw)
	do[ImportedSummary](t, n, "reputation/activate", ChooseImport{ID: first})
	counting("one organisation alone", 0, raw)
	second := do[ImportedReputation](t, n, "reputation/import", ImportReputation{File: summaryBy(t, initech, key, 0)}).ID
	counting("one of two activated", 0, raw)
	do[ImportedSummary](t, n, "reputation/activate", ChooseImport{ID: second, Group: globex.DID().String()})
	counting("two of one group", 0, raw)
	if v := do[ImportedSummary](t, n, "reputation/activate", ChooseImport{ID: second}); !v.Counts || v.Group != initech.DID().String() {
		t.Errorf("activated: %+v", v)
	}
	counting("two groups", 2, raw-2*raw/10*2/5)
	if v := do[ImportedSummary](t, n, "reputation/forget", ChooseImport{ID: first}); v.Counts || v.WhyNot != "forgotten" {
		t.Errorf("forgotten: %+v", v)
	}
	counting("one forgotten", 0, raw)
	for _, q := range []ChooseImport{{ID: first}, {ID: second, Group: "two words"}} {
		if _, err := n.Call(t.Context(), "reputation/activate", wire.MustMarshal(q)); err == nil {
			t.Errorf("activated: %+v", q)
		}
	}
	do[ImportedReputation](t, n, "reputation/import", ImportReputation{File: summaryBy(t, globex, key, 0)})
	if list := do[ImportedSummaries](t, n, "reputation/imports", Empty{}).Imports; len(list) != 2 || list[0].WhyNot == "" || list[1].WhyNot == "" {
		t.Errorf("a forgotten one is back and counts: %+v", list)
	}
	do[ImportedSummary](t, n, "reputation/activate", ChooseImport{ID: first})
	counting("activated again", 2, raw-2*raw/10*2/5)
	s := do[ReputationFile](t, n, "reputation/export", ExportReputation{Agent: "local"}).Summary
	if *s.CompositePPM != *before.CompositePPM {
		t.Errorf("signed %d, our receipts say %d", *s.CompositePPM, *before.CompositePPM)
	}
	clock.unix.Add(3601)
	if c := cardOf(t, n, "local"); len(c.Imports) != 0 {
		t.Error("a summary counts after its time")
	}
}

// TestReputationBetweenPeers: what the peer's kernel says of our agent counts
// for a little, a summary of a treaty peer is taken, one of anybody else is
// not, and neither makes a composite without history of one's own.
func TestReputationBetweenPeers(t *testing.T) {
	acme, _ := startedNode(t, shortHome(t, "acme"))
	globex, ready := startedNode(t, shortHome(t, "globex"))
	serve(t, globex, MCPServer{Server: "files", Agent: localAgent})
	key, err := acme.ensureAgent(t.Context(), localAgent)
	if err != nil {
		t.Fatal(err)
	}
	agent := did.FromKey(key).String()
	said := summaryBy(t, acme, key, 900_000)
	refused := func(doc wire.Raw, cause error) {
		t.Helper()
		_, err := globex.Call(t.Context(), "reputation/import", wire.MustMarshal(ImportReputation{File: doc}))
		var p *Problem
		if !errors.As(err, &p) || p.Code != CodeReputation || p.Hint == "" || !errors.Is(err, cause) {
			t.Errorf("%v, want %v", err, cause)
		}
	}
	refused(said, reputation.ErrIssuer)
	federateNodes(t, acme, globex, ready)
	if _, err := acme.issueCapability(t.Context(), IssueCapability{Agent: localAgent, Server: globex.DID().String() + "/files", Tools: []string{"read_file"}}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		out, err := acme.call(t.Context(), CallRequest{Server: globex.DID().String() + "/files", Tool: "read_file", Arguments: wire.Raw(`{"path":"a.txt"}`)})
		if err != nil || out.Ended != receipt.Allow {
			t.Fatalf("%v %+v", err, out)
		}
	}
	there := cardOf(t, globex, agent)
	if there.Gate.Receipts != 3 || there.Evidence.SelfIssued != there.Evidence.Receipts-3 {
		t.Errorf("at the host: %+v", there.Evidence)
	}
	if _, err := acme.Call(t.Context(), "federate/sync", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := globex.Call(t.Context(), "federate/sync", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if there = cardOf(t, globex, agent); there.Gate.Receipts != 3 || there.Evidence.SelfIssued < 3 {
		t.Errorf("at the host, after a sync: %+v", there.Evidence)
	}
	here := cardOf(t, acme, localAgent)
	if len(here.Evidence.Logs) != 2 || len(here.Evidence.Issuers) != 2 || here.Gate.Receipts != 3 || here.Evidence.Receipts <= 3 {
		t.Errorf("at home: %+v", here.Evidence)
	}

	do[ImportedReputation](t, globex, "reputation/import", ImportReputation{File: said})
	if c := cardOf(t, globex, agent); c.CompositePPM != nil || len(c.Imports) != 0 {
		t.Error("a summary made a composite")
	}
	refused(said, reputation.ErrOlder)
	refused(summaryBy(t, globex, key, 900_000), reputation.ErrOwn)
	refused(bytes.Replace(said, []byte(`"receipts":400`), []byte(`"receipts":401`), 1), reputation.ErrSummary)
}

// TestLogNamedTwice: a store in which a peer's head is under our own log id
// still scores, and the peer's kernel is not trusted in our log.
func TestLogNamedTwice(t *testing.T) {
	acme, _ := startedNode(t, shortHome(t, "acme"))
	globex, ready := startedNode(t, shortHome(t, "globex"))
	federateNodes(t, acme, globex, ready)
	if _, err := acme.ensureAgent(t.Context(), localAgent); err != nil {
		t.Fatal(err)
	}
	head := wire.MustMarshal(federation.KnownHead{Peer: globex.DID(), Origin: acme.logID, Size: 1, Witnesses: []string{}})
	err := acme.db.Update(t.Context(), func(tx store.Tx) error {
		tx.Set("f/head/"+globex.DID().String(), head)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := cardOf(t, acme, localAgent); len(c.Evidence.Logs) > 1 {
		t.Errorf("%+v", c.Evidence.Logs)
	}
	for _, k := range acme.trustSet().Kernels {
		if k.DID == globex.DID().String() && len(k.Logs) != 0 {
			t.Errorf("the peer's kernel is trusted in %v", k.Logs)
		}
	}
}

// summaryBy is what an organisation with a history would sign.
func summaryBy(t *testing.T, n *Node, agent wire.PublicKey, composite uint64) wire.Raw {
	t.Helper()
	s := &reputation.Statement{Schema: reputation.SummarySchema, Issuer: n.DID(), Subject: did.FromKey(agent), ComputedAt: n.now(), ExpiresAt: n.now() + 3600,
		CompositePPM: &composite, Metrics: []reputation.Reading{{Metric: reputation.HistoryDepth, ValuePPM: 500_000}}, Receipts: 400, ActiveDays: 20,
		LastAt: n.now(), Logs: []reputation.LogEvidence{{LogID: n.logID, TreeSize: 500, Receipts: 400, LastIndex: 499}}}
	env, err := s.Seal(n.keys.Org())
	if err != nil {
		t.Fatal(err)
	}
	return env.Bytes()
}

func TestReputationRequests(t *testing.T) {
	n := openNode(t, newHome(t))
	for _, c := range []struct{ op, body string }{
		{"reputation/show", `{"agent":""}`}, {"reputation/show", `{"agent":"nobody"}`}, {"reputation/export", `{"agent":"nobody"}`},
		{"reputation/export", `{"agent":"` + n.DID().String() + `","ttl_seconds":-1}`}, {"reputation/import", `{"file":null}`}, {"reputation/import", `{}`},
	} {
		if _, err := n.Call(t.Context(), c.op, []byte(c.body)); err == nil {
			t.Errorf("%s %s is answered", c.op, c.body)
		}
	}
}

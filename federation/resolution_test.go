package federation

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// forked returns evidence that a kernel key signed two heads of one size.
func forked(t testing.TB, by *wire.Key) []byte {
	t.Helper()
	var notes [2][]byte
	for i := range notes {
		var err error
		notes[i], err = receipt.SignCheckpoint(receipt.Checkpoint{Origin: "chio-log/00", Size: 7, Root: wire.Hash([]byte{byte(i)})}, by)
		must(t, err)
	}
	e, err := receipt.NewEquivocation(notes[0], notes[1])
	must(t, err)
	doc, err := e.Bytes()
	must(t, err)
	return doc
}

// TestResolution: both sign what happened, and from then on the operator may go
// on; the next freeze needs another one.
func TestResolution(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	doc := forked(t, b.kernel)
	if _, err := a.service.ProposeResolution(t.Context(), b.did(), "two copies ran"); !errors.Is(err, ErrTransition) {
		t.Fatal(err)
	}
	must(t, a.service.Directory().Suspect(t.Context(), b.did(), "two heads"))
	if _, err := a.service.ProposeResolution(t.Context(), b.did(), "two copies ran"); !errors.Is(err, ErrNoEvidence) {
		t.Fatal(err)
	}
	must(t, a.db.Update(t.Context(), func(tx store.Tx) error { tx.Set(prefixFork+b.did().String(), doc); return nil }))
	id, err := a.service.ProposeResolution(t.Context(), b.did(), "two copies ran")
	must(t, err)
	resolved := func(want bool) {
		t.Helper()
		if ok, err := a.service.Resolves(b.did(), doc); ok != want || err != nil {
			t.Fatalf("resolved %v, %v", ok, err)
		}
	}
	resolved(false)
	proposal := noticeOf(t, a, b)
	must(t, a.service.Tell(t.Context(), b.did()))
	r, both, err := b.service.ResolutionWith(a.did())
	if err != nil || both || r.Statement != "two copies ran" || r.Accused != b.did() {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := b.service.AcceptResolution(t.Context(), a.did(), wire.Hash(nil)); !errors.Is(err, ErrNoProposal) {
		t.Fatal(err)
	}
	if err := a.service.AcceptResolution(t.Context(), b.did(), id); !errors.Is(err, ErrNoProposal) {
		t.Fatalf("who proposed it signs for the other: %v", err)
	}
	must(t, b.service.AcceptResolution(t.Context(), a.did(), id))
	signed := noticeOf(t, b, a)
	must(t, b.service.Tell(t.Context(), a.did()))
	resolved(true)
	if a.record(b).State != Frozen {
		t.Fatal("a resolution thaws by itself")
	}
	if ok, err := a.service.Resolves(b.did(), forked(t, a.kernel)); ok || err != nil {
		t.Fatalf("it resolves other evidence: %v", err)
	}
	must(t, a.service.Directory().Resume(t.Context(), b.did(), "resolved"))
	must(t, a.service.Directory().Suspect(t.Context(), b.did(), "again"))
	resolved(false)
	signed.Schema, proposal.Schema = treatyRequestSchema, treatyRequestSchema
	if _, err := b.service.ask(t.Context(), b.record(a), signed); !errors.Is(err, ErrRefused) {
		t.Fatalf("the resolution of before counts again: %v", err)
	}
	resolved(false)
	if got := strings.Join(told(t, b, a), "\n"); !strings.Contains(got, "by peer: resolution proposed: two copies ran") ||
		!strings.Contains(got, "by operator: resolution signed: two copies ran") {
		t.Fatal(got)
	}
}

// TestResolutionRefusesForeignEvidence: nobody is asked to sign for what it did
// not do.
func TestResolutionRefusesForeignEvidence(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	b.restart(admitPeers(a.did()))
	federate(t, a, b)
	own, foreign := forked(t, b.kernel), forked(t, key(t, 99))
	valid := Resolution{Schema: ResolutionSchema, Parties: partiesOf(a.did(), b.did()), Accused: b.did(), Evidence: wire.Hash(own), Statement: "s", At: startTime}
	for name, c := range map[string]struct {
		edit     func(*Resolution)
		evidence []byte
		by       []wire.Signer
		ok       bool
	}{
		"valid":                     {evidence: own, ok: true},
		"without the evidence":      {},
		"with other evidence":       {evidence: foreign},
		"about somebody's kernel":   {edit: func(r *Resolution) { r.Evidence = wire.Hash(foreign) }, evidence: foreign},
		"about the proposer":        {edit: func(r *Resolution) { r.Accused = a.did() }, evidence: own},
		"about a third":             {edit: func(r *Resolution) { r.Accused = didOf(t, 77) }, evidence: own},
		"between others":            {edit: func(r *Resolution) { r.Parties = partiesOf(a.did(), didOf(t, 77)) }, evidence: own},
		"without a statement":       {edit: func(r *Resolution) { r.Statement = "" }, evidence: own},
		"driving a terminal":        {edit: func(r *Resolution) { r.Statement = "\x1b[2J" }, evidence: own},
		"signed by the accused":     {by: []wire.Signer{b.org}, evidence: own},
		"signed by a stranger too":  {by: []wire.Signer{a.org, key(t, 99)}, evidence: own},
		"signed by both, unasked":   {by: []wire.Signer{a.org, b.org}},
		"signed by the kernel key":  {by: []wire.Signer{a.kernel}, evidence: own},
		"at no time":                {edit: func(r *Resolution) { r.At = 0 }, evidence: own},
		"evidence that is no proof": {edit: func(r *Resolution) { r.Evidence = wire.Hash([]byte("{}")) }, evidence: []byte("{}")},
	} {
		t.Run(name, func(t *testing.T) {
			r := valid
			if c.edit != nil {
				c.edit(&r)
			}
			by := c.by
			if by == nil {
				by = []wire.Signer{a.org}
			}
			env, err := wire.Seal(ResolutionSchema, r, by...)
			must(t, err)
			err = b.service.takeResolution(t.Context(), a.did(), treatyRequest{Resolution: env, Evidence: c.evidence})
			if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrResolution) {
				t.Fatal(err)
			}
			mark(t, b, a, func(r *Record) { r.Resolution = nil })
		})
	}
}

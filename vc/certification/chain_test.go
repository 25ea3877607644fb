package certification_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// The parties of a chain: the registry 1, the certifier 2, somebody 3.
const (
	byRegistry  = byte(1)
	byCertifier = byte(2)
	bySomebody  = byte(3)
)

// chain is a chain under test: certification and the records so far.
type chain struct {
	env     *wire.Envelope
	cert    *certification.Certification
	records []*wire.Envelope
	opened  []wire.Digest // disputes
	history certification.History
}

func newChain(t testing.TB) *chain {
	t.Helper()
	b, _ := issued(t, key(t, byCertifier), t0, nil)
	c, err := certification.Verify(b.Certification)
	if err != nil {
		t.Fatal(err)
	}
	return &chain{env: b.Certification, cert: c}
}

// fold is what the records so far make of the certification.
func (c *chain) fold(testing.TB) *certification.Finding {
	h := c.history
	h.Disputes = slices.Clone(h.Disputes)
	return &certification.Finding{ID: c.env.ID(), Certification: c.cert, History: &h}
}

// say tries one record at the end of the chain and keeps it if it is allowed.
func (c *chain) say(t testing.TB, by byte, r certification.Record, now int64) error {
	t.Helper()
	f := c.fold(t)
	env, err := certification.SignRecord(key(t, by), f, didOf(key(t, byRegistry)), r, now)
	if err != nil {
		return err
	}
	made, err := certification.VerifyRecord(env)
	if err == nil {
		err = certification.Apply(f.History, f.ID, c.cert, made, env.ID())
	}
	if err != nil {
		return err
	}
	c.history, c.records = *f.History, append(slices.Clone(c.records), env)
	if r.Kind == certification.DisputeOpened {
		c.opened = append(c.opened, env.ID())
	}
	return nil
}

// whole folds all records at once and compares.
func (c *chain) whole(t testing.TB) {
	t.Helper()
	h, err := certification.Fold(c.env, c.cert, c.records)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(wire.MustMarshal(h)), string(wire.MustMarshal(&c.history)); got != want {
		t.Errorf("at once %s, one by one %s", got, want)
	}
}

func (c *chain) must(t testing.TB, by byte, r certification.Record) {
	t.Helper()
	if err := c.say(t, by, r, t0); err != nil {
		t.Fatalf("%s by %d: %v", r.Kind, by, err)
	}
}

func (c *chain) state(t testing.TB, now int64) certification.State {
	return certification.StateAt(c.cert, c.fold(t).History, now)
}

// The records, without the members that place them.
func recordOf(kind certification.Kind, dispute wire.Digest) certification.Record {
	r := certification.Record{Kind: kind}
	switch kind {
	case certification.Published:
		r.Admission = certification.PublicUntrusted
	case certification.Superseded:
		r.Successor = wire.Hash([]byte("successor"))
	case certification.Revoked, certification.DisputeOpened:
		r.Reason = "because"
	default:
		r.Reason, r.Dispute = "looked at", dispute
	}
	return r
}

var kinds = []certification.Kind{certification.Published, certification.Revoked, certification.Superseded, certification.DisputeOpened,
	certification.DisputeReviewed, certification.DisputeKept, certification.DisputeUpheld}

// TestTheTable: who may say what in which state, in full.
func TestTheTable(t *testing.T) {
	type situation struct {
		name  string
		build func(*chain)
	}
	publishedOnly := func(c *chain) { c.must(t, byRegistry, recordOf(certification.Published, wire.Digest{})) }
	with := func(steps ...certification.Kind) func(*chain) {
		return func(c *chain) {
			publishedOnly(c)
			for _, k := range steps {
				by := byRegistry
				if k == certification.Revoked || k == certification.Superseded {
					by = byCertifier
				}
				var dispute wire.Digest
				if len(c.opened) > 0 {
					dispute = c.opened[0]
				}
				c.must(t, by, recordOf(k, dispute))
			}
		}
	}
	for _, s := range []struct {
		situation
		state certification.State
		may   map[certification.Kind]string // kind → who: r, c, s
	}{
		{situation{"nothing", func(*chain) {}}, certification.Unpublished, map[certification.Kind]string{certification.Published: "r"}},
		{situation{"published", publishedOnly}, certification.Active,
			map[certification.Kind]string{certification.Revoked: "c", certification.Superseded: "c", certification.DisputeOpened: "rcs"}},
		{situation{"disputed", with(certification.DisputeOpened)}, certification.Disputed,
			map[certification.Kind]string{certification.Revoked: "c", certification.Superseded: "c", certification.DisputeOpened: "rcs",
				certification.DisputeReviewed: "r", certification.DisputeKept: "r", certification.DisputeUpheld: "rc"}},
		{situation{"under review", with(certification.DisputeOpened, certification.DisputeReviewed)}, certification.Disputed,
			map[certification.Kind]string{certification.Revoked: "c", certification.Superseded: "c", certification.DisputeOpened: "rcs",
				certification.DisputeKept: "r", certification.DisputeUpheld: "rc"}},
		{situation{"kept", with(certification.DisputeOpened, certification.DisputeKept)}, certification.Active,
			map[certification.Kind]string{certification.Revoked: "c", certification.Superseded: "c", certification.DisputeOpened: "rcs"}},
		{situation{"upheld", with(certification.DisputeOpened, certification.DisputeUpheld)}, certification.StateRevoked, nil},
		{situation{"revoked", with(certification.Revoked)}, certification.StateRevoked, nil},
		{situation{"superseded", with(certification.Superseded)}, certification.Replaced, map[certification.Kind]string{certification.Revoked: "c"}},
		{situation{"superseded and revoked", with(certification.Superseded, certification.Revoked)}, certification.StateRevoked, nil},
		{situation{"revoked while disputed", with(certification.DisputeOpened, certification.Revoked)}, certification.StateRevoked,
			map[certification.Kind]string{certification.DisputeReviewed: "r", certification.DisputeKept: "r", certification.DisputeUpheld: "rc"}},
		{situation{"superseded while disputed", with(certification.DisputeOpened, certification.Superseded)}, certification.Replaced,
			map[certification.Kind]string{certification.Revoked: "c", certification.DisputeReviewed: "r", certification.DisputeKept: "r", certification.DisputeUpheld: "rc"}},
	} {
		base := newChain(t)
		s.build(base)
		if got := base.state(t, t0); got != s.state {
			t.Errorf("%s is %s, want %s", s.name, got, s.state)
		}
		for _, kind := range kinds {
			for by, letter := range map[byte]string{byRegistry: "r", byCertifier: "c", bySomebody: "s"} {
				c := *base
				dispute := wire.Hash([]byte("no such dispute"))
				if len(c.opened) > 0 {
					dispute = c.opened[0]
				}
				err := c.say(t, by, recordOf(kind, dispute), t0)
				if want := strings.Contains(s.may[kind], letter); want != (err == nil) {
					t.Errorf("%s: %s by %s: %v", s.name, kind, letter, err)
				} else if err != nil && !errors.Is(err, certification.ErrNotAllowed) {
					t.Errorf("%s: %s by %s: %v is no refusal of the table", s.name, kind, letter, err)
				}
			}
		}
	}
}

// TestNoSequenceRevivesARevokedCertification: whatever is said by whomever, in
// whatever order, a revocation stands, at every time; the same for succession
// short of a revocation.
func TestNoSequenceRevivesARevokedCertification(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newChain(t)
		c.must(t, byRegistry, recordOf(certification.Published, wire.Digest{}))
		var ended certification.State
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			var dispute wire.Digest
			if len(c.opened) > 0 {
				dispute = rapid.SampledFrom(c.opened).Draw(rt, "dispute")
			}
			r := recordOf(rapid.SampledFrom(kinds).Draw(rt, "kind"), dispute)
			by := rapid.SampledFrom([]byte{byRegistry, byCertifier, bySomebody}).Draw(rt, "by")
			before := len(c.records)
			err := c.say(t, by, r, t0+int64(before))
			if ended == certification.StateRevoked && err == nil && (r.Kind == certification.Superseded || r.Kind == certification.Published || r.Kind == certification.DisputeOpened) {
				rt.Fatalf("%s after a revocation", r.Kind)
			}
			now := rapid.Int64Range(t0-2000, t0+2000).Draw(rt, "now")
			switch state := c.state(t, now); {
			case ended == certification.StateRevoked && state != ended, ended == certification.Replaced && state != ended && state != certification.StateRevoked:
				rt.Fatalf("%s brought it from %s to %s", r.Kind, ended, state)
			case state == certification.StateRevoked || state == certification.Replaced:
				ended = state
			}
		}
		c.whole(t)
	})
}

// TestAChainCannotBeEdited: a record taken away, repeated, exchanged, of another
// chain, or signed for another place breaks the chain.
func TestAChainCannotBeEdited(t *testing.T) {
	c := newChain(t)
	c.must(t, byRegistry, recordOf(certification.Published, wire.Digest{}))
	c.must(t, bySomebody, recordOf(certification.DisputeOpened, wire.Digest{}))
	c.must(t, byRegistry, recordOf(certification.DisputeReviewed, c.opened[0]))
	c.must(t, byCertifier, recordOf(certification.Revoked, wire.Digest{}))
	r := c.records
	for name, records := range map[string][]*wire.Envelope{
		"without the first":  r[1:],
		"without the second": {r[0], r[2], r[3]},
		"without the third":  {r[0], r[1], r[3]},
		"two exchanged":      {r[0], r[2], r[1], r[3]},
		"one twice":          {r[0], r[1], r[1]},
		"a missing one":      {r[0], nil},
		"too many":           make([]*wire.Envelope, certification.MaxRecords+1),
	} {
		if _, err := certification.Fold(c.env, c.cert, records); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	other, err := certification.SignRecord(key(t, byCertifier), c.fold(t), didOf(key(t, bySomebody)), recordOf(certification.DisputeUpheld, c.opened[0]), t0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certification.Fold(c.env, c.cert, append(slices.Clone(r), other)); !errors.Is(err, certification.ErrChain) {
		t.Errorf("a record for another registry: %v", err)
	}
	early := c.fold(t)
	early.History.At = 0
	back, err := certification.SignRecord(key(t, byRegistry), early, didOf(key(t, byRegistry)), recordOf(certification.DisputeUpheld, c.opened[0]), t0-1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certification.Fold(c.env, c.cert, append(slices.Clone(r), back)); !errors.Is(err, certification.ErrChain) {
		t.Errorf("a record from before: %v", err)
	}
	another, _ := issued(t, key(t, byCertifier), t0+1, nil)
	cert, err := certification.Verify(another.Certification)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certification.Fold(another.Certification, cert, r); !errors.Is(err, certification.ErrChain) {
		t.Errorf("the chain of another certification: %v", err)
	}
}

func TestRecordRefuses(t *testing.T) {
	c := newChain(t)
	c.must(t, byRegistry, recordOf(certification.Published, wire.Digest{}))
	good := recordOf(certification.DisputeOpened, wire.Digest{})
	place := func(edit func(*certification.Record)) certification.Record {
		r, f := good, c.fold(t)
		r.Schema, r.Certification, r.Registry, r.Signer = certification.SchemaRecord, f.ID, didOf(key(t, 1)), didOf(key(t, 3))
		r.Sequence, r.Previous, r.At = 2, f.History.Head, t0
		if edit != nil {
			edit(&r)
		}
		return r
	}
	for name, edit := range map[string]func(*certification.Record){
		"no certification":        func(r *certification.Record) { r.Certification = wire.Digest{} },
		"no previous":             func(r *certification.Record) { r.Previous = wire.Digest{} },
		"no sequence":             func(r *certification.Record) { r.Sequence = 0 },
		"a sequence out of range": func(r *certification.Record) { r.Sequence = certification.MaxRecords + 1 },
		"no time":                 func(r *certification.Record) { r.At = 0 },
		"an unknown kind":         func(r *certification.Record) { r.Kind = "reinstated" },
		"no reason":               func(r *certification.Record) { r.Reason = "" },
		"a long reason":           func(r *certification.Record) { r.Reason = strings.Repeat("r", 513) },
		"a reason of two lines":   func(r *certification.Record) { r.Reason = "a\nb" },
		"an admission class":      func(r *certification.Record) { r.Admission = certification.Reviewable },
		"a successor":             func(r *certification.Record) { r.Successor = wire.Hash(nil) },
		"a dispute":               func(r *certification.Record) { r.Dispute = wire.Hash(nil) },
		"a publication without a class": func(r *certification.Record) {
			r.Kind, r.Reason = certification.Published, ""
		},
		"a publication with a reason": func(r *certification.Record) {
			r.Kind, r.Admission = certification.Published, certification.Reviewable
		},
		"a publication with evidence": func(r *certification.Record) {
			r.Kind, r.Admission, r.Reason, r.EvidenceSHA256 = certification.Published, certification.Reviewable, "", wire.Hash(nil)
		},
		"a succession by nothing":       func(r *certification.Record) { r.Kind, r.Reason = certification.Superseded, "" },
		"the end of no dispute":         func(r *certification.Record) { r.Kind = certification.DisputeKept },
		"the signature of another":      func(r *certification.Record) { r.Signer = didOf(key(t, 4)) },
		"another schema":                func(r *certification.Record) { r.Schema = certification.Schema },
		"a registry that is not a did":  func(r *certification.Record) { r.Registry = "did:web:example.org" },
		"a registry that is left blank": func(r *certification.Record) { r.Registry = "" },
	} {
		r := place(edit)
		env, err := wire.Seal(r.Schema, &r, key(t, 3))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := certification.VerifyRecord(env); !errors.Is(err, certification.ErrRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := place(nil)
	env, err := wire.Seal(r.Schema, &r, key(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certification.VerifyRecord(env); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// TestDisputesLeaveRoom: however much is disputed, it can still be revoked.
func TestDisputesLeaveRoom(t *testing.T) {
	c := newChain(t)
	c.must(t, byRegistry, recordOf(certification.Published, wire.Digest{}))
	for {
		if err := c.say(t, bySomebody, recordOf(certification.DisputeOpened, wire.Digest{}), t0); err != nil {
			if !errors.Is(err, certification.ErrNotAllowed) || len(c.opened) != 84 {
				t.Fatalf("after %d disputes: %v", len(c.opened), err)
			}
			break
		}
	}
	for _, d := range c.opened {
		c.must(t, byRegistry, recordOf(certification.DisputeReviewed, d))
		c.must(t, byRegistry, recordOf(certification.DisputeKept, d))
	}
	c.must(t, byCertifier, recordOf(certification.Superseded, wire.Digest{}))
	c.must(t, byCertifier, recordOf(certification.Revoked, wire.Digest{}))
	c.whole(t)
	if len(c.records) > certification.MaxRecords {
		t.Errorf("%d records", len(c.records))
	}
}

package federation

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// passportRule is a rule over test passports: a JSON text with what Judge says.
type passportRule struct {
	policy wire.Digest

	mu   sync.Mutex // guards gone
	gone error
}

func (r *passportRule) Policy() wire.Digest { return r.policy }

func (r *passportRule) Judge(peer did.DID, file []byte) Shown {
	until := int64(0)
	if _, err := fmt.Sscanf(string(bytes.Trim(file, `"`)), peer.String()+" until %d", &until); err != nil {
		return Shown{Refused: "it is about somebody else\x1b"}
	}
	return Shown{Issuer: "did:chio:body", Until: until}
}

func (r *passportRule) Withdrawn(did.DID, *Shown) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}

func (r *passportRule) withdraw(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = err
}

// shelf is what an organisation shows; it can be changed under way.
type shelf struct {
	mu   sync.Mutex
	file []byte
}

func (s *shelf) put(of did.DID, until int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file = wire.MustMarshal(fmt.Sprintf("%s until %d", of, until))
}

func (s *shelf) get() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file
}

func (s *shelf) show(c *Config) { c.Passport = s.get }

func (r *passportRule) asked(c *Config) { c.Admission.Passports = r }

func review(c *Config) { c.Admission.Review = true }

func newRule() *passportRule { return &passportRule{policy: wire.Hash([]byte("members"))} }

// TestMinimumPassport: a proposal of a peer that does not show what is asked for
// is refused, and nothing is recorded. Only a passport that counts now is one.
func TestMinimumPassport(t *testing.T) {
	const later = startTime + 1000
	for name, c := range map[string]struct {
		of     byte // whom the passport is about, by seed: 10 is the proposer, 20 who judges; 0: none is shown
		until  int64
		gone   error
		counts bool
	}{
		"one that counts":          {of: 10, until: later, counts: true},
		"its last second":          {of: 10, until: startTime + 1, counts: true},
		"none":                     {},
		"over":                     {of: 10, until: startTime},
		"somebody else's":          {of: 99, until: later},
		"the verifier's own":       {of: 20, until: later},
		"withdrawn":                {of: 10, until: later, gone: errors.New("revoked by its issuer")},
		"a verdict without an end": {of: 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var own shelf
			if c.of != 0 {
				own.put(didOf(t, c.of), c.until)
			}
			a, rule := newOrg(t, 10, own.show), newRule()
			rule.gone = c.gone
			b := newOrg(t, 20, admitPeers(a.did()), rule.asked)
			p, err := a.service.Preview(t.Context(), b.address())
			must(t, err)
			rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash)
			if c.counts {
				if err != nil || rec.State != Active {
					t.Fatalf("%s, %v", rec.State, err)
				}
				return
			}
			if !errors.Is(err, ErrPassportAsked) || !errors.Is(err, ErrRefused) || strings.Contains(err.Error(), "\x1b") {
				t.Fatalf("proposed: %v", err)
			}
			if at, here := b.record(a), a.record(b); at.State != Authenticated || at.Proposal != nil || here.State != Authenticated || here.Proposal != nil {
				t.Fatalf("recorded %s there and %s here", at.State, here.State)
			}
		})
	}
}

// TestMinimumPassportOfTheOther: who proposes judges the other side before it
// signs, by what came with the other's terms.
func TestMinimumPassportOfTheOther(t *testing.T) {
	var theirs shelf
	a, rule := newOrg(t, 10), newRule()
	a.restart(rule.asked)
	b := newOrg(t, 20, admitPeers(a.did()), theirs.show)
	p, err := a.service.Preview(t.Context(), b.address())
	must(t, err)
	if _, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); !errors.Is(err, ErrPassport) || errors.Is(err, ErrRefused) {
		t.Fatalf("proposed to a peer without a passport: %v", err)
	}
	if at, here := b.record(a), a.record(b); at.Proposal != nil || here.Proposal != nil {
		t.Fatal("something was proposed")
	}
	theirs.put(b.did(), startTime+100)
	if rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil || rec.State != Active {
		t.Fatalf("%s, %v", rec.State, err)
	}
}

// TestMinimumPassportReview: if the rule says review, a peer without a passport
// waits for the operator, who may sign; one with it is signed as allowed.
func TestMinimumPassportReview(t *testing.T) {
	var own shelf
	a, rule := newOrg(t, 10, own.show), newRule()
	b := newOrg(t, 20, admitPeers(a.did()), rule.asked, review)
	p, err := a.service.Preview(t.Context(), b.address())
	must(t, err)
	if rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil || rec.State != PendingPeer {
		t.Fatalf("%s, %v", rec.State, err)
	}
	waiting := b.record(a)
	if err := b.service.Qualifies(&waiting); !errors.Is(err, ErrPassport) {
		t.Fatalf("it counts: %v", err)
	}
	if rec, err := b.service.Accept(t.Context(), a.did(), &p.TreatyHash); err != nil || rec.State != Active {
		t.Fatalf("%s, %v", rec.State, err)
	}
	if _, err := b.service.TreatyFor(a.did(), Inbound); err != nil {
		t.Fatalf("what the operator signed is not in force: %v", err)
	}
	own.put(a.did(), startTime+1000)
	must(t, a.service.SetTerms(t.Context(), b.did(), tighterTerms()))
	if p, err = a.service.Preview(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	if rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil || rec.State != Active || rec.Treaty == nil || *rec.Treaty != p.TreatyHash {
		t.Fatalf("with a passport: %s, %v", rec.State, err)
	}
}

func tighterTerms() Terms {
	t := testTerms()
	t.Ingress.ToolAccess.Block = append(t.Ingress.ToolAccess.Block, "write_file")
	return t
}

// TestPassportThatLapses: calls stop with the passport, what is owed is settled
// all the same, no revision is signed, and a newer one that the peer shows is
// collected by the next exchange.
func TestPassportThatLapses(t *testing.T) {
	for name, c := range map[string]struct {
		lapse, renew func(a, b *org, r *passportRule, own *shelf)
	}{
		"over": {
			func(_, b *org, _ *passportRule, _ *shelf) { b.clock.Add(100) },
			func(a, b *org, _ *passportRule, own *shelf) { own.put(a.did(), b.clock.Load()+100) },
		},
		"withdrawn": {
			func(_, _ *org, r *passportRule, _ *shelf) { r.withdraw(errors.New("suspended")) },
			func(_, _ *org, r *passportRule, _ *shelf) { r.withdraw(nil) },
		},
		"another is asked for": {
			func(a, b *org, _ *passportRule, _ *shelf) {
				mark(t, b, a, func(r *Record) {
					judged := *r.Passport
					judged.Policy = wire.Hash([]byte("older"))
					r.Passport = &judged
				})
			},
			func(a, b *org, _ *passportRule, _ *shelf) {},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var own shelf
			a, rule := newOrg(t, 10, own.show), newRule()
			own.put(a.did(), startTime+100)
			b := newOrg(t, 20, admitPeers(a.did()), rule.asked)
			treaty := federate(t, a, b)
			for _, dir := range []Direction{Inbound, Outbound} {
				if _, err := b.service.TreatyFor(a.did(), dir); err != nil {
					t.Fatal(err)
				}
			}
			c.lapse(a, b, rule, &own)
			for _, dir := range []Direction{Inbound, Outbound} {
				_, err := b.service.TreatyFor(a.did(), dir)
				if !errors.Is(err, ErrPassport) {
					t.Fatalf("calls pass: %v", err)
				}
				if d := TreatyDenial(err); d.Code != "CHIO-FED-PASSPORT" || d.Fix == "" {
					t.Fatalf("denied with %+v", d)
				}
			}
			if terms, err := (&Desk{s: b.service}).Current(a.did()); err != nil || terms.Treaty != treaty {
				t.Fatalf("money waits for the passport: %v", err)
			}
			c.renew(a, b, rule, &own)
			if _, err := b.service.Connect(t.Context(), a.did()); err != nil {
				t.Fatal(err)
			}
			if _, err := b.service.TreatyFor(a.did(), Inbound); err != nil {
				t.Fatalf("after it was renewed: %v", err)
			}
		})
	}
}

// TestRevisionWithoutAPassport: a treaty in force does not carry a peer over the
// bar again, neither by what it proposes nor by what its operator accepts.
func TestRevisionWithoutAPassport(t *testing.T) {
	var own shelf
	a, rule := newOrg(t, 10, own.show), newRule()
	own.put(a.did(), startTime+100)
	b := newOrg(t, 20, rule.asked)
	p, err := a.service.Preview(t.Context(), b.address())
	must(t, err)
	if rec, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); err != nil || rec.State != PendingPeer {
		t.Fatalf("%s, %v", rec.State, err)
	}
	b.clock.Add(100)
	if _, err := b.service.Accept(t.Context(), a.did(), &p.TreatyHash); !errors.Is(err, ErrPassport) {
		t.Fatalf("accepted with a passport that is over: %v", err)
	}
	b.clock.Add(-1)
	if rec, err := b.service.Accept(t.Context(), a.did(), &p.TreatyHash); err != nil || rec.State != Active {
		t.Fatalf("%s, %v", rec.State, err)
	}
	b.clock.Add(1)
	must(t, a.service.SetTerms(t.Context(), b.did(), tighterTerms()))
	if p, err = a.service.Preview(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.service.Propose(t.Context(), b.did(), p.TreatyHash); !errors.Is(err, ErrPassportAsked) {
		t.Fatalf("revised with a passport that is over: %v", err)
	}
	must(t, b.service.SetTerms(t.Context(), a.did(), tighterTerms()))
	if p, err = b.service.Preview(t.Context(), a.did().String()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service.Propose(t.Context(), a.did(), p.TreatyHash); !errors.Is(err, ErrPassport) {
		t.Fatalf("revised by who asks for a passport: %v", err)
	}
}

// TestShownPassport: what was shown last counts, also if it is worse; nothing is
// read that nobody asks for; what is too large is not handed on.
func TestShownPassport(t *testing.T) {
	var own shelf
	a, rule := newOrg(t, 10, own.show), newRule()
	b := newOrg(t, 20, rule.asked)
	if _, err := a.service.Preview(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	good := wire.MustMarshal(fmt.Sprintf("%s until %d", a.did(), startTime+100))
	qualifies := func(file []byte) error {
		t.Helper()
		must(t, b.service.look(t.Context(), a.did(), file))
		rec := b.record(a)
		return b.service.Qualifies(&rec)
	}
	if err := qualifies(nil); !errors.Is(err, ErrPassport) || b.record(a).Passport != nil {
		t.Fatalf("nothing was shown: %v", err)
	}
	must(t, qualifies(good))
	at := b.record(a).Passport.At
	b.clock.Add(1)
	must(t, qualifies(good)) // again: nothing to write down
	must(t, qualifies(nil))  // silence takes nothing back
	if b.record(a).Passport.At != at {
		t.Fatal("the same passport was written down twice")
	}
	if err := qualifies([]byte(`"worse"`)); !errors.Is(err, ErrPassport) {
		t.Fatalf("what was shown before counts: %v", err)
	}
	must(t, qualifies(good))
	if err := qualifies(append(bytes.Repeat([]byte(" "), MaxPassportBytes), good...)); !errors.Is(err, ErrPassport) || !strings.Contains(err.Error(), "limit 65536") {
		t.Fatalf("of 64 KiB and more: %v", err)
	}
	if err := b.service.look(t.Context(), didOf(t, 99), good); !errors.Is(err, ErrUnknownPeer) {
		t.Fatalf("of nobody: %v", err)
	}
	must(t, a.service.look(t.Context(), b.did(), good))
	if rec := a.record(b); rec.Passport != nil || a.service.Qualifies(&rec) != nil || a.service.passportDue(&rec) {
		t.Fatal("a judges, and has no rule")
	}
	if _, err := b.service.answerTreaty(t.Context(), b.record(a), treatyRequest{SHA256: new(wire.Digest), Passport: good}); !errors.Is(err, ErrTreaty) {
		t.Fatalf("a passport with a question: %v", err)
	}
}

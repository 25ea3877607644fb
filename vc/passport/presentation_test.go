package passport_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// exchange is a verifier that has asked, and an agent's passport files.
type exchange struct {
	t     testing.TB
	db    store.DB
	all   *passport.Challenges
	asked *passport.Asked
	file  []byte
	g     *passport.Registry
	id    string

	issuers []did.DID // the policy's, if not the first organisation alone
}

func newExchange(t testing.TB) *exchange {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	kernel := key(t, 108).Public()
	e := &exchange{t: t, db: db, all: challenges(t, db, &kernel), g: registry(t)}
	p, file, err := e.g.Issue(t.Context(), full(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	e.id, e.file = p.ID, file
	e.ask()
	return e
}

func (e *exchange) ask() {
	e.t.Helper()
	p := policy(e.t)
	if e.issuers != nil {
		p.Issuers = e.issuers
	}
	c, err := e.all.Issue(e.t.Context(), "globex.example", p, t0, 0)
	if err == nil {
		err = e.db.View(func(r store.Reader) error {
			e.asked, err = e.all.Get(r, c.ID, t0)
			return err
		})
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *exchange) present(files ...[]byte) []byte {
	e.t.Helper()
	doc, err := passport.Present(&e.asked.Challenge, "globex.example", key(e.t, 9), files, t0+1)
	if err != nil {
		e.t.Fatal(err)
	}
	return doc
}

func (e *exchange) verify(doc []byte, now int64) (*passport.Verdict, error) {
	r, err := passport.ParseResponse(doc)
	if err != nil {
		return nil, err
	}
	return e.asked.Verify(r, vc.Gate{Now: now, SkewSeconds: 30}, nil)
}

// TestI9_PresentationTable: what was made for another challenge, domain, agent
// or verifier, or was changed on its way, proves nothing.
func TestI9_PresentationTable(t *testing.T) {
	e := newExchange(t)
	doc := e.present(e.file)
	if v, err := e.verify(doc, t0+2); err != nil || v.Err() != nil || v.Agent != didOf(t, 9) || len(v.Credentials) != 1 || v.Credentials[0].ID != e.id {
		t.Fatalf("%+v %v", v, err)
	}
	before := *e.asked
	e.ask() // another challenge of the same verifier
	if _, err := e.verify(doc, t0+2); !errors.Is(err, passport.ErrPresentation) {
		t.Errorf("for another challenge: %v", err)
	}
	renamed := bytes.Replace(doc, []byte(before.Challenge.ID), []byte(e.asked.Challenge.ID), 1)
	if _, err := e.verify(renamed, t0+2); !errors.Is(err, vc.ErrChallenge) {
		t.Errorf("under the name of another challenge: %v", err)
	}
	e.asked.Challenge.Nonce = before.Challenge.Nonce
	e.asked.Challenge.ID, e.asked.Challenge.Domain = before.Challenge.ID, "other.example"
	if _, err := e.verify(doc, t0+2); !errors.Is(err, vc.ErrChallenge) {
		t.Errorf("for another domain: %v", err)
	}
	*e.asked = before
	for i := range doc {
		bad := bytes.Clone(doc)
		bad[i] ^= 1
		if v, err := e.verify(bad, t0+2); err == nil && v.Accepted {
			t.Fatalf("byte %d, %q, may change", i, doc[max(0, i-20):i+1])
		}
		if testing.Short() && i > 500 {
			break
		}
	}
	stolen, err := vc.NewPresentation(didOf(t, 11).String(), mustSplit(t, e.file))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := vc.SignPresentation(stolen, key(t, 11), vc.SignOptions{Created: new(vc.Time(t0 + 1)), Domain: []string{"globex.example"}, Challenge: before.Challenge.Nonce})
	if err != nil {
		t.Fatal(err)
	}
	_, lists, err := passport.SplitFile(e.file)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(presentation []byte, lists ...wire.Raw) []byte {
		return wire.MustMarshal(passport.Response{Schema: passport.SchemaPresentation, ChallengeID: before.Challenge.ID, Presentation: presentation, StatusLists: lists})
	}
	if v, err := e.verify(answer(signed, lists...), t0+2); err != nil || v.Accepted || !errors.Is(v.Err(), passport.ErrRefused) {
		t.Errorf("a thief shows another's passport: %+v %v", v, err)
	}
	var r passport.Response
	if err := wire.Unmarshal(doc, &r, wire.ForeignLimits); err != nil {
		t.Fatal(err)
	}
	if v, err := e.verify(answer(r.Presentation, []wire.Raw{}...), t0+2); err == nil && v.Accepted {
		t.Error("accepted without a status list")
	}
	if v, err := e.verify(doc, t0+day+3600); err == nil && v.Accepted {
		t.Error("accepted with a list that is too old")
	}
	if err := e.g.Revoke(t.Context(), e.id, "", t0+1); err != nil {
		t.Fatal(err)
	}
	if e.file, err = e.g.File(t.Context(), e.id, t0+1); err != nil {
		t.Fatal(err)
	}
	if v, err := e.verify(e.present(e.file), t0+2); err != nil || v.Accepted || !errors.Is(v.Err(), passport.ErrWithdrawn) {
		t.Errorf("revoked: %+v %v", v, err)
	}
}

// TestPortfolioOfTwoIssuers: two organisations vouch for one agent, each by its
// own lists. Each is judged by its issuer's word; one that passes is enough, and
// neither mends what the other withdrew.
func TestPortfolioOfTwoIssuers(t *testing.T) {
	e := newExchange(t)
	second, err := passport.NewRegistry(passport.Config{DB: e.db, Org: key(t, 6), Rand: rand.NewChaCha8([32]byte{6})})
	if err != nil {
		t.Fatal(err)
	}
	other, otherFile, err := second.Issue(t.Context(), request(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	lifecycle := &lifecycle{t: t, db: e.db, g: second}
	judge := func() *passport.Verdict {
		t.Helper()
		e.ask()
		v, err := e.verify(e.present(e.file, otherFile), t0+2)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := judge()
	if v.Err() != nil || len(v.Credentials) != 2 || !v.Credentials[0].Accepted || v.Credentials[1].Accepted || v.Credentials[1].Issuer != didOf(t, 6).String() {
		t.Errorf("the policy names the first issuer only: %+v", v)
	}
	e.issuers = []did.DID{didOf(t, 6), didOf(t, 7)}
	if v = judge(); v.Err() != nil || !v.Credentials[0].Accepted || !v.Credentials[1].Accepted || v.Agent != didOf(t, 9) {
		t.Errorf("both are named: %+v", v)
	}
	for _, step := range []struct {
		do       string
		accepted bool
	}{{"suspend", false}, {"resume", true}, {"revoke", false}} {
		if err := lifecycle.do(step.do, other.ID, t0+1); err != nil {
			t.Fatal(err)
		}
		if otherFile, err = second.File(t.Context(), other.ID, t0+1); err != nil {
			t.Fatal(err)
		}
		if v = judge(); v.Accepted != step.accepted || !step.accepted && !errors.Is(v.Err(), passport.ErrWithdrawn) {
			t.Errorf("after the second issuer's %s: %+v", step.do, v)
		}
	}
}

// TestLaterCopyOfAListCounts: what one file of an answer shows as revoked is
// revoked, though another brings a copy of the list from before.
func TestLaterCopyOfAListCounts(t *testing.T) {
	e := newExchange(t)
	first, firstFile, err := e.g.Issue(t.Context(), request(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := e.g.Issue(t.Context(), request(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.g.Revoke(t.Context(), first.ID, "test", t0+1); err != nil {
		t.Fatal(err)
	}
	secondFile, err := e.g.File(t.Context(), second.ID, t0+1)
	if err != nil {
		t.Fatal(err)
	}
	for _, files := range [][][]byte{{firstFile, secondFile}, {secondFile, firstFile}} {
		e.ask()
		if v, err := e.verify(e.present(files...), t0+2); err != nil || !errors.Is(v.Err(), passport.ErrWithdrawn) {
			t.Errorf("%+v %v", v, err)
		}
	}
}

func mustSplit(t testing.TB, file []byte) []byte {
	t.Helper()
	doc, _, err := passport.SplitFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestPresentRefuses(t *testing.T) {
	e := newExchange(t)
	for name, c := range map[string]struct {
		domain string
		fill   byte
		files  [][]byte
		now    int64
		want   error
	}{
		"another domain": {"evil.example", 9, [][]byte{e.file}, t0, passport.ErrChallengeOther},
		"another agent":  {"globex.example", 11, [][]byte{e.file}, t0, passport.ErrPresentation},
		"nothing":        {"globex.example", 9, nil, t0, passport.ErrPresentation},
		"too many":       {"globex.example", 9, make([][]byte, 9), t0, passport.ErrPresentation},
		"not a passport": {"globex.example", 9, [][]byte{[]byte("{}")}, t0, passport.ErrPresentation},
		"too late":       {"globex.example", 9, [][]byte{e.file}, t0 + 300, passport.ErrChallengeExpired},
	} {
		if _, err := passport.Present(&e.asked.Challenge, c.domain, key(t, c.fill), c.files, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPresentation(f *testing.F) {
	e := newExchange(f)
	doc := e.present(e.file)
	f.Add(doc)
	f.Add(wire.MustMarshal(e.asked.Challenge))
	f.Add(wire.MustMarshal(policy(f)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, err := e.verify(b, t0+2); err == nil && v.Accepted && !bytes.Equal(b, doc) {
			t.Fatalf("accepted %s", b)
		}
		if c, err := passport.ParseChallenge(b); err == nil && !bytes.Equal(wire.MustMarshal(c), b) {
			t.Fatalf("a challenge with two spellings: %s", b)
		}
		if p, err := passport.ParsePolicy(b); err == nil && len(p.Issuers) == 0 && len(p.TrustAnchors) == 0 {
			t.Fatalf("a policy of nobody: %s", b)
		}
		_, _ = passport.OpenPolicy(b, t0)
	})
}

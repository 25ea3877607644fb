package passport_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func challenges(t testing.TB, db store.DB, kernel *wire.PublicKey) *passport.Challenges {
	t.Helper()
	c, err := passport.NewChallenges(passport.ChallengesConfig{DB: db, Verifier: didOf(t, 8), Rand: rand.NewChaCha8([32]byte{2}),
		Audience: func() wire.PublicKey { return *kernel }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestI9_ChallengeIsAnsweredOnce(t *testing.T) {
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	kernel := key(t, 108).Public()
	all := challenges(t, db, &kernel)
	consume := func(id string, now int64) (err error) {
		uerr := db.Update(t.Context(), func(tx store.Tx) error {
			_, err = all.Consume(tx, id, now)
			return err
		})
		if uerr != nil && err == nil {
			t.Fatal(uerr)
		}
		return err
	}
	issue := func(now, ttl int64) *passport.Challenge {
		t.Helper()
		c, err := all.Issue(t.Context(), "globex.example", policy(t), now, ttl)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := issue(t0, 0)
	if c.ExpiresAt != t0+300 || c.Verifier != didOf(t, 8) || c.Audience != kernel {
		t.Errorf("%+v", c)
	}
	if parsed, err := passport.ParseChallenge(wire.MustMarshal(c)); err != nil || *parsed != *c {
		t.Errorf("%+v %v", parsed, err)
	}
	if err := consume(c.ID, t0+299); err != nil {
		t.Fatal(err)
	}
	if err := consume(c.ID, t0+299); !errors.Is(err, passport.ErrChallengeUsed) {
		t.Errorf("again: %v", err)
	}
	all = challenges(t, db, &kernel) // a restart forgets nothing
	if err := consume(c.ID, t0+299); !errors.Is(err, passport.ErrChallengeUsed) {
		t.Errorf("after a restart: %v", err)
	}
	late := issue(t0, 60)
	if err := consume(late.ID, t0+60); !errors.Is(err, passport.ErrChallengeExpired) {
		t.Errorf("late: %v", err)
	}
	early := issue(t0+1000, 0)
	if err := consume(early.ID, t0); !errors.Is(err, passport.ErrChallenge) {
		t.Errorf("from the future: %v", err)
	}
	for _, id := range []string{"x", "01890a5d-ac96-774b-bcce-b302099a8057"} {
		if err := consume(id, t0); !errors.Is(err, passport.ErrChallengeUnknown) {
			t.Errorf("%s: %v", id, err)
		}
	}
	rotated := issue(t0+1000, 0)
	kernel = key(t, 109).Public()
	if err := consume(rotated.ID, t0+1001); !errors.Is(err, passport.ErrChallengeOther) {
		t.Errorf("for a kernel key that is in use no more: %v", err)
	}
}

func TestChallengesAreBoundedAndSwept(t *testing.T) {
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	kernel := key(t, 108).Public()
	all := challenges(t, db, &kernel)
	for i := range 3 {
		if _, err := all.Issue(t.Context(), "d", policy(t), t0, int64(100*(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	for now, want := range map[int64]int{t0 + 99: 3, t0 + 100: 2, t0 + 299: 1, t0 + 300: 0} {
		err := db.Update(t.Context(), func(tx store.Tx) error {
			open, err := all.Sweep(tx, now)
			if err == nil && open != want {
				t.Errorf("at %d: %d open, want %d", now-t0, open, want)
			}
			return errors.Join(err, errors.New("look only"))
		})
		if err == nil {
			t.Fatal("the transaction committed")
		}
	}
	bad := policy(t)
	bad.Issuers = nil
	for name, c := range map[string]struct {
		domain string
		p      *passport.Policy
		ttl    int64
		want   error
	}{
		"no policy":  {"d", nil, 0, passport.ErrNoPolicy},
		"bad policy": {"d", bad, 0, passport.ErrPolicy},
		"no domain":  {"", policy(t), 0, passport.ErrChallenge},
		"spaces":     {"a b", policy(t), 0, passport.ErrChallenge},
		"negative":   {"d", policy(t), -1, passport.ErrChallenge},
		"too long":   {"d", policy(t), 3601, passport.ErrChallenge},
	} {
		if _, err := all.Issue(t.Context(), c.domain, c.p, t0, c.ttl); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMalformedChallenges(t *testing.T) {
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	kernel := key(t, 108).Public()
	c, err := challenges(t, db, &kernel).Issue(t.Context(), "globex.example", policy(t), t0, 0)
	if err != nil {
		t.Fatal(err)
	}
	doc := wire.MustMarshal(c)
	for name, change := range map[string]func(c *passport.Challenge){
		"schema":    func(c *passport.Challenge) { c.Schema = "chio.presentation_challenge.v2" },
		"id":        func(c *passport.Challenge) { c.ID = "1" },
		"nonce":     func(c *passport.Challenge) { c.Nonce = c.Nonce[2:] },
		"nonce hex": func(c *passport.Challenge) { c.Nonce = "zz" + c.Nonce[2:] },
		"domain":    func(c *passport.Challenge) { c.Domain = "" },
		"window":    func(c *passport.Challenge) { c.ExpiresAt = c.IssuedAt },
		"life":      func(c *passport.Challenge) { c.ExpiresAt = c.IssuedAt + 3601 },
		"before 0":  func(c *passport.Challenge) { c.IssuedAt, c.ExpiresAt = -5, 5 },
		"policy":    func(c *passport.Challenge) { c.PolicySHA256 = wire.Digest{} },
		"policy id": func(c *passport.Challenge) { c.PolicyID = "" },
	} {
		bad := *c
		change(&bad)
		if _, err := passport.ParseChallenge(wire.MustMarshal(bad)); !errors.Is(err, passport.ErrChallenge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string][]byte{
		"not canonical": append([]byte(" "), doc...),
		"unknown":       bytes.Replace(doc, []byte(`"domain"`), []byte(`"admin":true,"domain"`), 1),
		"nothing":       nil,
	} {
		if _, err := passport.ParseChallenge(bad); !errors.Is(err, passport.ErrChallenge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package vc_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	t0  = 1_790_000_000
	day = 24 * 3600
)

func key(t testing.TB, fill byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func didOf(t testing.TB, fill byte) did.DID { return did.FromKey(key(t, fill).Public()) }

// issued returns a passport, its signed document, its lists and its file.
func issued(t testing.TB) (p *passport.Passport, doc []byte, lists []wire.Raw, file []byte) {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	r, err := passport.NewRegistry(passport.Config{DB: db, Org: key(t, 7), Rand: rand.NewChaCha8([32]byte{1})})
	if err != nil {
		t.Fatal(err)
	}
	p, file, err = r.Issue(t.Context(), passport.Request{ValidFrom: t0, TTLSeconds: 30 * day, Subject: passport.Subject{
		ID: didOf(t, 9), Name: "researcher", Organization: "acme", Roles: []string{"reader"}, AutonomyTier: passport.TierDirect}}, t0)
	if err != nil {
		t.Fatal(err)
	}
	if doc, lists, err = passport.SplitFile(file); err != nil {
		t.Fatal(err)
	}
	return p, doc, lists, file
}

// gate trusts the issuer of the tests and knows some lists.
func gate(t testing.TB, lists []wire.Raw, now int64) vc.Gate {
	t.Helper()
	org := didOf(t, 7)
	g := vc.Gate{Now: now, TrustedIssuer: func(issuer string) bool { return issuer == org.String() }}
	known := map[string]*vc.StatusList{}
	for _, doc := range lists {
		l, err := vc.OpenStatusList(doc, didOf(t, 7).String())
		if err != nil {
			t.Fatal(err)
		}
		known[l.ID()] = l
	}
	if lists != nil {
		g.StatusList = func(url string) (*vc.StatusList, error) {
			if l := known[url]; l != nil {
				return l, nil
			}
			return nil, errors.New("no such list")
		}
	}
	return g
}

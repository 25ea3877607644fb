package passport_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
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

func registry(t testing.TB) *passport.Registry {
	g, _ := registryDB(t)
	return g
}

func registryDB(t testing.TB) (*passport.Registry, store.DB) {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	r, err := passport.NewRegistry(passport.Config{DB: db, Org: key(t, 7), Rand: rand.NewChaCha8([32]byte{1})})
	if err != nil {
		t.Fatal(err)
	}
	return r, db
}

func request(t testing.TB) passport.Request {
	return passport.Request{
		Subject: passport.Subject{
			ID: didOf(t, 9), Name: "researcher", Organization: "acme", Roles: []string{"reader"}, AutonomyTier: passport.TierDirect,
		},
		ValidFrom: t0, TTLSeconds: 30 * day,
	}
}

// issued returns a passport, its signed document, its lists and its file.
func issued(t testing.TB) (p *passport.Passport, doc []byte, lists []wire.Raw, file []byte) {
	t.Helper()
	p, file, err := registry(t).Issue(t.Context(), request(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	doc, lists, err = passport.SplitFile(file)
	if err != nil {
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

func TestIssuedPassportVerifies(t *testing.T) {
	p, doc, lists, file := issued(t)
	for name, r := range map[string]*passport.Report{
		"credential": passport.Verify(doc, gate(t, lists, t0)),
		"file":       passport.VerifyFile(file, gate(t, nil, t0)),
	} {
		if err := r.Err(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !r.Integrity || !r.IssuerTrusted || !r.Authorized || r.Status != vc.StatusActive || r.Window != vc.WindowCurrent ||
			r.Issuer != didOf(t, 7).String() || r.ID != p.ID || r.Passport.Subject.ID != didOf(t, 9) {
			t.Errorf("%s: %+v", name, r)
		}
		for _, c := range r.Checks {
			if !c.OK {
				t.Errorf("%s: check %d %s: %s", name, c.Rule, c.Name, c.Detail)
			}
		}
	}
}

func TestThreeAnswersAreSeparate(t *testing.T) {
	_, doc, lists, _ := issued(t)
	nobody := gate(t, lists, t0)
	nobody.TrustedIssuer = nil
	others := gate(t, lists, t0)
	others.TrustedIssuer = func(issuer string) bool { return issuer == didOf(t, 11).String() }
	noLists := gate(t, nil, t0)
	oldLists := gate(t, lists, t0+3600)
	oldLists.MaxStatusAgeSeconds = 600
	failing := gate(t, lists, t0)
	failing.StatusList = func(string) (*vc.StatusList, error) { return nil, nil }
	skewed := gate(t, lists, t0-2)
	skewed.SkewSeconds = 5
	for name, c := range map[string]struct {
		g                   vc.Gate
		trusted, authorized bool
		window              vc.Window
		status              vc.Status
		want                error
	}{
		"trusts nobody":     {nobody, false, true, vc.WindowCurrent, vc.StatusActive, vc.ErrUntrustedIssuer},
		"trusts others":     {others, false, true, vc.WindowCurrent, vc.StatusActive, vc.ErrUntrustedIssuer},
		"no list":           {noLists, true, false, vc.WindowCurrent, vc.StatusUnknown, vc.ErrStatusUnknown},
		"nil list":          {failing, true, false, vc.WindowCurrent, vc.StatusUnknown, vc.ErrStatusUnknown},
		"old list":          {oldLists, true, false, vc.WindowCurrent, vc.StatusUnknown, vc.ErrStatusUnknown},
		"list has expired":  {gate(t, lists, t0+7*day), true, false, vc.WindowCurrent, vc.StatusUnknown, vc.ErrStatusUnknown},
		"early":             {gate(t, lists, t0-1), true, false, vc.WindowEarly, vc.StatusUnknown, vc.ErrNotYetValid},
		"early within skew": {skewed, true, true, vc.WindowCurrent, vc.StatusActive, nil},
		"last second":       {gate(t, lists, t0+7*day-1), true, true, vc.WindowCurrent, vc.StatusActive, nil},
		"expired":           {gate(t, lists, t0+30*day), true, false, vc.WindowExpired, vc.StatusUnknown, vc.ErrExpired},
	} {
		r := passport.Verify(doc, c.g)
		if !r.Integrity || r.IssuerTrusted != c.trusted || r.Authorized != c.authorized || r.Window != c.window || r.Status != c.status || !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: integrity %v trusted %v authorized %v %s %s: %v", name, r.Integrity, r.IssuerTrusted, r.Authorized, r.Window, r.Status, r.Err())
		}
	}
	if (&vc.Report{}).Err() == nil {
		t.Error("the zero report says yes")
	}
}

func TestRevocation(t *testing.T) {
	g := registry(t)
	p, before, err := g.Issue(t.Context(), request(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := g.Issue(t.Context(), request(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	if other.Status[0].StatusListIndex == p.Status[0].StatusListIndex {
		t.Fatal("two passports share a bit")
	}
	for range 2 { // again changes nothing
		if err := g.Revoke(t.Context(), p.ID, "key lost", t0+10); err != nil {
			t.Fatal(err)
		}
	}
	file, err := g.File(t.Context(), p.ID, t0+20)
	if err != nil {
		t.Fatal(err)
	}
	r := passport.VerifyFile(file, gate(t, nil, t0+20))
	if !r.Integrity || !r.IssuerTrusted || r.Authorized || r.Status != vc.StatusRevoked || !errors.Is(r.Err(), vc.ErrRevoked) {
		t.Errorf("%+v %v", r, r.Err())
	}
	r = passport.VerifyFile(file, gate(t, nil, t0+20*day))
	if r.Status != vc.StatusRevoked {
		t.Errorf("a stale list forgot the revocation: %s", r.Status)
	}
	stale := gate(t, nil, t0+3600)
	stale.MaxStatusAgeSeconds = 60
	if r := passport.VerifyFile(before, stale); r.Status != vc.StatusUnknown || r.Authorized {
		t.Errorf("a list from before the revocation still counts: %s", r.Status)
	}
	file, err = g.File(t.Context(), other.ID, t0+20)
	if err != nil {
		t.Fatal(err)
	}
	if r := passport.VerifyFile(file, gate(t, nil, t0+20)); r.Err() != nil {
		t.Errorf("the neighbour is hit: %v", r.Err())
	}
	record, err := g.Get(p.ID)
	if err != nil || !record.Revoked() || record.Reason != "key lost" || record.RevokedAt != t0+10 {
		t.Errorf("%+v %v", record, err)
	}
	if err := g.Revoke(t.Context(), "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", "", t0); !errors.Is(err, passport.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
	if err := g.Revoke(t.Context(), "../x", "", t0); !errors.Is(err, passport.ErrUnknown) {
		t.Errorf("malformed: %v", err)
	}
}

func TestRegistryLists(t *testing.T) {
	g := registry(t)
	for i := range 3 {
		req := request(t)
		req.Subject.ID = didOf(t, byte(20+i%2))
		if _, _, err := g.Issue(t.Context(), req, t0+int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	count := func(agent did.DID) (n int) {
		if err := g.List(agent, func(r *passport.Record) error {
			p, err := r.Parse()
			if err != nil || agent != "" && p.Subject.ID != agent {
				t.Errorf("%v %v", p, err)
			}
			n++
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count("") != 3 || count(didOf(t, 20)) != 2 || count(didOf(t, 21)) != 1 || count(didOf(t, 22)) != 0 {
		t.Error("wrong lists")
	}
	one, err := g.StatusList(t.Context(), 0, t0+10)
	if err != nil {
		t.Fatal(err)
	}
	again, err := g.StatusList(t.Context(), 0, t0+20)
	if err != nil || !bytes.Equal(one, again) {
		t.Errorf("a fresh list was signed anew: %v", err)
	}
	later, err := g.StatusList(t.Context(), 0, t0+4*day)
	if err != nil || bytes.Equal(one, later) {
		t.Errorf("an ageing list was not signed anew: %v", err)
	}
	if _, err := g.StatusList(t.Context(), 2, t0); err == nil {
		t.Error("a list nobody has is signed")
	}
}

func TestIssueRefuses(t *testing.T) {
	g := registry(t)
	for name, change := range map[string]func(*passport.Request){
		"no subject":        func(r *passport.Request) { r.Subject.ID = "" },
		"own key":           func(r *passport.Request) { r.Subject.ID = didOf(t, 7) },
		"no name":           func(r *passport.Request) { r.Subject.Name = "" },
		"long name":         func(r *passport.Request) { r.Subject.Name = strings.Repeat("a", 129) },
		"control":           func(r *passport.Request) { r.Subject.Organization = "a\x1b[31m" },
		"many roles":        func(r *passport.Request) { r.Subject.Roles = make([]string, 17) },
		"empty role":        func(r *passport.Request) { r.Subject.Roles = []string{""} },
		"tier":              func(r *passport.Request) { r.Subject.AutonomyTier = "god" },
		"no time":           func(r *passport.Request) { r.TTLSeconds = 0 },
		"too long":          func(r *passport.Request) { r.TTLSeconds = passport.MaxPassportSeconds + 1 },
		"year ten thousand": func(r *passport.Request) { r.ValidFrom = 253402300800 },
	} {
		req := request(t)
		change(&req)
		if _, _, err := g.Issue(t.Context(), req, t0); !errors.Is(err, vc.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := g.Issue(t.Context(), request(t), t0); err != nil {
		t.Errorf("the control: %v", err)
	}
}

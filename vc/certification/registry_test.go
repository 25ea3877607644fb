package certification_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

func TestPublishAndResolve(t *testing.T) {
	g := registry(t)
	_, doc := issued(t, key(t, 2), t0, nil)
	id := publish(t, g, doc, t0)
	manifest := wire.Hash([]byte("manifest"))
	trusted := certification.Trusting(didOf(key(t, 2)))
	ask := func(q certification.Query, o certification.Options) *certification.Answer {
		t.Helper()
		a, err := g.Resolve(q, o)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := ask(certification.Query{ManifestSHA256: manifest}, certification.Options{Now: t0, Trusted: trusted})
	if a.State != certification.Active || a.Tier != certification.Silver || a.Best.ID != id || !a.Holds(certification.Silver) || a.Holds(certification.Gold) {
		t.Errorf("%+v", a)
	}
	// Listing is not trust: the same answer for one who trusts nobody holds nothing.
	for _, who := range []certification.Options{{Now: t0}, {Now: t0, Trusted: certification.Trusting(didOf(key(t, 1)))}, {Now: t0, Trusted: certification.Trusting("")}} {
		if a := ask(certification.Query{ManifestSHA256: manifest}, who); a.State != certification.NotFound || a.Best != nil || len(a.Findings) != 1 || a.Holds(certification.Bronze) ||
			a.Findings[0].CertifierTrusted || !a.Findings[0].Integrity || a.Findings[0].State != certification.Active {
			t.Errorf("%+v", a)
		}
	}
	if a := ask(certification.Query{Name: "files"}, certification.Options{Now: t0 + 1000, Trusted: trusted}); a.State != certification.Expired || a.Holds(certification.Bronze) {
		t.Errorf("at its end: %+v", a)
	}
	if a := ask(certification.Query{Name: "files"}, certification.Options{Now: t0 + 999, Trusted: trusted}); a.State != certification.Active {
		t.Errorf("before its end: %+v", a)
	}
	if a := ask(certification.Query{Name: "files"}, certification.Options{Now: t0 - certification.SkewSeconds - 1, Trusted: trusted}); a.State != certification.NotYetValid {
		t.Errorf("before its time: %+v", a)
	}
	for _, q := range []certification.Query{{Name: "other"}, {ManifestSHA256: id}, {ManifestSHA256: manifest, Name: "other"}, {Name: "files", Version: "2"}} {
		if a := ask(q, certification.Options{Now: t0, Trusted: trusted}); a.State != certification.NotFound || len(a.Findings) != 0 {
			t.Errorf("%+v: %+v", q, a)
		}
	}
	if _, err := g.Resolve(certification.Query{}, certification.Options{Now: t0}); !errors.Is(err, certification.ErrUnknown) {
		t.Errorf("a query about nothing: %v", err)
	}
}

// TestArtifact: a certification that names a program is of that program only.
func TestArtifact(t *testing.T) {
	g := registry(t)
	program := wire.Hash([]byte("program"))
	_, doc := issued(t, key(t, 2), t0, func(r *certification.Report) { r.Server.ArtifactSHA256 = program })
	publish(t, g, doc, t0)
	for _, c := range []struct {
		files []wire.Digest
		want  bool
	}{{nil, true}, {[]wire.Digest{}, false}, {[]wire.Digest{wire.Hash(nil)}, false}, {[]wire.Digest{wire.Hash(nil), program}, true}} {
		a, err := g.Resolve(certification.Query{Name: "files", Artifacts: c.files}, certification.Options{Now: t0, Trusted: certification.Trusting(didOf(key(t, 2)))})
		if err != nil || a.Holds(certification.Silver) != c.want {
			t.Errorf("running %v: %+v, %v", c.files, a, err)
		}
	}
}

// TestTheNewestWordCounts: an older certification does not outlive a newer one
// of the same certifier that was revoked, and one certifier's does not end
// another's.
func TestTheNewestWordCounts(t *testing.T) {
	g := registry(t)
	for i, by := range []byte{1, 1, 2} {
		_, doc := issued(t, key(t, by), t0+int64(i), nil)
		id := publish(t, g, doc, t0+int64(i))
		if i == 1 {
			if _, err := g.Say(t.Context(), certification.Record{Certification: id, Kind: certification.Revoked, Reason: "broken"}, t0+5); err != nil {
				t.Fatal(err)
			}
		}
	}
	holds := func(want certification.State, by ...byte) {
		t.Helper()
		trust := certification.Trusting()
		for _, b := range by {
			last := trust
			one := certification.Trusting(didOf(key(t, b)))
			trust = func(d didDID) bool { return last(d) || one(d) }
		}
		a, err := g.Resolve(certification.Query{Name: "files"}, certification.Options{Now: t0 + 9, Trusted: trust})
		if err != nil || a.State != want || a.Holds(certification.Bronze) != (want == certification.Active) || len(a.Findings) != 2 {
			t.Errorf("trusting %v: %+v, %v; want %s", by, a, err, want)
		}
	}
	holds(certification.StateRevoked, 1)
	holds(certification.Active, 2)
	holds(certification.Active, 1, 2)
}

func TestPublishRefuses(t *testing.T) {
	g := registry(t)
	b, doc := issued(t, key(t, 2), t0, nil)
	stranger, strangerDoc := issued(t, key(t, 9), t0, nil)
	_, gold := issued(t, key(t, 3), t0, nil)
	withoutReport := pack(t, &certification.Bundle{Certification: b.Certification})
	elsewhere := registryOf(t, 4)
	id := publish(t, elsewhere, doc, t0)
	f := get(t, elsewhere, id, t0)
	revocation, err := certification.SignRecord(key(t, 2), f, didOf(key(t, 4)), certification.Record{Kind: certification.Revoked, Reason: "r"}, t0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.Accept(t.Context(), revocation.Bytes(), t0); err != nil {
		t.Fatal(err)
	}
	revoked, err := elsewhere.Export(id, t0)
	if err != nil {
		t.Fatal(err)
	}
	_ = stranger
	for _, c := range []struct {
		name  string
		doc   []byte
		class certification.Admission
		now   int64
		want  error
	}{
		{"garbage", []byte("{}"), certification.PublicUntrusted, t0, certification.ErrBundle},
		{"no report", withoutReport, certification.PublicUntrusted, t0, certification.ErrBundle},
		{"expired", doc, certification.PublicUntrusted, t0 + 1000, certification.ErrNotAllowed},
		{"from the future", doc, certification.PublicUntrusted, t0 - certification.SkewSeconds - 1, certification.ErrNotAllowed},
		{"revoked elsewhere", revoked, certification.PublicUntrusted, t0, certification.ErrNotAllowed},
		{"a stranger to review", strangerDoc, certification.Reviewable, t0, certification.ErrAdmission},
		{"a role nobody gave", gold, certification.RoleGated, t0, certification.ErrAdmission},
		{"a bond there is none of", doc, certification.BondBacked, t0, certification.ErrAdmission},
		{"a class there is none of", doc, "vip", t0, certification.ErrAdmission},
	} {
		if _, err := g.Publish(t.Context(), c.doc, c.class, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := g.Publish(t.Context(), doc, certification.RoleGated, t0); err != nil {
		t.Errorf("a certifier that was named: %v", err)
	}
	if _, err := g.Publish(t.Context(), doc, certification.PublicUntrusted, t0); !errors.Is(err, certification.ErrExists) {
		t.Errorf("published twice: %v", err)
	}
	if _, err := g.Publish(t.Context(), strangerDoc, certification.PublicUntrusted, t0); err != nil {
		t.Errorf("a stranger in public: %v", err)
	}
	all, err := g.List(certification.Options{Now: t0})
	if err != nil || len(all) != 2 {
		t.Errorf("%d listed: %v", len(all), err)
	}
}

func TestBonds(t *testing.T) {
	bonded := func(want error) error {
		g, err := certification.NewRegistry(certification.Config{DB: newDB(), Org: key(t, 1), Bonded: func(didDID) error { return want }})
		if err != nil {
			t.Fatal(err)
		}
		_, doc := issued(t, key(t, 2), t0, nil)
		_, err = g.Publish(t.Context(), doc, certification.BondBacked, t0)
		return err
	}
	if err := bonded(nil); err != nil {
		t.Error(err)
	}
	if err := bonded(errors.New("no bond")); !errors.Is(err, certification.ErrAdmission) {
		t.Error(err)
	}
}

func TestSupersede(t *testing.T) {
	g := registry(t)
	_, doc := issued(t, key(t, 1), t0, nil)
	older := publish(t, g, doc, t0)
	replace := func(r *certification.Request) { r.Supersedes = older }
	for name, c := range map[string]struct {
		by   byte
		at   int64
		edit func(*certification.Report)
	}{
		"another certifier": {2, t0 + 1, nil},
		"another server":    {1, t0 + 1, func(r *certification.Report) { r.Server.Name = "other" }},
		"an earlier one":    {1, t0 - 1, nil},
	} {
		_, doc := issued(t, key(t, c.by), c.at, c.edit, replace)
		if _, err := g.Publish(t.Context(), doc, certification.PublicUntrusted, t0+1); !errors.Is(err, certification.ErrNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, unknown := issued(t, key(t, 1), t0+1, nil, func(r *certification.Request) { r.Supersedes = wire.Hash(nil) })
	if _, err := g.Publish(t.Context(), unknown, certification.PublicUntrusted, t0+1); !errors.Is(err, certification.ErrUnknown) {
		t.Errorf("supersedes nothing: %v", err)
	}
	_, doc = issued(t, key(t, 1), t0+1, nil, replace)
	newer := publish(t, g, doc, t0+1)
	if f := get(t, g, older, t0+1); f.State != certification.Replaced || f.History.Successor != newer {
		t.Errorf("%+v", f.History)
	}
	if f := get(t, g, newer, t0+1); f.State != certification.Active {
		t.Errorf("%+v", f)
	}
	_, doc = issued(t, key(t, 1), t0+2, nil, replace)
	if _, err := g.Publish(t.Context(), doc, certification.PublicUntrusted, t0+2); !errors.Is(err, certification.ErrNotAllowed) {
		t.Errorf("superseded twice: %v", err)
	}
	// What was superseded can still be revoked.
	if _, err := g.Say(t.Context(), certification.Record{Certification: older, Kind: certification.Revoked, Reason: "broken too"}, t0+3); err != nil {
		t.Error(err)
	}
	if f := get(t, g, older, t0+3); f.State != certification.StateRevoked {
		t.Errorf("%+v", f)
	}
}

// TestSupersedeOfAnotherCertifier: his record comes from him, and is held to
// the same rules.
func TestSupersedeOfAnotherCertifier(t *testing.T) {
	g, by := registry(t), key(t, 2)
	_, doc := issued(t, by, t0, nil)
	older := publish(t, g, doc, t0)
	_, doc = issued(t, by, t0+1, nil, func(r *certification.Request) { r.Supersedes = older })
	newer := publish(t, g, doc, t0+1)
	_, doc = issued(t, by, t0+2, nil)
	unrelated := publish(t, g, doc, t0+2)
	if f := get(t, g, older, t0+2); f.State != certification.Active {
		t.Fatalf("%+v", f)
	}
	say := func(successor wire.Digest) error {
		_, err := g.Accept(t.Context(), signed(t, get(t, g, older, t0+2), by, certification.Record{Kind: certification.Superseded, Successor: successor}, t0+2), t0+2)
		return err
	}
	if err := say(wire.Hash(nil)); !errors.Is(err, certification.ErrUnknown) {
		t.Errorf("a successor that is not listed: %v", err)
	}
	if err := say(unrelated); !errors.Is(err, certification.ErrNotAllowed) {
		t.Errorf("a successor that does not name it: %v", err)
	}
	if err := say(newer); err != nil {
		t.Error(err)
	}
	if f := get(t, g, older, t0+2); f.State != certification.Replaced {
		t.Errorf("%+v", f)
	}
}

func TestConfigRefuses(t *testing.T) {
	if _, err := certification.NewRegistry(certification.Config{DB: newDB()}); err == nil {
		t.Error("a registry without a key")
	}
	if _, err := certification.NewRegistry(certification.Config{Org: key(t, 1)}); err == nil {
		t.Error("a registry without a store")
	}
}

package passport_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func someRecord(t testing.TB) *passport.ProvenanceRecord {
	t.Helper()
	r, err := passport.NewProvenanceRecord(passport.ProvenanceRecord{Provider: "https://login.acme.example", Method: passport.MethodOIDC,
		Issuer: did.FromKey(wire.PublicKey(wire.Hash([]byte("org")))), Agent: "researcher", Principal: "u-1001", Tenant: "acme",
		Groups: []string{"agents", "writers"}, Roles: []string{"writer"}, AuthTime: 5, AMR: []string{"mfa"}, VerifiedAt: 10},
		strings.NewReader("sixteen bytes of"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A record is what the passport refers to, or it is refused.
func TestCheckProvenance(t *testing.T) {
	r := someRecord(t)
	ref, err := r.Reference()
	if err != nil {
		t.Fatal(err)
	}
	says := func(change func(*passport.Passport)) *passport.Passport {
		said := *ref
		p := &passport.Passport{Issuer: r.Issuer, Subject: passport.Subject{Name: r.Agent, Provenance: &said}}
		change(p)
		return p
	}
	if err := passport.CheckProvenance(says(func(*passport.Passport) {}), r); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*passport.Passport){
		"says nothing":         func(p *passport.Passport) { p.Subject.Provenance = nil },
		"another provider":     func(p *passport.Passport) { p.Subject.Provenance.Provider = "https://evil.example" },
		"another method":       func(p *passport.Passport) { p.Subject.Provenance.Method = "saml" },
		"another agent":        func(p *passport.Passport) { p.Subject.Name = "writer" },
		"another organisation": func(p *passport.Passport) { p.Issuer = did.FromKey(wire.PublicKey(wire.Hash(nil))) },
		"another digest":       func(p *passport.Passport) { p.Subject.Provenance.Digest[0] ^= 1 },
	} {
		if err := passport.CheckProvenance(says(change), r); !errors.Is(err, passport.ErrProvenance) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, change := range []func(*passport.ProvenanceRecord){
		func(r *passport.ProvenanceRecord) { r.Principal = "u-1002" },
		func(r *passport.ProvenanceRecord) { r.Roles = nil },
		func(r *passport.ProvenanceRecord) { r.AuthTime++ },
		func(r *passport.ProvenanceRecord) { r.Salt = strings.Repeat("0", 32) },
	} {
		other := *r
		change(&other)
		if err := passport.CheckProvenance(says(func(*passport.Passport) {}), &other); !errors.Is(err, passport.ErrProvenance) {
			t.Errorf("%+v is taken for the record: %v", other, err)
		}
	}
}

func TestMalformedRecords(t *testing.T) {
	doc, err := someRecord(t).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"schema":            {"provenance.v1", "provenance.v2"},
		"unknown member":    {`"agent":`, `"a":1,"agent":`},
		"not canonical":     {`{"agent"`, `{ "agent"`},
		"no agent":          {`"agent":"researcher"`, `"agent":""`},
		"issuer":            {"did:chio:", "did:key:"},
		"method":            {`"oidc"`, `"guess"`},
		"no principal":      {`"principal":"u-1001"`, `"principal":""`},
		"control character": {`"u-1001"`, `"u\u0007"`},
		"unsorted":          {`["agents","writers"]`, `["writers","agents"]`},
		"repeated":          {`["agents","writers"]`, `["agents","agents"]`},
		"short salt":        {`"salt":"`, `"salt":"0`},
		"negative time":     {`"auth_time":5`, `"auth_time":-5`},
		"no time":           {`"verified_at":10`, `"verified_at":0`},
	} {
		bad := bytes.Replace(doc, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(bad, doc) {
			t.Fatalf("%s changes nothing in %s", name, doc)
		}
		if _, err := passport.ParseProvenanceRecord(bad); !errors.Is(err, passport.ErrProvenance) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A record that is read is the one that was written.
func FuzzProvenanceRecord(f *testing.F) {
	doc, err := someRecord(f).Canonical()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Add([]byte(`{"schema":"chio.enterprise_provenance.v1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := passport.ParseProvenanceRecord(b)
		if err != nil {
			return
		}
		if again, err := r.Canonical(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%s is written back as %s, %v", b, again, err)
		}
	})
}

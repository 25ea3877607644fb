package oidc_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc/oidc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// requirements is a provider of which much is required.
func requirements() *oidc.Provider {
	return &oidc.Provider{Name: "corp", TenantClaim: "tid", Tenants: []string{"acme"}, OrganizationClaim: "org", GroupsClaim: "groups", RolesClaim: "roles",
		RequiredGroups: []string{"agents", "robots"}, RequiredClaims: map[string]string{"amr": "mfa", "verified": "true"},
		RoleOfGroup: map[string][]string{"writers": {"writer"}}}
}

const met = `{"sub":"u-1","tid":"acme","org":"Acme","groups":["robots","writers"],"amr":["mfa"],"verified":true}`

// TestRequirements: what is required and not said refuses.
func TestRequirements(t *testing.T) {
	if _, err := oidc.Normalise([]byte(met), requirements()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"another tenant":         {`"tid":"acme"`, `"tid":"globex"`},
		"no tenant":              {`"tid":"acme",`, ``},
		"null tenant":            {`"tid":"acme"`, `"tid":null`},
		"two tenants":            {`"tid":"acme"`, `"tid":["acme","globex"]`},
		"no organization":        {`"org":"Acme",`, ``},
		"empty organization":     {`"org":"Acme"`, `"org":""`},
		"no required group":      {`"robots",`, ``},
		"no groups":              {`"groups":["robots","writers"],`, ``},
		"groups elsewhere":       {`"groups":["robots","writers"]`, `"_claim_names":{"groups":"src1"}`},
		"groups as an object":    {`["robots","writers"]`, `{"robots":true}`},
		"groups with a number":   {`["robots","writers"]`, `["robots",1]`},
		"groups with a control":  {`["robots","writers"]`, `["robots","a\u0007"]`},
		"too many groups":        {`["robots"`, `["robots"` + strings.Repeat(`,"x"`, 1024)},
		"an oversized group":     {`["robots"`, `["robots","` + strings.Repeat("x", 256) + `"`},
		"a claim not said":       {`"amr":["mfa"],`, ``},
		"a claim says otherwise": {`"amr":["mfa"]`, `"amr":["pwd"]`},
		"false for true":         {`"verified":true`, `"verified":false`},
		"an object for true":     {`"verified":true`, `"verified":{"true":true}`},
		"sub of two lines":       {`"u-1"`, `"u\n1"`},
		"sub in another script":  {`"u-1"`, `"ü-1"`},
		"oversized sub":          {`"u-1"`, `"` + strings.Repeat("x", 256) + `"`},
		"acr a number":           {`"tid"`, `"acr":2,"tid"`},
		"roles a number":         {`"tid"`, `"roles":2,"tid"`},
	} {
		doc := strings.Replace(met, change[0], change[1], 1)
		if doc == met {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := oidc.Normalise([]byte(doc), requirements()); !errors.Is(err, oidc.ErrRequirement) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzNormalise: whatever a token says, what is kept of it is bounded, sorted,
// what the configuration names, and makes a record that reads back.
func FuzzNormalise(f *testing.F) {
	f.Add([]byte(met))
	f.Add([]byte(`{"sub":"u","tid":"acme","org":"o","groups":"agents","amr":"mfa","verified":"true","auth_time":5,"acr":"2"}`))
	f.Add([]byte(`{"sub":"u","sub":"v"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		p := requirements()
		facts, err := oidc.Normalise(doc, p)
		if err != nil {
			return
		}
		if facts.Tenant != "acme" || !slices.ContainsFunc(facts.Groups, func(g string) bool { return slices.Contains(p.RequiredGroups, g) }) {
			t.Fatalf("%+v meets nothing", facts)
		}
		for _, g := range facts.Groups {
			if g != "writers" && !slices.Contains(p.RequiredGroups, g) {
				t.Fatalf("group %q means nothing here", g)
			}
		}
		if facts.AuthTime < 0 {
			return // rule 8 of verify refuses it before
		}
		r, err := oidc.LoginOf("https://login.example", *facts, 7).Record(someDID, "researcher", strings.NewReader(strings.Repeat("salt", 4)))
		if err != nil {
			t.Fatalf("%+v: %v", facts, err)
		}
		kept, err := r.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := passport.ParseProvenanceRecord(kept); err != nil || !reflect.DeepEqual(back, r) {
			t.Fatalf("%s reads back as %+v, %v", kept, back, err)
		}
	})
}

var someDID = did.FromKey(wire.PublicKey(wire.Hash([]byte("acme"))))

// TestI9_LoginIsSpentOnce: also after the process that redeemed it has ended,
// and until the token would be refused for its age.
func TestI9_LoginIsSpentOnce(t *testing.T) {
	db := memory.New()
	l := oidc.LoginOf("https://login.example", oidc.Facts{Principal: "u"}, 1000)
	spend := func(l *oidc.Login, now int64) error {
		return db.Update(context.Background(), func(tx store.Tx) error { return l.Spend(tx, now) })
	}
	if err := spend(l, 1000); err != nil {
		t.Fatal(err)
	}
	again := *l
	refused(t, spend(&again, 1001), oidc.ErrUsed)
	refused(t, spend(&again, 1000+719), oidc.ErrUsed)
	other := oidc.LoginOf("https://login.example", oidc.Facts{Principal: "v"}, 1720)
	if err := spend(other, 1720); err != nil {
		t.Fatal(err)
	}
	rows := 0
	err := db.View(func(r store.Reader) error {
		return r.Scan("v/login/", "", func(string, []byte) error { rows++; return nil })
	})
	if err != nil || rows != 1 {
		t.Errorf("%d rows, %v: the first should be swept", rows, err)
	}
}

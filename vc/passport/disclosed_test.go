package passport_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// What is shown of a passport is read as what it says; what is withheld is not
// said; what no passport says refuses.
func TestReadDisclosed(t *testing.T) {
	from, until := vc.Time(t0), vc.Time(t0+day)
	shown := func(claims map[string]any) passport.Disclosed {
		all := map[string]any{"sub": didOf(t, 9), "roles": []string{"reader"}}
		for name, v := range claims {
			all[name] = v
		}
		return passport.Disclosed{ID: "urn:uuid:018bcfe5-6800-7974-ae61-667465722331", Issuer: didOf(t, 7).String(), VCT: passport.TypeIRI,
			Holder: did.NewEd25519(key(t, 9).Public()), From: &from, Until: &until, Claims: wire.MustMarshal(all)}
	}
	for name, d := range map[string]passport.Disclosed{
		"roles alone":           shown(nil),
		"more":                  shown(map[string]any{"name": "researcher", "organization": "acme", "autonomyTier": "direct"}),
		"a withheld reputation": shown(map[string]any{"reputation": map[string]any{}}),
	} {
		p, err := passport.ReadDisclosed(d)
		if err != nil || p.Subject.ID != didOf(t, 9) || len(p.Subject.Roles) != 1 || p.Subject.Reputation != nil {
			t.Errorf("%s: %+v %v", name, p, err)
		}
	}
	if p, err := passport.ReadDisclosed(shown(nil)); err != nil || p.Subject.AutonomyTier != "" || p.Subject.Name != "" {
		t.Errorf("what is withheld is said: %+v %v", p, err)
	}
	change := func(f func(*passport.Disclosed)) passport.Disclosed { d := shown(nil); f(&d); return d }
	for name, d := range map[string]passport.Disclosed{
		"another type":           change(func(d *passport.Disclosed) { d.VCT = passport.Type }),
		"an issuer of did:key":   change(func(d *passport.Disclosed) { d.Issuer = didOf(t, 7).DIDKey() }),
		"no id":                  change(func(d *passport.Disclosed) { d.ID = "" }),
		"an id of another kind":  change(func(d *passport.Disclosed) { d.ID = "urn:uuid:5c1f2f6e-5ad3-4f0f-8a39-0a1d31a4a001" }),
		"no beginning":           change(func(d *passport.Disclosed) { d.From = nil }),
		"no end":                 change(func(d *passport.Disclosed) { d.Until = nil }),
		"a window that is long":  change(func(d *passport.Disclosed) { d.Until = new(vc.Time(t0 + 400*day)) }),
		"a window that is empty": change(func(d *passport.Disclosed) { d.Until = d.From }),
		"another key":            change(func(d *passport.Disclosed) { d.Holder = did.NewEd25519(key(t, 11).Public()) }),
		"no subject":             change(func(d *passport.Disclosed) { d.Claims = wire.Raw(`{"roles":["reader"]}`) }),
		"its issuer as subject": change(func(d *passport.Disclosed) {
			d.Holder = did.NewEd25519(key(t, 7).Public())
			d.Claims = wire.MustMarshal(map[string]any{"sub": didOf(t, 7)})
		}),
		"a claim of nobody":         shown(map[string]any{"admin": true}),
		"an id beside the subject":  shown(map[string]any{"id": didOf(t, 9)}),
		"an unknown tier":           shown(map[string]any{"autonomyTier": "total"}),
		"a part of a reputation":    shown(map[string]any{"reputation": map[string]any{"receipts": 5}}),
		"an unknown custody":        shown(map[string]any{"assurance": map[string]any{"keyCustody": "theirs"}}),
		"claims that are no object": change(func(d *passport.Disclosed) { d.Claims = wire.Raw(`[]`) }),
	} {
		if _, err := passport.ReadDisclosed(d); !errors.Is(err, vc.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

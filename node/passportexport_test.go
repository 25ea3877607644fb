package node

import (
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// TestExportedForms: each form verifies as what it is, says what the passport
// says, and carries its status entries.
func TestExportedForms(t *testing.T) {
	n := openNode(t, newHome(t))
	issued := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "researcher", Roles: []string{"reader"}, AutonomyTier: passport.TierDirect,
		RuntimeTier: "attested", FromReceipts: true})
	want := passport.VerifyFile(issued.File, vc.Gate{Now: n.now()}).Passport
	for _, format := range []string{"", PassportJSON, PassportVCJWT} {
		out := do[ExportedPassport](t, n, "passport/export", ExportPassport{Agent: "researcher", Format: format})
		doc := []byte(out.Credential)
		if format == PassportVCJWT {
			var err error
			if doc, err = jose.Envelope(out.MediaType, doc); err != nil {
				t.Fatal(err)
			}
		}
		r := passport.Verify(doc, vc.Gate{Now: n.now(), Envelope: jose.Open, TrustedIssuer: func(s string) bool { return s == n.DID().String() },
			StatusList: listsOf(t, out.StatusLists, n.DID().String())})
		if r.Err() != nil || r.Status != vc.StatusActive || string(wire.MustMarshal(r.Passport)) != string(wire.MustMarshal(want)) {
			t.Errorf("%q: %v: %s", format, r.Err(), wire.MustMarshal(r.Passport))
		}
		t.Logf("%s: %d bytes", out.Format, len(out.Credential))
	}
	out := do[ExportedPassport](t, n, "passport/export", ExportPassport{ID: want.ID, Format: PassportSDJWT})
	t.Logf("%s: %d bytes", out.Format, len(out.Credential))
	key, err := n.keys.HeldAgent("researcher")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := jose.PresentSD([]byte(out.Credential), []string{"roles"}, key, jose.Binding{Audience: "door", Nonce: "n", Created: vc.Time(n.now())})
	if err != nil {
		t.Fatal(err)
	}
	var status wire.Raw
	r := jose.VerifySD(shown, jose.SDGate{Now: n.now(), Audience: "door", Nonce: "n", Type: func(s string) bool { return s == passport.TypeIRI },
		TrustedIssuer: func(s string) bool { return s == n.DID().String() },
		Status:        func(s wire.Raw) (vc.Status, error) { status = s; return vc.StatusActive, nil }})
	if r.Err() != nil || r.ID != want.ID || string(r.Claims) != `{"reputation":{},"roles":["reader"],"sub":"`+want.Subject.ID.String()+`"}` {
		t.Errorf("%v: %s", r.Err(), r.Claims)
	}
	if s := string(wire.MustMarshal(map[string]any{"bitstring_status_list": want.Status})); string(status) != s {
		t.Errorf("status %s, want %s", status, s)
	}
}

// listsOf opens signed status lists by their ids.
func listsOf(t *testing.T, docs []wire.Raw, issuer string) func(string) (*vc.StatusList, error) {
	t.Helper()
	lists := map[string]*vc.StatusList{}
	for _, doc := range docs {
		l, err := vc.OpenStatusList(doc, issuer)
		if err != nil {
			t.Fatal(err)
		}
		lists[l.ID()] = l
	}
	return func(url string) (*vc.StatusList, error) {
		if l := lists[url]; l != nil {
			return l, nil
		}
		return nil, errors.New("no such list")
	}
}

// TestOfferTakesNoReputation: what would be ignored is refused.
func TestOfferTakesNoReputation(t *testing.T) {
	n := openNode(t, newHome(t))
	if p := new(Problem); !errors.As(n.rehearse(t.Context(), IssuePassport{Agent: "a", FromReceipts: true}), &p) || p.Exit != ExitUsage {
		t.Error("an offer computes a reputation of nobody")
	}
}

func TestExportRefuses(t *testing.T) {
	n := openNode(t, newHome(t))
	first := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "researcher"})
	refused := func(name string, req ExportPassport, codes ...string) {
		t.Helper()
		_, err := n.exportPassport(t.Context(), req)
		if p := new(Problem); !errors.As(err, &p) || !slices.Contains(codes, p.Code) {
			t.Errorf("%s: %v, want %v", name, err, codes)
		}
	}
	refused("a form nobody knows", ExportPassport{Agent: "researcher", Format: "pdf"}, "CHIO-USAGE")
	refused("nobody", ExportPassport{Agent: "nobody"}, "CHIO-PASSPORT-UNKNOWN")
	refused("an id of nobody", ExportPassport{ID: "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057"}, "CHIO-PASSPORT-UNKNOWN")
	do[Revoked](t, n, "passport/suspend", PassportRequest{Agent: "researcher"})
	refused("a suspended one", ExportPassport{Agent: "researcher"}, "CHIO-PASSPORT-STATE")
	do[Revoked](t, n, "passport/resume", PassportRequest{Agent: "researcher"})
	do[IssuedPassport](t, n, "passport/supersede", SupersedePassport{Issue: IssuePassport{Agent: "researcher"}})
	refused("a superseded one", ExportPassport{ID: first.Passport.ID, Format: PassportVCJWT}, "CHIO-PASSPORT-STATE")
	do[Revoked](t, n, "passport/revoke", PassportRequest{Agent: "researcher"})
	refused("a revoked one", ExportPassport{Agent: "researcher", Format: PassportSDJWT}, "CHIO-PASSPORT-STATE")
}

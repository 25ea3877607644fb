package openid4vci_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/openid4vci"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func TestMetadataIsWhereTheSpecificationPutsIt(t *testing.T) {
	for _, path := range []string{"", "/acme", "/tenants/acme"} {
		w := newWorld(t, path)
		issuer := w.do(t, "GET", "/.well-known/openid-credential-issuer"+path, "", "", "")
		server := w.do(t, "GET", "/.well-known/oauth-authorization-server"+path, "", "", "")
		if issuer.status != 200 || issuer.text("credential_issuer") != w.cfg.URL || issuer.text("nonce_endpoint") != w.cfg.URL+"/openid4vci/nonce" ||
			issuer.text("credential_endpoint") != w.cfg.URL+"/openid4vci/credential" || issuer.json["authorization_servers"] != nil {
			t.Errorf("%q: %d %s", path, issuer.status, issuer.raw)
		}
		if server.status != 200 || server.text("issuer") != w.cfg.URL || server.text("token_endpoint") != w.cfg.URL+"/openid4vci/token" ||
			server.json["pre-authorized_grant_anonymous_access_supported"] != true {
			t.Errorf("%q: %d %s", path, server.status, server.raw)
		}
		var m struct {
			C map[string]struct {
				Format, VCT string
				Definition  *struct {
					Context []string `json:"@context"`
					Type    []string
				} `json:"credential_definition"`
				Proofs map[string]struct {
					Alg []string `json:"proof_signing_alg_values_supported"`
				} `json:"proof_types_supported"`
				Binding []string `json:"cryptographic_binding_methods_supported"`
				Signing []string `json:"credential_signing_alg_values_supported"`
			} `json:"credential_configurations_supported"`
		}
		if err := json.Unmarshal(issuer.raw, &m); err != nil || len(m.C) != 3 {
			t.Fatal(err, len(m.C))
		}
		for id, want := range map[string]string{"chio_agent_passport": "ldp_vc eddsa-jcs-2022", "chio_agent_passport_jwt": "vc+jwt EdDSA",
			"chio_agent_passport_sd_jwt_vc": "dc+sd-jwt EdDSA"} {
			c := m.C[id]
			if c.Format+" "+strings.Join(c.Signing, ",") != want || !slices.Contains(c.Proofs["jwt"].Alg, "EdDSA") || slices.Contains(c.Proofs["jwt"].Alg, "ES256") ||
				!slices.Contains(c.Binding, "jwk") || (c.VCT == "") == (c.Definition == nil) {
				t.Errorf("%s: %+v", id, c)
			}
		}
	}
}

func TestURLOfAnIssuer(t *testing.T) {
	w := newWorld(t, "")
	for _, good := range []string{"https://a.example", "https://a.example:8443/x", "http://127.0.0.1:1", "http://localhost", "http://[::1]:1"} {
		w.cfg.URL = good
		if _, err := openid4vci.New(w.cfg); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a.example", "ftp://a.example", "http://a.example", "http://10.0.0.1", "https://a.example/", "https://a.example?x=1",
		"https://a.example?", "https://a.example#", "https://a.example#x", "https://u@a.example", "https://a.example/{x}", "https://a.example/%41", "https:a.example"} {
		w.cfg.URL = bad
		if _, err := openid4vci.New(w.cfg); err == nil {
			t.Errorf("%s is taken for an issuer", bad)
		}
	}
}

// TestAPassportInEachForm walks the whole way, once by reference and with a
// transaction code, and verifies what came.
func TestAPassportInEachForm(t *testing.T) {
	w := newWorld(t, "")
	holder := key(t, 9)
	m := w.offer(t, openid4vci.Terms{Forms: openid4vci.Forms(), TxCode: true})
	u, err := url.Parse(m.URI)
	if err != nil || u.Scheme != "openid-credential-offer" {
		t.Fatal(m.URI, err)
	}
	byReference := w.do(t, "GET", strings.TrimPrefix(u.Query().Get("credential_offer_uri"), w.url), "", "", "")
	v, err := url.Parse(m.ValueURI)
	if err != nil || v.Query().Get("credential_offer") != string(m.Object) || string(byReference.raw) != string(m.Object) {
		t.Fatalf("%s\n%s\n%s", byReference.raw, v, m.Object)
	}
	if byReference.text("credential_issuer") != w.cfg.URL || len(m.TxCode) != 6 || !strings.Contains(string(m.Object), `"tx_code":{"input_mode":"numeric","length":6}`) {
		t.Errorf("offer %s, tx_code %q", m.Object, m.TxCode)
	}
	token := w.access(t, m)
	got := map[string]wire.Raw{}
	for _, form := range openid4vci.Forms() {
		a := w.collect(t, token, request(form, w.proof(t, holder, nil)))
		got[form] = a.credential(t)
		if a.text("notification_id") != m.Offer.ID {
			t.Errorf("notification_id %s", a.raw)
		}
	}
	o := w.state(t, m.Offer.ID)
	if w.issued != 1 || o.State(w.now) != openid4vci.Collected || o.Key != holder.Public().String() || !slices.Equal(o.Collected, openid4vci.Forms()) {
		t.Errorf("%d passports, %+v", w.issued, o)
	}
	w.verify(t, got, holder, o.Passport, vc.StatusActive)
	if err := w.registry.Revoke(t.Context(), o.Passport, "test", w.now); err != nil {
		t.Fatal(err)
	}
	w.verify(t, got, holder, o.Passport, vc.StatusRevoked)
}

// verify judges every form by the gate that knows it, with the lists of the
// registry.
func (w *world) verify(t *testing.T, got map[string]wire.Raw, holder *wire.Key, id string, want vc.Status) {
	t.Helper()
	issuer := did.FromKey(w.org.Public()).String()
	lists := func(url string) (*vc.StatusList, error) {
		number, err := strconv.ParseUint(url[strings.LastIndexByte(url, '/')+1:], 10, 32)
		if err != nil {
			return nil, err
		}
		doc, err := w.registry.StatusList(t.Context(), number, w.now)
		if err != nil {
			return nil, err
		}
		return vc.OpenStatusList(doc, issuer)
	}
	g := vc.Gate{Now: w.now, TrustedIssuer: func(s string) bool { return s == issuer }, StatusList: lists, Envelope: jose.Open}
	p := passport.Verify(got[openid4vci.FormPassport], g)
	if p.Status != want || p.Passport == nil || p.Passport.ID != id || p.Passport.Subject.ID != did.FromKey(holder.Public()) {
		t.Errorf("ldp_vc: %s %v", p.Status, p.Err())
	}
	var token, sd string
	if err := json.Unmarshal(got[openid4vci.FormJWT], &token); err != nil {
		t.Fatal(err)
	}
	r := vc.VerifyEnvelope(jose.MediaCredential, []byte(token), g)
	if r.Status != want || !r.Integrity || r.ID != id || r.Issuer != issuer {
		t.Errorf("vc+jwt: %s %v", r.Status, r.Err())
	}
	if err := json.Unmarshal(got[openid4vci.FormSDJWT], &sd); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, `{"reputation":{},"sub":"` + did.FromKey(holder.Public()).String() + `"}`},
		{[]string{"roles", "receipts"}, `{"reputation":{"receipts":0},"roles":["reader","writer"],"sub":"` +
			did.FromKey(holder.Public()).String() + `"}`},
	} {
		shown, err := jose.PresentSD([]byte(sd), c.names, holder, jose.Binding{Audience: "v", Nonce: "n", Created: vc.Time(w.now)})
		if err != nil {
			t.Fatal(err)
		}
		s := jose.VerifySD(shown, jose.SDGate{Now: w.now, Audience: "v", Nonce: "n", Type: func(s string) bool { return s == passport.TypeIRI },
			TrustedIssuer: g.TrustedIssuer, StatusList: lists})
		if s.Status != want || !s.Integrity || s.ID != id || string(s.Claims) != c.want {
			t.Errorf("dc+sd-jwt, %v: %s %s %v", c.names, s.Status, s.Claims, s.Err())
		}
	}
	for _, name := range []string{"organization", "name", "assurance", "autonomyTier", "enterpriseProvenance", "confidencePpm"} {
		if _, err := jose.PresentSD([]byte(sd), []string{name}, holder, jose.Binding{Audience: "v", Nonce: "n", Created: vc.Time(w.now)}); err != nil {
			t.Errorf("%s is not withheld: %v", name, err)
		}
	}
}

func TestAFormIsMadeForTheKeyOfThePassport(t *testing.T) {
	w := newWorld(t, "")
	m := w.offer(t, openid4vci.Terms{})
	w.collect(t, w.access(t, m), request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))).credential(t)
	r, err := w.registry.Get(w.state(t, m.Offer.ID).Passport)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		form           string
		holder, signer byte
		want           error
	}{
		"for another key":        {openid4vci.FormSDJWT, 10, 7, openid4vci.ErrDenied},
		"by another issuer":      {openid4vci.FormSDJWT, 9, 8, vc.ErrController},
		"as a JWT of another":    {openid4vci.FormJWT, 9, 8, vc.ErrController},
		"in a form there is not": {"mso_mdoc", 9, 7, openid4vci.ErrForm},
	} {
		if _, err := openid4vci.Credential(c.form, r, key(t, c.holder).Public(), key(t, c.signer), w.now, w.cfg.Rand); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotification(t *testing.T) {
	w := newWorld(t, "")
	m := w.offer(t, openid4vci.Terms{})
	token := w.access(t, m)
	notify := func(auth, kind, body string) answer {
		return w.do(t, "POST", "/openid4vci/notification", kind, auth, body)
	}
	good := `{"notification_id":"` + m.Offer.ID + `","event":"credential_accepted","event_description":"x","more":1}`
	if a := notify("Bearer "+token, jsonType, good); a.status != 400 || a.text("error") != "invalid_notification_id" {
		t.Errorf("before it was collected: %d %s", a.status, a.raw)
	}
	w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))).credential(t)
	for range 2 { // it may come again
		if a := notify("Bearer "+token, jsonType, good); a.status != 204 || len(a.raw) != 0 {
			t.Errorf("%d %s", a.status, a.raw)
		}
	}
	if o := w.state(t, m.Offer.ID); o.Event != "credential_accepted" {
		t.Errorf("%+v", o)
	}
	for name, c := range map[string]struct {
		auth, kind, body string
		status           int
		code             string
	}{
		"no token":        {"", jsonType, good, 401, ""},
		"another token":   {"Bearer x", jsonType, good, 401, "invalid_token"},
		"no JSON":         {"Bearer " + token, formType, good, 415, "invalid_notification_request"},
		"nothing":         {"Bearer " + token, jsonType, "", 400, "invalid_notification_request"},
		"no id":           {"Bearer " + token, jsonType, `{"event":"credential_accepted"}`, 400, "invalid_notification_request"},
		"another id":      {"Bearer " + token, jsonType, `{"notification_id":"x","event":"credential_accepted"}`, 400, "invalid_notification_id"},
		"another event":   {"Bearer " + token, jsonType, `{"notification_id":"` + m.Offer.ID + `","event":"x"}`, 400, "invalid_notification_request"},
		"a member twice":  {"Bearer " + token, jsonType, `{"event":"credential_deleted",` + good[1:], 400, "invalid_notification_request"},
		"more than a few": {"Bearer " + token, jsonType, `{"x":"` + strings.Repeat("a", 64<<10) + `"}`, 413, "invalid_notification_request"},
	} {
		if a := notify(c.auth, c.kind, c.body); a.status != c.status || a.text("error") != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
}

func TestMethodsAndPaths(t *testing.T) {
	w := newWorld(t, "")
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"POST", "/.well-known/openid-credential-issuer", 405, "GET"},
		{"GET", "/openid4vci/token", 405, "POST"},
		{"GET", "/openid4vci/nonce", 405, "POST"},
		{"PUT", "/openid4vci/credential", 405, "POST"},
		{"GET", "/openid4vci/notification", 405, "POST"},
		{"GET", "/openid4vci/offers/unknown", 404, ""},
		{"GET", "/openid4vci/", 404, ""},
		{"GET", "/.well-known/openid-credential-issuer/acme", 404, ""},
	} {
		if a := w.do(t, c.method, c.path, "", "", ""); a.status != c.status || a.header.Get("Allow") != c.allow || a.text("error") != "invalid_request" {
			t.Errorf("%s %s: %d %q %s", c.method, c.path, a.status, a.header.Get("Allow"), a.raw)
		}
	}
	if res, err := http.Head(w.url + "/.well-known/openid-credential-issuer"); err != nil || res.StatusCode != 200 {
		t.Error(err)
	}
	if got := w.issuer.Patterns(); len(got) != 3 {
		t.Error(got)
	}
}

package openid4vp_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func TestPassportIsShown(t *testing.T) {
	w := newWorld(t)
	_, doc := w.passport(t)
	r, o := w.ask(t, openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t)}})
	res := w.respond(t, o, token(o, members{"passport": []any{presented(t, agent, bound(o), doc)}}))
	if res.Code != http.StatusOK || res.Body.String() != "{}" {
		t.Fatalf("%d: %s", res.Code, res.Body)
	}
	got := w.result(t, r.ID)
	if got.Status != openid4vp.StatusAccepted || got.AnsweredAt != t0 || len(got.Credentials) != 1 {
		t.Fatalf("%s", wire.MustMarshal(got))
	}
	c := got.Credentials[0]
	if !c.Accepted || c.Agent != didOf(t, agent) || c.Issuer != didOf(t, acme).String() || c.Holder != didOf(t, agent).String() ||
		len(c.Claims) != 1 || string(c.Claims[0].Value) != `["reader"]` {
		t.Fatalf("%s", wire.MustMarshal(c))
	}
}

func TestSDJWTIsShown(t *testing.T) {
	w := newWorld(t)
	issued := badge(t, map[string]wire.Raw{"level": raw(3), "name": raw("researcher")})
	q := badges([]string{"level"})
	q.Credentials[0].Claims[0].Values = []wire.Raw{raw(2), raw(3)}
	r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: q})
	if res := w.respond(t, o, token(o, members{"q": []any{shown(t, o, issued, "level")}})); res.Code != http.StatusOK {
		t.Fatalf("%d: %s", res.Code, res.Body)
	}
	got := w.result(t, r.ID)
	if got.Status != openid4vp.StatusAccepted || len(got.Credentials[0].Claims) != 1 || string(got.Credentials[0].Claims[0].Value) != "3" ||
		got.Credentials[0].Holder != didOf(t, agent).DIDKey() {
		t.Fatalf("%s", wire.MustMarshal(got))
	}
	if strings.Contains(string(wire.MustMarshal(got)), "researcher") {
		t.Error("the result holds a claim that nobody asked for")
	}
}

func TestTokensAreShown(t *testing.T) {
	w := newWorld(t)
	for name, types := range map[string][]string{"term": {"VerifiableCredential"}, "IRI": {"https://www.w3.org/2018/credentials#VerifiableCredential"}} {
		q := query(openid4vp.FormatJWT, openid4vp.Meta{Types: [][]string{{"Nothing"}, types}}, []string{"credentialSubject", "id"})
		r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: q})
		if res := w.respond(t, o, token(o, members{"q": []any{tokenPresentation(t, o, card(t))}})); res.Code != http.StatusOK {
			t.Fatalf("%s: %d: %s", name, res.Code, res.Body)
		}
		if got := w.result(t, r.ID); got.Status != openid4vp.StatusAccepted {
			t.Errorf("%s: %s", name, wire.MustMarshal(got))
		}
	}
}

// The request object is what the specification says, signed by the DID that
// asks, and carries the nonce of the wallet if it brought one.
func TestRequestObject(t *testing.T) {
	w := newWorld(t)
	r, err := w.Request(t.Context(), openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t)}})
	if err != nil {
		t.Fatal(err)
	}
	uri, err := url.Parse(r.URI)
	if err != nil || uri.Scheme != "openid4vp" || uri.Query().Get("client_id") != r.ClientID || uri.Query().Get("request_uri") != r.RequestURI ||
		r.ClientID != "decentralized_identifier:"+didOf(t, globex).DIDKey() {
		t.Fatalf("%s", r.URI)
	}
	res := w.post(r.RequestURI, "wallet_nonce=n-1&wallet_metadata=%7B%7D")
	if res.Code != http.StatusOK || res.Header().Get("Content-Type") != "application/oauth-authz-req+jwt" || res.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v: %s", res.Code, res.Header(), res.Body)
	}
	jws, err := gojose.ParseSignedCompact(res.Body.String(), []gojose.SignatureAlgorithm{gojose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	public := key(t, globex).Public()
	payload, err := jws.Verify(ed25519Key(public))
	if err != nil {
		t.Fatal(err)
	}
	h := jws.Signatures[0].Protected
	if h.ExtraHeaders["typ"] != "oauth-authz-req+jwt" || h.KeyID != didOf(t, globex).DIDKey()+"#"+didOf(t, globex).Multibase() {
		t.Errorf("header %+v", h)
	}
	var got map[string]any
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"aud": "https://self-issued.me/v2", "client_id": r.ClientID, "response_type": "vp_token",
		"response_mode": "direct_post.jwt", "response_uri": "https://globex.example/openid4vp/response/" + r.ID, "wallet_nonce": "n-1"} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	meta := got["client_metadata"].(map[string]any)
	k := meta["jwks"].(map[string]any)["keys"].([]any)[0].(map[string]any)
	if k["alg"] != "ECDH-ES" || k["crv"] != "P-256" || k["use"] != "enc" || k["kid"] != r.ID || k["d"] != nil {
		t.Errorf("key %v", k)
	}
	if formats := meta["vp_formats_supported"].(map[string]any); formats["ldp_vc"] == nil || formats["jwt_vc_json"] == nil {
		t.Errorf("formats %v", formats)
	}
	if state, nonce := got["state"].(string), got["nonce"].(string); len(state) != 43 || len(nonce) != 43 || state == nonce {
		t.Errorf("state %q, nonce %q", state, nonce)
	}
}

// A passport is judged by one policy in each of its forms.
func TestPassportInEveryForm(t *testing.T) {
	for name, c := range map[string]struct {
		role  string
		shows func(w *world, o *object, p *passport.Passport, doc wire.Raw) (string, any)
	}{
		"ldp_vc": {"reader", func(_ *world, o *object, _ *passport.Passport, doc wire.Raw) (string, any) {
			return "passport", presented(t, agent, bound(o), doc)
		}},
		"jwt_vc_json": {"reader", func(_ *world, o *object, p *passport.Passport, _ wire.Raw) (string, any) {
			var unsecured members
			if err := json.Unmarshal(wire.MustMarshal(p), &unsecured); err != nil {
				t.Fatal(err)
			}
			return "passport_jwt", tokenPresentation(t, o, unsecured)
		}},
		"dc+sd-jwt": {"reader", func(_ *world, o *object, p *passport.Passport, _ wire.Raw) (string, any) {
			return "passport_sd_jwt", shown(t, o, sdPassport(t, p), "roles")
		}},
		"dc+sd-jwt of another role": {"writer", func(_ *world, o *object, p *passport.Passport, _ wire.Raw) (string, any) {
			return "passport_sd_jwt", shown(t, o, sdPassport(t, p), "roles")
		}},
		"dc+sd-jwt without its roles": {"", func(_ *world, o *object, p *passport.Passport, _ wire.Raw) (string, any) {
			return "passport_sd_jwt", shown(t, o, sdPassport(t, p))
		}},
	} {
		w := newWorld(t)
		p, doc := w.passport(t)
		under := policy(t)
		if c.role != "" {
			under.Roles = []string{c.role}
		}
		r, o := w.ask(t, openid4vp.Ask{Policy: openid4vp.Policy{Passport: under}})
		id, shows := c.shows(w, o, p, doc)
		if res := w.respond(t, o, token(o, members{id: []any{shows}})); res.Code != http.StatusOK {
			t.Fatalf("%s: %d: %s", name, res.Code, res.Body)
		}
		got := w.result(t, r.ID)
		if (got.Status == openid4vp.StatusAccepted) != (c.role == "reader") || got.Credentials[0].Agent != didOf(t, agent) {
			t.Errorf("%s: %s %s", name, got.Status, got.Reason)
		}
		if err := w.passports.Revoke(t.Context(), p.ID, "lost", t0); err != nil {
			t.Fatal(err)
		}
		r, o = w.ask(t, openid4vp.Ask{Policy: openid4vp.Policy{Passport: under}})
		id, shows = c.shows(w, o, p, doc)
		w.respond(t, o, token(o, members{id: []any{shows}}))
		if got := w.result(t, r.ID); got.Status != openid4vp.StatusRefused || !strings.Contains(string(raw(got.Credentials)), "revoked") {
			t.Errorf("%s, revoked: %s %s", name, got.Status, got.Reason)
		}
	}
}

// An issuer that counts for credentials besides passports is not thereby one
// whose passports count, in any form.
func TestIssuersOfOtherCredentialsIssueNoPassports(t *testing.T) {
	w := newWorld(t)
	p, doc := w.passport(t)
	pol := policy(t)
	pol.Issuers = []did.DID{didOf(t, stranger)}
	for name, show := range map[string]func(o *object) members{
		"passport": func(o *object) members { return members{"passport": []any{presented(t, agent, bound(o), doc)}} },
		"passport_sd_jwt": func(o *object) members {
			return members{"passport_sd_jwt": []any{shown(t, o, sdPassport(t, p), "roles")}}
		},
	} {
		r, o := w.ask(t, openid4vp.Ask{Policy: openid4vp.Policy{Passport: pol, Issuers: []string{didOf(t, acme).String()}}})
		if res := w.respond(t, o, token(o, show(o))); res.Code != http.StatusOK {
			t.Fatalf("%s: %d: %s", name, res.Code, res.Body)
		}
		if got := w.result(t, r.ID); got.Status != openid4vp.StatusRefused || !strings.Contains(got.Reason, "policy (rule 64)") {
			t.Errorf("%s: %s: %s", name, got.Status, got.Reason)
		}
	}
}

// That other credentials may be without a status is not said of passports.
func TestPassportsHaveAStatus(t *testing.T) {
	w := newWorld(t)
	p, _ := w.passport(t)
	p.Status = nil
	r, o := w.ask(t, openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t), Issuers: []string{didOf(t, stranger).String()}, AllowNoStatus: true}})
	if res := w.respond(t, o, token(o, members{"passport_sd_jwt": []any{shown(t, o, sdPassport(t, p), "roles")}})); res.Code != http.StatusOK {
		t.Fatalf("%d: %s", res.Code, res.Body)
	}
	if got := w.result(t, r.ID); got.Status != openid4vp.StatusRefused {
		t.Errorf("%s: %s", got.Status, wire.MustMarshal(got))
	}
}

// Two agents do not share an answer: whoever reads the result would not know
// which of them stands at the door.
func TestPassportsAreOfOneAgent(t *testing.T) {
	w := newWorld(t)
	p, _ := w.passport(t)
	_, file, err := w.passports.Issue(t.Context(), passport.Request{Subject: passport.Subject{ID: didOf(t, stranger), Name: "other",
		Organization: "acme", Roles: []string{"reader"}, AutonomyTier: passport.TierDirect}, ValidFrom: w.now, TTLSeconds: 30 * day}, w.now)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := passport.SplitFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, o := w.ask(t, openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t)}})
	both := members{"passport_sd_jwt": []any{shown(t, o, sdPassport(t, p), "roles")}, "passport": []any{presented(t, stranger, bound(o), other)}}
	if res := w.respond(t, o, token(o, both)); res.Code != http.StatusOK {
		t.Fatalf("%d: %s", res.Code, res.Body)
	}
	if got := w.result(t, r.ID); got.Status != openid4vp.StatusRefused || !strings.Contains(got.Reason, "different agents") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

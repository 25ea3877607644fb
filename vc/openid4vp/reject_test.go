package openid4vp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/wire"
)

// form is the body of an encrypted response.
func form(jwe string) string { return url.Values{"response": {jwe}}.Encode() }

// A response that proves nothing is refused, says why, and leaves the request
// open: its true holder can still answer.
func TestResponsesThatProveNothing(t *testing.T) {
	w := newWorld(t)
	issued := badge(t, map[string]wire.Raw{"level": raw(3), "name": raw("x")})
	_, foreign := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges()})
	good := func(o *object) any { return shown(t, o, issued, "level") }
	for name, c := range map[string]struct {
		body func(o *object) string
		want string
	}{
		"unencrypted": {func(o *object) string {
			return url.Values{"vp_token": {string(raw(members{"q": []any{good(o)}}))}, "state": {o.State}}.Encode()
		}, "not encrypted"},
		"unencrypted beside an encrypted one": {func(o *object) string {
			return form(encrypt(t, o, token(o, members{"q": []any{good(o)}}), nil)) + "&vp_token=%7B%7D"
		}, "not encrypted"},
		"two responses": {func(o *object) string {
			return form(encrypt(t, o, token(o, members{"q": []any{good(o)}}), nil)) + "&response=x"
		}, "twice"},
		"no response": {func(*object) string { return "x=y" }, "not encrypted"},
		"nothing":     {func(*object) string { return "" }, "not encrypted"},
		"not a form":  {func(*object) string { return "response=%zz" }, "not a form"},
		"a plain JWT": {func(o *object) string { return form(good(o).(string)) }, "compact JWE"},
		"alg none":    {func(o *object) string { return form(jweOf(members{"alg": "none", "enc": "A256GCM", "kid": kid(o)})) }, "alg \"none\""},
		"alg dir":     {func(o *object) string { return form(jweOf(members{"alg": "dir", "enc": "A256GCM", "kid": kid(o)})) }, "alg \"dir\""},
		"CBC": {func(o *object) string {
			return form(jweOf(members{"alg": "ECDH-ES", "enc": "A128CBC-HS256", "kid": kid(o), "epk": epk}))
		}, "A128CBC-HS256"},
		"key wrapping": {func(o *object) string {
			return form(jweOf(members{"alg": "ECDH-ES+A128KW", "enc": "A256GCM", "kid": kid(o), "epk": epk}))
		}, "ECDH-ES+A128KW"},
		"crit": {func(o *object) string {
			return form(jweOf(members{"alg": "ECDH-ES", "enc": "A256GCM", "kid": kid(o), "epk": epk, "crit": []string{"exp"}}))
		}, "crit"},
		"epk off curve": {func(o *object) string {
			return form(jweOf(members{"alg": "ECDH-ES", "enc": "A256GCM", "kid": kid(o), "epk": members{"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}}))
		}, "encrypted response is not acceptable"},
		"zip": {func(o *object) string {
			return form(encrypt(t, o, token(o, members{"q": []any{strings.Repeat("a", 1<<20)}}), func(e *gojose.EncrypterOptions) { e.Compression = gojose.DEFLATE }))
		}, "zip"},
		"another key": {func(o *object) string {
			other, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 31), 7))
			if err != nil {
				t.Fatal(err)
			}
			return form(encryptTo(t, &other.PublicKey, kid(o), token(o, members{"q": []any{good(o)}}), nil))
		}, "does not decrypt"},
		"the key of another request": {func(o *object) string { return form(encrypt(t, foreign, token(o, members{"q": []any{good(o)}}), nil)) }, "not the key of this request"},
		"a truncated tag": {func(o *object) string {
			s := encrypt(t, o, token(o, members{"q": []any{good(o)}}), nil)
			return form(s[:len(s)-4])
		}, "encrypted response is not acceptable"},
		"a changed tag": {func(o *object) string {
			s := []byte(encrypt(t, o, token(o, members{"q": []any{good(o)}}), nil))
			s[len(s)-10] ^= 1
			return form(string(s))
		}, "encrypted response is not acceptable"},
		"no JSON inside":      {func(o *object) string { return form(encrypt(t, o, "text", nil)) }, "malformed"},
		"a signed JWT inside": {func(o *object) string { return form(encrypt(t, o, good(o), nil)) }, "malformed"},
		"no state": {func(o *object) string {
			return form(encrypt(t, o, members{"vp_token": members{"q": []any{good(o)}}}, nil))
		}, "another request"},
		"another state": {func(o *object) string { return form(encrypt(t, o, token(foreign, members{"q": []any{good(o)}}), nil)) }, "another request"},
		"no vp_token":   {func(o *object) string { return form(encrypt(t, o, members{"state": o.State}, nil)) }, "vp_token"},
		"vp_token a string": {func(o *object) string {
			return form(encrypt(t, o, members{"state": o.State, "vp_token": good(o)}, nil))
		}, "vp_token"},
		"vp_token empty":      {func(o *object) string { return form(encrypt(t, o, token(o, members{}), nil)) }, "vp_token"},
		"an unknown query":    {func(o *object) string { return form(encrypt(t, o, token(o, members{"z": []any{good(o)}}), nil)) }, "nothing that was asked"},
		"a bare presentation": {func(o *object) string { return form(encrypt(t, o, token(o, members{"q": good(o)}), nil)) }, "array of one"},
		"two answers to one": {func(o *object) string {
			return form(encrypt(t, o, token(o, members{"q": []any{good(o), good(o)}}), nil))
		}, "array of one"},
		"no answer to one":     {func(o *object) string { return form(encrypt(t, o, token(o, members{"q": []any{}}), nil)) }, "array of one"},
		"an object for a text": {func(o *object) string { return form(encrypt(t, o, token(o, members{"q": []any{members{}}}), nil)) }, "no token"},
		"another nonce": {func(o *object) string {
			return form(encrypt(t, o, token(o, members{"q": []any{shown(t, foreign, issued, "level")}}), nil))
		}, "key binding"},
		"another audience": {func(o *object) string {
			p := *o
			p.ClientID = "decentralized_identifier:" + didOf(t, stranger).DIDKey()
			return form(encrypt(t, o, token(o, members{"q": []any{shown(t, &p, issued, "level")}}), nil))
		}, "key binding"},
		"the DID without its prefix": {func(o *object) string {
			p := *o
			p.ClientID = didOf(t, globex).DIDKey()
			return form(encrypt(t, o, token(o, members{"q": []any{shown(t, &p, issued, "level")}}), nil))
		}, "key binding"},
		"no key binding": {func(o *object) string { return form(encrypt(t, o, token(o, members{"q": []any{string(issued)}}), nil)) }, "key binding"},
		"a disclosure taken away after signing": {func(o *object) string {
			s := strings.Split(shown(t, o, issued, "level"), "~")
			return form(encrypt(t, o, token(o, members{"q": []any{s[0] + "~" + s[2]}}), nil))
		}, "key binding"},
		"a signature of nobody": {func(o *object) string {
			s := strings.Split(shown(t, o, issued, "level"), ".")
			s[2] = strings.Repeat("A", 86) + s[2][86:]
			return form(encrypt(t, o, token(o, members{"q": []any{strings.Join(s, ".")}}), nil))
		}, "signature does not verify"},
	} {
		t.Run(name, func(t *testing.T) {
			r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges([]string{"level"})})
			res := w.post(o.ResponseURI, c.body(o))
			if res.Code != http.StatusBadRequest || !strings.Contains(res.Body.String(), c.want) && !strings.Contains(res.Body.String(), strings.ReplaceAll(c.want, `"`, `\"`)) {
				t.Fatalf("%d: %s, want %q", res.Code, res.Body, c.want)
			}
			got := w.result(t, r.ID)
			if got.Status != openid4vp.StatusPending || got.Attempts != 1 || got.LastError == "" || got.Credentials != nil {
				t.Fatalf("%s", wire.MustMarshal(got))
			}
			if res := w.respond(t, o, token(o, members{"q": []any{good(o)}})); res.Code != http.StatusOK {
				t.Fatalf("the true holder: %d: %s", res.Code, res.Body)
			}
			if got := w.result(t, r.ID); got.Status != openid4vp.StatusAccepted {
				t.Fatalf("the true holder: %s", wire.MustMarshal(got))
			}
		})
	}
}

func kid(o *object) string { return o.Metadata.JWKS.Keys[0].KeyID }

// epk is the generator of P-256.
var epk = members{"kty": "EC", "crv": "P-256", "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY", "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}

// jweOf is a JWE of any header, whose content is nothing.
func jweOf(header members) string {
	return base64.RawURLEncoding.EncodeToString(raw(header)) + "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"
}

// A response of the true holder that does not satisfy the verifier ends its
// request: the result says no and keeps no claim.
func TestResponsesThatAreRefused(t *testing.T) {
	level := []string{"level"}
	sub := []string{"credentialSubject", "id"}
	ofType := openid4vp.Meta{Types: [][]string{{"VerifiableCredential"}}}
	all := map[string]wire.Raw{"level": raw(3), "name": raw("x")}
	valued := badges(level)
	valued.Credentials[0].Claims[0].Values = []wire.Raw{raw(4), raw("3")}
	for name, c := range map[string]struct {
		ask   openid4vp.Ask
		world func(*world)
		show  func(w *world, o *object) any
		want  string
	}{
		"an issuer that is not trusted": {ask: openid4vp.Ask{Policy: openid4vp.Policy{Issuers: []string{didOf(t, stranger).String()}, AllowNoStatus: true}, Query: badges(level)},
			show: func(_ *world, o *object) any { return shown(t, o, badge(t, all), "level") }, want: "issuer is not trusted"},
		"an issuer by another name of its key": {ask: openid4vp.Ask{Policy: openid4vp.Policy{Issuers: []string{didOf(t, acme).DIDKey()}, AllowNoStatus: true}, Query: badges(level)},
			show: func(_ *world, o *object) any { return shown(t, o, badge(t, all), "level") }, want: "issuer is not trusted"},
		"another vct": {ask: openid4vp.Ask{Policy: trusting(t), Query: query(openid4vp.FormatSDJWT, openid4vp.Meta{VCT: []string{"urn:x"}}, level)},
			show: func(_ *world, o *object) any { return shown(t, o, badge(t, all), "level") }, want: "another type"},
		"a missing claim": {ask: openid4vp.Ask{Policy: trusting(t), Query: badges(level)},
			show: func(_ *world, o *object) any { return shown(t, o, badge(t, all)) }, want: "rule 62"},
		"another value": {ask: openid4vp.Ask{Policy: trusting(t), Query: valued},
			show: func(_ *world, o *object) any { return shown(t, o, badge(t, all), "level") }, want: "another value"},
		"an extra disclosure": {ask: openid4vp.Ask{Policy: trusting(t), Query: badges(level)},
			show: func(_ *world, o *object) any { return shown(t, o, badge(t, all), "level", "name") }, want: "discloses what was not asked for"},
		"no status": {ask: openid4vp.Ask{Policy: openid4vp.Policy{Issuers: []string{didOf(t, acme).String()}}, Query: badges(level)},
			show: func(_ *world, o *object) any { return shown(t, o, badge(t, all), "level") }, want: "status of the credential is not known"},
		"expired": {ask: openid4vp.Ask{Policy: trusting(t), Query: badges(level)},
			show: func(_ *world, o *object) any {
				return shown(t, o, badge(t, all, func(c *jose.SDContent) { c.Expires = new(vc.Time(t0)) }), "level")
			}, want: "expired"},
		"withdrawn here": {ask: openid4vp.Ask{Policy: trusting(t), Query: badges(level)}, world: func(w *world) { w.withdrawn = vc.ErrSuspended },
			show: func(_ *world, o *object) any { return shown(t, o, badge(t, all), "level") }, want: "rule 65"},
		"a revoked passport": {ask: openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t)}},
			show: func(w *world, o *object) any {
				p, doc := w.passport(t)
				if err := w.passports.Revoke(t.Context(), p.ID, "lost", t0); err != nil {
					t.Fatal(err)
				}
				return presented(t, agent, bound(o), doc)
			}, want: "revoked"},
		"a status list that nobody knows": {ask: openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t)}}, world: func(w *world) { w.lists = false },
			show: func(w *world, o *object) any { _, doc := w.passport(t); return presented(t, agent, bound(o), doc) }, want: "status"},
		"a role that is missing": {ask: openid4vp.Ask{Policy: openid4vp.Policy{Passport: func() *passportPolicy { p := policy(t); p.Roles = []string{"writer"}; return p }()}},
			show: func(w *world, o *object) any { _, doc := w.passport(t); return presented(t, agent, bound(o), doc) }, want: "role writer"},
		"a passport of somebody else": {ask: openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t)}},
			show: func(w *world, o *object) any { _, doc := w.passport(t); return presented(t, stranger, bound(o), doc) }, want: "holder"},
		"no passport by the issuer of passports": {ask: openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t), AllowNoStatus: true}, Query: query(openid4vp.FormatLDP, ofType, sub)},
			show: func(_ *world, o *object) any { return presented(t, agent, bound(o), signedCard(t)) }, want: "counts for passports only"},
		"a passport policy that judged nothing": {ask: openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t), Issuers: []string{didOf(t, acme).String()}, AllowNoStatus: true}, Query: query(openid4vp.FormatLDP, ofType, sub)},
			show: func(_ *world, o *object) any { return presented(t, agent, bound(o), signedCard(t)) }, want: "no passport was shown"},
		"a token where proofs were asked for": {ask: openid4vp.Ask{Policy: trusting(t), Query: query(openid4vp.FormatLDP, ofType)},
			show: func(_ *world, o *object) any {
				inner, err := jose.SignCredential(raw(card(t)), key(t, acme), jose.SignOptions{})
				if err != nil {
					t.Fatal(err)
				}
				envelope, err := jose.Envelope(jose.MediaCredential, inner)
				if err != nil {
					t.Fatal(err)
				}
				return presented(t, agent, bound(o), envelope)
			}, want: "another format"},
		"another type": {ask: openid4vp.Ask{Policy: trusting(t), Query: query(openid4vp.FormatLDP, openid4vp.Meta{Types: [][]string{{"VerifiableCredential", "Diploma"}}})},
			show: func(_ *world, o *object) any { return presented(t, agent, bound(o), signedCard(t)) }, want: "another type"},
		"two credentials in one presentation": {ask: openid4vp.Ask{Policy: trusting(t), Query: query(openid4vp.FormatLDP, ofType)},
			show: func(_ *world, o *object) any { return presented(t, agent, bound(o), signedCard(t), signedCard(t)) }, want: "rule 28"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.world != nil {
				c.world(w)
			}
			r, o := w.ask(t, c.ask)
			id := "q"
			if c.ask.Query == nil {
				id = "passport"
			}
			if res := w.respond(t, o, token(o, members{id: []any{c.show(w, o)}})); res.Code != http.StatusOK || res.Body.String() != "{}" {
				t.Fatalf("%d: %s", res.Code, res.Body)
			}
			got := w.result(t, r.ID)
			if got.Status != openid4vp.StatusRefused || !strings.Contains(got.Reason, c.want) {
				t.Fatalf("%s: %s, want %q", got.Status, got.Reason, c.want)
			}
			for _, p := range got.Credentials {
				if p.Claims != nil {
					t.Errorf("a refused result keeps %s", raw(p.Claims))
				}
			}
			if res := w.respond(t, o, token(o, members{id: []any{c.show(w, o)}})); res.Code != http.StatusGone {
				t.Errorf("the same again: %d: %s", res.Code, res.Body)
			}
		})
	}
}

// Presentations of the W3C data model for another verifier or moment, or of
// another holder than the one who signs, prove nothing.
func TestPresentationsThatProveNothing(t *testing.T) {
	w := newWorld(t)
	_, doc := w.passport(t)
	_, foreign := w.ask(t, openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t)}})
	for name, show := range map[string]func(o *object) wire.Raw{
		"another challenge": func(o *object) wire.Raw { return presented(t, agent, bound(foreign), doc) },
		"another domain": func(o *object) wire.Raw {
			b := bound(o)
			b.Domain = []string{didOf(t, globex).String()}
			return presented(t, agent, b, doc)
		},
		"no domain":    func(o *object) wire.Raw { b := bound(o); b.Domain = nil; return presented(t, agent, b, doc) },
		"no challenge": func(o *object) wire.Raw { b := bound(o); b.Challenge = ""; return presented(t, agent, b, doc) },
		"two domains": func(o *object) wire.Raw {
			b := bound(o)
			b.Domain = append(b.Domain, "x")
			return presented(t, agent, b, doc)
		},
		"made in the future": func(o *object) wire.Raw {
			b := bound(o)
			b.Created = new(vc.Time(t0 + day))
			return presented(t, agent, b, doc)
		},
		"a credential alone":     func(*object) wire.Raw { return doc },
		"a token for a document": func(*object) wire.Raw { return raw("eyJ.a.b") },
	} {
		r, o := w.ask(t, openid4vp.Ask{Policy: openid4vp.Policy{Passport: policy(t)}})
		res := w.respond(t, o, token(o, members{"passport": []any{show(o)}}))
		if got := w.result(t, r.ID); res.Code != http.StatusBadRequest || got.Status != openid4vp.StatusPending {
			t.Errorf("%s: %d %s: %s", name, res.Code, got.Status, res.Body)
		}
	}
}

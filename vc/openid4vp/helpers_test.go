package openid4vp_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	t0  = 1_790_000_000
	day = 24 * 3600
	vct = "https://acme.example/badge"
)

// The parties: acme issues, the agent holds, globex verifies.
const (
	acme, agent, globex, stranger = 7, 9, 3, 13
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

type members = map[string]any

// world is a verifier, its store and clock, and the passports of acme.
type world struct {
	*openid4vp.Verifier
	db        store.DB
	now       int64
	passports *passport.Registry
	withdrawn error
	lists     bool // the verifier knows the status lists
	cfg       openid4vp.Config
}

func newWorld(t testing.TB) *world {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	p, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{db: db, now: t0, lists: true}
	w.passports, err = passport.NewRegistry(passport.Config{DB: db, Org: key(t, acme), Rand: rand.NewChaCha8([32]byte{1})})
	if err != nil {
		t.Fatal(err)
	}
	w.cfg = openid4vp.Config{
		DB: db, Rand: rand.NewChaCha8([32]byte{2}), Now: func() time.Time { return time.Unix(w.now, 0) }, Signer: key(t, globex),
		DID: didOf(t, globex).DIDKey(), Base: "https://globex.example",
		Gate: func(context.Context) vc.Gate {
			return vc.Gate{Envelope: jose.Open, Suites: []vc.Suite{p.Suite()}, Vocabulary: p, StatusList: w.list(t)}
		},
		Types: p.Types, Withdrawn: func(*openid4vp.Presented) error { return w.withdrawn },
	}
	w.start(t)
	return w
}

// start makes the verifier, again on the same store.
func (w *world) start(t testing.TB) {
	t.Helper()
	var err error
	if w.Verifier, err = openid4vp.New(w.cfg); err != nil {
		t.Fatal(err)
	}
}

func (w *world) list(t testing.TB) func(string) (*vc.StatusList, error) {
	return func(url string) (*vc.StatusList, error) {
		number, err := strconv.ParseUint(url[strings.LastIndex(url, "/")+1:], 10, 32)
		if err != nil {
			return nil, err
		}
		if !w.lists {
			return nil, errors.New("no list is known")
		}
		doc, err := w.passports.StatusList(context.Background(), number, w.now)
		if err != nil {
			return nil, err
		}
		return vc.OpenStatusList(doc, didOf(t, acme).String())
	}
}

// policy accepts passports of acme with the role reader.
func policy(t testing.TB) *passport.Policy {
	return &passport.Policy{ID: "door", Issuers: []did.DID{didOf(t, acme)}, Roles: []string{"reader"}, MaxStatusAge: day}
}

// passport issues one about the agent.
func (w *world) passport(t testing.TB) (*passport.Passport, wire.Raw) {
	t.Helper()
	p, file, err := w.passports.Issue(t.Context(), passport.Request{Subject: passport.Subject{ID: didOf(t, agent), Name: "researcher",
		Organization: "acme", Roles: []string{"reader"}, AutonomyTier: passport.TierDirect}, ValidFrom: w.now, TTLSeconds: 30 * day}, w.now)
	if err != nil {
		t.Fatal(err)
	}
	doc, _, err := passport.SplitFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return p, doc
}

// query of one credential.
func query(format string, meta openid4vp.Meta, paths ...[]string) *openid4vp.Query {
	c := openid4vp.CredentialQuery{ID: "q", Format: format, Meta: meta}
	for _, p := range paths {
		c.Claims = append(c.Claims, openid4vp.ClaimQuery{Path: p})
	}
	return &openid4vp.Query{Credentials: []openid4vp.CredentialQuery{c}}
}

func badges(paths ...[]string) *openid4vp.Query {
	return query(openid4vp.FormatSDJWT, openid4vp.Meta{VCT: []string{vct}}, paths...)
}

// trusting is a policy for credentials of acme that are no passports.
func trusting(t testing.TB) openid4vp.Policy {
	return openid4vp.Policy{Issuers: []string{didOf(t, acme).String()}, AllowNoStatus: true}
}

// object is what a wallet reads in a request object.
type object struct {
	ClientID    string          `json:"client_id"`
	ResponseURI string          `json:"response_uri"`
	Nonce       string          `json:"nonce"`
	State       string          `json:"state"`
	WalletNonce string          `json:"wallet_nonce"`
	Query       json.RawMessage `json:"dcql_query"`
	Metadata    struct {
		JWKS gojose.JSONWebKeySet `json:"jwks"`
	} `json:"client_metadata"`
}

// ask makes a request and fetches its object as a wallet does.
func (w *world) ask(t testing.TB, a openid4vp.Ask) (*openid4vp.Request, *object) {
	t.Helper()
	r, err := w.Request(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	res := w.get(r.RequestURI)
	if res.Code != http.StatusOK {
		t.Fatalf("%d: %s", res.Code, res.Body)
	}
	return r, readObject(t, res.Body.Bytes())
}

func readObject(t testing.TB, jwt []byte) *object {
	t.Helper()
	parts := bytes.Split(jwt, []byte("."))
	raw, err := base64.RawURLEncoding.DecodeString(string(parts[1]))
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	return &o
}

func (w *world) get(at string) *httptest.ResponseRecorder {
	res := httptest.NewRecorder()
	w.ServeHTTP(res, httptest.NewRequest("GET", at, nil))
	return res
}

func (w *world) post(at, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest("POST", at, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res := httptest.NewRecorder()
	w.ServeHTTP(res, req)
	return res
}

// encrypt is the wallet's JWE of a payload.
func encrypt(t testing.TB, o *object, payload any, change func(*gojose.EncrypterOptions)) string {
	t.Helper()
	return encryptTo(t, o.Metadata.JWKS.Keys[0].Key.(*ecdsa.PublicKey), o.Metadata.JWKS.Keys[0].KeyID, payload, change)
}

func encryptTo(t testing.TB, to *ecdsa.PublicKey, kid string, payload any, change func(*gojose.EncrypterOptions)) string {
	t.Helper()
	options := &gojose.EncrypterOptions{}
	if change != nil {
		change(options)
	}
	e, err := gojose.NewEncrypter(gojose.A256GCM, gojose.Recipient{Algorithm: gojose.ECDH_ES, Key: gojose.JSONWebKey{Key: to, KeyID: kid}}, options)
	if err != nil {
		t.Fatal(err)
	}
	jwe, err := e.Encrypt(wire.MustMarshal(payload))
	if err != nil {
		t.Fatal(err)
	}
	out, err := jwe.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// token is the payload of a response with presentations by query.
func token(o *object, presentations members) members {
	return members{"vp_token": presentations, "state": o.State}
}

// respond posts an encrypted response.
func (w *world) respond(t testing.TB, o *object, payload any) *httptest.ResponseRecorder {
	t.Helper()
	return w.post(o.ResponseURI, url.Values{"response": {encrypt(t, o, payload, nil)}}.Encode())
}

// result is what the operator sees.
func (w *world) result(t testing.TB, id string) *openid4vp.Result {
	t.Helper()
	r, err := w.Result(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// badge is an SD-JWT VC of acme for the agent.
func badge(t testing.TB, disclosed map[string]wire.Raw, change ...func(*jose.SDContent)) []byte {
	t.Helper()
	c := jose.SDContent{VCT: vct, Holder: did.NewEd25519(key(t, agent).Public()), IssuedAt: t0, ID: "urn:badge:1", Disclosed: disclosed}
	for _, f := range change {
		f(&c)
	}
	out, err := jose.IssueSD(c, key(t, acme), rand.NewChaCha8([32]byte{5}))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shown is a badge presented for a request.
func shown(t testing.TB, o *object, issued []byte, names ...string) string {
	t.Helper()
	out, err := jose.PresentSD(issued, names, key(t, agent), jose.Binding{Audience: o.ClientID, Nonce: o.Nonce, Created: t0})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// presented is a Data Integrity presentation of credentials.
func presented(t testing.TB, holder byte, o vc.SignOptions, credentials ...[]byte) wire.Raw {
	t.Helper()
	unsecured, err := vc.NewPresentation(didOf(t, holder).String(), credentials...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := vc.SignPresentation(unsecured, key(t, holder), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func bound(o *object) vc.SignOptions {
	created := vc.Time(t0)
	return vc.SignOptions{Created: &created, Domain: []string{o.ClientID}, Challenge: o.Nonce}
}

// card is an unsecured credential of acme about the agent.
func card(t testing.TB) members {
	return members{
		"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "id": "urn:uuid:5c1f2f6e-5ad3-4f0f-8a39-0a1d31a4a001",
		"issuer": didOf(t, acme).String(), "validFrom": vc.Time(t0 - day).String(), "validUntil": vc.Time(t0 + day).String(),
		"credentialSubject": members{"id": didOf(t, agent).String()},
	}
}

// tokenPresentation is a vp+jwt of a vc+jwt.
func tokenPresentation(t testing.TB, o *object, credential members) string {
	t.Helper()
	inner, err := jose.SignCredential(wire.MustMarshal(credential), key(t, acme), jose.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := jose.Envelope(jose.MediaCredential, inner)
	if err != nil {
		t.Fatal(err)
	}
	unsecured, err := vc.NewPresentation(didOf(t, agent).String(), envelope)
	if err != nil {
		t.Fatal(err)
	}
	created := vc.Time(t0)
	out, err := jose.SignPresentation(unsecured, key(t, agent), jose.SignOptions{Created: &created, Audience: []string{o.ClientID}, Challenge: o.Nonce})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func raw(v any) wire.Raw { return wire.MustMarshal(v) }

func ed25519Key(k wire.PublicKey) ed25519.PublicKey { return ed25519.PublicKey(k[:]) }

type passportPolicy = passport.Policy

func signedCard(t testing.TB) []byte {
	t.Helper()
	created := vc.Time(t0)
	out, err := vc.SignCredential(raw(card(t)), key(t, acme), vc.SignOptions{Created: &created})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) do(method, at, kind, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, at, strings.NewReader(body))
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res := httptest.NewRecorder()
	w.ServeHTTP(res, req)
	return res
}

func otherBadge(t testing.TB, vct string) []byte {
	t.Helper()
	return badge(t, nil, func(c *jose.SDContent) { c.VCT = vct })
}

// sdPassport is a passport as an SD-JWT VC.
func sdPassport(t testing.TB, p *passport.Passport) []byte {
	t.Helper()
	var status wire.Raw
	if p.Status != nil {
		var err error
		if status, err = jose.StatusEntries(p.Status); err != nil {
			t.Fatal(err)
		}
	}
	out, err := jose.IssueSD(jose.SDContent{VCT: passport.TypeIRI, Holder: did.NewEd25519(p.Subject.ID.Key()), ID: p.ID, IssuedAt: t0,
		NotBefore: &p.ValidFrom, Expires: &p.ValidUntil, Status: status, Claims: map[string]wire.Raw{"sub": raw(p.Subject.ID), "name": raw(p.Subject.Name)},
		Disclosed: map[string]wire.Raw{"roles": raw(p.Subject.Roles), "autonomyTier": raw(p.Subject.AutonomyTier), "organization": raw(p.Subject.Organization)},
	}, key(t, acme), rand.NewChaCha8([32]byte{6}))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

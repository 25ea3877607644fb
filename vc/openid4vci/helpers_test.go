package openid4vci_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/openid4vci"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

const t0 = 1_790_000_000 // 2026-09-21T14:13:20Z

// members is a JSON object as tests write it.
type members = map[string]any

func key(t testing.TB, fill byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// world is an issuer on a real socket, with a registry of passports behind it
// and a clock that the test moves.
type world struct {
	url      string
	now      int64
	db       store.DB
	cfg      openid4vci.Config
	issuer   *openid4vci.Issuer
	registry *passport.Registry
	org      *wire.Key
	issued   int // how often Issue made a passport
}

func newWorld(t testing.TB, path string) *world {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	w := &world{now: t0, db: db, org: key(t, 7)}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.issuer.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	w.url = server.URL
	var err error
	// store.DB runs one closure at a time, the nonce endpoint does not.
	random := &lockedReader{r: rand.NewChaCha8([32]byte{1})}
	if w.registry, err = passport.NewRegistry(passport.Config{DB: db, Org: w.org, Rand: random}); err != nil {
		t.Fatal(err)
	}
	w.cfg = openid4vci.Config{DB: db, Rand: random, Now: func() time.Time { return time.Unix(w.now, 0) }, URL: w.url + path, Name: "acme", Issue: w.issue,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	w.restart(t)
	return w
}

type lockedReader struct {
	sync.Mutex
	r io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.r.Read(p)
}

// restart makes the issuer anew over the same rows.
func (w *world) restart(t testing.TB) {
	t.Helper()
	issuer, err := openid4vci.New(w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.issuer = issuer
}

// issue is what a node does, with a subject that the content names.
func (w *world) issue(tx store.Tx, c openid4vci.Collection) (*openid4vci.Issued, error) {
	id := c.Passport
	if id == "" {
		var s passport.Subject
		if err := wire.Unmarshal(c.Content, &s, wire.DocumentLimits); err != nil {
			return nil, err
		}
		if s.Name == "nobody" {
			return nil, fmt.Errorf("%w: nobody is given one", openid4vci.ErrDenied)
		}
		if s.Name == "fault" {
			return nil, errors.New("disk on fire")
		}
		s.ID = did.FromKey(c.Key)
		p, _, err := w.registry.IssueIn(tx, passport.Request{Subject: s, ValidFrom: c.Now, TTLSeconds: 3600}, c.Now)
		if errors.Is(err, vc.ErrMalformed) {
			return nil, fmt.Errorf("%w: %w", openid4vci.ErrDenied, err)
		}
		if err != nil {
			return nil, err
		}
		id = p.ID
		w.issued++
	}
	r, err := w.registry.GetIn(tx, id)
	if err != nil {
		return nil, err
	}
	out, err := openid4vci.Credential(c.Form, r, c.Key, w.org, c.Now, w.cfg.Rand)
	if err != nil {
		return nil, err
	}
	return &openid4vci.Issued{Passport: id, Credential: out}, nil
}

// subject is the content of an offer in these tests.
func subject(t testing.TB, name string) wire.Raw {
	return wire.MustMarshal(passport.Subject{ID: did.FromKey(key(t, 1).Public()), Name: name, Organization: "acme",
		Roles: []string{"reader", "writer"}, AutonomyTier: passport.TierDirect, Assurance: &passport.Assurance{KeyCustody: passport.CustodyOwn},
		Reputation: &passport.Reputation{ComputedAt: t0, Evidence: []passport.ReputationEvidence{}}, Provenance: &passport.Provenance{Provider: "https://idp.example", Method: "oidc", Digest: wire.Hash([]byte("x"))}})
}

func (w *world) offer(t testing.TB, terms openid4vci.Terms) *openid4vci.Made {
	t.Helper()
	if terms.Content == nil {
		terms.Content = subject(t, "researcher")
	}
	m, err := w.issuer.Make(t.Context(), terms)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// codeOf is the pre-authorized code of an offer.
func codeOf(t testing.TB, object []byte) string {
	t.Helper()
	var o struct {
		Grants map[string]struct {
			Code string `json:"pre-authorized_code"`
		} `json:"grants"`
	}
	if err := json.Unmarshal(object, &o); err != nil || o.Grants[grant].Code == "" {
		t.Fatalf("no code in %s: %v", object, err)
	}
	return o.Grants[grant].Code
}

const grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code"

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    []byte
	json   members
}

func (a answer) text(name string) string { s, _ := a.json[name].(string); return s }

func (w *world) do(t testing.TB, method, path, kind, auth, body string) answer {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		q.Header.Set("Content-Type", kind)
	}
	if auth != "" {
		q.Header.Set("Authorization", auth)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.raw, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	if len(a.raw) > 0 {
		if err := json.Unmarshal(a.raw, &a.json); err != nil {
			t.Fatalf("%s %s answers no JSON object: %s", method, path, a.raw)
		}
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s %s: Cache-Control %q", method, path, got)
	}
	return a
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// form is the body of a token request.
func form(code string, more ...string) url.Values {
	v := url.Values{"grant_type": {grant}, "pre-authorized_code": {code}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func (w *world) token(t testing.TB, v url.Values) answer {
	t.Helper()
	return w.do(t, "POST", "/openid4vci/token", formType, "", v.Encode())
}

// access takes an offer's token.
func (w *world) access(t testing.TB, m *openid4vci.Made) string {
	t.Helper()
	v := form(codeOf(t, m.Object))
	if m.TxCode != "" {
		v.Set("tx_code", m.TxCode)
	}
	a := w.token(t, v)
	if a.status != http.StatusOK || a.text("token_type") != "Bearer" || a.json["expires_in"] != 600.0 {
		t.Fatalf("token: %d %s", a.status, a.raw)
	}
	return a.text("access_token")
}

func (w *world) nonce(t testing.TB) string {
	t.Helper()
	a := w.do(t, "POST", "/openid4vci/nonce", "", "", "")
	if a.status != http.StatusOK || a.text("c_nonce") == "" {
		t.Fatalf("nonce: %d %s", a.status, a.raw)
	}
	return a.text("c_nonce")
}

// proof is a key proof of a wallet; changes replace members of the claims.
func (w *world) proof(t testing.TB, holder *wire.Key, changes members) string {
	t.Helper()
	claims := members{"aud": w.cfg.URL, "iat": w.now}
	for name, v := range changes {
		claims[name] = v
	}
	if _, ok := claims["nonce"]; !ok {
		claims["nonce"] = w.nonce(t)
	}
	head := members{"alg": "EdDSA", "typ": "openid4vci-proof+jwt", "jwk": wire.Raw(did.NewEd25519(holder.Public()).JWK())}
	b64 := base64.RawURLEncoding
	in := b64.EncodeToString(wire.MustMarshal(head)) + "." + b64.EncodeToString(wire.MustMarshal(claims))
	sig, err := holder.Sign([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	return in + "." + b64.EncodeToString(sig[:])
}

func request(form, proof string) string {
	return string(wire.MustMarshal(members{"credential_configuration_id": form, "proofs": members{"jwt": []any{proof}}}))
}

func (w *world) collect(t testing.TB, token, body string) answer {
	t.Helper()
	return w.do(t, "POST", "/openid4vci/credential", jsonType, "Bearer "+token, body)
}

// credential is the one credential of an answer.
func (a answer) credential(t testing.TB) wire.Raw {
	t.Helper()
	var r struct {
		Credentials []struct {
			Credential wire.Raw `json:"credential"`
		} `json:"credentials"`
	}
	if err := wire.UnmarshalLenient(a.raw, &r, wire.ForeignLimits); err != nil || a.status != http.StatusOK || len(r.Credentials) != 1 {
		t.Fatalf("no credential: %d %s %v", a.status, a.raw, err)
	}
	return r.Credentials[0].Credential
}

// state is what became of the one offer of an id.
func (w *world) state(t testing.TB, id string) (found openid4vci.Offer) {
	t.Helper()
	err := w.issuer.List(func(o *openid4vci.Offer) error {
		if o.ID == id {
			found = *o
		}
		return nil
	})
	if err != nil || found.ID == "" {
		t.Fatalf("offer %s: %v", id, err)
	}
	return found
}

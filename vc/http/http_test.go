package vchttp_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/http"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

const t0 = 1_790_000_000

// world is a service on a real socket with a clock that the test moves.
type world struct {
	url, did string
	now      time.Time
}

func key(t testing.TB, fill byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func serve(t testing.TB, change func(*vchttp.Config)) *world {
	t.Helper()
	processor, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{now: time.Unix(t0, 0)}
	r, err := resolver.New(resolver.Config{Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	signer := key(t, 7)
	id := did.FromKey(signer.Public())
	w.did = id.DIDKey()
	var service *vchttp.Service
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { service.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	w.url = server.URL
	book, err := vchttp.NewBook(vchttp.BookConfig{DB: db, Rand: rand.NewChaCha8([32]byte{1}), Signer: signer, DID: w.did,
		Method: w.did + "#" + id.Multibase(), Base: w.url + "/status/"})
	if err != nil {
		t.Fatal(err)
	}
	c := vchttp.Config{Now: func() time.Time { return w.now }, Signer: signer, DID: w.did, Gate: func() vc.Gate { return vc.Gate{Methods: r, Envelope: jose.Open} },
		Suites: []vc.Suite{processor.Suite()}, Vocabulary: processor, Book: book, Resolver: r,
		Limits: vchttp.Limits{PerClientPerSecond: 10_000, PerSecond: 10_000}}
	if change != nil {
		change(&c)
	}
	if service, err = vchttp.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

// alone is a service without a socket or a book.
func alone(t testing.TB, change func(*vchttp.Config)) *vchttp.Service {
	t.Helper()
	processor, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	signer := key(t, 7)
	c := vchttp.Config{Now: func() time.Time { return time.Unix(t0, 0) }, Signer: signer, DID: did.FromKey(signer.Public()).DIDKey(),
		Gate: func() vc.Gate { return vc.Gate{} }, Vocabulary: processor, Limits: vchttp.Limits{PerClientPerSecond: 10_000, PerSecond: 10_000}}
	change(&c)
	service, err := vchttp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// direct posts to a service without a socket.
func direct(t testing.TB, s *vchttp.Service, path string, body []byte) answer {
	t.Helper()
	q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+path, bytes.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, q)
	return answer{status: rec.Code, header: rec.Header(), raw: rec.Body.Bytes()}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    []byte
	json   map[string]any
}

func (w *world) do(t testing.TB, method, path, kind, token string, body []byte) answer {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, w.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		q.Header.Set("Content-Type", kind)
	}
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	return send(t, q)
}

func send(t testing.TB, q *http.Request) answer {
	t.Helper()
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.raw, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(a.raw, &a.json)
	return a
}

func (w *world) post(t testing.TB, path string, body any) answer {
	t.Helper()
	b, ok := body.(string)
	if !ok {
		out, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		b = string(out)
	}
	return w.do(t, http.MethodPost, path, "application/json", "", []byte(b))
}

type object = map[string]any

// credential is one that everybody accepts.
func (w *world) credential() object {
	return object{"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "id": "urn:uuid:00000000-0000-4000-8000-000000000001",
		"type": []any{"VerifiableCredential"}, "issuer": w.did, "credentialSubject": object{"id": "did:example:subject"}}
}

func (w *world) issue(t testing.TB, path string, c object) []byte {
	t.Helper()
	a := w.post(t, path, object{"credential": c, "options": object{}})
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	return a.raw
}

// refusedAs checks the form of every answer that is not a success.
func refusedAs(t testing.TB, name string, a answer, status int) {
	t.Helper()
	list, _ := a.json["errors"].([]any)
	if a.status != status || len(list) == 0 || a.json["verified"] != false || a.json["problemDetails"] == nil ||
		!strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		t.Errorf("%s: %d %s %s, want %d with errors", name, a.status, a.header.Get("Content-Type"), a.raw, status)
	}
}

// The row of the contract: 201 and the bare secured credential, for an issuer
// given as text or object, options empty or missing.
func TestIssueAnswersTheBareCredential(t *testing.T) {
	w := serve(t, nil)
	for path, suite := range map[string]string{"/credentials/issue": "eddsa-jcs-2022", "/eddsa-jcs-2022/credentials/issue": "eddsa-jcs-2022",
		"/eddsa-rdfc-2022/credentials/issue": "eddsa-rdfc-2022"} {
		for _, issuer := range []any{w.did, object{"id": w.did, "name": "us"}} {
			c := w.credential()
			delete(c, "id")
			c["issuer"] = issuer
			a := w.post(t, path, object{"credential": c})
			proof, _ := a.json["proof"].(object)
			if a.status != http.StatusCreated || proof["cryptosuite"] != suite || a.json["credentialStatus"] == nil || a.json["id"] == nil {
				t.Errorf("%s: %d %s", path, a.status, a.raw)
			}
			if v := w.post(t, "/credentials/verify", object{"verifiableCredential": a.json, "options": object{"checks": []string{"proof"}}}); v.status != http.StatusOK || v.json["verified"] != true {
				t.Errorf("%s: %d %s", path, v.status, v.raw)
			}
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	w := serve(t, nil)
	with := func(change func(object)) object {
		c := w.credential()
		change(c)
		return object{"credential": c, "options": object{}}
	}
	for name, body := range map[string]any{
		"verifiableCredential":  object{"verifiableCredential": w.credential()},
		"no credential":         object{"options": object{}},
		"null":                  object{"credential": nil},
		"a text":                object{"credential": "x"},
		"not json":              "{",
		"twice the same member": `{"credential":{},"credential":{}}`,
		"an unknown member":     object{"credential": w.credential(), "more": 1},
		"an unknown option":     object{"credential": w.credential(), "options": object{"mandatoryPointers": []string{"/id"}}},
		"another suite":         object{"credential": w.credential(), "options": object{"cryptosuite": "bbs-2023"}},
		"another id":            object{"credential": w.credential(), "options": object{"credentialId": "urn:x:y"}},
		"another issuer":        with(func(c object) { c["issuer"] = "did:example:other" }),
		"no issuer":             with(func(c object) { delete(c, "issuer") }),
		"no type":               with(func(c object) { delete(c, "type") }),
		"no context":            with(func(c object) { delete(c, "@context") }),
		"contexts in disorder":  with(func(c object) { c["@context"] = []any{"https://www.w3.org/ns/credentials/examples/v2", vc.ContextV2} }),
		"an unknown context":    with(func(c object) { c["@context"] = []any{vc.ContextV2, "https://example.com/v9"} }),
		"an unmapped type":      with(func(c object) { c["type"] = []any{"VerifiableCredential", "Unmapped"} }),
		"an unmapped member":    with(func(c object) { c["unmapped"] = 1 }),
		"an empty subject":      with(func(c object) { c["credentialSubject"] = object{} }),
		"a window backwards":    with(func(c object) { c["validFrom"], c["validUntil"] = "2030-01-01T00:00:00Z", "2029-01-01T00:00:00Z" }),
		"a time that is over":   with(func(c object) { c["validUntil"] = "2020-01-01T00:00:00Z" }),
		"a time that is none":   with(func(c object) { c["validFrom"] = "soon" }),
		"a bad language":        with(func(c object) { c["name"] = object{"@value": "x", "@language": "not a language"} }),
		"an extra in a name":    with(func(c object) { c["name"] = object{"@value": "x", "@language": "en", "extra": 1} }),
		"a status without type": with(func(c object) { c["credentialStatus"] = object{"id": "https://example.com/1"} }),
		"a bad status entry": with(func(c object) {
			c["credentialStatus"] = object{"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "-1", "statusListCredential": "https://example.com/1"}
		}),
		"a schema without type": with(func(c object) { c["credentialSchema"] = object{"id": "https://example.com/1"} }),
		"a proof is there":      with(func(c object) { c["proof"] = object{"type": "DataIntegrityProof"} }),
	} {
		refusedAs(t, name, w.post(t, "/credentials/issue", body), http.StatusBadRequest)
	}
	// Nothing of it has used the id up.
	w.issue(t, "/credentials/issue", w.credential())
	refusedAs(t, "the same id again", w.post(t, "/credentials/issue", object{"credential": w.credential()}), http.StatusConflict)
}

func TestVerify(t *testing.T) {
	w := serve(t, nil)
	signed := w.issue(t, "/credentials/issue", w.credential())
	edit := func(from, to string) wire.Raw {
		out := strings.Replace(string(signed), from, to, 1)
		if out == string(signed) {
			t.Fatalf("%q is not there", from)
		}
		return wire.Raw(out)
	}
	for name, body := range map[string]any{"no options": object{"verifiableCredential": wire.Raw(signed)}, "empty": object{"verifiableCredential": wire.Raw(signed), "options": object{}},
		"proof": object{"verifiableCredential": wire.Raw(signed), "options": object{"checks": []string{"proof"}, "returnCredential": true}}} {
		if a := w.post(t, "/credentials/verify", body); a.status != http.StatusOK || a.json["verified"] != true {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	var m object
	if err := json.Unmarshal(signed, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "proof")
	for name, body := range map[string]any{
		"missing":                object{"options": object{}},
		"a text":                 object{"verifiableCredential": "abc"},
		"a number":               object{"verifiableCredential": 7},
		"no proof":               object{"verifiableCredential": m},
		"tampered":               object{"verifiableCredential": edit("did:example:subject", "did:example:thief")},
		"proof injected":         object{"verifiableCredential": edit(`"proofPurpose"`, `"expires":"2999-01-01T00:00:00Z","proofPurpose"`)},
		"bound elsewhere":        object{"verifiableCredential": edit(`"proofPurpose"`, `"domain":"x","proofPurpose"`), "options": object{"domain": "y"}},
		"sealed by nobody known": object{"verifiableCredential": "a.b.c"},
	} {
		refusedAs(t, name, w.post(t, "/credentials/verify", body), http.StatusBadRequest)
	}
	w.now = w.now.Add(-48 * time.Hour)
	refusedAs(t, "made in the future", w.post(t, "/credentials/verify", object{"verifiableCredential": wire.Raw(signed)}), http.StatusBadRequest)
}

func TestTrustIsAskedOnlyOfWhoHasATrustSet(t *testing.T) {
	trusted := true
	w := serve(t, func(c *vchttp.Config) {
		inner := c.Gate
		c.Gate = func() vc.Gate {
			g := inner()
			g.TrustedIssuer = func(string) bool { return trusted }
			return g
		}
	})
	signed := wire.Raw(w.issue(t, "/credentials/issue", w.credential()))
	if a := w.post(t, "/credentials/verify", object{"verifiableCredential": signed}); a.status != http.StatusOK || len(a.json["warnings"].([]any)) != 0 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	trusted = false
	refusedAs(t, "not trusted", w.post(t, "/credentials/verify", object{"verifiableCredential": signed}), http.StatusBadRequest)
}

func TestStatus(t *testing.T) {
	w := serve(t, nil)
	c := w.credential()
	signed := wire.Raw(w.issue(t, "/credentials/issue", c))
	verify := func() answer { return w.post(t, "/credentials/verify", object{"verifiableCredential": signed}) }
	change := func(purpose string, status any) answer {
		return w.post(t, "/credentials/status", object{"credentialId": c["id"], "credentialStatus": object{"type": "BitstringStatusListEntry", "statusPurpose": purpose}, "status": status})
	}
	if a := verify(); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	if a := change("suspension", true); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	refusedAs(t, "suspended", verify(), http.StatusBadRequest)
	if a := change("suspension", false); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	if a := verify(); a.status != http.StatusOK {
		t.Errorf("resumed: %d %s", a.status, a.raw)
	}
	refusedAs(t, "unknown purpose", change("message", true), http.StatusBadRequest)
	refusedAs(t, "unknown credential", w.post(t, "/credentials/status", object{"credentialId": "urn:x:1", "credentialStatus": object{"statusPurpose": "revocation"}}), http.StatusNotFound)
	refusedAs(t, "no id", w.post(t, "/credentials/status", object{}), http.StatusBadRequest)
	if a := change("revocation", nil); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	refusedAs(t, "revoked", verify(), http.StatusBadRequest)
	refusedAs(t, "revocation taken back", change("revocation", false), http.StatusBadRequest)

	// The list is a credential that anybody can fetch and open.
	var m struct {
		Status []struct {
			List string `json:"statusListCredential"`
		} `json:"credentialStatus"`
	}
	if err := json.Unmarshal(signed, &m); err != nil || len(m.Status) != 2 {
		t.Fatal(err, len(m.Status))
	}
	for _, s := range m.Status {
		a := w.do(t, http.MethodGet, strings.TrimPrefix(s.List, w.url), "", "", nil)
		if l, err := vc.OpenStatusList(a.raw, w.did); a.status != http.StatusOK || err != nil || l.ID() != s.List {
			t.Errorf("%s: %d %v", s.List, a.status, err)
		}
	}
	for _, path := range []string{"/status/99", "/status/x", "/status/-1", "/status/01"} {
		refusedAs(t, path, w.do(t, http.MethodGet, path, "", "", nil), http.StatusNotFound)
	}
}

func TestPresentations(t *testing.T) {
	w := serve(t, nil)
	signed := wire.Raw(w.issue(t, "/credentials/issue", w.credential()))
	vp := object{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": w.did, "verifiableCredential": []any{signed}}
	asked := object{"challenge": "n-1", "domain": "example.com"}
	a := w.post(t, "/presentations", object{"presentation": vp, "options": asked})
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	shown := a.json["verifiablePresentation"]
	if v := w.post(t, "/presentations/verify", object{"verifiablePresentation": shown, "options": asked}); v.status != http.StatusOK || v.json["verified"] != true {
		t.Fatalf("%d %s", v.status, v.raw)
	}
	for name, body := range map[string]any{
		"another challenge": object{"verifiablePresentation": shown, "options": object{"challenge": "n-2", "domain": "example.com"}},
		"another domain":    object{"verifiablePresentation": shown, "options": object{"challenge": "n-1", "domain": "example.org"}},
		"no domain":         object{"verifiablePresentation": shown, "options": object{"challenge": "n-1"}},
		"no challenge":      object{"verifiablePresentation": shown},
		"missing":           object{"options": asked},
		"not signed":        object{"verifiablePresentation": vp, "options": asked},
		"a credential":      object{"verifiablePresentation": signed, "options": asked},
	} {
		refusedAs(t, name, w.post(t, "/presentations/verify", body), http.StatusBadRequest)
	}
	for name, body := range map[string]any{
		"no challenge": object{"presentation": vp}, "missing": object{"options": asked},
		"another holder": object{"presentation": object{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": "did:example:x"}, "options": asked},
	} {
		refusedAs(t, name, w.post(t, "/presentations", body), http.StatusBadRequest)
	}
	open := serve(t, func(c *vchttp.Config) { c.AllowUnbound = true })
	vp["verifiableCredential"] = []any{wire.Raw(open.issue(t, "/credentials/issue", open.credential()))}
	if a := open.post(t, "/presentations", object{"presentation": vp}); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.raw)
	} else if v := open.post(t, "/presentations/verify", object{"verifiablePresentation": a.json["verifiablePresentation"]}); v.status != http.StatusOK {
		t.Errorf("%d %s", v.status, v.raw)
	}
}

// Enveloped credentials and presentations: as an object with a data: URL, and
// as the bare text.
func TestVerifyJOSE(t *testing.T) {
	w := serve(t, nil)
	signer := key(t, 7)
	method := w.did + "#" + strings.TrimPrefix(w.did, "did:key:")
	doc, err := json.Marshal(w.credential())
	if err != nil {
		t.Fatal(err)
	}
	o := jose.SignOptions{Method: method}
	token, err := jose.SignCredential(doc, signer, o)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := jose.Envelope("application/vc+jwt", token)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{"text": string(token), "object": wire.Raw(wrapped)} {
		if a := w.post(t, "/credentials/verify", object{"verifiableCredential": v}); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	broken := bytes.Clone(token)
	broken[len(broken)-3] ^= 1
	refusedAs(t, "tampered", w.post(t, "/credentials/verify", object{"verifiableCredential": string(broken)}), http.StatusBadRequest)
	refusedAs(t, "as a presentation", w.post(t, "/presentations/verify", object{"verifiablePresentation": string(token), "options": object{"challenge": "x"}}), http.StatusBadRequest)
}

func TestRequestsThatAreNone(t *testing.T) {
	w := serve(t, func(c *vchttp.Config) { c.Token = "secret" })
	body, err := json.Marshal(object{"credential": w.credential()})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method, path, kind, token string
		body                      []byte
		status                    int
	}{
		"no token":      {"POST", "/credentials/issue", "application/json", "", body, 401},
		"another token": {"POST", "/credentials/issue", "application/json", "secreT", body, 401},
		"present":       {"POST", "/presentations", "application/json", "", body, 401},
		"status":        {"POST", "/credentials/status", "application/json", "", body, 401},
		"get":           {"GET", "/credentials/issue", "", "secret", nil, 405},
		"no such path":  {"POST", "/credentials", "application/json", "secret", body, 404},
		"no such suite": {"POST", "/bbs-2023/credentials/issue", "application/json", "secret", body, 404},
		"a form":        {"POST", "/credentials/issue", "application/x-www-form-urlencoded", "secret", body, 415},
		"no type":       {"POST", "/credentials/verify", "", "", body, 415},
		"too large":     {"POST", "/credentials/verify", "application/json", "", bytes.Repeat([]byte(" "), vchttp.MaxBodyBytes+1), 413},
		"empty":         {"POST", "/credentials/verify", "application/json", "", nil, 400},
		"an array":      {"POST", "/credentials/verify", "application/ld+json", "", []byte("[]"), 400},
	} {
		refusedAs(t, name, w.do(t, c.method, c.path, c.kind, c.token, c.body), c.status)
	}
	if a := w.do(t, "POST", "/credentials/issue", "application/json", "secret", body); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

// What the book writes lies beside the status lists of passports, which are in
// the same store: neither signs, or uses up, what is the other's.
func TestBookKeepsToItsRows(t *testing.T) {
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	org := key(t, 7)
	passports, err := passport.NewRegistry(passport.Config{DB: db, Org: org, Rand: rand.NewChaCha8([32]byte{2})})
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := passports.Issue(t.Context(), passport.Request{ValidFrom: t0, TTLSeconds: 3600, Subject: passport.Subject{
		ID: did.FromKey(key(t, 9).Public()), Name: "a", Organization: "acme", AutonomyTier: passport.TierDirect}}, t0)
	if err != nil {
		t.Fatal(err)
	}
	w := serve(t, func(c *vchttp.Config) {
		book, err := vchttp.NewBook(vchttp.BookConfig{DB: db, Rand: rand.NewChaCha8([32]byte{3}), Signer: org, DID: c.DID,
			Method: c.DID + "#" + strings.TrimPrefix(c.DID, "did:key:"), Base: "https://vc.example/status/"})
		if err != nil {
			t.Fatal(err)
		}
		c.Book = book
	})
	w.now = w.now.Add(6 * 24 * time.Hour) // both lists are to be signed anew
	refusedAs(t, "a list of passports", w.do(t, http.MethodGet, "/status/0", "", "", nil), http.StatusNotFound)
	signed := w.issue(t, "/credentials/issue", w.credential())
	if !strings.Contains(string(signed), `"statusListCredential":"https://vc.example/status/0"`) {
		t.Errorf("%s", signed)
	}
	if a := w.do(t, http.MethodGet, "/status/0", "", "", nil); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.raw)
	}
	file, err := passports.File(t.Context(), p.ID, w.now.Unix())
	if err != nil {
		t.Fatal(err)
	}
	g := vc.Gate{Now: t0 + 60, SkewSeconds: 30 * 24 * 3600, TrustedIssuer: func(string) bool { return true }}
	if r := passport.VerifyFile(file, g); r.Err() != nil {
		t.Error(r.Err())
	}
}

func TestOnlyLocalhostWithoutAToken(t *testing.T) {
	w := serve(t, nil)
	body, err := json.Marshal(object{"credential": w.credential()})
	if err != nil {
		t.Fatal(err)
	}
	for host, status := range map[string]int{"rebound.example": 421, "192.0.2.1:80": 421, "localhost:9": 201, "[::1]:80": 409} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/credentials/issue", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Host = host
		q.Header.Set("Content-Type", "application/json")
		if a := send(t, q); status == 421 && a.status != status || status != 421 && a.status == 421 {
			t.Errorf("%s: %d %s", host, a.status, a.raw)
		}
	}
}

func TestLimits(t *testing.T) {
	w := serve(t, func(c *vchttp.Config) { c.Limits = vchttp.Limits{PerClientPerSecond: 2, PerSecond: 100} })
	refused := 0
	for range 15 {
		if a := w.do(t, http.MethodGet, "/nothing", "", "", nil); a.status == http.StatusTooManyRequests {
			refused++
			refusedAs(t, "too many", a, http.StatusTooManyRequests)
		}
	}
	if refused != 5 { // bursts of five seconds' worth
		t.Errorf("%d of 15 refused", refused)
	}
	w.now = w.now.Add(time.Second)
	if a := w.do(t, http.MethodGet, "/nothing", "", "", nil); a.status != http.StatusNotFound {
		t.Errorf("after a second: %d", a.status)
	}
}

// The rows of the resolver's contract.
func TestRoutesOfOthersAreUnderTheSameLimits(t *testing.T) {
	w := serve(t, func(c *vchttp.Config) {
		c.Limits = vchttp.Limits{PerClientPerSecond: 1}
		c.Routes = map[string]http.Handler{"/other/": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })}
	})
	for want := http.StatusTeapot; want != 0; {
		switch got := w.do(t, "GET", "/other/thing", "", "", nil).status; got {
		case http.StatusTeapot:
		case http.StatusTooManyRequests:
			want = 0
		default:
			t.Fatalf("status %d", got)
		}
	}
}

func TestIdentifiers(t *testing.T) {
	w := serve(t, nil)
	id := did.FromKey(key(t, 9).Public())
	get := func(text, query, accept string) answer {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/1.0/identifiers/"+url.PathEscape(text)+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if accept != "" {
			q.Header.Set("Accept", accept)
		}
		return send(t, q)
	}
	for _, text := range []string{id.String(), id.DIDKey()} {
		if a := get(text, "", ""); a.status != 200 || a.json["id"] != text || a.header.Get("Content-Type") != resolver.MediaJSONLD {
			t.Errorf("%s: %d %s", text, a.status, a.raw)
		}
		a := get(text, "", resolver.MediaResolution)
		if doc, _ := a.json["didDocument"].(object); a.status != 200 || doc["id"] != text || a.json["didResolutionMetadata"] == nil || a.json["didDocumentMetadata"] == nil || a.json["@context"] == nil {
			t.Errorf("%s: %d %s", text, a.status, a.raw)
		}
	}
	if a := get(id.KeyID(), "", ""); a.status != 200 || a.json["id"] != id.KeyID() {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for name, c := range map[string]struct {
		text, query, accept, code string
		status                    int
	}{
		"not a did":             {"nothing", "", "", "invalidDid", 400},
		"another method":        {"did:example:123", "", "", "methodNotSupported", 400},
		"a short key":           {"did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooW", "", "", "", 400},
		"a bad url":             {id.DIDKey() + "#a b", "", "", "invalidDidUrl", 400},
		"no such fragment":      {id.KeyID() + "9", "", "", "notFound", 404},
		"a key format":          {id.DIDKey(), "?publicKeyFormat=Nothing", "", "unsupportedPublicKeyType", 400},
		"a representation":      {id.DIDKey(), "", "application/cbor", "representationNotSupported", 406},
		"upper-case":            {strings.ToUpper(id.String()), "", "", "invalidDid", 400},
		"with the whole result": {"did:key:zNothing", "", resolver.MediaResolution, "", 400},
	} {
		a := get(c.text, c.query, c.accept)
		meta, _ := a.json["didResolutionMetadata"].(object)
		_, document := a.json["didDocument"]
		if meta == nil {
			meta, _ = a.json["didDereferencingMetadata"].(object)
			_, document = a.json["content"]
		}
		got, _ := meta["error"].(string)
		if a.status != c.status || got == "" || c.code != "" && got != c.code || !document || a.json["@context"] == nil {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	if a := get(id.DIDKey(), "?enableExperimentalPublicKeyTypes=perhaps", ""); a.status != 400 {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

package openid4vp_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/wire"
)

// rowOf is the row of a request as it is on disk.
func (w *world) rowOf(t *testing.T, id string) string {
	t.Helper()
	var row []byte
	if err := w.db.View(func(r store.Reader) (err error) {
		row, err = r.Get("v/oid/p/" + id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return string(row)
}

// A response counts once: the same again, one more of the same holder, and many
// at the same time, also after a restart. The key is gone with the first.
func TestResponseCountsOnce(t *testing.T) {
	w := newWorld(t)
	issued := badge(t, map[string]wire.Raw{"level": raw(3)})
	r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges([]string{"level"})})
	if !strings.Contains(w.rowOf(t, r.ID), `"key"`) {
		t.Fatal("an open request has no key")
	}
	body := url.Values{"response": {encrypt(t, o, token(o, members{"q": []any{shown(t, o, issued, "level")}}), nil)}}.Encode()
	codes := make([]int, 8)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() { codes[i] = w.post(o.ResponseURI, body).Code })
	}
	all.Wait()
	taken := 0
	for _, c := range codes {
		switch c {
		case http.StatusOK:
			taken++
		case http.StatusGone:
		default:
			t.Errorf("status %d", c)
		}
	}
	if taken != 1 {
		t.Fatalf("%d responses were taken", taken)
	}
	if strings.Contains(w.rowOf(t, r.ID), `"key"`) {
		t.Error("the key outlives its request")
	}
	w.start(t)
	if res := w.post(o.ResponseURI, body); res.Code != http.StatusGone {
		t.Errorf("after a restart: %d", res.Code)
	}
	if res := w.get(r.RequestURI); res.Code != http.StatusGone {
		t.Errorf("the request object is handed out after the end: %d", res.Code)
	}
	if got := w.result(t, r.ID); got.Status != openid4vp.StatusAccepted {
		t.Errorf("after a restart: %s", got.Status)
	}
}

func TestExpiry(t *testing.T) {
	w := newWorld(t)
	issued := badge(t, nil)
	r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges(), TTLSeconds: 60})
	w.now += 60
	for name, res := range map[string]int{
		"fetched":  w.get(r.RequestURI).Code,
		"answered": w.respond(t, o, token(o, members{"q": []any{shown(t, o, issued)}})).Code,
	} {
		if res != http.StatusGone {
			t.Errorf("%s: %d", name, res)
		}
	}
	if got := w.result(t, r.ID); got.Status != openid4vp.StatusExpired || strings.Contains(w.rowOf(t, r.ID), `"key"`) {
		t.Errorf("%s, row %s", got.Status, w.rowOf(t, r.ID))
	}
	w.now += 31 * day
	if _, err := w.Result(t.Context(), r.ID); !errors.Is(err, openid4vp.ErrUnknown) {
		t.Errorf("an old result: %v", err)
	}
}

// So many responses that prove nothing end a request.
func TestAttemptsAreBounded(t *testing.T) {
	w := newWorld(t)
	r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges()})
	for i := range 16 {
		if res := w.post(o.ResponseURI, "response=a.b"); res.Code != http.StatusBadRequest {
			t.Fatalf("attempt %d: %d", i+1, res.Code)
		}
	}
	if res := w.post(o.ResponseURI, "response=a.b"); res.Code != http.StatusGone {
		t.Errorf("one more: %d", res.Code)
	}
	if got := w.result(t, r.ID); got.Status != openid4vp.StatusRefused || strings.Contains(w.rowOf(t, r.ID), `"key"`) {
		t.Errorf("%s", raw(got))
	}
}

// A wallet may say in the clear that it shows nothing, if it knows the state.
func TestWalletDeclines(t *testing.T) {
	w := newWorld(t)
	r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges()})
	if res := w.post(o.ResponseURI, "error=access_denied&state=x"); res.Code != http.StatusBadRequest {
		t.Errorf("of anybody: %d", res.Code)
	}
	if res := w.post(o.ResponseURI, url.Values{"error": {"access_denied"}, "state": {o.State}}.Encode()); res.Code != http.StatusOK {
		t.Fatalf("%d", res.Code)
	}
	if got := w.result(t, r.ID); got.Status != openid4vp.StatusRefused || !strings.Contains(got.Reason, "access_denied") {
		t.Errorf("%s", raw(got))
	}
}

// The contract of each endpoint beside its success.
func TestEndpoints(t *testing.T) {
	w := newWorld(t)
	r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges()})
	unknown := strings.Repeat("0", 32)
	for name, c := range map[string]struct {
		method, at, kind, body string
		want                   int
	}{
		"unknown request":   {"GET", "/openid4vp/request/" + unknown, "", "", http.StatusNotFound},
		"malformed id":      {"GET", "/openid4vp/request/..%2f..", "", "", http.StatusNotFound},
		"unknown response":  {"POST", "/openid4vp/response/" + unknown, form0, "response=x", http.StatusNotFound},
		"other path":        {"GET", "/openid4vp/", "", "", http.StatusNotFound},
		"PUT a request":     {"PUT", r.RequestURI, "", "", http.StatusNotFound},
		"GET a response":    {"GET", o.ResponseURI, "", "", http.StatusNotFound},
		"JSON for a form":   {"POST", o.ResponseURI, "application/json", "{}", http.StatusUnsupportedMediaType},
		"no type":           {"POST", o.ResponseURI, "", "response=x", http.StatusUnsupportedMediaType},
		"oversize":          {"POST", o.ResponseURI, form0, "response=" + strings.Repeat("a", 1<<20+64<<10), http.StatusRequestEntityTooLarge},
		"oversize metadata": {"POST", r.RequestURI, form0, "wallet_metadata=" + strings.Repeat("a", 64<<10), http.StatusRequestEntityTooLarge},
		"two wallet nonces": {"POST", r.RequestURI, form0, "wallet_nonce=a&wallet_nonce=b", http.StatusBadRequest},
		"long wallet nonce": {"POST", r.RequestURI, form0, "wallet_nonce=" + strings.Repeat("a", 513), http.StatusBadRequest},
		"control character": {"POST", r.RequestURI, form0, "wallet_nonce=%0a", http.StatusBadRequest},
		"no wallet nonce":   {"POST", r.RequestURI, form0, "", http.StatusOK},
	} {
		res := w.do(c.method, c.at, c.kind, c.body)
		if res.Code != c.want {
			t.Errorf("%s: %d: %s", name, res.Code, res.Body)
		}
		if c.want != http.StatusOK && !strings.Contains(res.Body.String(), `"error":"invalid_request"`) {
			t.Errorf("%s: %s", name, res.Body)
		}
	}
}

const form0 = "application/x-www-form-urlencoded"

// A verifier that has another name now does not speak for its old one.
func TestAnotherName(t *testing.T) {
	w := newWorld(t)
	r, _ := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges()})
	w.cfg.DID = didOf(t, globex).String()
	w.start(t)
	if res := w.get(r.RequestURI); res.Code != http.StatusGone || !strings.Contains(res.Body.String(), "another name") {
		t.Errorf("%d: %s", res.Code, res.Body)
	}
}

func TestRefuseStopsEverything(t *testing.T) {
	w := newWorld(t)
	r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges()})
	w.cfg.Refuse = func() error { return errors.New("deactivated") }
	w.start(t)
	if _, err := w.Request(t.Context(), openid4vp.Ask{Policy: trusting(t), Query: badges()}); err == nil {
		t.Error("a request was made")
	}
	if a, b := w.get(r.RequestURI).Code, w.post(o.ResponseURI, "response=x").Code; a != http.StatusForbidden || b != http.StatusForbidden {
		t.Errorf("fetched %d, answered %d", a, b)
	}
}

// A request without anybody to trust is not made, nor one that cannot be judged.
func TestRequestsThatAreNotMade(t *testing.T) {
	w := newWorld(t)
	empty := policy(t)
	empty.Issuers = nil
	for name, c := range map[string]struct {
		ask  openid4vp.Ask
		want error
	}{
		"no policy":            {openid4vp.Ask{Query: badges()}, openid4vp.ErrPolicy},
		"nobody trusted":       {openid4vp.Ask{Policy: openid4vp.Policy{AllowNoStatus: true}, Query: badges()}, openid4vp.ErrPolicy},
		"a policy of nobody":   {openid4vp.Ask{Policy: openid4vp.Policy{Passport: empty}}, openid4vp.ErrPolicy},
		"an issuer of no DID":  {openid4vp.Ask{Policy: openid4vp.Policy{Issuers: []string{"acme"}}, Query: badges()}, openid4vp.ErrPolicy},
		"a key for an issuer":  {openid4vp.Ask{Policy: openid4vp.Policy{Issuers: []string{didOf(t, acme).KeyID()}}, Query: badges()}, openid4vp.ErrPolicy},
		"an issuer twice":      {openid4vp.Ask{Policy: openid4vp.Policy{Issuers: []string{"did:web:a.example", "did:web:a.example"}}, Query: badges()}, openid4vp.ErrPolicy},
		"nothing to ask for":   {openid4vp.Ask{Policy: trusting(t)}, openid4vp.ErrQuery},
		"a query of nothing":   {openid4vp.Ask{Policy: trusting(t), Query: &openid4vp.Query{}}, openid4vp.ErrQuery},
		"a negative life":      {openid4vp.Ask{Policy: trusting(t), Query: badges(), TTLSeconds: -1}, openid4vp.ErrLife},
		"a life of two days":   {openid4vp.Ask{Policy: trusting(t), Query: badges(), TTLSeconds: 2 * day}, openid4vp.ErrLife},
		"256 issuers and more": {openid4vp.Ask{Policy: openid4vp.Policy{Issuers: make([]string, 257)}, Query: badges()}, openid4vp.ErrPolicy},
	} {
		if _, err := w.Request(t.Context(), c.ask); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfig(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*openid4vp.Config){
		"no store":      func(c *openid4vp.Config) { c.DB = nil },
		"no clock":      func(c *openid4vp.Config) { c.Now = nil },
		"no signer":     func(c *openid4vp.Config) { c.Signer = nil },
		"no gate":       func(c *openid4vp.Config) { c.Gate = nil },
		"no base":       func(c *openid4vp.Config) { c.Base = "globex.example" },
		"base of query": func(c *openid4vp.Config) { c.Base = "https://globex.example?x" },
		"another DID":   func(c *openid4vp.Config) { c.DID = didOf(t, acme).String() },
		"no DID":        func(c *openid4vp.Config) { c.DID = string(did.DID("")) },
	} {
		cfg := w.cfg
		change(&cfg)
		if _, err := openid4vp.New(cfg); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// What a stranger shows is refused without keeping it: the row of a request
// stays small.
func TestWhatIsRefusedIsNotKept(t *testing.T) {
	w := newWorld(t)
	types := []any{"VerifiableCredential"}
	for i := range 60 {
		types = append(types, fmt.Sprintf("https://stranger.example/%04000d", i))
	}
	created := vc.Time(t0)
	unsecured := card(t)
	unsecured["type"], unsecured["issuer"], unsecured["id"] = types, didOf(t, agent).String(), "data:text/plain,"+strings.Repeat("x", 100_000)
	doc, err := vc.SignCredential(raw(unsecured), key(t, agent), vc.SignOptions{Created: &created})
	if err != nil {
		t.Fatal(err)
	}
	r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: query(openid4vp.FormatLDP, openid4vp.Meta{Types: [][]string{{"VerifiableCredential"}}})})
	if res := w.respond(t, o, token(o, members{"q": []any{presented(t, agent, bound(o), doc)}})); res.Code != http.StatusOK {
		t.Fatalf("%d: %s", res.Code, res.Body)
	}
	if got := w.result(t, r.ID); got.Status != openid4vp.StatusRefused || len(w.rowOf(t, r.ID)) > 32<<10 {
		t.Fatalf("%s: %d bytes are kept", got.Status, len(w.rowOf(t, r.ID)))
	}
}

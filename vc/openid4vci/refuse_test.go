package openid4vci_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/openid4vci"
	"github.com/backbay-labs/chio-node/wire"
)

func TestTokenRequestsAreRefused(t *testing.T) {
	w := newWorld(t, "")
	plain, guarded := w.offer(t, openid4vci.Terms{}), w.offer(t, openid4vci.Terms{TxCode: true})
	code, other := codeOf(t, plain.Object), codeOf(t, guarded.Object)
	wrong := "000000"
	if guarded.TxCode == wrong {
		wrong = "000001"
	}
	twice := form(code)
	twice.Add("pre-authorized_code", code)
	for name, c := range map[string]struct {
		kind, body, code string
		status           int
	}{
		"no grant":           {formType, url.Values{"pre-authorized_code": {code}}.Encode(), "invalid_request", 400},
		"another grant":      {formType, url.Values{"grant_type": {"authorization_code"}, "code": {code}}.Encode(), "unsupported_grant_type", 400},
		"no code":            {formType, url.Values{"grant_type": {grant}}.Encode(), "invalid_request", 400},
		"unknown code":       {formType, form("x").Encode(), "invalid_grant", 400},
		"the code twice":     {formType, twice.Encode(), "invalid_request", 400},
		"the id for a code":  {formType, form(plain.Offer.ID).Encode(), "invalid_grant", 400},
		"digest for a code":  {formType, form(plain.Offer.Code.String()).Encode(), "invalid_grant", 400},
		"JSON":               {jsonType, `{"grant_type":"` + grant + `"}`, "invalid_request", 415},
		"no type":            {"", form(code).Encode(), "invalid_request", 415},
		"no form":            {formType, "%zz", "invalid_request", 400},
		"semicolons":         {formType, "grant_type=" + grant + ";pre-authorized_code=" + code, "invalid_request", 400},
		"oversized":          {formType, form(code).Encode() + "&x=" + strings.Repeat("a", 16<<10), "invalid_request", 413},
		"tx_code not wanted": {formType, form(code, "tx_code", "123456").Encode(), "invalid_request", 400},
		"tx_code empty":      {formType, form(code, "tx_code", "").Encode(), "invalid_request", 400},
		"tx_code missing":    {formType, form(other).Encode(), "invalid_request", 400},
		"tx_code wrong":      {formType, form(other, "tx_code", wrong).Encode(), "invalid_grant", 400},
	} {
		if a := w.do(t, "POST", "/openid4vci/token", c.kind, "", c.body); a.status != c.status || a.text("error") != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	w.access(t, plain) // none of it used the codes up
	w.access(t, guarded)
}

func TestTransactionCodesCannotBeTried(t *testing.T) {
	w := newWorld(t, "")
	m := w.offer(t, openid4vci.Terms{TxCode: true})
	for i := range 5 {
		if a := w.token(t, form(codeOf(t, m.Object), "tx_code", "x")); a.text("error") != "invalid_grant" {
			t.Errorf("try %d: %s", i, a.raw)
		}
	}
	w.restart(t)
	if a := w.token(t, form(codeOf(t, m.Object), "tx_code", m.TxCode)); a.text("error") != "invalid_grant" {
		t.Errorf("the right one after five wrong ones: %s", a.raw)
	}
	if o := w.state(t, m.Offer.ID); o.State(w.now) != openid4vci.Locked {
		t.Errorf("%+v", o)
	}
}

func TestACodeCountsOnce(t *testing.T) {
	w := newWorld(t, "")
	m := w.offer(t, openid4vci.Terms{})
	token := w.access(t, m)
	w.restart(t)
	if a := w.token(t, form(codeOf(t, m.Object))); a.status != 400 || a.text("error") != "invalid_grant" {
		t.Errorf("again, after a restart: %d %s", a.status, a.raw)
	}
	// Somebody else had the code: whoever has the token is not known to be right.
	if a := w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))); a.status != 401 || a.text("error") != "invalid_token" {
		t.Errorf("the token of a code that came twice: %d %s", a.status, a.raw)
	}
	if o := w.state(t, m.Offer.ID); o.State(w.now) != openid4vci.Reused || w.issued != 0 {
		t.Errorf("%+v", o)
	}
	// After it was collected, a replay changes nothing.
	m = w.offer(t, openid4vci.Terms{})
	token = w.access(t, m)
	w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))).credential(t)
	if a := w.token(t, form(codeOf(t, m.Object))); a.text("error") != "invalid_grant" {
		t.Errorf("%s", a.raw)
	}
	if o := w.state(t, m.Offer.ID); o.State(w.now) != openid4vci.Collected {
		t.Errorf("%+v", o)
	}
}

func TestACodeCountsOnceAmongMany(t *testing.T) {
	w := newWorld(t, "")
	m := w.offer(t, openid4vci.Terms{})
	body := form(codeOf(t, m.Object)).Encode()
	var mu sync.Mutex
	var wg sync.WaitGroup
	given := 0
	for range 16 {
		wg.Go(func() {
			res, err := http.Post(w.url+"/openid4vci/token", formType, strings.NewReader(body))
			if err != nil {
				return
			}
			defer func() { _ = res.Body.Close() }()
			mu.Lock()
			defer mu.Unlock()
			if res.StatusCode == http.StatusOK {
				given++
			}
		})
	}
	wg.Wait()
	if given != 1 {
		t.Errorf("%d tokens for one code", given)
	}
}

func TestOffersEnd(t *testing.T) {
	w := newWorld(t, "")
	m := w.offer(t, openid4vci.Terms{TTLSeconds: 60})
	u, _ := url.Parse(m.URI)
	reference := strings.TrimPrefix(u.Query().Get("credential_offer_uri"), w.url)
	w.now = t0 + 60
	if a := w.do(t, "GET", reference, "", "", ""); a.status != 404 {
		t.Errorf("the offer after its end: %d", a.status)
	}
	if a := w.token(t, form(codeOf(t, m.Object))); a.text("error") != "invalid_grant" {
		t.Errorf("its code: %s", a.raw)
	}
	if o := w.state(t, m.Offer.ID); o.State(w.now) != openid4vci.Expired || o.RedeemedAt != 0 || o.ReusedAt != 0 {
		t.Errorf("%+v", o)
	}
	m = w.offer(t, openid4vci.Terms{})
	if _, err := w.issuer.Withdraw(t.Context(), m.Offer.ID); err != nil {
		t.Fatal(err)
	}
	if a := w.token(t, form(codeOf(t, m.Object))); a.text("error") != "invalid_grant" {
		t.Errorf("the code of one that was withdrawn: %s", a.raw)
	}
	m = w.offer(t, openid4vci.Terms{})
	token := w.access(t, m)
	if _, err := w.issuer.Withdraw(t.Context(), m.Offer.ID); err != nil {
		t.Fatal(err)
	}
	if a := w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))); a.status != 401 {
		t.Errorf("the token of one that was withdrawn: %d", a.status)
	}
	m = w.offer(t, openid4vci.Terms{})
	token = w.access(t, m)
	w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))).credential(t)
	if _, err := w.issuer.Withdraw(t.Context(), m.Offer.ID); !errors.Is(err, openid4vci.ErrCollected) {
		t.Errorf("one that was collected: %v", err)
	}
	for _, id := range []string{"", "x", "0192d3b0-0000-7000-8000-000000000000"} {
		if _, err := w.issuer.Withdraw(t.Context(), id); !errors.Is(err, openid4vci.ErrUnknown) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestCredentialRequestsAreRefused(t *testing.T) {
	w := newWorld(t, "")
	holder := key(t, 9)
	m := w.offer(t, openid4vci.Terms{Forms: []string{openid4vci.FormPassport}})
	token := "Bearer " + w.access(t, m)
	good := func() string { return w.proof(t, holder, nil) }
	id := openid4vci.FormPassport
	sneaky := w.nonce(t)
	for name, c := range map[string]struct {
		auth, kind, body string
		status           int
		code             string
	}{
		"no token":             {"", jsonType, request(id, good()), 401, ""},
		"another token":        {"Bearer " + strings.Repeat("A", 43), jsonType, request(id, good()), 401, "invalid_token"},
		"another scheme":       {"DPoP " + token[7:], jsonType, request(id, good()), 401, "invalid_token"},
		"an empty token":       {"Bearer ", jsonType, request(id, good()), 401, "invalid_token"},
		"no JSON":              {token, formType, request(id, good()), 415, "invalid_credential_request"},
		"a JWE":                {token, "application/jwt", "e30.e30.e30.e30.e30", 415, "invalid_credential_request"},
		"nothing":              {token, jsonType, "", 400, "invalid_credential_request"},
		"an array":             {token, jsonType, "[]", 400, "invalid_credential_request"},
		"too large":            {token, jsonType, `{"x":"` + strings.Repeat("a", 64<<10) + `"}`, 413, "invalid_credential_request"},
		"a member twice":       {token, jsonType, `{"credential_configuration_id":"x",` + request(id, good())[1:], 400, "invalid_credential_request"},
		"no configuration":     {token, jsonType, `{"proofs":{"jwt":["` + good() + `"]}}`, 400, "invalid_credential_request"},
		"unknown":              {token, jsonType, request("degree", good()), 400, "unknown_credential_configuration"},
		"an identifier":        {token, jsonType, `{"credential_identifier":"x","proofs":{"jwt":["` + good() + `"]}}`, 400, "unknown_credential_identifier"},
		"both":                 {token, jsonType, `{"credential_identifier":"x","credential_configuration_id":"x"}`, 400, "invalid_credential_request"},
		"not offered":          {token, jsonType, request(openid4vci.FormJWT, good()), 403, "insufficient_scope"},
		"encryption":           {token, jsonType, `{"credential_response_encryption":{},` + request(id, good())[1:], 400, "invalid_encryption_parameters"},
		"no proof":             {token, jsonType, `{"credential_configuration_id":"` + id + `"}`, 400, "invalid_proof"},
		"proof of drafts":      {token, jsonType, `{"credential_configuration_id":"` + id + `","proof":{"proof_type":"jwt","jwt":"` + good() + `"}}`, 400, "invalid_proof"},
		"two kinds of proof":   {token, jsonType, `{"credential_configuration_id":"` + id + `","proofs":{"jwt":["` + good() + `"],"di_vp":[{}]}}`, 400, "invalid_proof"},
		"another kind":         {token, jsonType, `{"credential_configuration_id":"` + id + `","proofs":{"attestation":["x"]}}`, 400, "invalid_proof"},
		"two proofs":           {token, jsonType, `{"credential_configuration_id":"` + id + `","proofs":{"jwt":["` + good() + `","` + good() + `"]}}`, 400, "invalid_proof"},
		"an empty list":        {token, jsonType, `{"credential_configuration_id":"` + id + `","proofs":{"jwt":[]}}`, 400, "invalid_proof"},
		"no token as proof":    {token, jsonType, request(id, "x"), 400, "invalid_proof"},
		"proof for another":    {token, jsonType, request(id, w.proof(t, holder, members{"aud": "https://other.example"})), 400, "invalid_proof"},
		"proof of tomorrow":    {token, jsonType, request(id, w.proof(t, holder, members{"iat": t0 + 61})), 400, "invalid_proof"},
		"proof of yesterday":   {token, jsonType, request(id, w.proof(t, holder, members{"iat": t0 - 301})), 400, "invalid_proof"},
		"a nonce of nobody":    {token, jsonType, request(id, w.proof(t, holder, members{"nonce": "x"})), 400, "invalid_nonce"},
		"a nonce that changed": {token, jsonType, request(id, w.proof(t, holder, members{"nonce": sneaky[:20] + "_-" + sneaky[22:]})), 400, "invalid_nonce"},
		"the issuer's key":     {token, jsonType, request(id, w.proof(t, w.org, nil)), 400, "credential_request_denied"},
	} {
		a := w.do(t, "POST", "/openid4vci/credential", c.kind, c.auth, c.body)
		if a.status != c.status || a.text("error") != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
		if (c.status == 401 || c.status == 403) != (a.header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: WWW-Authenticate %q", name, a.header.Get("WWW-Authenticate"))
		}
		if strings.ContainsFunc(a.text("error_description"), func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
			t.Errorf("%s: error_description %q", name, a.text("error_description"))
		}
	}
	if w.issued != 0 {
		t.Errorf("%d passports were issued", w.issued)
	}
	w.collect(t, token[7:], request(id, good())).credential(t) // none of it spoiled the token
}

func TestNoncesCountOnceAndEnd(t *testing.T) {
	w := newWorld(t, "")
	holder := key(t, 9)
	token := w.access(t, w.offer(t, openid4vci.Terms{Forms: openid4vci.Forms()}))
	proof := w.proof(t, holder, nil)
	w.collect(t, token, request(openid4vci.FormPassport, proof)).credential(t)
	if a := w.collect(t, token, request(openid4vci.FormJWT, proof)); a.text("error") != "invalid_nonce" {
		t.Errorf("a proof again: %s", a.raw)
	}
	late := w.nonce(t)
	w.now = t0 + 300
	if a := w.collect(t, token, request(openid4vci.FormJWT, w.proof(t, holder, members{"nonce": late}))); a.text("error") != "invalid_nonce" {
		t.Errorf("a nonce after five minutes: %s", a.raw)
	}
	early := w.nonce(t)
	w.restart(t)
	if a := w.collect(t, token, request(openid4vci.FormJWT, w.proof(t, holder, members{"nonce": early}))); a.text("error") != "invalid_nonce" {
		t.Errorf("a nonce of another process: %s", a.raw)
	}
	w.collect(t, token, request(openid4vci.FormJWT, w.proof(t, holder, nil))).credential(t)
	rows := 0
	err := w.db.View(func(r store.Reader) error {
		return r.Scan("v/oid/i/n/", "", func(string, []byte) error { rows++; return nil })
	})
	if err != nil || rows != 1 {
		t.Errorf("%d rows of nonces, want the one that is not over: %v", rows, err)
	}
}

func TestTokensEnd(t *testing.T) {
	w := newWorld(t, "")
	m := w.offer(t, openid4vci.Terms{})
	token := w.access(t, m)
	w.restart(t)
	w.now = t0 + 599
	w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))).credential(t)
	w.now = t0 + 600
	if a := w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))); a.status != 401 {
		t.Errorf("after ten minutes: %d %s", a.status, a.raw)
	}
}

func TestOneOfferIsOnePassportOfOneKey(t *testing.T) {
	w := newWorld(t, "")
	token := w.access(t, w.offer(t, openid4vci.Terms{Forms: openid4vci.Forms()}))
	other := w.access(t, w.offer(t, openid4vci.Terms{Content: subject(t, "other")}))
	w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))).credential(t)
	if a := w.collect(t, token, request(openid4vci.FormSDJWT, w.proof(t, key(t, 10), nil))); a.text("error") != "credential_request_denied" {
		t.Errorf("another form for another key: %s", a.raw)
	}
	if a := w.collect(t, other, request(openid4vci.FormSDJWT, w.proof(t, key(t, 9), nil))); a.status != 403 {
		t.Errorf("the token of another offer: %d %s", a.status, a.raw)
	}
	for i := range 16 { // a lost answer can be had again, not for ever
		a := w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil)))
		if want := i < 15; (a.status == 200) != want {
			t.Errorf("time %d: %d %s", i+2, a.status, a.raw)
		}
	}
	if w.issued != 1 {
		t.Errorf("%d passports on one offer", w.issued)
	}
}

func TestWhatIsNotGivenOut(t *testing.T) {
	w := newWorld(t, "")
	token := w.access(t, w.offer(t, openid4vci.Terms{Content: subject(t, "nobody")}))
	if a := w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))); a.status != 400 || a.text("error") != "credential_request_denied" {
		t.Errorf("denied: %d %s", a.status, a.raw)
	}
	token = w.access(t, w.offer(t, openid4vci.Terms{Content: subject(t, "fault")}))
	a := w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil)))
	if a.status != 500 || a.text("error") != "server_error" || strings.Contains(string(a.raw), "fire") {
		t.Errorf("a fault: %d %s", a.status, a.raw)
	}
	m := w.offer(t, openid4vci.Terms{})
	token = w.access(t, w.offer(t, openid4vci.Terms{}))
	w.cfg.Refuse = func() error { return errors.New(`the "organisation" ended`) }
	w.restart(t)
	if a := w.token(t, form(codeOf(t, m.Object))); a.text("error") != "invalid_grant" {
		t.Errorf("a token of an organisation that ended: %s", a.raw)
	}
	if a := w.collect(t, token, request(openid4vci.FormPassport, w.proof(t, key(t, 9), nil))); a.text("error") != "credential_request_denied" {
		t.Errorf("a passport of one: %s", a.raw)
	}
}

func TestTermsAreRefused(t *testing.T) {
	w := newWorld(t, "")
	content := subject(t, "researcher")
	for name, c := range map[string]struct {
		terms openid4vci.Terms
		want  error
	}{
		"unknown form":    {openid4vci.Terms{Content: content, Forms: []string{"x"}}, openid4vci.ErrForm},
		"a form twice":    {openid4vci.Terms{Content: content, Forms: []string{openid4vci.FormJWT, openid4vci.FormJWT}}, openid4vci.ErrForm},
		"no content":      {openid4vci.Terms{}, openid4vci.ErrTerms},
		"much content":    {openid4vci.Terms{Content: wire.Raw(`"` + strings.Repeat("a", 64<<10) + `"`)}, openid4vci.ErrTerms},
		"a week and more": {openid4vci.Terms{Content: content, TTLSeconds: 7*24*3600 + 1}, openid4vci.ErrTerms},
		"negative":        {openid4vci.Terms{Content: content, TTLSeconds: -1}, openid4vci.ErrTerms},
	} {
		if _, err := w.issuer.Make(t.Context(), c.terms); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOffersAreBounded(t *testing.T) {
	w := newWorld(t, "")
	for range 1024 {
		w.offer(t, openid4vci.Terms{TTLSeconds: 60})
	}
	if _, err := w.issuer.Make(t.Context(), openid4vci.Terms{Content: subject(t, "researcher")}); !errors.Is(err, openid4vci.ErrFull) {
		t.Fatal(err)
	}
	w.now = t0 + 60
	w.offer(t, openid4vci.Terms{}) // those that are over wait no more
	w.now = t0 + 61 + 30*24*3600
	for range 4 { // each sweeps a part
		w.offer(t, openid4vci.Terms{})
	}
	last := w.offer(t, openid4vci.Terms{})
	rows := 0
	err := w.db.View(func(r store.Reader) error {
		return r.Scan("v/oid/i/", "", func(string, []byte) error { rows++; return nil })
	})
	if err != nil || rows != 6*3 { // the one of a minute later is not a month old yet
		t.Errorf("%d rows after a month, %v", rows, err)
	}
	w.access(t, last)
}

// TestNothingAtRestOpensAnything: rows hold no code, reference, token,
// transaction code or nonce that could be used.
func TestNothingAtRestOpensAnything(t *testing.T) {
	w := newWorld(t, "")
	m := w.offer(t, openid4vci.Terms{TxCode: true})
	token := w.access(t, m)
	proof := w.proof(t, key(t, 9), nil)
	w.collect(t, token, request(openid4vci.FormPassport, proof)).credential(t)
	u, _ := url.Parse(m.URI)
	reference := u.Query().Get("credential_offer_uri")
	secrets := []string{codeOf(t, m.Object), m.TxCode, token, reference[strings.LastIndexByte(reference, '/')+1:]}
	err := w.db.View(func(r store.Reader) error {
		return r.Scan("v/oid/", "", func(row string, value []byte) error {
			for _, s := range secrets {
				if strings.Contains(row, s) || strings.Contains(string(value), `"`+s+`"`) {
					t.Errorf("row %s holds %s", row, s)
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Clients that send their bodies slowly keep nobody else waiting.
func TestSlowBodiesTakeNoTurn(t *testing.T) {
	w := newWorld(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sent := make(chan struct{}, 8)
	for range cap(sent) {
		body, pipe := io.Pipe()
		defer func() { _ = pipe.Close() }()
		q := httptest.NewRequestWithContext(ctx, http.MethodPost, w.url+"/openid4vci/token", body)
		q.Header.Set("Content-Type", formType)
		go w.issuer.ServeHTTP(httptest.NewRecorder(), q)
		go func() { _, _ = pipe.Write([]byte("grant_type=x")); sent <- struct{}{} }()
	}
	for range cap(sent) {
		<-sent // each is being read
	}
	q := httptest.NewRequestWithContext(ctx, http.MethodGet, w.url+"/.well-known/openid-credential-issuer", nil)
	answered := make(chan int, 1)
	go func() {
		res := httptest.NewRecorder()
		w.issuer.ServeHTTP(res, q)
		answered <- res.Code
	}()
	select {
	case code := <-answered:
		if code != http.StatusOK {
			t.Fatal(code)
		}
	case <-time.After(time.Minute):
		t.Fatal("eight clients that send slowly keep the issuer from answering")
	}
}

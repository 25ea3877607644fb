package vchttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/http"
	"github.com/backbay-labs/chio-node/vc/ld"
)

// Whatever is posted or asked for, the answer is JSON, nothing is signed
// without the token, and the service does not fail.
func FuzzService(f *testing.F) {
	processor, err := ld.New()
	if err != nil {
		f.Fatal(err)
	}
	now := func() time.Time { return time.Unix(t0, 0) }
	r, err := resolver.New(resolver.Config{Now: now})
	if err != nil {
		f.Fatal(err)
	}
	signer := key(f, 7)
	id := did.FromKey(signer.Public()).String()
	s, err := vchttp.New(vchttp.Config{Now: now, Signer: signer, DID: id, Gate: func() vc.Gate { return vc.Gate{Methods: r} },
		Suites: []vc.Suite{processor.Suite()}, Vocabulary: processor, Resolver: r, Token: "token",
		Limits: vchttp.Limits{PerClientPerSecond: 1 << 20, PerSecond: 1 << 20}})
	if err != nil {
		f.Fatal(err)
	}
	c := `{"@context":["` + vc.ContextV2 + `"],"type":["VerifiableCredential"],"issuer":"` + id + `","credentialSubject":{"id":"urn:x:1"}}`
	for path, body := range map[string]string{
		"/credentials/issue": `{"credential":` + c + `}`, "/credentials/verify": `{"verifiableCredential":` + c + `,"options":{"checks":["proof"]}}`,
		"/presentations/verify": `{"verifiablePresentation":{},"options":{"challenge":"x"}}`, "/presentations": `{"presentation":{}}`,
		"/credentials/status": `{"credentialId":"x"}`, "/1.0/identifiers/" + id: "", "/1.0/identifiers/did%3Akey%3Az%23": "",
	} {
		f.Add(path, body, true)
		f.Add(path, body, false)
	}
	f.Fuzz(func(t *testing.T, path, body string, token bool) {
		q, err := http.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path, "/") {
			return
		}
		if body == "" {
			q.Method = http.MethodGet
		}
		q.Header.Set("Content-Type", "application/json")
		if token {
			q.Header.Set("Authorization", "Bearer token")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, q)
		redirect := w.Code == http.StatusMovedPermanently || w.Code == http.StatusTemporaryRedirect || w.Code == http.StatusPermanentRedirect
		if w.Code >= 500 || !redirect && !json.Valid(w.Body.Bytes()) && !strings.HasPrefix(w.Header().Get("Content-Type"), resolver.MediaURIList) {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		if w.Code == http.StatusCreated && !token {
			t.Fatal("signed without the token")
		}
	})
}

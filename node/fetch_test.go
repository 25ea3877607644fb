package node_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// otherIssuer is issuer.example: a web server with a status list and a schema.
type otherIssuer struct {
	key   *wire.Key
	base  string
	mu    sync.Mutex
	docs  map[string][]byte // by path
	fetch *resolver.FetchConfig
}

func newOtherIssuer(t *testing.T, logger *slog.Logger) *otherIssuer {
	t.Helper()
	key, err := wire.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := &otherIssuer{key: key, docs: map[string][]byte{}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		doc, ok := o.docs[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(doc)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.base = "https://example.com:" + u.Port()
	o.fetch = node.PublicWeb(logger, time.Now)
	o.fetch.Lookup = func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	o.fetch.Roots = x509.NewCertPool()
	o.fetch.Roots.AddCert(server.Certificate())
	o.fetch.PermitInternalAddress = func(a netip.Addr) bool { return a.IsLoopback() }
	return o
}

func (o *otherIssuer) did() string { return did.FromKey(o.key.Public()).String() }

func (o *otherIssuer) put(path string, doc []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.docs[path] = doc
}

// list publishes the status list, with entry 5 revoked or not.
func (o *otherIssuer) list(t *testing.T, revoked bool, at int64) {
	t.Helper()
	bits := vc.NewBits()
	if revoked {
		bits[0] = 1 << 2
	}
	doc, err := vc.UnsignedStatusList(o.did(), vc.ListContent{ID: o.base + "/status/1", Purpose: vc.PurposeRevocation, ValidFrom: at, ValidUntil: at + 86400}, bits)
	if err == nil {
		doc, err = vc.Sign(doc, o.key, vc.Time(at))
	}
	if err != nil {
		t.Fatal(err)
	}
	o.put("/status/1", doc)
}

// credential is one that is judged by what lies there.
func (o *otherIssuer) credential(t *testing.T, at int64) []byte {
	t.Helper()
	doc := fmt.Sprintf(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":%q,"credentialSubject":{"id":"did:example:1"},
		"credentialSchema":{"id":"%[2]s/schema.json","type":"JsonSchema"},
		"credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"5","statusListCredential":"%[2]s/status/1"}}`, o.did(), o.base)
	signed, err := vc.Sign([]byte(doc), o.key, vc.Time(at))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// A service that may fetch judges the credential of somebody it never heard
// of by that issuer's own list and schema, over the network; one that may not
// refuses it.
func TestVCServiceJudgesForeignCredentials(t *testing.T) {
	var lines bytes.Buffer
	o := newOtherIssuer(t, slog.New(slog.NewTextHandler(&lines, nil)))
	now := time.Now()
	o.list(t, false, now.Unix())
	o.put("/schema.json", []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","required":["credentialStatus"]}`))
	body := wire.MustMarshal(struct {
		Credential wire.Raw `json:"verifiableCredential"`
	}{o.credential(t, now.Unix())})
	verify := func(fetch *resolver.FetchConfig) (int, string) {
		t.Helper()
		db := memory.New()
		defer func() { _ = db.Close() }()
		signer, err := wire.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		service, err := node.NewVCService(node.VCService{DB: db, Rand: rand.Reader, Now: func() time.Time { return now }, Signer: signer, Method: "key",
			Base: "http://localhost", Fetch: fetch})
		if err != nil {
			t.Fatal(err)
		}
		q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/credentials/verify", bytes.NewReader(body))
		q.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		service.ServeHTTP(rec, q)
		return rec.Code, rec.Body.String()
	}
	if code, text := verify(o.fetch); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	if code, text := verify(nil); code != http.StatusBadRequest || !strings.Contains(text, "schema") {
		t.Errorf("nothing is fetched: %d %s", code, text)
	}
	strict := *o.fetch
	strict.PermitInternalAddress = nil
	if code, text := verify(&strict); code != http.StatusBadRequest || strings.Contains(text, "127.0.0.1") {
		t.Errorf("an address that is not public: %d %s", code, text)
	}
	if text := lines.String(); !strings.Contains(text, "127.0.0.1") || !strings.Contains(text, "/schema.json") {
		t.Errorf("the operator is not told: %q", text)
	}
	o.list(t, true, now.Unix())
	if code, text := verify(o.fetch); code != http.StatusBadRequest || !strings.Contains(text, "revoked") {
		t.Errorf("revoked: %d %s", code, text)
	}
	o.put("/status/1", nil)
	if code, _ := verify(o.fetch); code != http.StatusBadRequest {
		t.Errorf("no list: %d", code)
	}
	o.list(t, false, now.Unix())
	o.put("/schema.json", []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","required":["evidence"]}`))
	if code, text := verify(o.fetch); code != http.StatusBadRequest || !strings.Contains(text, "does not follow a schema") {
		t.Errorf("another schema: %d %s", code, text)
	}
}

// Strangers choose what is fetched: they do not choose how much is logged, and
// what they sent is cut short.
func TestFailedFetchesAreLoggedSparingly(t *testing.T) {
	var lines bytes.Buffer
	now := time.Unix(1000, 0)
	web := node.PublicWeb(slog.New(slog.NewTextHandler(&lines, nil)), func() time.Time { return now })
	for range 100 {
		web.Failed("did:web:a.example", errors.New(strings.Repeat("x", 10_000)+"\nlevel=ERROR"))
	}
	now = now.Add(time.Second)
	web.Failed("did:web:b.example", &net.DNSError{Err: "no such host", Name: "b.example"})
	text := lines.String()
	if strings.Count(text, "\n") != 2 || len(text) > 1500 || !strings.Contains(text, "not_logged_before=99") || !strings.Contains(text, "no such host") {
		t.Errorf("%q", text)
	}
}

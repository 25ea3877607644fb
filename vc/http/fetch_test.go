package vchttp_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/http"
	"github.com/backbay-labs/chio-node/vc/schema"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	theirList   = "https://issuer.example/status/1"
	theirSchema = "https://issuer.example/email.json"
	emailSchema = `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"credentialSubject":{"required":["id"],"properties":{"id":{"const":"did:example:subject"}}}}}`
)

// theirs is the web of another issuer.
type theirs struct {
	mu    sync.Mutex
	docs  map[string][]byte
	calls atomic.Int64
	slow  chan struct{} // if set, an answer waits for it
}

func (w *theirs) get(ctx context.Context, url string) ([]byte, error) {
	w.calls.Add(1)
	if w.slow != nil {
		select {
		case <-w.slow:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if doc, ok := w.docs[url]; ok {
		return doc, nil
	}
	return nil, errors.New("404")
}

// FetchStatusList implements vc.ListFetcher.
func (w *theirs) FetchStatusList(ctx context.Context, url string) ([]byte, error) {
	return w.get(ctx, url)
}

func (w *theirs) put(url string, doc []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.docs[url] = doc
}

// from makes a service that fetches from there.
func (w *theirs) from(t testing.TB) func(*vchttp.Config) {
	return func(c *vchttp.Config) {
		now := func() int64 { return c.Now().Unix() }
		var err error
		if c.Lists, err = vc.NewListCache(vc.ListCacheConfig{Fetcher: w, Now: now, Gate: vc.Gate{Suites: c.Suites, Vocabulary: c.Vocabulary}}); err != nil {
			t.Fatal(err)
		}
		if c.Schemas, err = schema.New(schema.Config{Fetch: w.get, Now: now}); err != nil {
			t.Fatal(err)
		}
		c.Resource = w.get
	}
}

// list is a status list of the key 9, with one bit set or not.
func list(t testing.TB, revoked bool, at int64) []byte {
	t.Helper()
	bits := vc.NewBits()
	if revoked {
		bits[0] = 1 << 2 // entry 5, counted from the left
	}
	doc, err := vc.UnsignedStatusList(did.FromKey(key(t, 9).Public()).String(), vc.ListContent{ID: theirList, Purpose: vc.PurposeRevocation, ValidFrom: at, ValidUntil: at + 86400}, bits)
	if err == nil {
		doc, err = vc.Sign(doc, key(t, 9), vc.Time(at))
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// foreign is a credential of the key 9 with more members.
func foreign(t testing.TB, more string) object {
	t.Helper()
	doc := `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"` + did.FromKey(key(t, 9).Public()).String() +
		`","credentialSubject":{"id":"did:example:subject"},` + more + `}`
	signed, err := vc.Sign([]byte(doc), key(t, 9), t0)
	if err != nil {
		t.Fatal(err)
	}
	return object{"verifiableCredential": wire.Raw(signed)}
}

const (
	withStatus = `"credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"5","statusListCredential":"` + theirList + `"}`
	withSchema = `"credentialSchema":{"id":"` + theirSchema + `","type":"JsonSchema"}`
	withBytes  = `"relatedResource":{"id":"https://issuer.example/abc","digestSRI":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}`
)

// What nobody may fetch, or cannot be fetched, is unknown, and refuses.
func TestForeignDocumentsAreNotFetchedUnasked(t *testing.T) {
	w := serve(t, nil)
	for name, more := range map[string]string{"a status": withStatus, "a schema": withSchema, "a related resource": withBytes} {
		refusedAs(t, name, w.post(t, "/credentials/verify", foreign(t, more)), http.StatusBadRequest)
		refusedAs(t, name+", at issue", w.post(t, "/credentials/issue", object{"credential": wire.Raw(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"` +
			w.did + `","credentialSubject":{"id":"did:example:subject"},` + strings.Replace(more, `"credentialStatus":{`, `"credentialStatus":{"extra":1,`, 1) + `}`)}), http.StatusBadRequest)
	}
	none := &theirs{docs: map[string][]byte{}}
	w = serve(t, none.from(t))
	for name, more := range map[string]string{"a status": withStatus, "a schema": withSchema, "a related resource": withBytes} {
		before := none.calls.Load()
		refusedAs(t, name, w.post(t, "/credentials/verify", foreign(t, more)), http.StatusBadRequest)
		if none.calls.Load() != before+1 {
			t.Errorf("%s: nobody was asked", name)
		}
	}
}

func TestForeignStatusIsFetched(t *testing.T) {
	web := &theirs{docs: map[string][]byte{theirList: list(t, false, t0)}}
	w := serve(t, web.from(t))
	verify := func() answer { return w.post(t, "/credentials/verify", foreign(t, withStatus)) }
	for range 2 {
		if a := verify(); a.status != http.StatusOK || web.calls.Load() != 1 {
			t.Fatalf("%d fetches: %d %s", web.calls.Load(), a.status, a.raw)
		}
	}
	web.put(theirList, list(t, true, t0+1))
	if a := verify(); a.status != http.StatusOK {
		t.Errorf("within the ttl: %d %s", a.status, a.raw)
	}
	w.now = w.now.Add(vc.DefaultListTTLSeconds * 1e9)
	a := verify()
	refusedAs(t, "revoked", a, http.StatusBadRequest)
	if !strings.Contains(string(a.raw), "revoked") {
		t.Errorf("%s", a.raw)
	}
	web.put(theirList, list(t, false, t0)) // an older list does not take the revocation back
	w.now = w.now.Add(vc.DefaultListTTLSeconds * 1e9)
	refusedAs(t, "rolled back", verify(), http.StatusBadRequest)
}

func TestSchemasAndResourcesAreFetched(t *testing.T) {
	web := &theirs{docs: map[string][]byte{theirSchema: []byte(emailSchema), "https://issuer.example/abc": []byte("abc")}}
	w := serve(t, web.from(t))
	for name, more := range map[string]string{"a schema": withSchema, "a related resource": withBytes, "both": withSchema + "," + withBytes} {
		if a := w.post(t, "/credentials/verify", foreign(t, more)); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	c := w.credential()
	c["credentialSchema"] = object{"id": theirSchema, "type": "JsonSchema"}
	w.issue(t, "/credentials/issue", c)
	web.put("https://issuer.example/other.json", []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","required":["evidence"]}`))
	other := strings.Replace(withSchema, "email", "other", 1)
	refusedAs(t, "it does not fit", w.post(t, "/credentials/verify", foreign(t, other)), http.StatusBadRequest)
	c["id"], c["credentialSchema"] = "urn:uuid:00000000-0000-4000-8000-000000000002", object{"id": "https://issuer.example/other.json", "type": "JsonSchema"}
	refusedAs(t, "it does not fit, at issue", w.post(t, "/credentials/issue", object{"credential": c}), http.StatusBadRequest)
	web.put("https://issuer.example/abc", []byte("abd"))
	refusedAs(t, "another digest", w.post(t, "/credentials/verify", foreign(t, withBytes)), http.StatusBadRequest)
	refusedAs(t, "another type of schema", w.post(t, "/credentials/verify", foreign(t, strings.Replace(withSchema, `"JsonSchema"`, `"JsonSchemaCredential"`, 1))), http.StatusBadRequest)
}

// One request does not make the service ask for any number of documents.
func TestFetchesAreBounded(t *testing.T) {
	web := &theirs{docs: map[string][]byte{}}
	w := serve(t, web.from(t))
	many := make([]string, 60)
	for i := range many {
		many[i] = strings.Replace(withBytes[len(`"relatedResource":`):], "/abc", "/"+strings.Repeat("a", i+1), 1)
		web.put("https://issuer.example/"+strings.Repeat("a", i+1), []byte("abc"))
	}
	all := foreign(t, `"relatedResource":[`+strings.Join(many, ",")+`]`)
	refusedAs(t, "sixty", w.post(t, "/credentials/verify", all), http.StatusBadRequest)
	if n := web.calls.Load(); n != 32 {
		t.Errorf("%d documents were asked for", n)
	}
	few := foreign(t, `"relatedResource":[`+strings.Join(many[:32], ",")+`]`)
	if a := w.post(t, "/credentials/verify", few); a.status != http.StatusOK {
		t.Errorf("thirty-two: %d %s", a.status, a.raw)
	}
}

// Whoever names a server that does not answer holds nobody else up, and is
// answered in the end.
func TestSlowServersStopNobody(t *testing.T) {
	web := &theirs{docs: map[string][]byte{theirSchema: []byte(emailSchema)}, slow: make(chan struct{})}
	w := serve(t, web.from(t))
	slow, quick := foreign(t, withSchema), w.issue(t, "/credentials/issue", w.credential())
	const waiting = 20 // more than are judged at once
	answers := make(chan answer, waiting)
	for range waiting {
		go func() { answers <- w.post(t, "/credentials/verify", slow) }()
	}
	for web.calls.Load() < waiting {
		if a := w.post(t, "/credentials/verify", object{"verifiableCredential": wire.Raw(quick)}); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.raw)
		}
	}
	close(web.slow)
	for range waiting {
		if a := <-answers; a.status != http.StatusOK {
			t.Errorf("%d %s", a.status, a.raw)
		}
	}
}

// Only so many requests wait for others at once, and none for ever.
func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web := &theirs{docs: map[string][]byte{}, slow: make(chan struct{})}
		service := alone(t, web.from(t))
		body := wire.MustMarshal(foreign(t, withBytes))
		var wg sync.WaitGroup
		var busy, unanswered atomic.Int64
		for range 70 {
			wg.Go(func() {
				switch a := direct(t, service, "/credentials/verify", body); {
				case strings.Contains(string(a.raw), "too many requests wait"):
					busy.Add(1)
				case a.status == http.StatusBadRequest:
					unanswered.Add(1)
				}
			})
		}
		synctest.Wait()
		if busy.Load() != 6 || unanswered.Load() != 0 {
			t.Errorf("%d were sent away, %d had an answer", busy.Load(), unanswered.Load())
		}
		wg.Wait() // in the time of the bubble
		if unanswered.Load() != 64 {
			t.Errorf("%d had an answer in the end", unanswered.Load())
		}
	})
}

// Another protocol on the same listener has no turn to give up.
func TestGateFetchesWithoutATurn(t *testing.T) {
	web := &theirs{docs: map[string][]byte{"https://issuer.example/abc": []byte("abc")}}
	service := alone(t, web.from(t))
	for range 20 {
		g := service.Gate(t.Context())
		if b, err := g.Resource("https://issuer.example/abc"); string(b) != "abc" || err != nil {
			t.Fatalf("%q: %v", b, err)
		}
	}
}

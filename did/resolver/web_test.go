package resolver_test

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
)

// site is an https server that stands for example.com, on loopback.
type site struct {
	server *httptest.Server
	id     string // did:web:example.com%3APORT
	hits   atomic.Int64
	dials  atomic.Int64
	config resolver.WebConfig
}

func newSite(t testing.TB, handler func(s *site, w http.ResponseWriter, r *http.Request)) *site {
	t.Helper()
	s := &site{}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		handler(s, w, r)
	}))
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	u, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.id = "did:web:example.com%3A" + u.Port()
	roots := x509.NewCertPool()
	roots.AddCert(s.server.Certificate())
	s.config.FetchConfig = resolver.FetchConfig{
		Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			s.dials.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
		Roots:                 roots,
		PermitInternalAddress: func(a netip.Addr) bool { return a.IsLoopback() },
	}
	return s
}

// now is within the life of the certificate of httptest.
func now() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func (s *site) resolver(t testing.TB) *resolver.Resolver {
	t.Helper()
	r, err := resolver.New(resolver.Config{Now: now, Web: &s.config})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// document is the document of a did:web with one key, listed for assertion.
func webDoc(id string) string {
	return fmt.Sprintf(`{"id":%q,"verificationMethod":[{"id":"%[2]s#k","type":"Multikey","controller":%[1]q,"publicKeyMultibase":"z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"}],"assertionMethod":["%[2]s#k"]}`, id, id)
}

func serve(contentType, body string) func(*site, http.ResponseWriter, *http.Request) {
	return func(s *site, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = strings.NewReader(strings.ReplaceAll(body, "$ID", s.id)).WriteTo(w)
	}
}

func TestWeb(t *testing.T) {
	var asked, accept string
	s := newSite(t, func(s *site, w http.ResponseWriter, r *http.Request) {
		asked, accept = r.Host+r.URL.EscapedPath(), r.Header.Get("Accept")
		id := s.id
		if p := strings.TrimSuffix(r.URL.EscapedPath(), "/did.json"); p != "/.well-known" {
			id += strings.ReplaceAll(p, "/", ":")
		}
		serve("application/did+json; charset=utf-8", webDoc(id))(s, w, r)
	})
	r := s.resolver(t)
	port := s.id[len("did:web:example.com%3A"):]
	for id, path := range map[string]string{s.id: "/.well-known/did.json", s.id + ":user:alice": "/user/alice/did.json", s.id + ":a%20b": "", s.id + ":caf%C3%A9": "/caf%C3%A9/did.json"} {
		res := r.Resolve(t.Context(), id, resolver.Options{})
		if path == "" {
			if !errors.Is(res.Err(), resolver.InvalidDID) {
				t.Errorf("%s: %v", id, res.Err())
			}
			continue
		}
		if res.Err() != nil || res.Document.ID != id || string(res.JSON) != webDoc(id) || asked != "example.com:"+port+path {
			t.Errorf("%s: asked %s: %v", id, asked, res.Err())
		}
		if !strings.Contains(accept, resolver.MediaJSON) {
			t.Errorf("accepts %q", accept)
		}
		m, err := r.Method(t.Context(), id+"#k", did.PurposeAssertion)
		if err != nil || m.Controller != id || m.Key.Kind() != did.KindEd25519 {
			t.Errorf("%s: %+v, %v", id, m, err)
		}
		if _, err := r.Method(t.Context(), id+"#k", did.PurposeAuthenticate); !errors.Is(err, did.ErrPurpose) {
			t.Errorf("%s for authentication: %v", id, err)
		}
	}
}

func TestWebRefusesAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		handler func(*site, http.ResponseWriter, *http.Request)
		want    error
	}{
		"not found": {func(_ *site, w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, resolver.NotFound},
		"gone":      {func(_ *site, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, resolver.NotFound},
		"forbidden": {func(_ *site, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, resolver.InternalError},
		"no content": {func(_ *site, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
			resolver.InternalError},
		"redirect to another host": {func(_ *site, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/did.json", http.StatusFound)
		}, resolver.InternalError},
		"redirect to itself": {func(_ *site, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other/did.json", http.StatusMovedPermanently)
		}, resolver.InternalError},
		"another document":   {serve("application/json", webDoc("did:web:example.com")), resolver.ErrDocument},
		"a web page":         {serve("text/html", webDoc("$ID")), resolver.InternalError},
		"no content type":    {serve("", webDoc("$ID")), resolver.InternalError},
		"plain text":         {serve("text/plain", webDoc("$ID")), resolver.InternalError},
		"a bad content type": {serve("application/json; charset", webDoc("$ID")), resolver.InternalError},
		"no document":        {serve("application/json", "{}"), resolver.ErrDocument},
		"too large":          {serve("application/json", `{"x":"`+strings.Repeat("a", 64<<10)+`","id":"$ID"}`), resolver.InternalError},
		"gzip": {func(s *site, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write([]byte(webDoc(s.id)))
			_ = z.Close()
		}, resolver.InternalError},
		"cut short": {func(s *site, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write([]byte(webDoc(s.id)))
		}, resolver.InternalError},
		"large headers": {func(s *site, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", strings.Repeat("a", 32<<10))
			serve("application/json", webDoc(s.id))(s, w, r)
		}, resolver.InternalError},
	} {
		s := newSite(t, c.handler)
		res := s.resolver(t).Resolve(t.Context(), s.id, resolver.Options{})
		if !errors.Is(res.Err(), c.want) || res.Document != nil || res.Metadata.Error == "" {
			t.Errorf("%s: %v", name, res.Err())
		}
		if s.hits.Load() != 1 {
			t.Errorf("%s: %d requests", name, s.hits.Load())
		}
	}
}

func TestWebControlsAreThoseOfTheDocument(t *testing.T) {
	const mb = `"publicKeyMultibase":"z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"`
	s := newSite(t, serve("application/json", `{"id":"$ID","verificationMethod":[
		{"id":"#mine","type":"Multikey","controller":"$ID",`+mb+`},
		{"id":"#theirs","type":"Multikey","controller":"did:web:other.example",`+mb+`},
		{"id":"#revoked","type":"Multikey","controller":"$ID","revoked":"2025-12-31T00:00:00Z",`+mb+`},
		{"id":"#expires","type":"Multikey","controller":"$ID","expires":"2026-01-01T00:00:00Z",`+mb+`},
		{"id":"#unknown","type":"NewKey2099","controller":"$ID",`+mb+`},
		{"id":"#unlisted","type":"Multikey","controller":"$ID",`+mb+`}],
		"assertionMethod":["#mine","#theirs","#revoked","#expires","#unknown","did:web:other.example#k"],
		"keyAgreement":["#mine"]}`))
	r := s.resolver(t)
	for fragment, want := range map[string]error{"mine": nil, "theirs": resolver.ErrController, "revoked": resolver.ErrRetired, "expires": resolver.ErrRetired,
		"unknown": did.ErrMethod, "unlisted": did.ErrPurpose, "nothing": did.ErrMethod} {
		if m, err := r.Method(t.Context(), s.id+"#"+fragment, did.PurposeAssertion); !errors.Is(err, want) || (m == nil) != (want != nil) {
			t.Errorf("%s: %v", fragment, err)
		}
	}
	if _, err := r.Method(t.Context(), s.id+"#mine", did.PurposeKeyAgreement); !errors.Is(err, did.ErrPurpose) {
		t.Errorf("a signature key agrees: %v", err)
	}
	if _, err := r.MethodAt(t.Context(), s.id+"#expires", did.PurposeAssertion, now().Unix()-1); err != nil {
		t.Errorf("before it expires: %v", err)
	}
	if s.hits.Load() != 1 {
		t.Errorf("%d requests", s.hits.Load())
	}
}

func TestWebDialsPublicAddressesOnly(t *testing.T) {
	inside, outside := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("93.184.216.34")
	for name, c := range map[string]struct {
		addrs []netip.Addr
		err   error
		want  error
	}{
		"internal":            {[]netip.Addr{inside}, nil, resolver.ErrInternalAddress},
		"one of two internal": {[]netip.Addr{outside, inside}, nil, resolver.ErrInternalAddress},
		"none":                {nil, nil, resolver.InternalError},
		"many":                {make([]netip.Addr, 17), nil, resolver.InternalError},
		"no such name":        {nil, errors.New("no such host"), resolver.InternalError},
	} {
		s := newSite(t, serve("application/json", webDoc("$ID")))
		s.config.Lookup = func(context.Context, string, string) ([]netip.Addr, error) { return c.addrs, c.err }
		if err := s.resolver(t).Resolve(t.Context(), s.id, resolver.Options{}).Err(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if s.dials.Load() != 0 {
			t.Errorf("%s: it dialled", name)
		}
	}
	s := newSite(t, serve("application/json", webDoc("$ID")))
	s.config.PermitInternalAddress = nil
	if err := s.resolver(t).Resolve(t.Context(), s.id, resolver.Options{}).Err(); !errors.Is(err, resolver.ErrInternalAddress) {
		t.Errorf("loopback: %v", err)
	}
}

// TestWebErrorsNameNoAddress: whoever asks learns nothing of the network that
// the node stands in; the cause is there for the operator.
func TestWebErrorsNameNoAddress(t *testing.T) {
	texts := map[string]bool{}
	for name, c := range map[string]struct {
		addrs []netip.Addr
		err   error
		dial  error
	}{
		"internal":     {addrs: []netip.Addr{netip.MustParseAddr("10.20.30.40")}},
		"no such name": {err: errors.New("lookup db.corp.example on 10.20.30.53:53: no such host")},
		"refused":      {addrs: []netip.Addr{netip.MustParseAddr("93.184.216.34")}, dial: errors.New("dial tcp 10.20.30.40:443: connection refused")},
	} {
		var calls atomic.Int64
		config := fakeWeb(nil, &calls)
		config.Lookup = func(context.Context, string, string) ([]netip.Addr, error) { return c.addrs, c.err }
		config.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, c.dial }
		r, err := resolver.New(resolver.Config{Now: now, Web: config})
		if err != nil {
			t.Fatal(err)
		}
		const id = "did:web:db.corp.example"
		res := r.Resolve(t.Context(), id, resolver.Options{})
		_, methodErr := r.Method(t.Context(), id+"#k", did.PurposeAssertion)
		if res.Err() == nil || methodErr == nil {
			t.Fatalf("%s: it resolved", name)
		}
		for _, text := range []string{res.Metadata.Message, res.Err().Error(), string(res.Result()), string(r.Dereference(t.Context(), id+"#k", resolver.Options{}).Result()), methodErr.Error()} {
			if strings.Contains(text, "10.20") || strings.Contains(text, "public") || strings.Contains(text, "refused") {
				t.Errorf("%s: %s", name, text)
			}
		}
		texts[res.Metadata.Message] = true
		var fetch *resolver.FetchError
		if !errors.As(methodErr, &fetch) || !strings.Contains(fetch.Cause.Error(), "corp.example") || !errors.Is(res.Err(), resolver.InternalError) {
			t.Errorf("%s: the operator is not told: %v", name, methodErr)
		}
		r.Close()
	}
	if len(texts) != 1 {
		t.Errorf("the causes can be told apart: %v", texts)
	}
}

// TestWebPinsTheAddress: the address that was checked is the one that is
// dialled, whatever the name resolves to a moment later.
func TestWebPinsTheAddress(t *testing.T) {
	s := newSite(t, serve("application/json", webDoc("$ID")))
	var lookups atomic.Int64
	first := s.config.Lookup
	s.config.Lookup = func(ctx context.Context, network, host string) ([]netip.Addr, error) {
		if lookups.Add(1) > 1 {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
		}
		return first(ctx, network, host)
	}
	dial := s.config.Dial
	s.config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if !strings.HasPrefix(address, "127.0.0.1:") {
			t.Errorf("dials %s", address)
		}
		return dial(ctx, network, address)
	}
	if err := s.resolver(t).Resolve(t.Context(), s.id, resolver.Options{}).Err(); err != nil || lookups.Load() != 1 {
		t.Errorf("%d lookups, %v", lookups.Load(), err)
	}
}

func TestWebChecksTheCertificate(t *testing.T) {
	s := newSite(t, serve("application/json", webDoc("$ID")))
	if err := s.resolver(t).Resolve(t.Context(), strings.Replace(s.id, "example.com", "other.example", 1), resolver.Options{}).Err(); !errors.Is(err, resolver.InternalError) {
		t.Errorf("another name: %v", err)
	}
	s.config.Roots = x509.NewCertPool()
	if err := s.resolver(t).Resolve(t.Context(), s.id, resolver.Options{}).Err(); !errors.Is(err, resolver.InternalError) {
		t.Errorf("another root: %v", err)
	}
}

func TestWebIgnoresProxies(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("https_proxy", "http://127.0.0.1:1")
	s := newSite(t, serve("application/json", webDoc("$ID")))
	if err := s.resolver(t).Resolve(t.Context(), s.id, resolver.Options{}).Err(); err != nil {
		t.Error(err)
	}
}

// fakeWeb resolves over nothing: the dialler fails, or hangs until it is told.
func fakeWeb(hang chan struct{}, calls *atomic.Int64) *resolver.WebConfig {
	return &resolver.WebConfig{CacheEntries: 2, FetchConfig: resolver.FetchConfig{
		Lookup: func(ctx context.Context, _, _ string) ([]netip.Addr, error) {
			calls.Add(1)
			if hang != nil {
				select {
				case <-hang:
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			return nil, errors.New("no such host")
		},
		Dial:          func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") },
		MaxConcurrent: 2,
	}}
}

func TestWebTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		r, err := resolver.New(resolver.Config{Now: time.Now, Web: fakeWeb(make(chan struct{}), &calls)})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		start := time.Now()
		if err := r.Resolve(t.Context(), "did:web:a.example", resolver.Options{}).Err(); !errors.Is(err, resolver.InternalError) {
			t.Errorf("%v", err)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// TestWebFlightsAreShared: many callers are one fetch, a caller who leaves does
// not end it for the others, and no more run at once than may.
func TestWebFlightsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		hang := make(chan struct{})
		r, err := resolver.New(resolver.Config{Now: time.Now, Web: fakeWeb(hang, &calls)})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		ctx, leave := context.WithCancel(t.Context())
		errs := make(chan error, 8)
		go func() { errs <- r.Resolve(ctx, "did:web:a.example", resolver.Options{}).Err() }()
		for range 3 {
			go func() { errs <- r.Resolve(t.Context(), "did:web:a.example", resolver.Options{}).Err() }()
		}
		for _, id := range []string{"did:web:b.example", "did:web:c.example", "did:web:d.example"} {
			go func() { errs <- r.Resolve(t.Context(), id, resolver.Options{}).Err() }()
		}
		synctest.Wait()
		if calls.Load() != 2 {
			t.Errorf("%d fetches run at once", calls.Load())
		}
		leave()
		synctest.Wait()
		if err := <-errs; !errors.Is(err, context.Canceled) || len(errs) != 0 {
			t.Errorf("the caller who left: %v; %d others ended", err, len(errs))
		}
		close(hang)
		synctest.Wait()
		if calls.Load() != 4 || len(errs) != 6 {
			t.Errorf("%d fetches, %d answers", calls.Load(), len(errs))
		}
	})
}

func TestWebCacheIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		r, err := resolver.New(resolver.Config{Now: time.Now, Web: fakeWeb(nil, &calls)})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		ask := func(id string, o resolver.Options, fetched int64) {
			t.Helper()
			before := calls.Load()
			if err := r.Resolve(t.Context(), "did:web:"+id, o).Err(); err == nil {
				t.Error("it resolved")
			}
			if got := calls.Load() - before; got != fetched {
				t.Errorf("%s: %d fetches, want %d", id, got, fetched)
			}
		}
		ask("a.example", resolver.Options{}, 1)
		ask("a.example", resolver.Options{}, 0)
		ask("a.example", resolver.Options{NoCache: true}, 0)
		time.Sleep(5 * time.Second)
		ask("a.example", resolver.Options{NoCache: true}, 1)
		ask("a.example", resolver.Options{NoCache: true}, 0)
		ask("b.example", resolver.Options{}, 1)
		ask("a.example", resolver.Options{}, 0) // b is the older one now
		ask("c.example", resolver.Options{}, 1)
		ask("a.example", resolver.Options{}, 0)
		ask("b.example", resolver.Options{}, 1)
		time.Sleep(15*time.Second - 1) // synctest: no time passes outside
		ask("b.example", resolver.Options{}, 0)
		time.Sleep(time.Nanosecond)
		ask("b.example", resolver.Options{}, 1) // a failure is kept for a short time
	})
}

func TestWebCachesDocuments(t *testing.T) {
	s := newSite(t, serve("application/json", webDoc("$ID")))
	at := now()
	r, err := resolver.New(resolver.Config{Now: func() time.Time { return at }, Web: &s.config})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct {
		after time.Duration
		hits  int64
	}{{0, 1}, {299 * time.Second, 1}, {300 * time.Second, 2}, {-time.Hour, 3}} {
		at = now().Add(c.after)
		if err := r.Resolve(t.Context(), s.id, resolver.Options{}).Err(); err != nil || s.hits.Load() != c.hits {
			t.Errorf("after %s: %d requests, %v", c.after, s.hits.Load(), err)
		}
	}
}

func TestCloseEndsFetches(t *testing.T) {
	defer goleak.VerifyNone(t)
	var calls atomic.Int64
	r, err := resolver.New(resolver.Config{Now: now, Web: fakeWeb(make(chan struct{}), &calls)})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error)
	go func() { got <- r.Resolve(t.Context(), "did:web:a.example", resolver.Options{}).Err() }()
	for calls.Load() == 0 {
		select {
		case err := <-got:
			t.Fatal(err)
		default:
		}
	}
	r.Close()
	if err := <-got; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := r.Resolve(t.Context(), "did:web:a.example", resolver.Options{}).Err(); !errors.Is(err, resolver.InternalError) || calls.Load() != 1 {
		t.Errorf("after the end: %v", err)
	}
	r.Close()
}

func TestIsPublic(t *testing.T) {
	for s, want := range map[string]bool{
		"93.184.216.34": true, "8.8.8.8": true, "1.1.1.1": true, "2606:4700::1111": true, "2a00:1450:4001::1": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "127.255.255.255": false, "0.0.0.0": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false, "172.32.0.1": true,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.128.0.1": true, "168.63.129.16": false, "192.0.0.192": false,
		"198.18.0.1": false, "203.0.113.1": false, "224.0.0.1": false, "255.255.255.255": false, "::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false,
		"fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "2001:db8::1": false, "3fff::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::808:808": false, "2002:7f00:1::": false, "2002:808:808::": false, "2001::1": false, "2606:4700::5efe:808:808": false,
		"2606:4700::200:5efe:a00:1": false, "::127.0.0.1": false, "fec0::1": false, "4000::1": false,
	} {
		if got := resolver.IsPublic(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
	if resolver.IsPublic(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestWebURL(t *testing.T) {
	for id, want := range map[string]string{
		"did:web:example.com":                   "https://example.com/.well-known/did.json",
		"did:web:w3c-ccg.github.io:user:alice":  "https://w3c-ccg.github.io/user/alice/did.json",
		"did:web:example.com%3A3000:user:alice": "https://example.com:3000/user/alice/did.json",
		"did:web:example.com%3A443":             "https://example.com:443/.well-known/did.json",
		"did:web:xn--bcher-kva.example":         "https://xn--bcher-kva.example/.well-known/did.json",
		"did:web:example.com:A_b-c.d":           "https://example.com/A_b-c.d/did.json",
	} {
		if u, err := resolver.WebURL(id); err != nil || u.String() != want {
			t.Errorf("%s: %v, %v", id, u, err)
		}
	}
}

func TestWebDocument(t *testing.T) {
	id := did.FromKey(testKey(t, 7).Public())
	doc, at, err := resolver.WebDocument(id, "did:web:acme.example", did.Service{ID: id.String() + "#receipt-log", Type: did.ServiceReceiptLog, Endpoint: "https://acme.example/log"})
	if err != nil || at != "https://acme.example/.well-known/did.json" {
		t.Fatal(at, err)
	}
	d, err := resolver.ParseDocument(doc, "did:web:acme.example")
	if err != nil {
		t.Fatal(err)
	}
	if d.AlsoKnownAs[0] != id.String() || d.AlsoKnownAs[1] != id.DIDKey() || d.Methods[0].Key != did.NewEd25519(id.Key()) || d.Methods[0].Controller != d.ID ||
		d.Listed(did.PurposeAssertion)[0] != "did:web:acme.example#key-1" || d.Services[0].ID != "did:web:acme.example#receipt-log" {
		t.Errorf("%s", doc)
	}
	for name, c := range map[string]struct {
		web      string
		services []did.Service
	}{
		"not a did:web": {id.String(), nil}, "a URL": {"did:web:acme.example#x", nil}, "an address": {"did:web:127.0.0.1", nil}, "empty": {"", nil},
		"service of another": {"did:web:acme.example", []did.Service{{ID: "did:web:acme.example#s", Type: "A", Endpoint: "https://a.example"}}},
	} {
		if doc, _, err := resolver.WebDocument(id, c.web, c.services...); err == nil || doc != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for domain, want := range map[string]string{"acme.example": "did:web:acme.example", "acme.example:8443": "did:web:acme.example%3A8443",
		"Acme.example": "", "acme.example/x": "", "127.0.0.1": "", "": "", "a b.example": "", "acme.example:1:2": ""} {
		if got, err := resolver.WebDID(domain); (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%q: %s, %v", domain, got, err)
		}
	}
}

func BenchmarkResolveWebCached(b *testing.B) {
	s := newSite(b, serve("application/json", webDoc("$ID")))
	r := s.resolver(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Resolve(b.Context(), s.id, resolver.Options{}).Err(); err != nil {
			b.Fatal(err)
		}
	}
}

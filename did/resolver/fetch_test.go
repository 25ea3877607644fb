package resolver_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
)

func (s *site) fetcher(t testing.TB) *resolver.Fetcher {
	t.Helper()
	f, err := resolver.NewFetcher(s.config.FetchConfig, now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// url is an address at the site.
func (s *site) url(path string) string {
	return "https://example.com:" + s.id[len("did:web:example.com%3A"):] + path
}

func TestFetch(t *testing.T) {
	var asked, accept string
	s := newSite(t, func(s *site, w http.ResponseWriter, r *http.Request) {
		asked, accept = r.URL.RequestURI(), r.Header.Get("Accept")
		serve("application/vc; charset=utf-8", "0123456789")(s, w, r)
	})
	body, err := s.fetcher(t).Get(t.Context(), s.url("/status/1?a=b%20c"), 10, "application/vc", "application/json")
	if err != nil || string(body) != "0123456789" || asked != "/status/1?a=b%20c" || accept != "application/vc, application/json" {
		t.Errorf("%q of %s, accepting %s: %v", body, asked, accept, err)
	}
	if _, err := s.fetcher(t).Get(t.Context(), s.url("/"), 9, "application/vc"); !errors.Is(err, resolver.InternalError) {
		t.Errorf("a byte too many: %v", err)
	}
	if _, err := s.fetcher(t).Get(t.Context(), s.url("/"), 10, "application/json"); !errors.Is(err, resolver.InternalError) {
		t.Errorf("another type: %v", err)
	}
}

func TestFetchRefuses(t *testing.T) {
	s := newSite(t, serve("application/json", "{}"))
	var failures atomic.Int64
	s.config.Failed = func(string, error) { failures.Add(1) }
	f := s.fetcher(t)
	for _, address := range []string{"", "http://example.com/", "https:///x", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/",
		"https://0x7f.1/", "https://user@example.com/", "https://user:pw@example.com/", "https://example.com/#a", "https://example.com/#", "https://Example.com/",
		"https://example.com:0/", "https://example.com:/", "https://example.com:65536/", "https://example.com:0443/", "file:///etc/passwd", "https:example.com", "//example.com/",
		"https://host.internal/", "https://example/", "https://example.com/\n", "https://example.com/" + strings.Repeat("a", 2048), "data:application/json,{}"} {
		if _, err := f.Get(t.Context(), address, 10, "application/json"); !errors.Is(err, resolver.ErrFetchURL) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if s.dials.Load() != 0 || failures.Load() != 0 {
		t.Errorf("%d dials, %d failures told", s.dials.Load(), failures.Load())
	}
	s.config.PermitInternalAddress = nil
	if _, err := s.fetcher(t).Get(t.Context(), s.url("/"), 10, "application/json"); !errors.Is(err, resolver.ErrInternalAddress) || s.dials.Load() != 0 {
		t.Errorf("loopback: %v", err)
	}
}

// TestFetchTellsTheOperator: the cause goes to the operator, without the query
// of a URL; whoever asks is told that it failed.
func TestFetchTellsTheOperator(t *testing.T) {
	s := newSite(t, func(_ *site, w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/teapot") {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		http.Redirect(w, r, "https://10.0.0.1/?"+r.URL.RawQuery, http.StatusFound)
	})
	var mu sync.Mutex
	told := map[string]string{}
	s.config.Failed = func(what string, cause error) {
		mu.Lock()
		defer mu.Unlock()
		told[what] = cause.Error()
	}
	r := s.resolver(t)
	texts := map[string]bool{}
	for path, want := range map[string]string{"/teapot": "418", "/elsewhere": "redirect"} {
		_, err := s.fetcher(t).Get(t.Context(), s.url(path+"?token=secret"), 10, "application/json")
		if err == nil {
			t.Fatal("it was fetched")
		}
		texts[err.Error()] = true
		if cause := told[s.url(path)]; !strings.Contains(cause, want) || strings.Contains(cause, "secret") {
			t.Errorf("%s: told %q", path, cause)
		}
	}
	if len(texts) != 1 {
		t.Errorf("the causes can be told apart: %v", texts)
	}
	_ = r.Resolve(t.Context(), s.id, resolver.Options{})
	_ = r.Resolve(t.Context(), s.id, resolver.Options{}) // from the cache: not told again
	if cause := told[s.id]; !strings.Contains(cause, "redirect") || len(told) != 3 {
		t.Errorf("did:web: %v", told)
	}
}

func TestFetchTakesTurnsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under atomic.Int64
		f, err := resolver.NewFetcher(resolver.FetchConfig{MaxConcurrent: 2,
			Lookup: func(ctx context.Context, _, _ string) ([]netip.Addr, error) {
				under.Add(1)
				<-ctx.Done()
				return nil, ctx.Err()
			},
			Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var group sync.WaitGroup
		for i := range 6 {
			group.Go(func() {
				if _, err := f.Get(t.Context(), fmt.Sprintf("https://%d.example/", i), 10, "application/json"); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		if n := under.Load(); n != 2 {
			t.Errorf("%d at once", n)
		}
		group.Wait()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestNewFetcherRefuses(t *testing.T) {
	lookup, dial := net.DefaultResolver.LookupNetIP, (&net.Dialer{}).DialContext
	for name, c := range map[string]resolver.FetchConfig{"no Lookup": {Dial: dial}, "no Dial": {Lookup: lookup},
		"a negative time": {Lookup: lookup, Dial: dial, TimeoutSeconds: -1}, "no turns": {Lookup: lookup, Dial: dial, MaxConcurrent: -1}} {
		if f, err := resolver.NewFetcher(c, now); err == nil || f != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if f, err := resolver.NewFetcher(resolver.FetchConfig{Lookup: lookup, Dial: dial}, nil); err == nil || f != nil {
		t.Error("no clock: accepted")
	}
}

// TestWebOfADeactivatedKey: who ends as did:chio has ended under every name.
func TestWebOfADeactivatedKey(t *testing.T) {
	id, other := did.FromKey(testKey(t, 7).Public()), did.FromKey(testKey(t, 9).Public())
	s := newSite(t, serve("application/json", fmt.Sprintf(`{"id":"$ID","verificationMethod":[
		{"id":"$ID#org","type":"Multikey","controller":"$ID","publicKeyMultibase":%q},
		{"id":"$ID#other","type":"Multikey","controller":"$ID","publicKeyMultibase":%q}],
		"assertionMethod":["$ID#org","$ID#other"]}`, id.Multibase(), other.Multibase())))
	ended := now().Unix() - 10
	dead := map[did.DID]int64{}
	r, err := resolver.New(resolver.Config{Now: now, Web: &s.config, Deactivated: func(id did.DID) (int64, bool) {
		at, ok := dead[id]
		return at, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	names := []string{id.KeyID(), id.DIDKey() + "#" + id.Multibase(), s.id + "#org"}
	for _, name := range names {
		if _, err := r.Method(t.Context(), name, did.PurposeAssertion); err != nil {
			t.Fatalf("%s, the control: %v", name, err)
		}
	}
	dead[id] = ended // the document is in the cache by now
	for _, name := range names {
		if m, err := r.Method(t.Context(), name, did.PurposeAssertion); !errors.Is(err, resolver.ErrDeactivated) || m != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := r.MethodAt(t.Context(), name, did.PurposeAssertion, ended-1); err != nil {
			t.Errorf("%s before it ended: %v", name, err)
		}
	}
	if _, err := r.Method(t.Context(), s.id+"#other", did.PurposeAssertion); err != nil {
		t.Errorf("another key of the document: %v", err)
	}
}

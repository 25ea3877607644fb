package resolver_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/wire"
)

func testKey(t testing.TB, fill byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func clock() time.Time { return time.Unix(1000, 0) }

// unreachable is a did:web that must not be asked.
func unreachable(t testing.TB) *resolver.WebConfig {
	return &resolver.WebConfig{FetchConfig: resolver.FetchConfig{
		Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
			t.Error("a name was looked up")
			return nil, errors.New("nobody is asked here")
		},
		Dial: func(context.Context, string, string) (net.Conn, error) {
			t.Error("an address was dialled")
			return nil, errors.New("nobody is called here")
		},
	}}
}

func offline(t testing.TB, dead map[did.DID]int64) *resolver.Resolver {
	t.Helper()
	r, err := resolver.New(resolver.Config{Now: clock, Deactivated: func(id did.DID) (int64, bool) {
		at, ok := dead[id]
		return at, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNewRefuses(t *testing.T) {
	id := did.FromKey(testKey(t, 7).Public())
	bad := did.Service{ID: id.String() + "#s", Type: "A", Endpoint: "http://a"}
	dial := (&net.Dialer{}).DialContext
	for name, c := range map[string]resolver.Config{
		"no clock":              {},
		"services of nobody":    {Now: clock, Services: []did.Service{{}}},
		"aliases of nobody":     {Now: clock, AlsoKnownAs: []string{"did:web:a.example"}},
		"a service over http":   {Now: clock, Self: id, Services: []did.Service{bad}},
		"an alias of another":   {Now: clock, Self: id, AlsoKnownAs: []string{did.FromKey(testKey(t, 9).Public()).DIDKey()}},
		"web without Lookup":    {Now: clock, Web: &resolver.WebConfig{FetchConfig: resolver.FetchConfig{Dial: dial}}},
		"web without Dial":      {Now: clock, Web: &resolver.WebConfig{FetchConfig: resolver.FetchConfig{Lookup: net.DefaultResolver.LookupNetIP}}},
		"web with odd timeouts": {Now: clock, Web: &resolver.WebConfig{FetchConfig: resolver.FetchConfig{Lookup: net.DefaultResolver.LookupNetIP, Dial: dial, TimeoutSeconds: -1}}},
	} {
		if r, err := resolver.New(c); err == nil || r != nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWebIsLeftOut(t *testing.T) {
	if err := offline(t, nil).Resolve(t.Context(), "did:web:example.com", resolver.Options{}).Err(); !errors.Is(err, resolver.MethodNotSupported) {
		t.Error(err)
	}
}

func TestMethod(t *testing.T) {
	r := offline(t, nil)
	id := did.FromKey(testKey(t, 7).Public())
	k := did.NewEd25519(id.Key())
	x, err := k.Agreement()
	if err != nil {
		t.Fatal(err)
	}
	const p256 = "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
	for _, c := range []struct {
		url  string
		p    did.Purpose
		want error
	}{
		{id.KeyID(), did.PurposeAssertion, nil},
		{id.KeyID(), did.PurposeAuthenticate, nil},
		{id.KeyID(), did.PurposeInvocation, did.ErrPurpose},
		{id.KeyID(), did.PurposeKeyAgreement, did.ErrPurpose},
		{id.KeyID(), "", did.ErrPurpose},
		{id.String() + "#key-2", did.PurposeAssertion, did.ErrMethod},
		{id.DIDKey() + "#" + id.Multibase(), did.PurposeAssertion, nil},
		{id.DIDKey() + "#" + id.Multibase(), did.PurposeInvocation, nil},
		{id.DIDKey() + "#" + id.Multibase(), did.PurposeKeyAgreement, did.ErrPurpose},
		{id.DIDKey() + "#" + x.Multikey(), did.PurposeKeyAgreement, nil},
		{id.DIDKey() + "#" + x.Multikey(), did.PurposeAssertion, did.ErrPurpose},
		{id.DIDKey() + "#key-1", did.PurposeAssertion, did.ErrMethod},
		{p256 + "#" + p256[8:], did.PurposeAssertion, nil},
		{p256 + "#" + p256[8:], did.PurposeKeyAgreement, did.ErrPurpose},
		{id.String(), did.PurposeAssertion, resolver.InvalidDIDURL},
		{id.String() + "#", did.PurposeAssertion, resolver.InvalidDIDURL},
		{id.String() + "?a#key-1", did.PurposeAssertion, resolver.InvalidDIDURL},
		{id.String() + "/a#key-1", did.PurposeAssertion, resolver.InvalidDIDURL},
		{"#key-1", did.PurposeAssertion, resolver.InvalidDIDURL},
		{"did:example:1#key-1", did.PurposeAssertion, resolver.MethodNotSupported},
		{"did:chio:1#key-1", did.PurposeAssertion, resolver.InvalidDID},
	} {
		m, err := r.Method(t.Context(), c.url, c.p)
		if !errors.Is(err, c.want) || (err == nil) != (m != nil) {
			t.Errorf("%s for %s: %v", c.url, c.p, err)
			continue
		}
		if m != nil && (m.ID != c.url || !strings.HasPrefix(c.url, m.Controller+"#")) {
			t.Errorf("%s: %+v", c.url, m)
		}
	}
}

func TestDeactivated(t *testing.T) {
	id, other := did.FromKey(testKey(t, 7).Public()), did.FromKey(testKey(t, 9).Public())
	r := offline(t, map[did.DID]int64{id: 900})
	for _, name := range []string{id.String(), id.DIDKey()} {
		res := r.Resolve(t.Context(), name, resolver.Options{})
		if res.Err() != nil || !res.DocumentMetadata.Deactivated || res.DocumentMetadata.Updated != "1970-01-01T00:15:00Z" ||
			len(res.Document.Methods) != 0 || len(res.Document.Listed(did.PurposeAssertion)) != 0 {
			t.Errorf("%s: %+v, %v", name, res, res.Err())
		}
		if !strings.Contains(string(res.Result()), `"didDocumentMetadata":{"deactivated":true`) {
			t.Errorf("%s: %s", name, res.Result())
		}
	}
	for _, url := range []string{id.KeyID(), id.DIDKey() + "#" + id.Multibase()} {
		for at, want := range map[int64]error{899: nil, 900: resolver.ErrDeactivated, 901: resolver.ErrDeactivated} {
			if m, err := r.MethodAt(t.Context(), url, did.PurposeAssertion, at); !errors.Is(err, want) || (m == nil) != (want != nil) {
				t.Errorf("%s at %d: %v", url, at, err)
			}
		}
		if _, err := r.Method(t.Context(), url, did.PurposeAssertion); !errors.Is(err, resolver.ErrDeactivated) {
			t.Errorf("%s now: %v", url, err)
		}
	}
	if _, err := r.Method(t.Context(), id.DIDKey()+"#"+id.Multibase(), did.PurposeInvocation); !errors.Is(err, resolver.ErrDeactivated) {
		t.Errorf("for invocation: %v", err)
	}
	if _, err := r.Method(t.Context(), other.KeyID(), did.PurposeAssertion); err != nil {
		t.Errorf("another: %v", err)
	}
}

func TestResults(t *testing.T) {
	r := offline(t, nil)
	id := did.FromKey(testKey(t, 7).Public())
	for input, want := range map[string]string{
		id.String():  `"didResolutionMetadata":{"contentType":"application/did+ld+json"}`,
		"did:chio:x": `"didDocument":null,"didDocumentMetadata":{},"didResolutionMetadata":{"error":"invalidDid","message":"`,
	} {
		res := r.Resolve(t.Context(), input, resolver.Options{}).Result()
		if !strings.Contains(string(res), want) || !strings.HasPrefix(string(res), `{"@context":"https://w3id.org/did-resolution/v1",`) {
			t.Errorf("%s: %s", input, res)
		}
	}
	for input, want := range map[string]string{
		id.KeyID():             `"content":{"controller":"did:chio:`,
		id.String() + "#":      `"didDereferencingMetadata":{"error":"notFound"`,
		id.String() + "?x":     `"content":null`,
		id.String() + "/a?b#c": `"error":"invalidDidUrl"`,
	} {
		if res := r.Dereference(t.Context(), input, resolver.Options{}).Result(); !strings.Contains(string(res), want) {
			t.Errorf("%s: %s", input, res)
		}
	}
	with := vectorResolver(t).Dereference(t.Context(), id.String()+"?service=receipt-log", resolver.Options{Accept: resolver.MediaURIList})
	if !strings.Contains(string(with.Result()), `"content":"https://acme.example/log"`) {
		t.Errorf("%s", with.Result())
	}
}

func FuzzParseDocument(f *testing.F) {
	for _, dir := range []string{"valid", "must-reject"} {
		for _, v := range vectors(f, dir) {
			if v.Operation == "document" {
				f.Add([]byte(v.Document))
			}
		}
	}
	const id = "did:web:example.com"
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := resolver.ParseDocument(doc, id)
		if err != nil {
			if !errors.Is(err, resolver.ErrDocument) || d != nil {
				t.Fatalf("%v with %v", err, d)
			}
			return
		}
		seen := map[string]bool{}
		for _, m := range d.Methods {
			if !strings.HasPrefix(m.ID, id+"#") || seen[m.ID] {
				t.Fatalf("%q is defined", m.ID)
			}
			seen[m.ID] = true
		}
		for _, s := range d.Services {
			if !strings.HasPrefix(s.ID, id+"#") || seen[s.ID] {
				t.Fatalf("service %q", s.ID)
			}
			seen[s.ID] = true
		}
		for _, l := range d.Listed(did.PurposeAssertion) {
			if strings.HasPrefix(l, id+"#") && !seen[l] {
				t.Fatalf("%q is listed and defined nowhere", l)
			}
		}
	})
}

func FuzzDereference(f *testing.F) {
	for _, v := range vectors(f, "must-reject") {
		if v.Operation != "document" {
			f.Add(v.Input)
		}
	}
	r := vectorResolver(f)
	f.Fuzz(func(t *testing.T, input string) {
		if strings.HasPrefix(input, "did:web:") {
			return // it would be fetched
		}
		d := r.Dereference(t.Context(), input, resolver.Options{})
		if (d.Err() == nil) != (d.Content != nil) || (d.Err() == nil) != (d.Metadata.Error == "") {
			t.Fatalf("%q: %v, %s", input, d.Err(), d.Content)
		}
	})
}

func BenchmarkResolveChio(b *testing.B) {
	r, id := vectorResolver(b), self(b).String()
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Resolve(b.Context(), id, resolver.Options{}).Err(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResolveKey(b *testing.B) {
	r, id := vectorResolver(b), self(b).DIDKey()
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Resolve(b.Context(), id, resolver.Options{}).Err(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMethodChio(b *testing.B) {
	r, url := vectorResolver(b), self(b).KeyID()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Method(b.Context(), url, did.PurposeAssertion); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMethodKey(b *testing.B) {
	r, id := vectorResolver(b), self(b)
	url := id.DIDKey() + "#" + id.Multibase()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Method(b.Context(), url, did.PurposeAssertion); err != nil {
			b.Fatal(err)
		}
	}
}

package resolver_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/wire"
)

// vector is one file of testdata: what is asked, and the answer.
type vector struct {
	Description string   `json:"description"`
	Operation   string   `json:"operation"` // "" resolves, "dereference", or "document" parses
	Input       string   `json:"input"`
	Document    string   `json:"document"`
	Options     options  `json:"options"`
	Expected    expected `json:"expected"`
}

type options struct {
	Accept           string `json:"accept"`
	Format           string `json:"publicKeyFormat"`
	Experimental     bool   `json:"enableExperimentalPublicKeyTypes"`
	WithoutAgreement bool   `json:"withoutKeyAgreement"`
}

type expected struct {
	Error       string            `json:"error"`
	Document    wire.Raw          `json:"document"`
	ContentType string            `json:"contentType"`
	URI         string            `json:"uri"`
	Methods     map[string]string `json:"methods"` // id to multikey, "" without a key
	Assertion   []string          `json:"assertionMethod"`
	Services    int               `json:"services"`
}

func vectors(t testing.TB, dir string) map[string]vector {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]vector{}
	for _, f := range files {
		doc, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var v vector
		if err := wire.Unmarshal(doc, &v, wire.DocumentLimits); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		out[filepath.Base(f)] = v
	}
	return out
}

// self is the node's own DID of the vectors, seed 7…7.
func self(t testing.TB) did.DID {
	t.Helper()
	return did.FromKey(testKey(t, 7).Public())
}

func vectorResolver(t testing.TB) *resolver.Resolver {
	t.Helper()
	id := self(t)
	r, err := resolver.New(resolver.Config{
		Now: func() time.Time { return time.Unix(1000, 0) }, Self: id, AlsoKnownAs: []string{"did:web:acme.example"},
		Services: []did.Service{
			{ID: id.String() + "#receipt-log", Type: did.ServiceReceiptLog, Endpoint: "https://acme.example/log"},
			{ID: id.String() + "#federation", Type: did.ServiceFederation, Endpoint: "multiaddr:/dns4/acme.example/udp/4001/quic-v1/p2p/" + id.PeerID()},
		},
		Web: unreachable(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func (o options) of() resolver.Options {
	return resolver.Options{Accept: o.Accept, PublicKeyFormat: o.Format, EnableExperimentalPublicKeyTypes: o.Experimental, WithoutKeyAgreement: o.WithoutAgreement}
}

func TestMustReject(t *testing.T) {
	r := vectorResolver(t)
	all := vectors(t, "must-reject")
	if len(all) < 150 {
		t.Fatalf("%d vectors", len(all))
	}
	for name, v := range all {
		switch v.Operation {
		case "":
			res := r.Resolve(t.Context(), v.Input, v.Options.of())
			if string(res.Metadata.Error) != v.Expected.Error || res.Document != nil || res.JSON != nil || !errors.Is(res.Err(), resolver.Code(v.Expected.Error)) {
				t.Errorf("%s (%s): %v", name, v.Description, res.Err())
			}
			if m, err := r.Method(t.Context(), v.Input+"#key-1", did.PurposeAssertion); v.Options == (options{}) && (err == nil || m != nil) {
				t.Errorf("%s (%s): it has a method", name, v.Description)
			}
		case "dereference":
			d := r.Dereference(t.Context(), v.Input, v.Options.of())
			if string(d.Metadata.Error) != v.Expected.Error || d.Content != nil || !errors.Is(d.Err(), resolver.Code(v.Expected.Error)) {
				t.Errorf("%s (%s): %v", name, v.Description, d.Err())
			}
		case "document":
			if d, err := resolver.ParseDocument([]byte(v.Document), v.Input); !errors.Is(err, resolver.ErrDocument) || d != nil {
				t.Errorf("%s (%s): %v", name, v.Description, err)
			}
		default:
			t.Errorf("%s: operation %q", name, v.Operation)
		}
	}
}

func TestValid(t *testing.T) {
	r := vectorResolver(t)
	for name, v := range vectors(t, "valid") {
		switch v.Operation {
		case "":
			res := r.Resolve(t.Context(), v.Input, v.Options.of())
			if res.Err() != nil || res.Document == nil || res.Document.ID != v.Input {
				t.Errorf("%s: %v", name, res.Err())
				continue
			}
			v.Expected.check(t, name, res.JSON, res.Metadata.ContentType)
		case "dereference":
			d := r.Dereference(t.Context(), v.Input, v.Options.of())
			if d.Err() != nil {
				t.Errorf("%s: %v", name, d.Err())
				continue
			}
			v.Expected.check(t, name, d.Content, d.Metadata.ContentType)
		case "document":
			d, err := resolver.ParseDocument([]byte(v.Document), v.Input)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got := map[string]string{}
			for _, m := range d.Methods {
				got[m.ID] = m.Key.Multikey()
			}
			if len(got) != len(v.Expected.Methods) || len(d.Services) != v.Expected.Services || !slices.Equal(d.Listed(did.PurposeAssertion), v.Expected.Assertion) {
				t.Errorf("%s: %v, lists %v, %d services", name, got, d.Listed(did.PurposeAssertion), len(d.Services))
			}
			for id, k := range v.Expected.Methods {
				if got[id] != k {
					t.Errorf("%s: %s is %q", name, id, got[id])
				}
			}
		}
	}
}

func (e *expected) check(t *testing.T, name string, content []byte, contentType string) {
	t.Helper()
	if e.ContentType != "" && e.ContentType != contentType {
		t.Errorf("%s: content type %s", name, contentType)
	}
	if e.URI != "" && e.URI != string(content) {
		t.Errorf("%s: %s", name, content)
	}
	if e.Document == nil {
		return
	}
	want, err := wire.Canonicalize(e.Document, wire.DocumentLimits)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.Canonicalize(content, wire.DocumentLimits)
	if err != nil || string(got) != string(want) {
		t.Errorf("%s: %v\ngot  %s\nwant %s", name, err, got, want)
	}
}

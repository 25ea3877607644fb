package schema_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc/schema"
	"github.com/backbay-labs/chio-node/wire"
)

func key(t testing.TB) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func issuer(k *wire.Key) string { return did.FromKey(k.Public()).String() }

// FuzzCompile: a stranger's schema is refused by its sentinel or judges a
// credential in a bounded time.
func FuzzCompile(f *testing.F) {
	f.Add([]byte(email), []byte(good))
	f.Add([]byte(head+`"$defs":{"a":{"pattern":"a*"}},"patternProperties":{"x":{"$ref":"#/$defs/a"}}}`), []byte(`{"x":"aaaa"}`))
	f.Add([]byte(head+`"properties":{"x":{"$ref":"#"}}}`), []byte(`{"x":{}}`))
	f.Add([]byte(head+`"if":{"minProperties":1},"then":{"unevaluatedProperties":false}}`), []byte(`{"x":{"y":[1,2.5e300]}}`))
	f.Fuzz(func(t *testing.T, doc, document []byte) {
		start := time.Now()
		if err := schema.Compile(doc); err != nil {
			if !errors.Is(err, schema.ErrSchema) {
				t.Fatal(err)
			}
			return
		}
		l := &library{docs: map[string]string{"urn:s": string(doc)}}
		err := l.checker(t, 0).Check(t.Context(), of("urn:s"), document)
		if err != nil && !errors.Is(err, schema.ErrInvalid) && !errors.Is(err, schema.ErrSchema) {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Fatalf("took %s", took)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	l := &library{docs: map[string]string{"urn:s": email}}
	c := l.checker(b, 0)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Check(b.Context(), of("urn:s"), []byte(good)); err != nil {
			b.Fatal(err)
		}
	}
}

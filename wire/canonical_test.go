package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
)

func TestCanonicalize(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"sorted keys, no space", `{ "b" : 1, "a" : [ true , null ] }`, `{"a":[true,null],"b":1}`},
		{"utf-16 order", "{\"\U0001F600\":1,\"\uFB33\":2}", "{\"\U0001F600\":1,\"\uFB33\":2}"},
		{"2^53+1 stays exact", `9007199254740993`, `9007199254740993`},
		{"uint64 max stays exact", `18446744073709551615`, `18446744073709551615`},
		{"int64 min stays exact", `-9223372036854775808`, `-9223372036854775808`},
		{"uint64 max + 1 goes through a double", `18446744073709551616`, `18446744073709552000`},
		{"minus zero", `-0`, `0`},
		{"minus zero point zero", `-0.0`, `0`},
		{"one point zero", `1.0`, `1`},
		{"exponent", `1e3`, `1000`},
		{"big exponent", `1e30`, `1e+30`},
		{"small", `0.000001`, `0.000001`},
		{"smaller", `1e-7`, `1e-7`},
		{"subnormal", `5e-324`, `5e-324`},
		{"shortest", `0.1000000000000000055511151231257827`, `0.1`},
		{"number inside a string is text", `"1.0"`, `"1.0"`},
		{"escaped quote", `{"a\"1.0":1.0}`, `{"a\"1.0":1}`},
		{"control characters", `"\u0000\u001f\n"`, `"\u0000\u001f\n"`},
		{"solidus is not escaped", `"\/"`, `"/"`},
		{"scalar top level", `true`, `true`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Canonicalize([]byte(tc.in), ForeignLimits)
			if err != nil || string(got) != tc.want {
				t.Fatalf("Canonicalize(%s) = %s, %v; want %s", tc.in, got, err, tc.want)
			}
			again, err := Canonicalize(got, ForeignLimits)
			if err != nil || !bytes.Equal(again, got) {
				t.Fatalf("not idempotent: %s, %v", again, err)
			}
		})
	}
}

func TestCanonicalizeRefuses(t *testing.T) {
	deep := strings.Repeat("[", 129) + strings.Repeat("]", 129)
	for _, tc := range []struct {
		name, in string
		want     error
	}{
		{"overflow to infinity", `1e400`, ErrNumber},
		{"overflow in a member", `{"a":-1e999}`, ErrNumber},
		{"duplicate key", `{"a":1,"a":2}`, ErrDuplicateKey},
		{"duplicate key by escape", `{"a":1,"\u0061":2}`, ErrDuplicateKey},
		{"trailing bytes", `{} {}`, ErrNotJSON},
		{"trailing comma", `[1,]`, ErrNotJSON},
		{"empty", ``, ErrNotJSON},
		{"byte order mark", "\ufeff{}", ErrNotJSON},
		{"invalid utf-8", "\"\xff\"", ErrNotJSON},
		{"lone surrogate", `"\ud800"`, ErrNotJSON},
		{"leading zero", `01`, ErrNotJSON},
		{"plus", `+1`, ErrNotJSON},
		{"not a number", `NaN`, ErrNotJSON},
		{"too deep", deep, ErrTooDeep},
		{"unterminated string", `"abc`, ErrNotJSON},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, err := Canonicalize([]byte(tc.in), ForeignLimits); !errors.Is(err, tc.want) {
				t.Fatalf("Canonicalize(%q) = %q, %v; want %v", tc.in, got, err, tc.want)
			}
		})
	}
	big := append(append([]byte{'"'}, bytes.Repeat([]byte{'a'}, DocumentLimits.Bytes)...), '"')
	if _, err := Canonicalize(big, DocumentLimits); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("limit+2 bytes: %v", err)
	}
	if _, err := Canonicalize(big[:DocumentLimits.Bytes-1], DocumentLimits); errors.Is(err, ErrTooLarge) {
		t.Fatal("a document under the limit was refused for its size")
	}
}

// FuzzCanonicalize holds our canonicaliser to an independent one wherever the
// two are defined to agree: no integer beyond 2^53, objects and arrays.
func FuzzCanonicalize(f *testing.F) {
	for _, s := range []string{`{"a":1.5e3,"b":[-0,"\u00e9"]}`, `[1e400]`, `{"a":{"a":{}}}`, `"\ud83d\ude00"`, `[0.1,1e21,1e-7]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Canonicalize(in, ForeignLimits)
		if err != nil {
			return
		}
		again, err := Canonicalize(got, ForeignLimits)
		if err != nil || !bytes.Equal(got, again) {
			t.Fatalf("canonical form of %q is not a fixed point: %q then %q, %v", in, got, again, err)
		}
		if len(got) == 0 || got[0] != '{' && got[0] != '[' || hasBigInteger(got) {
			return
		}
		if other, err := jcs.Transform(in); err == nil && !bytes.Equal(other, got) {
			t.Fatalf("implementations disagree on %q: %q and %q", in, got, other)
		}
	})
}

// hasBigInteger reports a run of 16 or more digits, where the exact-integer
// deviation may apply.
func hasBigInteger(b []byte) bool {
	run := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			run = 0
		} else if run++; run >= 16 {
			return true
		}
	}
	return false
}

func BenchmarkCanonicalize1KiB(b *testing.B) {
	doc := []byte(`{"z":[` + strings.Repeat(`{"b":"some text here","a":12345},`, 30) + `1]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Canonicalize(doc, ForeignLimits); err != nil {
			b.Fatal(err)
		}
	}
}

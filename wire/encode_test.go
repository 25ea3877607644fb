package wire_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/wire"
)

// word is a string type, as operations and kinds are.
type word string

// flag has its own idea of zero.
type flag struct {
	Set bool `json:"set"`
}

func (f flag) IsZero() bool { return !f.Set }

// every holds one member of each sort that signed artifacts use.
type every struct {
	Zulu     string                 `json:"zulu"`
	Alpha    word                   `json:"alpha,omitempty"`
	Count    uint64                 `json:"count"`
	Small    int32                  `json:"small,omitzero"`
	Yes      bool                   `json:"yes,omitzero"`
	Raw      wire.Raw               `json:"raw,omitempty"`
	Signed   wire.Raw               `json:"signed,omitzero"`
	Digest   *wire.Digest           `json:"digest,omitempty"`
	Key      wire.PublicKey         `json:"key"`
	Sig      wire.Signature         `json:"sig"`
	Words    []word                 `json:"words,omitempty"`
	Amounts  []wire.MonetaryAmount  `json:"amounts"`
	Child    *every                 `json:"child,omitempty"`
	Map      map[string]int64       `json:"map,omitempty"`
	Any      any                    `json:"any,omitempty"`
	Flag     flag                   `json:"flag,omitzero"`
	Keys     map[string]wire.Digest `json:"keys,omitempty"`
	unseen   int
	Ignored  string `json:"-"`
	Untagged string
}

func drawEvery(t *rapid.T, depth int) every {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\"\\\b\f\n\r\t\x00\x1f\x7f", "\u2028é\U0001F600", "a/b", "\xff\xfe"}))
	raw := rapid.SampledFrom([]string{"", "null", `{"b":1,"a":[1.0,-0,2e3]}`, `{"a":{"b":[]}}`, ` "x" `, "12345678901234567890", "9007199254740993", "{}", `"\u00e9"`, "[1,"})
	e := every{Zulu: text.Draw(t, "zulu"), Alpha: word(text.Draw(t, "alpha")), Count: rapid.Uint64().Draw(t, "count"),
		Small: rapid.Int32().Draw(t, "small"), Yes: rapid.Bool().Draw(t, "yes"), Untagged: text.Draw(t, "untagged"), unseen: depth,
		Flag: flag{rapid.Bool().Draw(t, "flag")}}
	if r := raw.Draw(t, "raw"); r != "" {
		e.Raw = wire.Raw(r)
	}
	if r := raw.Draw(t, "signed"); r != "" {
		e.Signed = wire.Raw(r)
	}
	if rapid.Bool().Draw(t, "has digest") {
		d := wire.Hash([]byte(e.Zulu))
		e.Digest = &d
		e.Keys = map[string]wire.Digest{"k": d}
	}
	for _, w := range rapid.SliceOfN(text, 0, 3).Draw(t, "words") {
		e.Words = append(e.Words, word(w))
	}
	if rapid.Bool().Draw(t, "has amounts") {
		e.Amounts = []wire.MonetaryAmount{{Units: rapid.Uint64().Draw(t, "units"), Currency: "USD"}, {}}
	}
	e.Map = rapid.MapOfN(text, rapid.Int64(), 0, 3).Draw(t, "map")
	switch rapid.IntRange(0, 4).Draw(t, "any") {
	case 1:
		e.Any = map[string]any{"x": e.Zulu, "y": []any{true, nil, wire.Raw("1.5")}}
	case 2:
		e.Any = 1.5 // the engine's
	case 3:
		e.Any = []byte("base64")
	}
	if depth > 0 && rapid.Bool().Draw(t, "has child") {
		c := drawEvery(t, depth-1)
		e.Child = &c
	}
	return e
}

// The encoder writes, byte for byte, what the engine and the canonicaliser
// write, and refuses what they refuse.
func TestI10_EncoderEqualsEngine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawEvery(t, 3)
		got, err := wire.Marshal(v)
		want, wantErr := wire.MarshalAny(v)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("encoder: %v, engine: %v", err, wantErr)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("encoder %s\nengine  %s", got, want)
		}
		byPointer, err := wire.Marshal(&v)
		if (err == nil) != (wantErr == nil) || !bytes.Equal(byPointer, want) {
			t.Fatalf("by pointer: %s, %v", byPointer, err)
		}
	})
}

// Several keys, whatever a property test draws: sorted, in each kind of map.
func TestI10_MapKeysAreSorted(t *testing.T) {
	for want, v := range map[string]any{
		`{"a":1,"b":2,"c":3,"d":4}`:  map[string]int64{"d": 4, "b": 2, "a": 1, "c": 3},
		`{"A":"x","a":"y","aa":"z"}`: map[string]word{"aa": "z", "a": "y", "A": "x"},
		`{"m":{"":1,"b":2,"z":3}}`: struct {
			M map[string]int64 `json:"m"`
		}{map[string]int64{"z": 3, "": 1, "b": 2}},
		`{"x":{"1":true,"2":null},"y":[{"k":"v","q":"w"}]}`: map[string]any{"y": []any{map[string]any{"q": "w", "k": "v"}}, "x": map[string]any{"2": nil, "1": true}},
	} {
		if got, err := wire.Marshal(v); err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}

func TestEncoderKnowsSignedTypes(t *testing.T) {
	for name, v := range map[string]any{
		"struct": every{Raw: wire.Raw(`{}`)}, "pointer": &every{}, "nil pointer": (*every)(nil), "list": []every{{}}, "map": map[string]string{"a": "b"},
	} {
		if !wire.Planned(v) {
			t.Errorf("%s goes through the engine", name)
		}
	}
	for name, v := range map[string]any{
		"nil": nil, "float": 1.5, "bytes": []byte("x"), "map with other keys": map[int]string{1: "x"}, "channel": make(chan int),
		"map key beyond ASCII": map[string]int{"é": 1}, "embedded": struct{ every }{}, "option": struct {
			N int `json:"n,string"`
		}{},
	} {
		if wire.Planned(v) {
			t.Errorf("%s does not go through the engine", name)
		}
	}
}

type ring struct {
	Next *ring `json:"next"`
}

func TestEncoderBoundsDepth(t *testing.T) {
	r := &ring{}
	r.Next = r
	if _, err := wire.Marshal(r); !errors.Is(err, wire.ErrTooDeep) {
		t.Fatalf("a ring: %v, want ErrTooDeep", err)
	}
	var v any = "x"
	for range wire.BundleLimits.Depth {
		v = []any{v}
	}
	if _, err := wire.Marshal(v); err != nil {
		t.Fatalf("at the limit: %v", err)
	}
	if _, err := wire.Marshal([]any{v}); !errors.Is(err, wire.ErrTooDeep) {
		t.Fatalf("beyond it: %v", err)
	}
	m := map[string]any{"a": v}
	if _, err := wire.Marshal(m); !errors.Is(err, wire.ErrTooDeep) {
		t.Fatalf("a map beyond it: %v", err)
	}
	deep := wire.Raw(strings.Repeat("[", wire.BundleLimits.Depth+1) + strings.Repeat("]", wire.BundleLimits.Depth+1))
	if _, err := wire.Marshal(struct {
		R wire.Raw `json:"r"`
	}{deep}); !errors.Is(err, wire.ErrTooDeep) {
		t.Fatalf("raw beyond it: %v", err)
	}
}

// What the quick check passes is canonical; what it refuses may be too, but
// never the other way round.
func TestQuickCheckTable(t *testing.T) {
	quick := []string{`{}`, `[]`, `""`, `0`, `-1`, `null`, `true`, `false`, `{"a":1,"b":[true,null,{"c":"d"}]}`, `"\"\\\b\f\n\r\t\u0000\u001f"`, `"é"`, `123456789012345678`}
	for _, doc := range quick {
		if !wire.CanonicalQuick([]byte(doc), 8) {
			t.Errorf("%s is not passed", doc)
		}
	}
	never := []string{``, ` 1`, `1 `, `01`, `-0`, `-`, `1.0`, `1e3`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `{"a" :1}`, `{a:1}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[1`, `[1 ,2]`,
		`"\u0008"`, `"\u000A"`, `"\u00e9"`, `"\/"`, `"\x"`, `"\u00"`, "\"\x01\"", "\"\xff\"", `"`, `"\`, `tru`, `nul`, `falsy`, `{`, `[`, `{"a`, `1]`, `}`, `{"\u0061":1}`, "{\"\xc3\xa9\":1}", `1234567890123456789`}
	for _, doc := range never {
		if wire.CanonicalQuick([]byte(doc), 8) {
			t.Errorf("%q is passed", doc)
		}
	}
	if wire.CanonicalQuick([]byte(`[[[]]]`), 2) || !wire.CanonicalQuick([]byte(`[[[]]]`), 3) {
		t.Error("the depth is not the one asked for")
	}
}

func FuzzQuickCheck(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":[true,null,{"c":"d"}]}`, `"\u001f"`, `[1.5]`, `{"é":0}`, `-0`, `18446744073709551615`} {
		f.Add([]byte(s))
	}
	limits := wire.Limits{Bytes: 1 << 16, Depth: 16}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if len(doc) > limits.Bytes || !wire.CanonicalQuick(doc, limits.Depth) {
			return
		}
		if !wire.Raw(doc).IsValid() {
			t.Fatalf("%q passed and is no JSON, or has a name twice", doc)
		}
		var v any
		if err := wire.UnmarshalLenient(doc, &v, limits); err != nil {
			t.Fatalf("%q passed and is no JSON: %v", doc, err)
		}
		spaced := append([]byte(" "), doc...) // never quick, so the whole canonicaliser runs
		again, err := wire.Canonicalize(spaced, wire.Limits{Bytes: limits.Bytes + 1, Depth: limits.Depth})
		if err != nil || !bytes.Equal(again, doc) {
			t.Fatalf("%q passed, its canonical form is %q (%v)", doc, again, err)
		}
	})
}

func TestSchemaOf(t *testing.T) {
	for doc, want := range map[string]string{
		`{"a":[{"schema":"no"}],"schema":"chio.x.v1"}`: "chio.x.v1", `{"schema":"y","z":1}`: "y", `{"a":1}`: "", `{"schema":1}`: "",
		`{"schema":"\u0061"}`: "a", `[]`: "", `{"a":1.5,"schema":"s"}`: "s", ``: "", `{"a":1,`: "", `{"a"`: "",
	} {
		if got := wire.SchemaOf([]byte(doc), wire.DocumentLimits); got != want {
			t.Errorf("schema of %s is %q, want %q", doc, got, want)
		}
	}
}

func TestMarshalRefusesFloatOverflowInRaw(t *testing.T) {
	if _, err := wire.Marshal(struct{ R wire.Raw }{wire.Raw("1e400")}); !errors.Is(err, wire.ErrNumber) {
		t.Fatalf("got %v", err)
	}
	if _, err := wire.Marshal(math.Inf(1)); err == nil {
		t.Fatal("infinity was encoded")
	}
}

func BenchmarkMarshal(b *testing.B) {
	d := wire.Hash(nil)
	v := every{Zulu: "some text", Alpha: "word", Count: 7, Raw: wire.Raw(`{"path":"/tmp/x","n":1}`), Digest: &d, Words: []word{"a", "b"}, Child: &every{Digest: &d}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.Marshal(&v); err != nil {
			b.Fatal(err)
		}
	}
}

package receipt

import (
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// FuzzIsCanonical: the one-pass check agrees with wire on every valid document.
func FuzzIsCanonical(f *testing.F) {
	addVectors(f, "*_valid.json")
	for _, s := range []string{
		`{"a":1,"b":2}`, `{"b":1,"a":2}`, `{"a":[1,{"b":"x\n"}]}`, `{"a":"\u000a"}`, `{"a":"\u001f"}`, `{"a":"\u001F"}`,
		`{"a":"\/"}`, `{"a":"\u00e9"}`, `{"a":"é"}`, `{"é":1,"a":2}`, `{"a":1.5}`, `{"a":1.0}`, `{"a":-0}`, `{"a":1e2}`,
		`{"a":18446744073709551615}`, `{"a":18446744073709551616}`, `{"":1,"a":2}`, `{"a":1,"":2}`, `[1, 2]`, ` 1`, `"\u007f"`, `"` + "\x7f" + `"`,
		`{"a":true,"b":false,"c":null}`, `{"a":{"z":1},"b":1}`, `{"a":-12}`, `{"a\n":1,"b":2}`, `{"😀":1,"ﬀ":2}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var v wire.Raw
		if wire.Unmarshal(doc, &v, Limits()) != nil {
			return
		}
		want := wire.IsCanonical(doc, Limits()) == nil
		if got := isCanonical(doc); got != want {
			t.Fatalf("%q: got %t, want %t", doc, got, want)
		}
	})
}

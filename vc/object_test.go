package vc

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/wire"
)

// Whatever the names and values, splitting a canonical object and putting it
// together again changes nothing, and one member can be taken out exactly.
func TestMembersOfAnyObject(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Int64Range(-1<<53, 1<<53), func(n int64) any { return n }),
		rapid.SampledFrom([]any{nil, true, false, []any{}, map[string]any{}, []any{"}", map[string]any{`"`: `\"`}}, `\`, `a\\"b`}),
	)
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOf(rapid.StringMatching(`[a-z"\\{},:é]{0,5}`), value).Draw(t, "object")
		object["proof"] = value.Draw(t, "proof")
		canonical := wire.MustMarshal(object)
		ms, err := members(canonical)
		if err != nil || len(ms) != len(object) || string(without(ms)) != string(canonical) {
			t.Fatalf("%d members of %s: %v", len(ms), canonical, err)
		}
		if got := string(find(ms, "proof")); got != string(wire.MustMarshal(object["proof"])) {
			t.Fatalf("proof of %s is %s", canonical, got)
		}
		delete(object, "proof")
		if got := string(without(ms, "proof")); got != string(wire.MustMarshal(object)) {
			t.Fatalf("%s without proof is %s", canonical, got)
		}
	})
}

// A time has one spelling.
func TestTimeSpelling(t *testing.T) {
	for _, s := range []string{"1970-01-01T00:00:00Z", "2026-02-28T23:59:59Z", "9999-12-31T23:59:59Z"} {
		var v Time
		if err := v.UnmarshalText([]byte(s)); err != nil || v.String() != s {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00z", "2026-01-01 00:00:00Z", "2026-01-01T24:00:00Z",
		"2026-01-01T00:00:00.0Z", "2026-01-01T00:00:60Z", "2026-1-1T00:00:00Z", strings.Repeat("9", 99)} {
		var v Time
		if err := v.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
	if _, err := json.Marshal(Time(253402300800)); err == nil {
		t.Error("year 10000 written")
	}
}

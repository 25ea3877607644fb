package vc

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/wire"
)

func TestLanguageTags(t *testing.T) {
	for _, tag := range []string{
		"en", "EN", "yue", "mgo", "zh-Hant", "zh-cmn-Hans-CN", "en-US", "es-419", "sl-rozaj-biske-1994", "de-CH-1901",
		"hy-Latn-IT-arevela", "en-a-bbb-x-a-ccc", "en-u-co-phonebk-t-und", "x-whatever", "de-x-y", "zh-gan-abc-def", "abcd", "registry",
	} {
		if !isLanguage(tag) {
			t.Errorf("%s refused", tag)
		}
	}
	for _, tag := range []string{
		"", "e", "en-", "-en", "en--US", "en_US", "english language", "1a", "x", "en-x", "en-a", "en-a-b", "en-a-bb-a-cc",
		"a-DE", "en-US-US", "en-abcdefghi", "en-12", "en-Latn-Cyrl", "abcdefghi", "en-é", strings.Repeat("en-abcde-", 9) + "fghij",
		"de-419-DE", "en-u", "i-klingon",
	} {
		if isLanguage(tag) {
			t.Errorf("%q accepted", tag)
		}
	}
}

func TestInstants(t *testing.T) {
	for s, want := range map[string]instant{
		"1970-01-01T00:00:00Z":           {0, "", true},
		"1970-01-01T00:00:00+00:00":      {0, "", false},
		"1970-01-01T00:00:00-00:00":      {0, "", false},
		"1970-01-01T01:00:00.0+01:00":    {0, "", false},
		"1969-12-31T10:00:00.250-14:00":  {0, "25", false},
		"1970-01-01T00:00:01.000000001Z": {1, "000000001", false},
		"0001-01-01T00:00:00Z":           {-62135596800, "", true},
		"2024-02-29T23:59:59Z":           {1709251199, "", true},
	} {
		if got, err := parseInstant(s); err != nil || got != want {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "Z", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00,5Z", "1970-01-01T00:00:00z",
		"1970-01-01t00:00:00Z", "1970-01-01 00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:00:60Z", "1970-02-30T00:00:00Z",
		"0000-01-01T00:00:00Z", "-1970-01-01T00:00:00Z", "11970-01-01T00:00:00Z", "1970-01-01T00:00:00+14:01", "1970-01-01T00:00:00+1:00",
		"1970-01-01T00:00:00+01:60", "1970-01-01T00:00:00+0100", "1970-01-01T00:00:00*01:00", "1970-01-01T00:00:00+0a:00",
		"1970-01-01T00:00:00+01;00", "1970-01-01T00:00:00ZZ", "1970-01-01T00:00:00.5", "1970-01-01T00:00:00." + strings.Repeat("1", 25) + "Z",
		"1970-01-01T00:00:00." + strings.Repeat("1", 40) + "Z", "1970-1-01T00:00:00.0Z",
	} {
		if got, err := parseInstant(s); err == nil {
			t.Errorf("%q: %+v", s, got)
		}
	}
	i := instant{7, "5", false}
	if i.floor() != 7 || i.ceil() != 8 || (instant{7, "", true}).ceil() != 7 {
		t.Error("rounding")
	}
	if !(instant{7, "51", false}).after(i) || i.after(i) || !(instant{8, "", true}).after(i) || i.after(instant{7, "50001", false}) {
		t.Error("order")
	}
}

// A member put into any canonical object leaves a canonical object in which it
// has the value, and nothing else has changed.
func TestWithAnyObject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOf(rapid.StringMatching(`(proof)?[a-zA-Z"\\!é€\t ]{0,4}`), rapid.Int64Range(0, 9)).Draw(t, "object")
		ms, err := members(wire.MustMarshal(object))
		if err != nil {
			t.Fatal(err)
		}
		object["proof"] = 77
		if got, want := string(with(ms, "proof", []byte("77"))), string(wire.MustMarshal(object)); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

func TestTextsAndItems(t *testing.T) {
	for in, want := range map[string]string{`"a"`: "a", `"\"\\\n"`: "\"\\\n", `"é"`: "é"} {
		if got, err := text([]byte(in)); err != nil || got != want {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{`""`, `1`, `null`, `{}`, ``, `"` + strings.Repeat("a", maxDataURL) + `"`} {
		if got, err := text([]byte(in)); err == nil {
			t.Errorf("%.20s: %.20q", in, got)
		}
	}
	list, err := items([]byte(`[1,"a,]",{"b":[2,3]},[],null]`))
	if err != nil || len(list) != 5 || string(list[1]) != `"a,]"` || string(list[2]) != `{"b":[2,3]}` || string(list[4]) != "null" {
		t.Errorf("%q, %v", list, err)
	}
	full := "[" + strings.Repeat("1,", maxItems-1) + "1]"
	if _, err := items([]byte(full)); err != nil {
		t.Error(err)
	}
	if _, err := items([]byte("[1," + full[1:])); err == nil {
		t.Error("one item too many")
	}
	if !(digest{}).matches(nil) == false || (digest("short")).matches([]byte("x")) {
		t.Error("a digest of no length matches")
	}
	long := "https://example.org/" + strings.Repeat("a", maxText-20)
	if checkURL(long) != nil || checkURL(long+"a") == nil || checkURL("data:,"+long) != nil {
		t.Error("the bound of URLs")
	}
}

package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// Case is one hostile document.
type Case struct {
	Name string
	Doc  []byte
}

// Malformed lists what is no document of ours, whatever it is read as.
func Malformed() []Case {
	return []Case{
		{"nothing", nil},
		{"white space", []byte(" \t\r\n")},
		{"null", []byte("null")},
		{"a number", []byte("1")},
		{"a string", []byte(`"x"`)},
		{"an empty list", []byte("[]")},
		{"half an object", []byte(`{"schema":`)},
		{"not UTF-8", []byte("{\"a\":\"\xff\xfe\"}")},
		{"overlong UTF-8", []byte("{\"a\":\"\xc0\xaf\"}")},
		{"UTF-16", []byte("{\x00}\x00")},
		{"a byte order mark", []byte("\xef\xbb\xbf{}")},
		{"a raw NUL", []byte("{\"a\x00\":1}")},
		{"a lone surrogate", []byte(`{"a":"\ud800"}`)},
		{"surrogates the wrong way round", []byte(`{"a":"\udc00\ud800"}`)},
		{"a lone surrogate as a name", []byte(`{"\udfff":1}`)},
		{"beyond a float", []byte(`{"a":1e400}`)},
		{"beyond a float, below", []byte(`{"a":-1e400}`)},
		{"NaN", []byte(`{"a":NaN}`)},
		{"a leading zero", []byte(`{"a":01}`)},
		{"a plus sign", []byte(`{"a":+1}`)},
		{"hexadecimal", []byte(`{"a":0x10}`)},
		{"a comment", []byte("{/*x*/}")},
		{"a trailing comma", []byte(`{"a":1,}`)},
		{"single quotes", []byte(`{'a':1}`)},
		{"a duplicate name", []byte(`{"a":1,"a":1}`)},
		{"a duplicate name, spelled otherwise", []byte(`{"a":1,"\u0061":1}`)},
		{"a duplicate name, deep inside", []byte(`{"a":[{"b":{"c":1,"c":2}}]}`)},
		{"two documents", []byte(`{}{}`)},
		{"a trailing bracket", []byte(`{}]`)},
		{"deep lists", []byte(strings.Repeat("[", 100_000))},
		{"deep closed lists", []byte(strings.Repeat("[", 5000) + strings.Repeat("]", 5000))},
		{"deep objects", []byte(strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000))},
		{"a very long name", []byte(`{"` + strings.Repeat("n", 1<<20) + `":1}`)},
		{"a very long number", []byte(`{"a":1` + strings.Repeat("0", 1<<16) + `}`)},
	}
}

// Bent breaks the structure of a document that is accepted, which must be a
// JSON object: no result may be.
func Bent(valid []byte, limits wire.Limits) []Case {
	name := firstName(valid)
	body := bytes.TrimPrefix(valid, []byte("{"))
	value := []byte(`null`)
	out := []Case{
		{"an unknown member", join(`{"no_such_member":1,`, body)},
		{"an unknown member that sorts last", join(string(valid[:len(valid)-1]), []byte(`,"zz_unknown":1}`))},
		{"its first member twice", join(fmt.Sprintf(`{%q:`, name), value, []byte(","), body)},
		{"a byte order mark", join("\xef\xbb\xbf", valid)},
		{"itself twice", join(string(valid), valid)},
		{"trailing bytes", join(string(valid), []byte("x"))},
		{"a trailing NUL", join(string(valid), []byte{0})},
		{"in a list", join("[", valid, []byte("]"))},
		{"as a string", wire.MustMarshal(string(valid))},
		{"without its end", valid[:len(valid)-1]},
		{"half of it", valid[:len(valid)/2]},
		{"beyond its limit", join(string(valid[:len(valid)-1]), bytes.Repeat([]byte(" "), limits.Bytes), []byte("}"))},
	}
	for _, bad := range unreadable(limits) {
		for _, member := range names(valid) {
			out = append(out, Case{bad.Name + " as " + member, replace(valid, member, bad.Doc)})
		}
	}
	return out
}

// Changed puts a value of another kind or at an edge in the place of each
// member.
func Changed(valid []byte) []Case {
	values := []string{`null`, `true`, `0`, `-1`, `-0`, `1.5`, `9007199254740991`, `9007199254740992`, `9007199254740993`, `9223372036854775807`,
		`9223372036854775808`, `18446744073709551615`, `18446744073709551616`, `1e308`, `5e-324`, `""`, `"\u0000"`, `"\ufeff"`, `"\u202e"`,
		`[]`, `{}`, `[null]`, `[[]]`, `{"":null}`, `"` + strings.Repeat("0", 64) + `"`, `"` + strings.Repeat("f", 128) + `"`, `"` + strings.Repeat("A", 300_000) + `"`}
	var out []Case
	for _, member := range names(valid) {
		for _, v := range values {
			out = append(out, Case{fmt.Sprintf("%s is %.24s", member, v), replace(valid, member, []byte(v))})
		}
		out = append(out, Case{member + " is missing", replace(valid, member, nil)})
	}
	return out
}

// unreadable are values that are no JSON, or deeper than any limit of ours.
func unreadable(limits wire.Limits) []Case {
	return []Case{
		{"1e400", []byte(`1e400`)},
		{"a lone surrogate", []byte(`"\ud800"`)},
		{"bytes that are not UTF-8", []byte("\"\xff\"")},
		{"a raw control character", []byte("\"\x01\"")},
		{"a value one deeper than the limit", []byte(strings.Repeat("[", limits.Depth+1) + strings.Repeat("]", limits.Depth+1))},
		{"an object with a name twice", []byte(`{"x":1,"x":1}`)},
	}
}

func join(first string, rest ...[]byte) []byte {
	return append([]byte(first), bytes.Join(rest, nil)...)
}

func members(valid []byte) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	if err := json.Unmarshal(valid, &m); err != nil {
		panic("hostile: the example is no JSON object: " + err.Error())
	}
	return m
}

func names(valid []byte) []string {
	var out []string
	for name := range members(valid) {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func firstName(valid []byte) string { return names(valid)[0] }

// replace writes the object again, in order, with another value for one member;
// nil leaves it out.
func replace(valid []byte, member string, value []byte) []byte {
	all := members(valid)
	out := []byte("{")
	for _, name := range names(valid) {
		v := []byte(all[name])
		if name == member {
			v = value
		}
		if v == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, wire.MustMarshal(name)...), ':'), v...)
	}
	return append(out, '}')
}

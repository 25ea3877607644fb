package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// tamper returns a bad copy of a whole document for every member and element:
// without it, with another value, and for every object with one member more.
func tamper(c *Case) []*Case {
	var out []*Case
	add := func(change, doc string) {
		bad := *c
		bad.Change, bad.Doc = change, doc
		bad.Good = c.Suite == "eddsa-rdfc-2022" && unsignedInRDF(change)
		out = append(out, &bad)
	}
	var root any
	if err := json.Unmarshal([]byte(c.Doc), &root); err != nil {
		return nil // the gate refuses it, and the run says so
	}
	walk("", root, func(v any) { root = v }, func(change string) {
		b, err := json.Marshal(root)
		if err == nil {
			add(change, string(b))
		}
	})
	add("two of /@context", `{"@context":[],`+c.Doc[1:])
	if c.Kind == "presentation" {
		for _, other := range []struct{ change, challenge, domain string }{
			{"other challenge", c.Challenge + "x", c.Domain}, {"other domain", c.Challenge, "other." + c.Domain},
		} {
			add(other.change, c.Doc)
			out[len(out)-1].Challenge, out[len(out)-1].Domain = other.challenge, other.domain
		}
	}
	return out
}

// unsignedInRDF: whether later contexts may redefine a term is not in the RDF.
func unsignedInRDF(change string) bool {
	return strings.Contains(change, "/@context/") && strings.HasSuffix(change, "/@protected")
}

// walk makes one change after another to a value at a path, tells of each, and
// takes it back.
func walk(path string, v any, set func(any), tell func(change string)) {
	try := func(change string, value any) {
		set(value)
		tell(change)
		set(v)
	}
	switch x := v.(type) {
	case map[string]any:
		for _, name := range sorted(x) {
			old := x[name]
			delete(x, name)
			tell("without " + path + "/" + name)
			x[name] = old
			walk(path+"/"+name, old, func(v any) { x[name] = v }, tell)
		}
		x["injected"] = "injected"
		tell("injected into " + path + "/")
		delete(x, "injected")
	case []any:
		try("emptied "+path, []any{})
		for i, old := range x {
			at := fmt.Sprintf("%s/%d", path, i)
			try("without "+at, slices.Delete(slices.Clone(x), i, i+1))
			walk(at, old, func(v any) { x[i] = v }, tell)
		}
	case string:
		try("changed "+path, otherText(x))
	case float64:
		try("changed "+path, x+1)
	case bool:
		try("changed "+path, !x)
	}
}

// otherText changes the last digit of a text, or else its last letter.
func otherText(s string) string {
	b := []byte(s)
	for _, class := range []string{"1234567891", "abcdefghijka"} {
		for i := len(b) - 1; i >= 0; i-- {
			if at := strings.IndexByte(class[:len(class)-1], b[i]); at >= 0 {
				b[i] = class[at+1]
				return string(b)
			}
		}
	}
	return s + "x"
}

func sorted(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

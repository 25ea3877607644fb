package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/vc/jose"
)

// tamper returns a bad copy of a whole document for every member and element:
// without it, with another value, and for every object with one member more.
func tamper(c *Case) []*Case {
	var out []*Case
	add := func(change, doc string) *Case {
		bad := *c
		bad.Change, bad.Doc, bad.Good = change, doc, false
		out = append(out, &bad)
		return &bad
	}
	if c.Media == jose.MediaSD {
		tamperSD(c.Doc, add)
	} else if c.Media != "" {
		tamperToken(c.Doc, add)
		switch c.Media {
		case jose.MediaJWT:
			add("of another media type", c.Doc).Media = jose.MediaCredential
		case jose.MediaCredential:
			add("of another media type", c.Doc).Media = jose.MediaJWT
		}
	} else {
		vary([]byte(c.Doc), func(change string, doc []byte) {
			add(change, string(doc)).Good = c.Suite != "eddsa-jcs-2022" && unsignedInRDF(change)
		})
		add("two of /@context", `{"@context":[],`+c.Doc[1:])
	}
	if c.Kind == "presentation" {
		add("other challenge", c.Doc).Challenge += "x"
		add("other domain", c.Doc).Domain = "other." + c.Domain
	}
	return out
}

// vary tells of every changed copy of a JSON document. One that is no JSON has
// none; the gate refuses it whole, and the run says so.
func vary(doc []byte, tell func(change string, doc []byte)) {
	var root any
	if err := json.Unmarshal(doc, &root); err != nil {
		return
	}
	walk("", root, func(v any) { root = v }, func(change string) {
		if b, err := json.Marshal(root); err == nil {
			tell(change, b)
		}
	})
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

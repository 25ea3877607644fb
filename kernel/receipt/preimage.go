package receipt

import (
	"bytes"

	"github.com/backbay-labs/chio-node/wire"
)

// member is one member of a canonical object: doc[start:end] is `"name":value`
// and doc[value:end] the value.
type member struct {
	name              []byte
	start, value, end int
}

// members splits the top level of a canonical object without decoding it, so
// that what is hashed is exactly what was received. It returns nil for
// anything but an object; canonical syntax is the caller's promise.
func members(doc []byte) []member {
	if len(doc) < 2 || doc[0] != '{' {
		return nil
	}
	list := make([]member, 0, 32)
	for i := 1; i < len(doc)-1; {
		m := member{start: i}
		i = skipString(doc, i)
		m.name = doc[m.start+1 : i-1]
		i++ // :
		m.value = i
		i = skipValue(doc, i)
		m.end = i
		list = append(list, m)
		i++ // , or }
	}
	return list
}

// skipString returns the index after the string that begins at i.
func skipString(doc []byte, i int) int {
	for i++; i < len(doc); {
		n := bytes.IndexByte(doc[i:], '"')
		if n < 0 {
			return len(doc)
		}
		escape := bytes.IndexByte(doc[i:i+n], '\\')
		if escape < 0 {
			return i + n + 1
		}
		i += escape + 2
	}
	return len(doc)
}

// skipValue returns the index of the comma or brace that ends the value at i.
func skipValue(doc []byte, i int) int {
	for depth := 0; i < len(doc); i++ {
		switch doc[i] {
		case '"':
			i = skipString(doc, i) - 1
		case '{', '[':
			depth++
		case ',':
			if depth == 0 {
				return i
			}
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return len(doc)
}

// unsigned reports the members that id and signature do not cover.
func unsigned(name []byte) bool {
	switch string(name) {
	case "id", "signature", "algorithm", "bbs_signature":
		return true
	}
	return false
}

const (
	wrapHead   = `{"body":`
	wrapMiddle = `,"id":"`
	wrapTail   = `"}`
)

// bodyOf returns the canonical body: every member but the unsigned ones.
func bodyOf(doc []byte, list []member) []byte {
	buf := append(make([]byte, 0, len(doc)), '{')
	for i, first := 0, true; i < len(list); i++ {
		m := &list[i]
		if unsigned(m.name) {
			continue
		}
		if !first {
			buf = append(buf, ',')
		}
		first = false
		buf = append(buf, doc[m.start:m.end]...)
	}
	return append(buf, '}')
}

// signingInput is JCS({"body":<body>,"id":<id>}).
func signingInput(body []byte, id string) []byte {
	b := make([]byte, 0, len(wrapHead)+len(body)+len(wrapMiddle)+len(id)+len(wrapTail))
	b = append(append(b, wrapHead...), body...)
	b = append(append(b, wrapMiddle...), id...)
	return append(b, wrapTail...)
}

// assemble writes the signed receipt: doc with id and signature replaced.
func assemble(doc []byte, list []member, id string, sig wire.Signature) []byte {
	out := append(make([]byte, 0, len(doc)+len(id)), '{')
	for i, m := range list {
		if i > 0 {
			out = append(out, ',')
		}
		switch string(m.name) {
		case "id":
			out = append(append(append(out, `"id":"`...), id...), '"')
		case "signature":
			out = append(append(append(out, `"signature":"`...), sig.String()...), '"')
		default:
			out = append(out, doc[m.start:m.end]...)
		}
	}
	return append(out, '}')
}

// parametersOf finds action.parameters in a canonical receipt.
func parametersOf(doc []byte, list []member) []byte {
	for _, m := range list {
		if string(m.name) != "action" {
			continue
		}
		action := doc[m.value:m.end]
		for _, a := range members(action) {
			if string(a.name) == "parameters" {
				return action[a.value:a.end]
			}
		}
	}
	return nil
}

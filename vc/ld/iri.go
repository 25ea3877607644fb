package ld

import "strings"

// scheme returns the scheme of an absolute IRI, in lower case, and what stands
// after the colon. A reference without one, or with a character that no IRI
// may hold, has none.
func scheme(s string) (name, rest string, ok bool) {
	name, rest, ok = strings.Cut(s, ":")
	if !ok || name == "" || rest == "" || strings.ContainsFunc(s, isForbidden) {
		return "", "", false
	}
	for i := range len(name) {
		c := name[i] | 0x20
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(name[i]))) {
			return "", "", false
		}
	}
	return strings.ToLower(name), rest, true
}

// isForbidden names the characters that N-Quads cannot hold in an IRI.
func isForbidden(r rune) bool {
	return r <= ' ' || strings.ContainsRune("<>\"{}|^`\\", r)
}

func isIRI(s string) bool {
	_, _, ok := scheme(s)
	return ok
}

// isVocabulary reports whether s can name a property, a type or a datatype. A
// compact IRI whose prefix nobody defined looks like an absolute IRI; it is
// told apart by its scheme, which must have an authority or be one of those
// that mint names.
func isVocabulary(s string) bool {
	name, rest, ok := scheme(s)
	if !ok {
		return false
	}
	switch name {
	case "urn", "did", "tag":
		return true
	}
	return strings.HasPrefix(rest, "//") && len(rest) > 2
}

// isLanguage reports whether s has the shape of a language tag: letters, then
// groups of letters and digits, each of one to eight.
func isLanguage(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if len(part) == 0 || len(part) > 8 {
			return false
		}
		for _, c := range []byte(part) {
			letter := 'a' <= c|0x20 && c|0x20 <= 'z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

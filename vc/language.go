package vc

import (
	"fmt"
	"strings"
)

// checkName checks a name or description (VC Data Model 2.0 §4.6, §11.1): a
// string, a language value object, or a list of such objects.
//
//	a @value is a string · b @language is a well-formed language tag · c
//	@direction is ltr or rtl · d there is nothing else
func checkName(v []byte) error {
	if isString(v) {
		return nil
	}
	list, err := items(v)
	if err != nil {
		return err
	}
	for _, item := range list {
		ms, err := members(item)
		if err != nil {
			return fmt.Errorf("%.60q is neither a string nor a language value object", item)
		}
		if !isString(find(ms, "@value")) { // a
			return fmt.Errorf("a language value object has no @value that is a string")
		}
		for _, m := range ms {
			switch string(m.name) {
			case `"@value"`:
			case `"@language"`: // b
				if tag, err := text(m.value); err != nil || !isLanguage(tag) {
					return fmt.Errorf("@language %.40q is not a language tag of BCP 47", m.value)
				}
			case `"@direction"`: // c
				if d := string(m.value); d != `"ltr"` && d != `"rtl"` {
					return fmt.Errorf("@direction %.40q: write ltr or rtl", m.value)
				}
			default: // d
				return fmt.Errorf("a language value object has a member %.40s", m.name)
			}
		}
	}
	return nil
}

// maxLanguage bounds a language tag; registered ones are far shorter.
const maxLanguage = 64

// isLanguage reports whether a tag is well-formed by RFC 5646 §2.1: language,
// then script, region, variants, extensions and private use in this order. The
// irregular grandfathered tags are not accepted; each has a modern one.
func isLanguage(tag string) bool {
	if len(tag) > maxLanguage {
		return false
	}
	subtags := strings.Split(tag, "-")
	for _, s := range subtags {
		if len(s) == 0 || len(s) > 8 || strings.ContainsFunc(s, func(r rune) bool { return !isAlnum(r) }) {
			return false
		}
	}
	if strings.EqualFold(subtags[0], "x") {
		return len(subtags) > 1
	}
	rest, ok := afterLanguage(subtags)
	if !ok {
		return false
	}
	if len(rest) > 0 && len(rest[0]) == 4 && isAlpha(rest[0]) { // script
		rest = rest[1:]
	}
	if len(rest) > 0 && (len(rest[0]) == 2 && isAlpha(rest[0]) || len(rest[0]) == 3 && isNumber(rest[0])) { // region
		rest = rest[1:]
	}
	for len(rest) > 0 && (len(rest[0]) >= 5 || len(rest[0]) == 4 && isDigit(rest[0][0])) { // variants
		rest = rest[1:]
	}
	return areExtensions(rest)
}

// afterLanguage takes the primary language and up to three extended ones.
func afterLanguage(subtags []string) ([]string, bool) {
	first, rest := subtags[0], subtags[1:]
	if len(first) < minLanguage || !isAlpha(first) {
		return nil, false
	}
	for n := 0; n < 3 && len(first) < 4 && len(rest) > 0 && len(rest[0]) == 3 && isAlpha(rest[0]); n++ {
		rest = rest[1:]
	}
	return rest, true
}

// areExtensions reads what follows: single letters or digits, each used once
// and with something of its own, private use last.
func areExtensions(rest []string) bool {
	seen := ""
	for len(rest) > 0 {
		letter := strings.ToLower(rest[0])
		if len(letter) != 1 || strings.Contains(seen, letter) || len(rest) < 2 {
			return false
		}
		if letter == "x" {
			return true
		}
		if len(rest[1]) < 2 {
			return false
		}
		seen += letter
		for rest = rest[1:]; len(rest) > 0 && len(rest[0]) >= 2; {
			rest = rest[1:]
		}
	}
	return true
}

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func isAlpha(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !isAlnum(r) || r <= '9' })
}

func isNumber(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

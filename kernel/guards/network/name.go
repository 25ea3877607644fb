package network

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The limits of DNS.
const (
	maxName  = 253
	maxLabel = 63
)

// lookup is the mapping of UTS #46 without transition. Hyphens are not checked:
// names with two in the third place are in use.
var lookup = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false), idna.StrictDomainName(true), idna.Transitional(false))

// deviations are the characters that IDNA 2003 maps to others or drops.
const deviations = "\u00df\u03c2\u200c\u200d"

const errDeviation = hostError("older resolvers read this international name as another")

// canonicalName lower-cases and maps a host and checks its labels. A host that
// is canonical is returned as it is.
func canonicalName(s string) (string, error) {
	lower, ascii := true, true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
		case c >= 'A' && c <= 'Z':
			lower = false
		}
	}
	if !ascii {
		var err error
		if s, err = mapUnicode(s); err != nil {
			return "", err
		}
	} else if !lower {
		s = strings.ToLower(s)
	}
	s = strings.TrimSuffix(s, ".")
	puny, err := checkLabels(s)
	if err != nil {
		return "", err
	}
	if puny {
		if err := checkPunycode(s, !ascii); err != nil {
			return "", err
		}
	}
	return s, nil
}

// mapUnicode is rule 7.
func mapUnicode(s string) (string, error) {
	if len(s) > 4*maxName || !utf8.ValidString(s) {
		return "", hostError("it is no name in UTF-8")
	}
	if strings.ContainsRune(s, '\u1e9e') { // maps to ss in older tables, to sharp s in newer
		return "", errDeviation
	}
	mapped, err := lookup.ToASCII(s)
	if err != nil {
		return "", hostError("it is not a valid international name")
	}
	return strings.ToLower(mapped), nil
}

// checkLabels checks lengths and characters, and reports whether a label is
// Punycode. Underscores are in use, leading hyphens too.
func checkLabels(s string) (puny bool, err error) {
	if s == "" || len(s) > maxName {
		return false, hostError("it is empty or longer than 253 bytes")
	}
	start := 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '.' {
			if i == start || i-start > maxLabel {
				return false, hostError("a label is empty or longer than 63 bytes")
			}
			puny = puny || strings.HasPrefix(s[start:i], "xn--")
			start = i + 1
			continue
		}
		if !labelByte(s[i]) {
			return false, hostError("it holds a character that is in no host name")
		}
	}
	return puny, nil
}

func labelByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// checkPunycode refuses labels that are not what their own Unicode form
// encodes to: such a label is shown as one name and resolved as another. In a
// name that was written in Unicode it refuses the deviations of rule 7.
func checkPunycode(s string, unicode bool) error {
	for label := range strings.SplitSeq(s, ".") {
		if !strings.HasPrefix(label, "xn--") {
			continue
		}
		shown, err := lookup.ToUnicode(label)
		if err != nil || ascii(shown) {
			return hostError("a label is not valid Punycode")
		}
		if unicode && strings.ContainsAny(shown, deviations) {
			return errDeviation
		}
		if again, err := lookup.ToASCII(shown); err != nil || again != label {
			return hostError("a label is not valid Punycode")
		}
	}
	return nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodePercent decodes once: rule 4.
func decodePercent(s string) (string, error) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) {
				return "", hostError("its percent-encoding is cut short")
			}
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi > 15 || lo > 15 {
				return "", hostError("its percent-encoding is not hexadecimal")
			}
			if c, i = hi<<4|lo, i+2; c <= ' ' || c == 0x7f || strings.IndexByte(`%/\?#@:[]`, c) >= 0 {
				return "", hostError("it encodes a character that ends a host")
			}
		}
		b = append(b, c)
	}
	return string(b), nil
}

// unhex returns the value of a hexadecimal digit, or 255.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

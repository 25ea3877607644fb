package vc

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of what a credential may hold; over one it is refused.
const (
	maxText     = 4096 // bytes of an identifier, a term, a time
	maxItems    = 64   // of a list the core reads: types, subjects, entries, resources
	maxDataURL  = 1 << 20
	minLanguage = 2
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, args...))
}

func isObject(v []byte) bool { return len(v) > 0 && v[0] == '{' }
func isArray(v []byte) bool  { return len(v) > 0 && v[0] == '[' }
func isString(v []byte) bool { return len(v) > 0 && v[0] == '"' }

// text decodes a canonical JSON string that is not empty.
func text(v []byte) (string, error) {
	switch {
	case !isString(v):
		return "", fmt.Errorf("%.60q is not a string", v)
	case len(v) == 2:
		return "", fmt.Errorf("a string is empty")
	case len(v) > maxDataURL:
		return "", fmt.Errorf("a string is longer than %d bytes", maxDataURL)
	case bytes.IndexByte(v, '\\') < 0:
		return string(v[1 : len(v)-1]), nil
	}
	var s string
	err := wire.Unmarshal(v, &s, wire.ForeignLimits)
	return s, err
}

// items returns the values of a canonical array, or the one value that stands
// for an array of one. An empty array has no items and is refused, as are more
// than maxItems.
func items(v []byte) ([][]byte, error) {
	if !isArray(v) {
		return [][]byte{v}, nil
	}
	var out [][]byte
	for i := 1; i < len(v) && v[i] != ']'; {
		if v[i] == ',' {
			i++
		}
		end := valueEnd(v, i)
		out = append(out, v[i:end])
		i = end
	}
	if len(out) == 0 || len(out) > maxItems {
		return nil, fmt.Errorf("a list has %d values, want 1 to %d", len(out), maxItems)
	}
	return out, nil
}

// texts reads one string or a list of strings.
func texts(v []byte) ([]string, error) {
	list, err := items(v)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		s, err := text(item)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// types reads a type: one or more terms or absolute URLs.
func types(v []byte) ([]string, error) {
	if v == nil {
		return nil, fmt.Errorf("it has no type")
	}
	list, err := texts(v)
	if err != nil {
		return nil, fmt.Errorf("type: %w", err)
	}
	for _, t := range list {
		if len(t) > maxText || strings.ContainsAny(t, " \t\r\n\"<>") || strings.Contains(t, ":") && checkURL(t) != nil {
			return nil, fmt.Errorf("type %.60q is neither a term nor an absolute URL", t)
		}
	}
	return list, nil
}

// urlOf reads a member that must be one absolute URL.
func urlOf(v []byte) (string, error) {
	s, err := text(v)
	if err != nil {
		return "", err
	}
	return s, checkURL(s)
}

// checkURL accepts an absolute URI of RFC 3986: a scheme, a colon and
// something after it, in the characters a URI has.
func checkURL(s string) error {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" || len(s) > maxDataURL || len(s) > maxText && scheme != "data" {
		return fmt.Errorf("%.100q is not an absolute URL of at most %d bytes", s, maxText)
	}
	for i := 0; i < len(scheme); i++ {
		c := scheme[i] | 0x20
		if letter := c >= 'a' && c <= 'z'; !letter && (i == 0 || !isDigit(scheme[i]) && !strings.ContainsRune("+-.", rune(scheme[i]))) {
			return fmt.Errorf("%.100q has no URL scheme", s)
		}
	}
	if scheme == "" {
		return fmt.Errorf("%.100q has no URL scheme", s)
	}
	for i := 0; i < len(rest); i++ {
		if c := rest[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return fmt.Errorf("%.100q has a character that no URL has", s)
		}
		if rest[i] == '%' && (i+2 >= len(rest) || !isHex(rest[i+1]) || !isHex(rest[i+2])) {
			return fmt.Errorf("%.100q has a percent sign without two hex digits", s)
		}
	}
	return nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

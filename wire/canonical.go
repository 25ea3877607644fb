package wire

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Raw is one JSON value kept as bytes, for foreign JSON that must not pass
// through Go types.
type Raw = jsontext.Value

// Canonicalize returns the RFC 8785 form of one JSON document, with one
// deviation shared with the public upstream: an integer literal that fits
// int64 or uint64 is printed exactly, not rounded through a double.
func Canonicalize(doc []byte, limits Limits) ([]byte, error) {
	if len(doc) > limits.Bytes {
		return nil, fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, len(doc), limits.Bytes)
	}
	if canonicalQuick(doc, limits.Depth) {
		return append([]byte(nil), doc...), nil
	}
	if err := checkDepth(doc, limits.Depth); err != nil {
		return nil, err
	}
	v, err := normalizeNumbers(doc)
	if err != nil {
		return nil, err
	}
	if err := v.Canonicalize(
		jsontext.CanonicalizeRawInts(false),
		jsontext.CanonicalizeRawFloats(false),
	); err != nil {
		return nil, classify(err)
	}
	return v, nil
}

// IsCanonical reports whether doc is byte for byte its own canonical form.
func IsCanonical(doc []byte, limits Limits) error {
	if surelyCanonical(doc, limits) {
		return nil
	}
	c, err := Canonicalize(doc, limits)
	if err != nil {
		return err
	}
	if !bytes.Equal(c, doc) {
		return ErrNotCanonical
	}
	return nil
}

// Marshal returns the canonical form of a Go value. Types that are signed hold
// integers, strings, booleans, slices, structs and Raw; a float is accepted
// only inside Raw.
func Marshal(v any) ([]byte, error) {
	b, err := encode(v)
	switch {
	case err == nil:
		return b, nil
	case !errors.Is(err, errNoPlan):
		return nil, fmt.Errorf("encode: %w", err)
	}
	return marshalAny(v)
}

// marshalAny is Marshal through the JSON engine, for types without a plan.
func marshalAny(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return Canonicalize(b, BundleLimits)
}

// MustMarshal is Marshal for values whose types cannot fail to encode; it
// panics otherwise, which the kernel turns into a signed deny.
func MustMarshal(v any) []byte {
	b, err := Marshal(v)
	if err != nil {
		panic("wire: " + err.Error())
	}
	return b
}

// checkDepth bounds nesting before the recursive engine sees the document.
func checkDepth(doc []byte, limit int) error {
	depth, inString := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return fmt.Errorf("%w: limit %d", ErrTooDeep, limit)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// normalizeNumbers returns a copy of doc in which every number outside a
// string has its canonical spelling. It trusts nothing about the syntax: what
// is not valid JSON is left for the engine to refuse.
func normalizeNumbers(doc []byte) (Raw, error) {
	out := make([]byte, 0, len(doc)+16)
	for i := 0; i < len(doc); {
		c := doc[i]
		switch {
		case c == '"':
			end := stringEnd(doc, i)
			out = append(out, doc[i:end]...)
			i = end
		case c == '-' || (c >= '0' && c <= '9'):
			end := i + 1
			for end < len(doc) && isNumberByte(doc[end]) {
				end++
			}
			var err error
			if out, err = appendNumber(out, doc[i:end]); err != nil {
				return nil, err
			}
			i = end
		default:
			out = append(out, c)
			i++
		}
	}
	return out, nil
}

// stringEnd returns the index after the closing quote of the string at i.
func stringEnd(doc []byte, i int) int {
	for j := i + 1; j < len(doc); j++ {
		switch doc[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(doc)
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// appendNumber appends the canonical spelling of one number literal.
func appendNumber(out, lit []byte) ([]byte, error) {
	if Raw(lit).IsValid() {
		if exact, ok := exactInteger(lit); ok {
			return append(out, exact...), nil
		}
		f, err := strconv.ParseFloat(string(lit), 64)
		if err != nil || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%w: %.40q", ErrNumber, lit)
		}
		if f == 0 {
			return append(out, '0'), nil // -0 and underflow, RFC 8785 §3.2.2.3
		}
		return jsontext.AppendFloat(out, f, 64), nil
	}
	return append(out, lit...), nil // malformed: the engine names the position
}

// exactInteger returns the literal itself if it is a plain integer that fits
// int64 or uint64.
func exactInteger(lit []byte) ([]byte, bool) {
	if len(lit) > 20 || bytes.ContainsAny(lit, ".eE") {
		return nil, false
	}
	s := string(lit)
	if s == "-0" {
		return []byte{'0'}, true
	}
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return lit, true
	}
	if _, err := strconv.ParseUint(s, 10, 64); err == nil {
		return lit, true
	}
	return nil, false
}

package wire

import (
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The encoder writes the canonical form of a Go value directly: members are
// sorted once per type, and no document is parsed again. It knows the types
// that signed artifacts are made of; a value that holds any other type takes
// the way through the JSON engine and Canonicalize, with the same result.

// errNoPlan: the value holds a type the encoder does not know.
var errNoPlan = errors.New("no plan for this type")

// plan appends the canonical form of v, nested at most depth levels.
type plan func(out []byte, v reflect.Value, depth int) ([]byte, error)

// planCell holds the plan of one type. It is made when first used, so that a
// type may contain itself.
type planCell struct {
	once sync.Once
	typ  reflect.Type
	p    plan
}

func (c *planCell) append(out []byte, v reflect.Value, depth int) ([]byte, error) {
	c.once.Do(func() { c.p = makePlan(c.typ) })
	return c.p(out, v, depth)
}

// plans remembers planOf, a pure function of the type: it is a memo and no
// state, since what it holds decides no bytes.
var plans sync.Map // reflect.Type → *planCell

func planOf(t reflect.Type) *planCell {
	if c, ok := plans.Load(t); ok {
		return c.(*planCell)
	}
	c, _ := plans.LoadOrStore(t, &planCell{typ: t})
	return c.(*planCell)
}

// encode returns the canonical form of v, or errNoPlan.
func encode(v any) ([]byte, error) {
	if v == nil {
		return nil, errNoPlan
	}
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.Pointer { // addressable, so that arrays can be read in place
		own := reflect.New(value.Type()).Elem()
		own.Set(value)
		value = own
	}
	scratch := scratches.Get().(*[]byte)
	defer scratches.Put(scratch)
	out, err := planOf(value.Type()).append((*scratch)[:0], value, BundleLimits.Depth)
	if err != nil {
		return nil, err
	}
	if len(out) > BundleLimits.Bytes {
		return nil, fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, len(out), BundleLimits.Bytes)
	}
	if cap(out) <= maxScratchBytes {
		*scratch = out
	}
	return append(make([]byte, 0, len(out)), out...), nil
}

// maxScratchBytes is the largest memory kept for the next document.
const maxScratchBytes = 64 << 10

// scratches are memory to encode in: a document's size is known when it is
// written.
var scratches = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

var (
	rawType       = reflect.TypeFor[Raw]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	ownEncoding   = []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.MarshalerTo](), reflect.TypeFor[encoding.TextAppender]()}
	zeroer        = reflect.TypeFor[interface{ IsZero() bool }]()
)

func makePlan(t reflect.Type) plan {
	switch t {
	case rawType:
		return appendRaw
	case reflect.TypeFor[Digest](), reflect.TypeFor[PublicKey](), reflect.TypeFor[Signature]():
		return appendHex
	}
	for _, own := range ownEncoding {
		if t.Implements(own) || reflect.PointerTo(t).Implements(own) {
			return noPlan
		}
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return pointerPlan(t)
	case t.Implements(textMarshaler):
		return appendText
	case reflect.PointerTo(t).Implements(textMarshaler):
		return noPlan
	}
	switch t.Kind() {
	case reflect.String:
		return func(out []byte, v reflect.Value, _ int) ([]byte, error) { return appendString(out, v.String()) }
	case reflect.Bool:
		return func(out []byte, v reflect.Value, _ int) ([]byte, error) {
			return strconv.AppendBool(out, v.Bool()), nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(out []byte, v reflect.Value, _ int) ([]byte, error) {
			return strconv.AppendInt(out, v.Int(), 10), nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(out []byte, v reflect.Value, _ int) ([]byte, error) {
			return strconv.AppendUint(out, v.Uint(), 10), nil
		}
	case reflect.Struct:
		return structPlan(t)
	case reflect.Slice, reflect.Array:
		return listPlan(t)
	case reflect.Map:
		return mapPlan(t)
	case reflect.Interface:
		return appendInterface
	default:
		return noPlan
	}
}

func noPlan([]byte, reflect.Value, int) ([]byte, error) { return nil, errNoPlan }

func appendRaw(out []byte, v reflect.Value, depth int) ([]byte, error) {
	raw := v.Bytes()
	if raw == nil {
		return append(out, "null"...), nil
	}
	if canonicalQuick(raw, depth) {
		return append(out, raw...), nil
	}
	canonical, err := Canonicalize(raw, Limits{Bytes: BundleLimits.Bytes, Depth: depth})
	return append(out, canonical...), err
}

// appendHex appends one of this package's byte arrays.
func appendHex(out []byte, v reflect.Value, _ int) ([]byte, error) {
	if !v.CanAddr() { // a map's element
		own := reflect.New(v.Type()).Elem()
		own.Set(v)
		v = own
	}
	out = append(out, '"')
	out = hex.AppendEncode(out, v.Bytes())
	return append(out, '"'), nil
}

func appendText(out []byte, v reflect.Value, _ int) ([]byte, error) {
	text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return nil, err
	}
	return appendString(out, string(text))
}

func appendInterface(out []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.IsNil() {
		return append(out, "null"...), nil
	}
	return planOf(v.Elem().Type()).append(out, v.Elem(), depth)
}

func pointerPlan(t reflect.Type) plan {
	elem := planOf(t.Elem())
	return func(out []byte, v reflect.Value, depth int) ([]byte, error) {
		if v.IsNil() {
			return append(out, "null"...), nil
		}
		if depth <= 0 { // a cycle of pointers alone
			return nil, fmt.Errorf("%w: limit %d", ErrTooDeep, BundleLimits.Depth)
		}
		return elem.append(out, v.Elem(), depth)
	}
}

func listPlan(t reflect.Type) plan {
	if t.Elem().Kind() == reflect.Uint8 {
		return noPlan // base64, or an array of numbers: the engine's rules
	}
	elem := planOf(t.Elem())
	return func(out []byte, v reflect.Value, depth int) ([]byte, error) {
		if depth <= 0 {
			return nil, fmt.Errorf("%w: limit %d", ErrTooDeep, BundleLimits.Depth)
		}
		out = append(out, '[')
		for i := range v.Len() {
			if i > 0 {
				out = append(out, ',')
			}
			var err error
			if out, err = elem.append(out, v.Index(i), depth-1); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	}
}

// mapPlan handles maps with plain string keys.
func mapPlan(t reflect.Type) plan {
	if t.Key().Kind() != reflect.String || t.Key().Implements(textMarshaler) {
		return noPlan
	}
	elem := planOf(t.Elem())
	return func(out []byte, v reflect.Value, depth int) ([]byte, error) {
		if depth <= 0 {
			return nil, fmt.Errorf("%w: limit %d", ErrTooDeep, BundleLimits.Depth)
		}
		keys := v.MapKeys()
		for _, k := range keys {
			if !plainName(k.String()) {
				return nil, errNoPlan // another order than that of bytes
			}
		}
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		out = append(out, '{')
		for i, k := range keys {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(append(append(out, '"'), k.String()...), '"', ':')
			var err error
			if out, err = elem.append(out, v.MapIndex(k), depth-1); err != nil {
				return nil, err
			}
		}
		return append(out, '}'), nil
	}
}

// plainName reports whether a member name is printable ASCII without escapes.
func plainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// appendString appends a string as RFC 8785 §3.2.2.2 writes it. Text that is
// not UTF-8 is an error.
func appendString(out []byte, s string) ([]byte, error) {
	if plainName(s) {
		return append(append(append(out, '"'), s...), '"'), nil
	}
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%w: a string is not UTF-8", ErrField)
	}
	return jsontext.AppendQuote(out, s)
}

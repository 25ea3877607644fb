package ld

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a document is refused before it is expanded.
var (
	ErrMalformed   = errors.New("document is not JSON-LD this package reads")
	ErrLimit       = errors.New("document is over a limit of the JSON-LD processor")
	ErrUnsupported = errors.New("JSON-LD feature is not supported")
)

// The limits of one document, besides those of wire.ForeignLimits.
const (
	MaxValues   = 2048 // objects, arrays and scalars outside contexts
	MaxContexts = 32   // @context members
	MaxTerms    = 512  // terms defined by contexts written into the document
)

// maxExact is the largest integer every JSON processor reads alike, 2^53-1.
const maxExact = 1<<53 - 1

// document is a document taken apart and found free of what cannot be
// processed.
type document struct {
	context []byte         // canonical @context
	parsed  any            // the same, decoded
	members map[string]any // without @context; numbers are json.Number
	lossy   error          // the first value that RDF cannot carry, or nil
}

// parse reads a document and applies the rules that need no context:
//
//	1 strict JSON within wire.ForeignLimits, an object with an @context
//	2 at most MaxValues values and MaxContexts contexts
//	3 member names are not empty; of the keywords only @context, @id, @type,
//	  @value, @language and @direction
//	4 a @language or @direction belongs to a @value
//	5 every context is acceptable (checkContext)
//
// Values that RDF cannot carry are noted, not refused: null, and numbers that
// processors with other number types read differently.
func parse(doc []byte) (*document, error) {
	canonical, err := wire.Canonicalize(doc, wire.ForeignLimits) // 1
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(canonical, &top); err != nil || top == nil { // 1
		return nil, fmt.Errorf("%w: it is not an object", ErrMalformed)
	}
	d := &document{context: top["@context"], members: make(map[string]any, len(top))}
	if d.context == nil { // 1
		return nil, fmt.Errorf("%w: it has no @context", ErrMalformed)
	}
	w := walker{}
	for name, raw := range top {
		v, err := decode(raw)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		if name == "@context" {
			d.parsed = v
		} else {
			d.members[name] = v
		}
		if err := w.member(name, v); err != nil {
			return nil, err
		}
	}
	d.lossy = w.lossy
	return d, nil
}

// decode reads one canonical value and keeps numbers as they are written.
func decode(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	return v, err
}

// walker counts what a document holds and checks its names.
type walker struct {
	values, contexts, terms int
	lossy                   error
}

func (w *walker) member(name string, v any) error {
	switch name {
	case "@context":
		if w.contexts++; w.contexts > MaxContexts { // 2
			return fmt.Errorf("%w: more than %d contexts", ErrLimit, MaxContexts)
		}
		return w.checkContext(v, 0) // 5
	case "@id", "@type", "@value", "@language", "@direction":
	case "":
		return fmt.Errorf("%w: a member without a name", ErrMalformed) // 3
	default:
		if name[0] == '@' { // 3
			return fmt.Errorf("%w: member %.60q", ErrUnsupported, name)
		}
	}
	return w.value(v)
}

func (w *walker) value(v any) error {
	if w.values++; w.values > MaxValues { // 2
		return fmt.Errorf("%w: more than %d values", ErrLimit, MaxValues)
	}
	switch v := v.(type) {
	case map[string]any:
		if v["@value"] == nil && (v["@language"] != nil || v["@direction"] != nil) { // 4
			return fmt.Errorf("%w: a @language or @direction without a @value", ErrMalformed)
		}
		for name, member := range v {
			if err := w.member(name, member); err != nil {
				return err
			}
		}
	case []any:
		for _, e := range v {
			if err := w.value(e); err != nil {
				return err
			}
		}
	case nil:
		w.lose("null")
	case json.Number:
		if !portable(v) {
			w.lose("number " + v.String())
		}
	}
	return nil
}

func (w *walker) lose(what string) {
	if w.lossy == nil {
		w.lossy = fmt.Errorf("%w: %.80s", ErrLossy, what)
	}
}

// portable reports whether a number means the same to every processor: an
// integer within 2^53-1, or a double whose sixteen digits identify it. A small
// one that is written without a point, as 3e-9, is an integer to some.
func portable(n json.Number) bool {
	f, err := n.Float64()
	if err != nil || math.IsInf(f, 0) {
		return false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e21 {
		return math.Abs(f) <= maxExact
	}
	if f != math.Trunc(f) && !strings.Contains(n.String(), ".") {
		return false
	}
	back, err := strconv.ParseFloat(canonicalDouble(f), 64)
	return err == nil && back == f
}

package wire

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Unmarshal decodes one document strictly into v: unknown field, duplicate
// key, trailing bytes, non-UTF-8, wrong type or over the limits is an error
// that wraps one of the sentinels of this package and names the place.
func Unmarshal(doc []byte, v any, limits Limits) error {
	return decode(doc, v, limits, true, surelyCanonical(doc, limits))
}

// decode is every way to decode. canonical says that doc is known to be its own
// canonical form within the limit of depth: no name is in it twice, so the
// engine need not look.
func decode(doc []byte, v any, limits Limits, strict, canonical bool) error {
	if len(doc) > limits.Bytes {
		return fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, len(doc), limits.Bytes)
	}
	if !canonical {
		if err := checkDepth(doc, limits.Depth); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(doc, v, json.RejectUnknownMembers(strict), jsontext.AllowDuplicateNames(canonical)); err != nil {
		return classify(err)
	}
	return nil
}

// UnmarshalCanonical is Unmarshal for files and signed artifacts: the document
// must also be its own canonical form, so that two readers cannot see two
// different documents in one sequence of bytes.
func UnmarshalCanonical(doc []byte, v any, limits Limits) error {
	canonical := surelyCanonical(doc, limits)
	if !canonical {
		if err := IsCanonical(doc, limits); err != nil {
			return err
		}
	}
	return decode(doc, v, limits, true, canonical)
}

// UnmarshalLenient decodes foreign JSON whose unknown members are somebody
// else's business; everything else is as strict as Unmarshal.
func UnmarshalLenient(doc []byte, v any, limits Limits) error {
	return decode(doc, v, limits, false, surelyCanonical(doc, limits))
}

// classify maps the engine's errors onto this package's sentinels.
func classify(err error) error {
	var syntactic *jsontext.SyntacticError
	if errors.Is(err, jsontext.ErrDuplicateName) {
		if errors.As(err, &syntactic) {
			return fmt.Errorf("%w at %q", ErrDuplicateKey, syntactic.JSONPointer)
		}
		return ErrDuplicateKey
	}
	if errors.As(err, &syntactic) {
		return fmt.Errorf("%w: %s", ErrNotJSON, trimEngine(err))
	}
	if errors.Is(err, json.ErrUnknownName) {
		var semantic *json.SemanticError
		if errors.As(err, &semantic) {
			return fmt.Errorf("%w at %q", ErrUnknownField, semantic.JSONPointer)
		}
		return ErrUnknownField
	}
	return fmt.Errorf("%w: %s", ErrField, trimEngine(err))
}

func trimEngine(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "jsontext: "), "json: ")
}

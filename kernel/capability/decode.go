package capability

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/wire"
)

// The limits of one constraint's value.
const (
	MaxListItems   = 256  // entries of an allowlist or denylist
	MaxItemBytes   = 1024 // one entry, path, host or pattern
	MaxRegexes     = 64   // patterns of one constraint
	maxPathPointer = 1024
)

func (c *Constraint) malformed(why string) *Error {
	return refuse(CodeConstraint, "constraint %s has an unusable value: %s", c.Type, why)
}

// decode reads the value strictly. JSON null, which Go would read as a zero,
// is refused here; inside a value, by pointer fields.
func (c *Constraint) decode(v any) *Error {
	if string(bytes.TrimSpace(c.Value)) == "null" {
		return c.malformed("it is null")
	}
	if err := wire.Unmarshal(c.Value, v, wire.DocumentLimits); err != nil {
		return c.malformed("it has another form")
	}
	return nil
}

// str reads a string of 1 to limit bytes without control characters.
func (c *Constraint) str(dst *string, limit int) *Error {
	if text, ok := plainString(c.Value); ok {
		*dst = text
	} else if err := c.decodedString(dst); err != nil {
		return err
	}
	if err := checkName(*dst, limit); err != nil {
		return c.malformed(err.Error())
	}
	return nil
}

func (c *Constraint) decodedString(dst *string) *Error {
	var text string
	err := c.decode(&text)
	*dst = text
	return err
}

// plainString reads a JSON string literal that has no escapes.
func plainString(doc []byte) (string, bool) {
	if len(doc) < 2 || doc[0] != '"' || doc[len(doc)-1] != '"' {
		return "", false
	}
	inner := doc[1 : len(doc)-1]
	for _, b := range inner {
		if b == '"' || b == '\\' || b < ' ' {
			return "", false
		}
	}
	if !utf8.Valid(inner) {
		return "", false
	}
	return string(inner), true
}

// word reads one of a closed set of strings.
func (c *Constraint) word(dst *string, allowed ...string) *Error {
	if err := c.str(dst, maxTypeBytes); err != nil {
		return err
	}
	if !slices.Contains(allowed, *dst) {
		return c.malformed("it is none of the defined words")
	}
	return nil
}

func (c *Constraint) number(dst *uint64) *Error {
	var n uint64
	err := c.decode(&n)
	*dst = n
	return err
}

// strings reads a list of at most MaxListItems strings.
func (c *Constraint) strings(dst *[]string) *Error {
	var items []*string
	if err := c.decode(&items); err != nil {
		return err
	}
	return c.items(dst, items, MaxListItems)
}

func (c *Constraint) items(dst *[]string, items []*string, limit int) *Error {
	if len(items) > limit {
		return c.malformed("it has too many entries")
	}
	*dst = make([]string, 0, len(items))
	for _, item := range items {
		if item == nil {
			return c.malformed("an entry is null")
		}
		if err := checkName(*item, MaxItemBytes); err != nil {
			return c.malformed("an entry " + err.Error())
		}
		*dst = append(*dst, *item)
	}
	return nil
}

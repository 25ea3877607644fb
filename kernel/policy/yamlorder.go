package policy

import (
	"reflect"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The order of keys in printed YAML is the order of the fields of Document:
// one list of them, which the compiler keeps complete.

// key is one field of a document's type.
type key struct {
	name      string
	index     []int
	typ       reflect.Type
	omitEmpty bool
	omitZero  bool
}

// keysOf lists the keys of a struct in order, those of embedded structs in the
// place where they are embedded.
func keysOf(t reflect.Type) []key {
	var keys []key
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for _, inner := range keysOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				keys = append(keys, inner)
			}
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		keys = append(keys, key{name: name, index: []int{i}, typ: f.Type,
			omitEmpty: options == "omitempty", omitZero: options == "omitzero"})
	}
	return keys
}

var (
	rawType     = reflect.TypeFor[wire.Raw]()
	decimalType = reflect.TypeFor[Decimal]()
)

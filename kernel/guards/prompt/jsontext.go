package prompt

import (
	"errors"

	"github.com/backbay-labs/chio-node/wire"
)

var errResult = errors.New("result is not one JSON value")

// jsonText appends every string of a JSON document, member names included,
// each on its own line. A string that is itself JSON is not opened: its text
// is read as it stands.
func jsonText(dst []byte, doc wire.Raw) ([]byte, error) {
	if len(doc) == 0 {
		return dst, nil
	}
	if !doc.IsValid() {
		return dst, errResult
	}
	for i := 0; i < len(doc); i++ {
		if doc[i] != '"' {
			continue
		}
		start, escaped := i, false
		for i++; doc[i] != '"'; i++ {
			if doc[i] == '\\' {
				escaped = true
				i++
			}
		}
		if !escaped {
			dst = append(append(dst, doc[start+1:i]...), '\n')
			continue
		}
		var s string
		if err := wire.Unmarshal(doc[start:i+1], &s, wire.ForeignLimits); err != nil {
			return dst, errResult
		}
		dst = append(append(dst, s...), '\n')
	}
	return dst, nil
}

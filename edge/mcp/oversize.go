package mcp

import (
	"bytes"
	"strconv"

	"github.com/backbay-labs/chio-node/wire"
)

// guessBytes is how much of either end of an oversize frame is looked at.
const guessBytes = 256

// guessID looks for the id of a frame that is too large to decode, so that the
// call waiting for it fails now and not at its deadline. The guess is only
// ever used to fail a call or to address an error, which the sender of the
// frame could have caused anyway. Servers write the id near the start or as
// the last member; a frame that names a method is not a response.
func guessID(head, tail []byte) (id ID, response bool) {
	head = head[:min(len(head), guessBytes)]
	tail = bytes.TrimSpace(tail[max(0, len(tail)-guessBytes):])
	response = !bytes.Contains(head, []byte(`"method"`)) && !bytes.Contains(tail, []byte(`"method"`))
	if i := bytes.Index(head, []byte(`"result"`)); i >= 0 {
		head = head[:i]
	}
	if i := bytes.Index(head, []byte(`"params"`)); i >= 0 {
		head = head[:i]
	}
	if id = idAfterKey(head); !id.IsZero() {
		return id, response
	}
	i := bytes.LastIndexByte(tail, ',')
	if i < 0 || !bytes.HasSuffix(tail, []byte{'}'}) {
		return ID{}, response
	}
	return idAfterKey(append(tail[i:len(tail)-1:len(tail)-1], ',')), response
}

// idAfterKey returns the id after the first "id": of b.
func idAfterKey(b []byte) ID {
	_, rest, ok := bytes.Cut(b, []byte(`"id"`))
	if !ok {
		return ID{}
	}
	rest, ok = bytes.CutPrefix(bytes.TrimSpace(rest), []byte{':'})
	if !ok {
		return ID{}
	}
	value, _, ok := bytes.Cut(rest, []byte{','})
	if !ok {
		return ID{}
	}
	value = bytes.TrimSpace(value)
	if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
		return NumberID(n)
	}
	if id, err := parseID(wire.Raw(value)); err == nil {
		return id
	}
	return ID{}
}

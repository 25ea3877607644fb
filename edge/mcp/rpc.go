package mcp

import (
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/wire"
)

// The JSON-RPC 2.0 error codes this edge answers with.
const (
	CodeParse          = -32700
	CodeInvalidRequest = -32600
	CodeMethodNotFound = -32601
	CodeInvalidParams  = -32602
	CodeInternal       = -32603
	CodeBusy           = -32000 // more requests in flight than the named limit
)

// RPCError is a JSON-RPC error object.
type RPCError struct {
	Code    int64    `json:"code"`
	Message string   `json:"message"`
	Data    wire.Raw `json:"data,omitempty"`
}

func (e *RPCError) Error() string { return fmt.Sprintf("json-rpc error %d: %s", e.Code, e.Message) }

func rpcErrorf(code int64, format string, args ...any) *RPCError {
	return &RPCError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// maxIDBytes bounds a string id: it is kept while its request is in flight.
const maxIDBytes = 256

// ID is a request id: an integer or a string, never null. The zero ID means
// there is none. IDs are comparable: 1 and "1" are different ids, "a" and
// "a" are the same.
type ID struct {
	kind idKind
	num  int64
	text string
}

type idKind uint8

const (
	idNone idKind = iota
	idNumber
	idString
)

// NumberID returns an integer id.
func NumberID(n int64) ID { return ID{kind: idNumber, num: n} }

// StringID returns a string id.
func StringID(s string) ID { return ID{kind: idString, text: s} }

// IsZero reports whether there is no id.
func (id ID) IsZero() bool { return id.kind == idNone }

// parseID is the door for an id, and for a progress token, which has the same
// two forms. A fraction, an exponent, null or any other type is refused.
func parseID(raw wire.Raw) (ID, error) {
	if len(raw) == 0 {
		return ID{}, fmt.Errorf("is missing")
	}
	if raw[0] == '"' {
		var s string
		if err := wire.Unmarshal(raw, &s, FrameLimits); err != nil {
			return ID{}, err
		}
		if len(s) > maxIDBytes {
			return ID{}, fmt.Errorf("is a string of %d bytes, limit %d", len(s), maxIDBytes)
		}
		return StringID(s), nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return ID{}, fmt.Errorf("must be a string or a 64-bit integer, got %.40s", raw)
	}
	return NumberID(n), nil
}

// appendJSON appends the id as JSON; a missing id is null, which JSON-RPC
// reserves for the answer to a frame whose id could not be read.
func (id ID) appendJSON(b []byte) []byte {
	switch id.kind {
	case idNumber:
		return strconv.AppendInt(b, id.num, 10)
	case idString:
		return append(b, quote(id.text)...)
	default:
		return append(b, "null"...)
	}
}

func (id ID) raw() wire.Raw { return id.appendJSON(nil) }

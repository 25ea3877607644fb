package mcp

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// FrameLimits bound one frame: foreign JSON at its own limit, plus room for
// the JSON-RPC members around it.
var FrameLimits = wire.Limits{Bytes: wire.ForeignLimits.Bytes + 64<<10, Depth: wire.ForeignLimits.Depth + 4}

// Message is one decoded frame: a request (ID and Method), a notification
// (Method alone) or a response (no Method, exactly one of Result and Error).
// A response whose ID is zero answers a frame its sender could not read.
type Message struct {
	ID     ID
	Method string
	Params wire.Raw // an object or nil
	Result wire.Raw
	Error  *RPCError
}

// FrameError is why one frame was refused. The stream goes on with the next.
type FrameError struct {
	Code   int64 // CodeParse or CodeInvalidRequest
	ID     ID    // of the refused frame, if it could be read
	Reason error

	response bool // it was not a request, so ID would be one of ours
}

func (e *FrameError) Error() string { return fmt.Sprintf("frame refused: %v", e.Reason) }

// Unwrap returns the reason, which wraps a sentinel of package wire or of this
// package.
func (e *FrameError) Unwrap() error { return e.Reason }

// The reasons of this package for refusing a frame.
var (
	ErrBatch        = errors.New("batches are not accepted: send one message a line")
	ErrShape        = errors.New("not a json-rpc 2.0 request, notification or response")
	ErrUnterminated = errors.New("last frame does not end with a newline")
)

// parseFrame decodes one line strictly:
//
//	1 one JSON object, no duplicate key at any depth, UTF-8, within FrameLimits
//	2 not an array
//	3 no member but those of JSON-RPC 2.0, and jsonrpc is "2.0"
//	4 an id, if present, is an integer or a string; null only in an error
//	5 params, if present, are an object (every MCP method has named parameters)
//	6 exactly one of method, result and error
func parseFrame(line []byte) (Message, error) {
	var f struct {
		Version string   `json:"jsonrpc"`
		ID      wire.Raw `json:"id"`
		Method  *string  `json:"method"`
		Params  wire.Raw `json:"params"`
		Result  wire.Raw `json:"result"`
		Error   wire.Raw `json:"error"`
	}
	if bytes.HasPrefix(line, []byte{'['}) { // 2
		return Message{}, &FrameError{Code: CodeInvalidRequest, Reason: ErrBatch}
	}
	if err := wire.Unmarshal(line, &f, FrameLimits); err != nil { // 1, 3
		code := int64(CodeInvalidRequest)
		if errors.Is(err, wire.ErrNotJSON) {
			code = CodeParse
		}
		return Message{}, &FrameError{Code: code, Reason: err}
	}
	m := Message{Params: f.Params, Result: f.Result}
	refuse := func(format string, args ...any) (Message, error) {
		reason := fmt.Errorf("%w: "+format, append([]any{ErrShape}, args...)...)
		return Message{}, &FrameError{Code: CodeInvalidRequest, ID: m.ID, Reason: reason, response: f.Method == nil}
	}
	nullID := string(f.ID) == "null"
	if len(f.ID) > 0 && !nullID { // 4
		id, err := parseID(f.ID)
		if err != nil {
			return refuse("id %v", err)
		}
		m.ID = id
	}
	if f.Version != "2.0" { // 3
		return refuse("jsonrpc is %.20q, want \"2.0\"", f.Version)
	}
	if len(f.Params) > 0 && f.Params[0] != '{' { // 5
		return refuse("params must be an object")
	}
	switch { // 6
	case f.Method != nil && len(f.Result) == 0 && len(f.Error) == 0:
		if nullID || *f.Method == "" || len(*f.Method) > maxMethodBytes { // 4
			return refuse("a request needs an id that is not null and a method of 1 to %d bytes", maxMethodBytes)
		}
		m.Method = *f.Method
		return m, nil
	case f.Method != nil || len(f.Params) > 0 || (len(f.Result) == 0) == (len(f.Error) == 0):
		return refuse("exactly one of method, result and error is needed")
	case m.ID.IsZero() && len(f.Error) == 0: // 4
		return refuse("a response needs the id of its request")
	}
	if len(f.Error) > 0 {
		m.Error = new(RPCError)
		if f.Error[0] != '{' || wire.UnmarshalLenient(f.Error, m.Error, FrameLimits) != nil {
			return refuse("error must be an object with an integer code and a message")
		}
	}
	return m, nil
}

const maxMethodBytes = 128

// appendFrame appends m as one line, newline included.
func appendFrame(b []byte, m Message) []byte {
	b = append(b, `{"jsonrpc":"2.0"`...)
	if m.Method == "" || !m.ID.IsZero() {
		b = m.ID.appendJSON(append(b, `,"id":`...))
	}
	switch {
	case m.Method != "":
		b = append(append(b, `,"method":`...), quote(m.Method)...)
		if len(m.Params) > 0 {
			b = append(append(b, `,"params":`...), oneLine(m.Params)...)
		}
	case m.Error != nil:
		b = append(append(b, `,"error":`...), oneLine(m.Error.raw())...)
	default:
		b = append(append(b, `,"result":`...), oneLine(m.Result)...)
	}
	return append(b, '}', '\n')
}

func (e *RPCError) raw() wire.Raw {
	o := object{"code": NumberID(e.Code).raw(), "message": quote(e.Message)}
	if len(e.Data) > 0 {
		o["data"] = e.Data
	}
	return o.raw()
}

// oneLine keeps a value from breaking the framing: a newline inside JSON is
// always insignificant whitespace.
func oneLine(v wire.Raw) wire.Raw {
	if bytes.IndexByte(v, '\n') < 0 && bytes.IndexByte(v, '\r') < 0 {
		return v
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(v, []byte{'\n'}, []byte{' '}), []byte{'\r'}, []byte{' '})
}

package mcp

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/backbay-labs/chio-node/wire"
)

func TestParseFrameRefuses(t *testing.T) {
	deep := strings.Repeat(`{"a":`, FrameLimits.Depth) + "1" + strings.Repeat("}", FrameLimits.Depth)
	cases := map[string]struct {
		line string
		code int64
		is   error
	}{
		"not json":                {`{"jsonrpc":`, CodeParse, wire.ErrNotJSON},
		"plain text":              {`Server running on stdio`, CodeParse, wire.ErrNotJSON},
		"trailing bytes":          {`{"jsonrpc":"2.0","method":"ping","id":1} x`, CodeParse, wire.ErrNotJSON},
		"not utf-8":               {"{\"jsonrpc\":\"2.0\",\"method\":\"p\xff\",\"id\":1}", CodeParse, wire.ErrNotJSON},
		"batch":                   {`[{"jsonrpc":"2.0","method":"ping","id":1}]`, CodeInvalidRequest, ErrBatch},
		"duplicate key":           {`{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`, CodeInvalidRequest, wire.ErrDuplicateKey},
		"duplicate key in params": {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}`, CodeInvalidRequest, wire.ErrDuplicateKey},
		"duplicate key, escaped":  {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"path":1,"p\u0061th":2}}}`, CodeInvalidRequest, wire.ErrDuplicateKey},
		"unknown member":          {`{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}`, CodeInvalidRequest, wire.ErrUnknownField},
		"too deep":                {`{"jsonrpc":"2.0","id":1,"method":"ping","params":` + deep + `}`, CodeInvalidRequest, wire.ErrTooDeep},
		"not an object":           {`"ping"`, CodeInvalidRequest, wire.ErrField},
		"no version":              {`{"id":1,"method":"ping"}`, CodeInvalidRequest, ErrShape},
		"other version":           {`{"jsonrpc":"1.0","id":1,"method":"ping"}`, CodeInvalidRequest, ErrShape},
		"fractional id":           {`{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, CodeInvalidRequest, ErrShape},
		"id beyond 64 bits":       {`{"jsonrpc":"2.0","id":18446744073709551616,"method":"ping"}`, CodeInvalidRequest, ErrShape},
		"null id of a request":    {`{"jsonrpc":"2.0","id":null,"method":"ping"}`, CodeInvalidRequest, ErrShape},
		"object id":               {`{"jsonrpc":"2.0","id":{},"method":"ping"}`, CodeInvalidRequest, ErrShape},
		"long id":                 {`{"jsonrpc":"2.0","id":"` + strings.Repeat("i", maxIDBytes+1) + `","method":"ping"}`, CodeInvalidRequest, ErrShape},
		"empty method":            {`{"jsonrpc":"2.0","id":1,"method":""}`, CodeInvalidRequest, ErrShape},
		"long method":             {`{"jsonrpc":"2.0","id":1,"method":"` + strings.Repeat("m", maxMethodBytes+1) + `"}`, CodeInvalidRequest, ErrShape},
		"array params":            {`{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}`, CodeInvalidRequest, ErrShape},
		"null params":             {`{"jsonrpc":"2.0","id":1,"method":"ping","params":null}`, CodeInvalidRequest, ErrShape},
		"method and result":       {`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, CodeInvalidRequest, ErrShape},
		"result and error":        {`{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"m"}}`, CodeInvalidRequest, ErrShape},
		"neither":                 {`{"jsonrpc":"2.0","id":1}`, CodeInvalidRequest, ErrShape},
		"result without id":       {`{"jsonrpc":"2.0","result":{}}`, CodeInvalidRequest, ErrShape},
		"result with null id":     {`{"jsonrpc":"2.0","id":null,"result":{}}`, CodeInvalidRequest, ErrShape},
		"error is text":           {`{"jsonrpc":"2.0","id":1,"error":"no"}`, CodeInvalidRequest, ErrShape},
		"error code is fraction":  {`{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"m"}}`, CodeInvalidRequest, ErrShape},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m, err := parseFrame([]byte(c.line))
			var refused *FrameError
			if !errors.As(err, &refused) {
				t.Fatalf("accepted as %+v, err %v", m, err)
			}
			if refused.Code != c.code || !errors.Is(err, c.is) {
				t.Fatalf("got %d %v, want %d %v", refused.Code, err, c.code, c.is)
			}
		})
	}
}

func TestParseFrameAccepts(t *testing.T) {
	cases := map[string]struct {
		line string
		id   ID
	}{
		"number id":           {`{"jsonrpc":"2.0","id":7,"method":"ping"}`, NumberID(7)},
		"negative id":         {`{"jsonrpc":"2.0","id":-7,"method":"ping"}`, NumberID(-7)},
		"string id":           {`{"jsonrpc":"2.0","id":"7","method":"ping","params":{}}`, StringID("7")},
		"escaped string id":   {`{"jsonrpc":"2.0","id":"\u0061","method":"ping"}`, StringID("a")},
		"longest id":          {`{"jsonrpc":"2.0","id":"` + strings.Repeat("i", maxIDBytes) + `","method":"ping"}`, StringID(strings.Repeat("i", maxIDBytes))},
		"notification":        {`{"jsonrpc":"2.0","method":"notifications/initialized"}`, ID{}},
		"result":              {`{"jsonrpc":"2.0","id":1,"result":{"a":[1.5,null]}}`, NumberID(1)},
		"error":               {`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no","data":{"x":1}}}`, NumberID(1)},
		"error without an id": {`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}`, ID{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m, err := parseFrame([]byte(c.line))
			if err != nil || m.ID != c.id {
				t.Fatalf("got %+v, %v; want id %+v", m, err, c.id)
			}
			again, err := parseFrame(bytes.TrimSuffix(appendFrame(nil, m), []byte{'\n'}))
			if err != nil || !bytes.Equal(appendFrame(nil, again), appendFrame(nil, m)) {
				t.Fatalf("written form %s reads as %+v, %v", appendFrame(nil, m), again, err)
			}
		})
	}
}

func TestFramesRead(t *testing.T) {
	ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	pad := func(total int) string { // a valid frame of exactly total bytes, newline included
		head, tail := `{"jsonrpc":"2.0","id":41,"method":"ping","params":{"p":"`, "\"}}\n"
		return head + strings.Repeat("x", total-len(head)-len(tail)) + tail
	}
	t.Run("blank lines, crlf and one byte at a time", func(t *testing.T) {
		f := NewFrames(iotest.OneByteReader(strings.NewReader("\n  \r\n"+ping+"\r\n\n"+ping+"\n")), io.Discard)
		for range 2 {
			if m, err := f.Read(); err != nil || m.Method != "ping" {
				t.Fatalf("got %+v, %v", m, err)
			}
		}
		if _, err := f.Read(); err != io.EOF {
			t.Fatalf("got %v, want io.EOF", err)
		}
	})
	t.Run("at the limit and one over", func(t *testing.T) {
		f := NewFrames(strings.NewReader(pad(FrameLimits.Bytes)+pad(FrameLimits.Bytes+1)+ping+"\n"), io.Discard)
		if m, err := f.Read(); err != nil || m.ID != NumberID(41) {
			t.Fatalf("at the limit: %v", err)
		}
		_, err := f.Read()
		var refused *FrameError
		if !errors.As(err, &refused) || !errors.Is(err, wire.ErrTooLarge) || refused.ID != NumberID(41) || refused.response {
			t.Fatalf("over the limit: %+v", err)
		}
		if m, err := f.Read(); err != nil || m.ID != NumberID(1) {
			t.Fatalf("after it: %+v, %v", m, err)
		}
	})
	t.Run("unterminated", func(t *testing.T) {
		f := NewFrames(strings.NewReader(ping), io.Discard)
		if _, err := f.Read(); !errors.Is(err, ErrUnterminated) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("a message survives the next read", func(t *testing.T) {
		f := NewFrames(strings.NewReader(pad(200)+strings.ReplaceAll(pad(200), "x", "y")), io.Discard)
		first, err := f.Read()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Read(); err != nil || bytes.ContainsRune(first.Params, 'y') {
			t.Fatalf("first message became %s, %v", first.Params, err)
		}
	})
}

func TestGuessID(t *testing.T) {
	body := strings.Repeat(`{"id":99,"x":"y"},`, 100)
	cases := map[string]struct {
		line     string
		id       ID
		response bool
	}{
		"id first": {`{"jsonrpc":"2.0","id":12,"result":{"content":[` + body, NumberID(12), true},
		"id last":  {`{"result":{"content":[` + body + `1]},"jsonrpc":"2.0","id":13}`, NumberID(13), true},
		"request":  {`{"jsonrpc":"2.0","id":14,"method":"sampling/createMessage","params":{` + body, NumberID(14), false},
		"none":     {`{"result":{"content":[` + body + `1]}}`, ID{}, true},
		"string":   {`{"jsonrpc":"2.0","id":"a","result":{` + body, StringID("a"), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			id, response := guessID([]byte(c.line), []byte(c.line))
			if id != c.id || response != c.response {
				t.Fatalf("got %+v %v, want %+v %v", id, response, c.id, c.response)
			}
		})
	}
}

// FuzzFrame: what is accepted is written as one line that means the same.
func FuzzFrame(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file","arguments":{"path":"a"}}}`,
		`{"jsonrpc":"2.0","id":"\u0000\ud83d\ude00","result":{"content":[]}}`,
		`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"\n"}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1e400}}`,
		`[{"jsonrpc":"2.0"}]`, `{"jsonrpc":"2.0","id":01,"method":"x"}`, "{\"id\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := parseFrame(line)
		if err != nil {
			var refused *FrameError
			if !errors.As(err, &refused) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		written := appendFrame(nil, m)
		if n := bytes.IndexByte(written, '\n'); n != len(written)-1 {
			t.Fatalf("not one line: %q", written)
		}
		again, err := parseFrame(bytes.TrimSpace(written))
		if err != nil || again.ID != m.ID || again.Method != m.Method {
			t.Fatalf("%q reads as %+v, %v", written, again, err)
		}
		_, _ = parseToolCall(m.Params)
	})
}

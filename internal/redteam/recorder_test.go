package redteam

import (
	"bytes"
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/edge/mcp"
)

// effect is one tools/call that reached a tool server.
type effect struct {
	Tool      string
	Arguments json.RawMessage
	Path      string
}

// recorder stands between the node and a tool server's standard input: what it
// saw is what the server was asked to do, whatever anybody claims.
type recorder struct {
	*mcp.Process
	ended atomic.Pointer[error]

	mu      sync.Mutex
	partial []byte
	seen    []effect
	stderr  []string // as the operator's terminal would get it
}

func (r *recorder) said(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stderr = append(r.stderr, line)
}

func (r *recorder) errors() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.stderr...)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	r.partial = append(r.partial, b...)
	for {
		line, rest, whole := bytes.Cut(r.partial, []byte("\n"))
		if !whole {
			break
		}
		r.record(line)
		r.partial = append([]byte(nil), rest...)
	}
	r.mu.Unlock()
	return r.Process.Write(b)
}

func (r *recorder) record(line []byte) {
	var m struct {
		Method string `json:"method"`
		Params struct {
			Name      string          `json:"name"`
			Arguments json.RawMessage `json:"arguments"`
		} `json:"params"`
	}
	if json.Unmarshal(line, &m) != nil || m.Method != "tools/call" {
		return
	}
	e := effect{Tool: m.Params.Name, Arguments: m.Params.Arguments}
	var path struct {
		Path string `json:"path"`
	}
	if json.Unmarshal(e.Arguments, &path) == nil {
		e.Path = path.Path
	}
	r.seen = append(r.seen, e)
}

// effects are the calls so far, by tool.
func (r *recorder) effects() map[string][]effect {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string][]effect{}
	for _, e := range r.seen {
		out[e.Tool] = append(out[e.Tool], e)
	}
	return out
}

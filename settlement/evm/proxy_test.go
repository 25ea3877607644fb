package evm_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// call is one JSON-RPC request.
type call struct {
	ID      json.RawMessage   `json:"id"`
	Version string            `json:"jsonrpc"`
	Method  string            `json:"method"`
	Params  []json.RawMessage `json:"params"`
}

// first is the first parameter, without quotes if it is a string.
func (c *call) first() string {
	var s string
	if len(c.Params) == 0 || json.Unmarshal(c.Params[0], &s) != nil {
		return ""
	}
	return s
}

// answer is one JSON-RPC answer.
type answer struct {
	ID      json.RawMessage `json:"id"`
	Version string          `json:"jsonrpc"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *refusal        `json:"error,omitempty"`
}

type refusal struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// proxy stands between a driver and a chain, and lies when told to.
type proxy struct {
	t      *testing.T
	target string
	server *httptest.Server

	mu   sync.Mutex
	lie  func(c call, honest func(call) answer) answer // nil: none
	seen map[string]int
}

func newProxy(t *testing.T, target string) *proxy {
	p := &proxy{t: t, target: target, seen: make(map[string]int)}
	p.server = httptest.NewServer(p)
	t.Cleanup(func() {
		p.server.CloseClientConnections()
		p.server.Close()
	})
	return p
}

func (p *proxy) set(lie func(c call, honest func(call) answer) answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lie = lie
}

func (p *proxy) count(method string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[method]
}

// ServeHTTP implements http.Handler for single requests.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var c call
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	lie := p.lie
	p.seen[c.Method]++
	p.mu.Unlock()
	var a answer
	if lie == nil {
		a = p.honest(c)
	} else {
		a = lie(c, p.honest)
	}
	if a.ID == nil {
		http.Error(w, "out of order", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a) // the client sees that it failed
}

// honest asks the chain; an answer without an id is a failure.
func (p *proxy) honest(c call) answer {
	doc, err := json.Marshal(c)
	if err != nil {
		return answer{}
	}
	res, err := http.Post(p.target, "application/json", bytes.NewReader(doc))
	if err != nil {
		return answer{}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return answer{}
	}
	return a
}

func says(c call, result string) answer {
	return answer{ID: c.ID, Version: "2.0", Result: json.RawMessage(result)}
}

func refuses(c call, message string) answer {
	return answer{ID: c.ID, Version: "2.0", Error: &refusal{Code: -32000, Message: message}}
}

// blocks is how many blocks a question for events covers.
func blocks(t *testing.T, c call) uint64 {
	t.Helper()
	var filter struct {
		From hexutil.Uint64 `json:"fromBlock"`
		To   hexutil.Uint64 `json:"toBlock"`
	}
	if len(c.Params) != 1 || json.Unmarshal(c.Params[0], &filter) != nil || filter.To < filter.From {
		t.Errorf("a filter of %s", c.Params)
		return 0
	}
	return uint64(filter.To - filter.From + 1)
}

package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// asked is a node that signs the same observation and keeps what is imported.
type asked struct {
	mu       sync.Mutex
	says     string
	imported [][]wire.Raw
	joined   [][]wire.Raw
	chain    []node.ListedRound // newest first
}

func (n *asked) call(_ context.Context, op string, req, resp any) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch op {
	case "oracle/observe":
		if n.says == "" {
			return errors.New("single_source")
		}
		resp.(*node.Observation).Observation = wire.Raw(n.says)
	case "oracle/join":
		n.joined = append(n.joined, req.(node.JoinRounds).Rounds)
	case "oracle/import":
		n.imported = append(n.imported, req.(node.ImportRound).Observations)
	case "oracle/rounds":
		resp.(*node.Rounds).Broken, resp.(*node.Rounds).Rounds = "here", n.chain
	}
	return nil
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(doc)
}

// TestOperatorsMakeRoundsOfEachOthers: two servers, each with its own node.
func TestOperatorsMakeRoundsOfEachOthers(t *testing.T) {
	ctx := context.Background()
	a, b := &asked{says: `{"of":"a"}`, chain: []node.ListedRound{{Round: wire.Raw(`{"n":2}`), Operators: []string{}}, {Round: wire.Raw(`{"n":1}`), Operators: []string{}}}}, &asked{says: `{"of":"b"}`}
	one := &priceServer{pair: "USDC/USD", call: a.call, log: io.Discard}
	first := httptest.NewServer(one)
	defer first.Close()
	two := &priceServer{pair: "USDC/USD", call: b.call, log: io.Discard, peers: []string{first.URL + "/"}}
	if code, _ := get(t, first.URL+"/observation"); code != http.StatusServiceUnavailable {
		t.Errorf("nothing observed: %d", code)
	}
	if err := two.step(ctx); err == nil || len(b.imported) != 0 {
		t.Errorf("a peer without an observation: %v, %v", err, b.imported)
	}
	if err := one.step(ctx); err != nil || len(a.imported) != 0 {
		t.Errorf("alone: %v, %v", err, a.imported)
	}
	if code, doc := get(t, first.URL+"/observation"); code != http.StatusOK || doc != a.says {
		t.Errorf("%d %s", code, doc)
	}
	if err := two.step(ctx); err != nil || len(b.imported) != 1 || string(b.imported[0][0]) != b.says || string(b.imported[0][1]) != a.says {
		t.Errorf("%v, %s", err, b.imported)
	}
	if n := len(b.joined); n != 2 || len(b.joined[n-1]) != 2 || string(b.joined[n-1][0]) != `{"n":1}` {
		t.Errorf("the rounds of a peer, oldest first: %s", b.joined)
	}
	if code, doc := get(t, first.URL+"/rounds"); code != http.StatusOK || !strings.Contains(doc, `"broken":"here"`) {
		t.Errorf("%d %s", code, doc)
	}
	if code, _ := get(t, first.URL+"/key"); code != http.StatusNotFound {
		t.Errorf("another path: %d", code)
	}
	resp, err := http.Post(first.URL+"/observation", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("posted: %s", resp.Status)
	}
	// Sources that give no price leave what was signed before.
	a.says = ""
	if err := one.step(ctx); err == nil {
		t.Error("no price was no error")
	}
	if _, doc := get(t, first.URL+"/observation"); doc != `{"of":"a"}` {
		t.Errorf("%s", doc)
	}
}

// TestForeignAnswersAreRefused before the node is asked anything.
func TestForeignAnswersAreRefused(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("1"), maxPeerBytes+1))
		},
		"not JSON":      func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"not canonical": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{ "a":1}`) },
		"an error":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
	} {
		server := httptest.NewServer(answer)
		if _, err := fetchObservation(context.Background(), server.URL); err == nil {
			t.Errorf("%s: accepted", name)
		}
		server.Close()
	}
}

// TestServeEnds when it is interrupted.
func TestServeEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	s := &priceServer{pair: "USDC/USD", call: (&asked{}).call, log: io.Discard}
	if err := s.run(ctx, "127.0.0.1:0", defaultServeEvery*1e9, &out); err != nil || !strings.HasPrefix(out.String(), "serving USDC/USD on http://127.0.0.1:") {
		t.Fatalf("%v, %s", err, out.String())
	}
	if err := s.run(ctx, "256.0.0.1:0", 1e9, &out); err == nil {
		t.Error("an address that is none")
	}
}

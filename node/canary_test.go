package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// canaries are credentials that exist nowhere else. They are put together
// here, so that no scanner of this repository reports them.
func canaries() []string {
	return []string{
		"gh" + "p_" + "Zc4nAryR7kQm2Zx9LpT4vWc8NsYb3HdFg6Jt",
		"AK" + "IA" + "Q3CNRYXYZ7W2LMNP",
		"sk" + "_live_" + "c4nAryHqLyjWDarjtT1zdp7dc",
		"c4nary" + "Hunter2Hunter2",
		"xo" + "xb-" + "482901736455-c4narySkPqRtUvWxYz0123",
	}
}

// carriers are arguments that hold a canary, each in another way; the first
// are short enough to be repeated in a receipt.
func carriers() []string {
	c := canaries()
	long := strings.Repeat("a long text about nothing. ", 20)
	blob := base64.StdEncoding.EncodeToString([]byte(`{"user":"root","password":"` + c[3] + `"}`))
	return []string{
		`{"note":"use ` + c[0] + ` please","path":"a.txt"}`,
		`{"path":"a.txt","x":{"y":["` + c[1] + `"]}}`,
		`{"` + c[2] + `":1,"path":"a.txt"}`,
		`{"password":"` + c[3] + `","path":"a.txt"}`,
		`{"env":[{"name":"DB_PASSWORD","value":"` + c[3] + `"}],"path":"a.txt"}`,
		`{"body":"{\"pwd\": \"` + c[3] + `\"}","path":"a.txt"}`,
		`{"path":"/tmp/` + c[0] + `/a.txt"}`,
		`{"path":"a.txt","url":"https://bob:` + c[3] + `@host.example/"}`,
		`{"path":"a.txt","text":"` + long + c[4] + `"}`,
		`{"blob":"` + blob + `","path":"a.txt"}`,
	}
}

// leakyServer is a tool server whose results, errors and names hold canaries.
func leakyServer() io.ReadWriteCloser {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	go func() {
		defer func() { _ = outW.Close() }()
		lines := bufio.NewScanner(inR)
		lines.Buffer(nil, 1<<20)
		for n := 0; lines.Scan(); n++ {
			var m struct {
				ID     json.RawMessage `json:"id"`
				Method string          `json:"method"`
			}
			if json.Unmarshal(lines.Bytes(), &m) != nil || m.ID == nil {
				continue
			}
			answer := `"result":{}`
			switch m.Method {
			case "initialize":
				answer = `"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"leaky","version":"1"}}`
			case "tools/list":
				answer = `"result":{"tools":[{"name":"read_file","inputSchema":{"type":"object"}}]}`
			case "tools/call":
				text := strings.Join(canaries(), "\\n")
				answer = `"result":{"content":[{"type":"text","text":"` + text + `"}],"structuredContent":{"password":"` + canaries()[3] + `"}}`
				if n%3 == 0 {
					answer = `"error":{"code":-32000,"message":"cannot log in with ` + canaries()[0] + `"}`
				}
			}
			fmt.Fprintf(outW, `{"jsonrpc":"2.0","id":%s,%s}`+"\n", m.ID, answer)
		}
	}()
	return &echoServer{outR, inW}
}

// TestCanariesAppearNowhere makes calls that hold credentials under policies
// that allow, deny, ask and only observe, with results that hold them, too;
// and then looks for them in everything the node wrote.
func TestCanariesAppearNowhere(t *testing.T) {
	const head = "hushspec: \"0.1.0\"\nname: canaries\nrules:\n"
	for name, policy := range map[string]string{
		"allowed":  head + "  tool_access:\n    enabled: true\n    allow: [read_file]\n    default: allow\n",
		"denied":   head + "  secret_patterns:\n    enabled: true\n  forbidden_paths:\n    enabled: true\n    patterns: [\"/tmp/**\"]\n",
		"asking":   confirming,
		"observed": head + "  secret_patterns:\n    enabled: true\n  forbidden_paths:\n    enabled: true\n    patterns: [\"/tmp/**\"]\nextensions:\n  chio:\n    observe: all\n",
	} {
		t.Run(name, func(t *testing.T) { playCanaries(t, name, policy) })
	}
}

func playCanaries(t *testing.T, name, policy string) {
	o := newHome(t)
	if err := os.WriteFile(filepath.Join(o.Home, "policy.yaml"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	var logged safeBuffer
	o.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	n, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := n.ServeMCP(ctx, MCPServer{Server: "files"}, nil, leakyServer()); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	awaitTools(t, n)
	callNode(t, n, carriers()[0]) // without a capability
	do[CapabilityInfo](t, n, "capability/issue", IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}})
	ended := map[string]int{}
	for i, args := range carriers() {
		a := callNode(t, n, args)
		ended[a.Ended]++
		if a.Ended != receipt.PendingApproval {
			continue
		}
		if i%2 == 0 {
			do[ApprovalInfo](t, n, "approve/deny", DecideApproval{ID: a.ApprovalID, Reason: "no"})
		} else {
			do[ApprovalInfo](t, n, "approve/grant", DecideApproval{ID: a.ApprovalID, Reason: "yes"})
		}
		ended[callNode(t, n, args).Ended]++
	}
	t.Log(name, ended)
	written := map[string][]byte{"export": wire.MustMarshal(do[Files](t, n, "export", Empty{})), "log": nil}
	if err := n.db.View(func(r store.Reader) error {
		return r.Scan("", "", func(key string, row []byte) error {
			written["row "+key] = append([]byte(key+" "), row...)
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	cancel()
	wg.Wait()
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	written["log"] = logged.bytes()
	readAll(t, o.Home, written)
	if len(written) < 10 || ended[receipt.Allow] == 0 && name != "denied" {
		t.Fatalf("%d things written, calls ended %v: the test looks at nothing", len(written), ended)
	}
	for where, data := range written {
		for i, c := range canaries() {
			if form := holds(data, c); form != "" {
				t.Errorf("canary %d is in %s, %s", i, where, form)
			}
		}
	}
}

// holds looks for a canary in plain, hexadecimal, and base64 at each of its
// three alignments.
func holds(data []byte, canary string) string {
	body := canary[4:]
	if bytes.Contains(data, []byte(body)) {
		return "plain"
	}
	if h := hex.EncodeToString([]byte(body)); bytes.Contains(data, []byte(h)) || bytes.Contains(data, []byte(strings.ToUpper(h))) {
		return "hexadecimal"
	}
	for shift := range 3 {
		inner := body[shift:]
		inner = inner[:len(inner)/3*3]
		if bytes.Contains(data, []byte(base64.StdEncoding.EncodeToString([]byte(inner)))) {
			return "base64"
		}
	}
	return ""
}

func readAll(t *testing.T, home string, into map[string][]byte) {
	t.Helper()
	err := filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		into["file "+strings.TrimPrefix(path, home)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// safeBuffer collects what several goroutines log.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]byte(nil), s.b.Bytes()...)
}

package node

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/wire"
)

// receiver is a real HTTP server that fails some times before it takes notices.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	fails int
	got   map[string]int // approval id → accepted copies
	keys  []string       // Idempotency-Key of every attempt
	took  chan string
}

func newReceiver(t *testing.T, kernel func() wire.PublicKey, fails int) *receiver {
	r := &receiver{fails: fails, got: map[string]int{}, took: make(chan string, 16)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		key := kernel()
		n, err := approval.ParseNotice(body, &key)
		if err != nil || req.Header.Get("Idempotency-Key") != n.ApprovalID {
			t.Errorf("a notice that does not verify: %v", err)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.keys = append(r.keys, n.ApprovalID)
		if r.fails > 0 {
			r.fails--
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		r.got[n.ApprovalID]++
		r.took <- n.ApprovalID
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) await(t *testing.T, id string) {
	t.Helper()
	select {
	case got := <-r.took:
		if got != id {
			t.Fatalf("told of %s, want %s", got, id)
		}
	case <-time.After(time.Minute):
		t.Fatal("not told")
	}
}

// locked is a log that several goroutines write.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestWebhookTellsAtLeastOnce(t *testing.T) {
	var key wire.PublicKey
	server := newReceiver(t, func() wire.PublicKey { return key }, 2)
	log := &locked{}
	o, _ := newConfirmingHome(t, func(c *Config) { c.Approvals.Webhook.URL = server.URL + "/hook?token=topsecret" })
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	n := openNode(t, o)
	key = n.keys.Kernel().Public()
	serve(t, n, MCPServer{Server: "files"})
	if _, err := n.issueCapability(context.Background(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}}); err != nil {
		t.Fatal(err)
	}
	hook := newApprovalWebhook(n)
	hook.first = time.Millisecond
	n.spawn(func() { hook.run(n.context()) })
	call := pendingCall(t, n, `{"path":"a.txt"}`)
	server.await(t, call.ApprovalID)
	server.mu.Lock()
	attempts := len(server.keys)
	server.mu.Unlock()
	if attempts != 3 {
		t.Fatalf("%d attempts, want two that failed and one that did not", attempts)
	}
	second := pendingCall(t, n, `{"path":"b.txt"}`)
	server.await(t, second.ApprovalID)
	if text := log.String(); strings.Contains(text, "topsecret") || !strings.Contains(text, "answered 503") {
		t.Fatalf("the log says %s", text)
	}
}

// What could not be told is told by the next process.
func TestWebhookSurvivesARestart(t *testing.T) {
	ctx := context.Background()
	var key wire.PublicKey
	server := newReceiver(t, func() wire.PublicKey { return key }, 0)
	o, _ := newConfirmingHome(t, func(c *Config) { c.Approvals.Webhook.URL = server.URL })
	n, err := Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	key = n.keys.Kernel().Public()
	serving, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	echo := newEchoServer()
	go func() { done <- n.ServeMCP(serving, MCPServer{Server: "files"}, nil, echo) }()
	awaitTools(t, n)
	if _, err := n.issueCapability(ctx, IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}}); err != nil {
		t.Fatal(err)
	}
	call := pendingCall(t, n, `{"path":"a.txt"}`)
	cancel()
	<-done
	if err := n.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	n = openNode(t, o)
	hook := newApprovalWebhook(n)
	if rest, err := hook.deliver(ctx); err != nil || rest != webhookIdle {
		t.Fatalf("rest %s, %v", rest, err)
	}
	server.await(t, call.ApprovalID)
	if _, err := hook.deliver(ctx); err != nil {
		t.Fatal(err)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.got[call.ApprovalID] != 1 {
		t.Fatalf("told %d times", server.got[call.ApprovalID])
	}
}

func TestWebhookBacksOffAndForgets(t *testing.T) {
	ctx := context.Background()
	server := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound)) // a redirect is no receipt
	defer server.Close()
	n, clock := waitingNode(t, func(c *Config) { c.Approvals.Webhook.URL = server.URL })
	call := pendingCall(t, n, `{"path":"a.txt"}`)
	hook := newApprovalWebhook(n)
	for range 3 {
		if _, err := hook.deliver(ctx); err != nil {
			t.Fatal(err)
		}
	}
	a := hook.tries[call.ApprovalID]
	if a.failed != 1 || time.Until(a.due) > webhookFirst {
		t.Fatalf("tried again before it was due: %+v", a)
	}
	for range 20 {
		hook.postpone(call.ApprovalID, io.EOF)
	}
	if wait := time.Until(hook.tries[call.ApprovalID].due); wait > webhookMost || wait < webhookMost/2 {
		t.Fatalf("waits %s", wait)
	}
	clock.advance(2 * time.Hour)
	if err := n.endExpired(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := hook.deliver(ctx); err != nil || len(hook.tries) != 0 {
		t.Fatalf("%d attempts remembered of calls that ended, %v", len(hook.tries), err)
	}
	server.Close()
	pendingCall(t, n, `{"path":"b.txt"}`)
	if _, err := hook.deliver(ctx); err != nil || len(hook.tries) != 1 {
		t.Fatalf("%v, %v", hook.tries, err)
	}
}

func TestApprovalConfigRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ doc, want string }{
		"threshold":     {"approvals: {threshold: 2}\n", "approvals.threshold"},
		"ttl":           {"approvals: {ttl_seconds: 86401}\n", "approvals.ttl_seconds"},
		"key":           {"approvals: {approvers: [{name: a, key: zz}]}\n", "approvers[0]"},
		"no key":        {"approvals: {approvers: [{name: a}]}\n", "key is missing"},
		"one name":      {"approvals: {approvers: [{name: operator}, {name: operator}]}\n", "approvers[1]"},
		"plain webhook": {"approvals: {webhook: {url: 'http://example.com:80/'}}\n", "https"},
		"odd webhook":   {"approvals: {webhook: {url: 'ftp://example.com/'}}\n", "http(s)"},
	} {
		if _, err := ParseConfig([]byte(tc.doc)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseConfig([]byte("approvals: {approvers: [{name: operator}], webhook: {url: 'https://example.com/x'}}\n")); err != nil {
		t.Error(err)
	}
}

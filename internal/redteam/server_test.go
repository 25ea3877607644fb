package redteam

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// part is what a hostile server does and what must come of one call to it.
type part struct {
	name  string
	ended []string // the receipt's verdict words that are right
	holds string   // in the content that is released
	check func(*testing.T, *world, *node.CallAnswer)
}

// answering is how long a call that must be answered may take, however busy the
// machine is.
const answering = time.Minute

// patience is the call's deadline: short where the server may never answer.
func (p *part) patience() time.Duration {
	if len(p.ended) == 1 && p.ended[0] == receipt.Allow {
		return answering
	}
	return 5 * time.Second
}

var parts = []part{
	{name: "forge", ended: []string{receipt.Allow}, holds: forgedID},
	{name: "twice", ended: []string{receipt.Allow}, holds: "first"},
	{name: "other-id", ended: []string{receipt.Incomplete, receipt.Cancelled}},
	{name: "silent", ended: []string{receipt.Incomplete, receipt.Cancelled}},
	{name: "die", ended: []string{receipt.Incomplete}},
	{name: "huge", ended: []string{receipt.Incomplete, receipt.Deny}},
	{name: "endless", ended: []string{receipt.Incomplete, receipt.Deny}},
	{name: "deep", ended: []string{receipt.Incomplete, receipt.Deny}},
	{name: "duplicate", ended: []string{receipt.Incomplete, receipt.Deny}},
	{name: "no-json", ended: []string{receipt.Incomplete, receipt.Deny}},
	{name: "flood", ended: []string{receipt.Allow}, holds: "after the flood"},
	{name: "ask", ended: []string{receipt.Allow}, check: func(t *testing.T, _ *world, a *node.CallAnswer) {
		if bytes.Contains(a.Content, []byte("granted")) {
			t.Errorf("a tool server that asks is given: %s", a.Content)
		}
	}},
	{name: "cost", ended: []string{receipt.Incomplete, receipt.Deny}},
	{name: "negative", ended: []string{receipt.Allow, receipt.Incomplete, receipt.Deny}},
	{name: "change", ended: []string{receipt.Allow}, check: func(t *testing.T, w *world, _ *node.CallAnswer) {
		if a := w.act("act2", answering); a.Ended != receipt.Deny {
			t.Errorf("a tool that appeared in mid-session: %+v", a)
		}
		if a := w.act("act", answering); a.Ended != receipt.Deny {
			t.Errorf("a tool that changed in mid-session: %+v", a)
		}
	}},
	{name: "snoop", ended: []string{receipt.Allow}, check: func(t *testing.T, w *world, a *node.CallAnswer) {
		if strings.HasPrefix(w.files.Confinement(), "none") {
			t.Logf("this kernel cannot confine (%s); the server says %s", w.files.Confinement(), a.Content)
			return
		}
		if want := `{"content":[{"text":"","type":"text"}]}`; string(a.Content) != want {
			t.Errorf("a confined server (%s) got at the home: %s", w.files.Confinement(), a.Content)
		}
	}},
	{name: "print", ended: []string{receipt.Allow}, check: func(t *testing.T, w *world, _ *node.CallAnswer) {
		poll(t, "the line is relayed", func() bool { return len(w.files.errors()) > 0 })
		for _, line := range w.files.errors() {
			if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Errorf("the operator's terminal gets %q", line)
			}
		}
	}},
}

// TestHostileServer calls a real, confined process that misbehaves. Each call
// ends in one receipt that the log holds, at no more than the price, and the
// node goes on serving others.
func TestHostileServer(t *testing.T) {
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.write("stage/.keep", "")
			w.vault = w.serve(node.MCPServer{Server: "vault", Dir: w.path("vault")}, w.path("vault"), 4, filesProgram, w.path("vault"))
			for server, tool := range map[string]string{"hostile": "*", "vault": "read_file"} {
				w.must("capability/issue", node.IssueCapability{Agent: "local", Server: server, Tools: []string{tool}, MaxTotal: &wire.MonetaryAmount{Units: 100, Currency: "USD"}}, nil)
			}
			w.files = w.serve(node.MCPServer{Server: "hostile", Prices: map[string]string{"act": "0.05 USD"}, Metered: []string{"act"}}, w.path("stage"), 0,
				hostileProgram, p.name, w.home)
			w.await("hostile", 1)
			before := w.snapshot()
			a := w.act("act", p.patience())
			w.judgeCall(t, p, a)
			if p.check != nil {
				p.check(t, w, a)
			}
			var ok node.CallAnswer
			w.must("call", node.CallRequest{Server: "vault", Tool: "read_file", Arguments: wire.Raw(`{"path":"gold.txt"}`)}, &ok)
			if s := w.status(); ok.Ended != receipt.Allow || !s.Ready {
				t.Errorf("another server's call afterwards: %+v, status %+v", ok, s)
			}
			o := &oracle{world: w, disk: before}
			o.judgeDisk()
			var b node.ReceiptBundle
			w.must("receipt/export", node.ExportReceipts{}, &b)
			o.verify(b)
			if bytes.Contains(b.Trust, []byte(forgedID)) {
				t.Error("the forged id entered the trust set")
			}
		})
	}
}

// judgeCall compares the answer with the receipt in the log.
func (w *world) judgeCall(t *testing.T, p part, a *node.CallAnswer) {
	t.Helper()
	right := false
	for _, word := range p.ended {
		right = right || a.Ended == word
	}
	if !right || a.Unlogged || a.ReceiptID == forgedID || a.Charged > 5 {
		t.Errorf("%s: want %v: %+v", p.name, p.ended, a)
	}
	if a.Ended != receipt.Allow && a.Content != nil {
		t.Errorf("%s: content of a call that was not allowed: %.200s", p.name, a.Content)
	}
	if !bytes.Contains(a.Content, []byte(p.holds)) || bytes.Contains(a.Content, []byte("second")) {
		t.Errorf("%s: content %.300s", p.name, a.Content)
	}
	var row node.ReceiptRow
	w.must("receipt/show", node.ByID{ID: a.ReceiptID}, &row)
	if row.Verdict != a.Ended || row.Charged > 5 {
		t.Errorf("%s: the log says %+v, the caller was told %+v", p.name, row, a)
	}
	if _, err := w.node.Call(context.Background(), "receipt/show", wire.MustMarshal(node.ByID{ID: forgedID})); err == nil {
		t.Errorf("%s: the forged receipt is in the log", p.name)
	}
}

// act calls the hostile server, and gives up on an answer after a while.
func (w *world) act(tool string, patience time.Duration) *node.CallAnswer {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	doc, err := w.node.Call(ctx, "call", wire.MustMarshal(node.CallRequest{Server: "hostile", Tool: tool, Arguments: wire.Raw(`{"path":"x"}`)}))
	var a node.CallAnswer
	if err == nil {
		err = wire.Unmarshal(doc, &a, wire.BundleLimits)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return &a
}

package redteam

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// door is one way to knock at the node that is not /agent/call.
type door struct {
	name   string
	method string
	path   string
	header map[string]string
	body   string
}

// doors are the operator's operations asked for without being the operator.
func doors(rng *rand.Rand, token string) []door {
	issue := `{"agent":"owned","server":"files","tools":["*"]}`
	var out []door
	for _, op := range []string{"status", "capability/issue", "call", "approve/grant", "stop/clear", "export", "agent/prove", "key/prove", "receipt/export", "passport/issue", "mcp/attach", "settle/run"} {
		for name, auth := range map[string]string{
			"no token": "", "empty": "Bearer ", "guess": "Bearer " + nonce(rng) + nonce(rng), "half": "Bearer " + token[:len(token)/2], "longer": "Bearer " + token + "0",
			"basic": "Basic " + token, "bare": token, "space": "Bearer  " + token, "lower": "bearer " + token, "upper": "Bearer " + strings.ToUpper(token) + "x",
		} {
			out = append(out, door{name: op + " " + name, method: http.MethodPost, path: "/v1/" + op, header: map[string]string{"Authorization": auth}, body: issue})
		}
		out = append(out,
			door{name: op + " in the query", method: http.MethodPost, path: "/v1/" + op + "?token=" + token + "&access_token=" + token, body: issue},
			door{name: op + " on the agents' path", method: http.MethodPost, path: "/agent/" + op, body: issue},
			door{name: op + " around the agents' path", method: http.MethodPost, path: "/agent/call/../../v1/" + op, body: issue},
			door{name: op + " encoded", method: http.MethodPost, path: "/agent/%2e%2e/v1/" + op, body: issue},
			door{name: op + " with two slashes", method: http.MethodPost, path: "//v1/" + op, body: issue},
			door{name: op + " by GET", method: http.MethodGet, path: "/v1/" + op},
			door{name: op + " from a web page", method: http.MethodPost, path: "/v1/" + op, header: map[string]string{"Authorization": "Bearer " + token, "Origin": "http://evil.example"}, body: issue},
			door{name: op + " by another name", method: http.MethodPost, path: "/v1/" + op, header: map[string]string{"Authorization": "Bearer " + token, "Host": "evil.example"}, body: issue})
	}
	return append(out,
		door{name: "a capability for nothing", method: http.MethodPost, path: "/agent/capability", body: `{"request":null,"passport_file":{}}`},
		door{name: "a huge body", method: http.MethodPost, path: "/agent/call", body: `{"arguments":"` + strings.Repeat("A", wire.ForeignLimits.Bytes) + `"}`},
		door{name: "a deep body", method: http.MethodPost, path: "/agent/approval", body: strings.Repeat("[", 8000)})
}

// TestOperatorsDoorsStayShut: without the operator's token nothing of the
// operator's is done, over TCP and over the Unix socket, and no approval but an
// approver's counts.
func TestOperatorsDoorsStayShut(t *testing.T) {
	w := newWorld(t)
	w.files = w.serve(node.MCPServer{Server: "files", Dir: w.path("workspace")}, w.path("workspace"), 4, filesProgram, w.path("workspace"))
	rng := rand.New(rand.NewPCG(seed, 99))
	c := w.newCast(rng)
	asked := w.ends(c.aim(rng, w, c.owned, c.owned.chain["erase"], "files", "delete_file", `{"path":"public/doomed/1"}`).signed().bytes(), "pending_approval")
	var request node.ApprovalInfo
	w.must("approve/show", node.ByID{ID: asked.ApprovalID}, &request)
	o := w.watch()
	token, err := os.ReadFile(filepath.Join(w.home, "api.token"))
	if err != nil {
		t.Fatal(err)
	}
	socket := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(w.home, "node.sock"))
	}}}
	tried := append(doors(rng, strings.TrimSpace(string(token))), w.selfApprovals(c, &request)...)
	for _, d := range tried {
		for network, client := range map[string]*http.Client{"tcp": http.DefaultClient, "unix": socket} {
			if status := w.knock(client, d); status == http.StatusOK || status == http.StatusSwitchingProtocols || status >= 500 {
				t.Errorf("%s over %s: status %d", d.name, network, status)
			}
		}
	}
	w.must("approve/show", node.ByID{ID: asked.ApprovalID}, &request)
	if len(request.Votes) != 0 || !request.Open() {
		t.Errorf("somebody else's decision was counted: %+v", request)
	}
	if got := w.status().Receipts; got != o.size {
		t.Errorf("doors made %d receipts", got-o.size)
	}
	if n := len(w.files.effects()); n != 0 {
		t.Errorf("a tool was called: %v", w.files.effects())
	}
	o.judgeDisk()
}

// selfApprovals are decisions about the owned agent's own request, by anybody
// but an approver.
func (w *world) selfApprovals(c *cast, q *node.ApprovalInfo) []door {
	w.t.Helper()
	var out []door
	for name, key := range map[string]*wire.Key{"itself": c.owned.key, "the victim": c.victim.key, "a stranger": c.stranger} {
		now := w.now().Unix()
		e, err := approval.SignToken(approval.Token{ApprovalID: q.ApprovalID, RequestSHA256: q.RequestSHA256, Decision: approval.Approved, IssuedAt: now, ExpiresAt: now + 600}, key)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, door{name: "approval by " + name, method: http.MethodPost, path: "/agent/approval", body: string(e.Bytes())})
		var approver wire.PublicKey
		var list node.ApprovalList
		w.must("approve/list", node.ListApprovals{}, &list)
		approver = list.Approvers[0].Key
		posing := bytes.ReplaceAll(e.Bytes(), []byte(key.Public().String()), []byte(approver.String()))
		out = append(out, door{name: "approval by " + name + " posing as the operator", method: http.MethodPost, path: "/agent/approval", body: string(posing)})
	}
	return out
}

func (w *world) knock(client *http.Client, d door) int {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), d.method, w.api+d.path, strings.NewReader(d.body))
	if err != nil {
		w.t.Fatal(err)
	}
	for name, value := range d.header {
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0 // hung up on
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body) // only the status matters
	return res.StatusCode
}

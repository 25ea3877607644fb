package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// clientName is how this node introduces itself to a tool server when no
// client is attached.
const (
	clientName    = "chio-node"
	clientVersion = "0.1.0"
)

// MCPServer is one tool server to mediate.
type MCPServer struct {
	Server string            `json:"server"`           // its name here and to peers
	Agent  string            `json:"agent"`            // the caller on the attached client's side
	Policy *ServerPolicy     `json:"policy,omitzero"`  // enforced besides the node's own
	Prices map[string]string `json:"prices,omitempty"` // tool → "0.03 USD"
	// Metered are the keys of Prices whose tools report what a call cost; the
	// price is then the most it may cost.
	Metered []string `json:"metered,omitempty"`
	Client  bool     `json:"client"` // a client is attached
	// Confinement says what the operating system keeps the server from, as
	// whoever started it reports; see mcp.Process.
	Confinement string `json:"confinement,omitempty"`
	// Dir is where the server runs, absolute: relative paths in arguments begin
	// there. With it the path constraints of capabilities follow symbolic links.
	Dir string `json:"dir,omitempty"`
	// Roots are the directories that every call of the server stays in, absolute
	// and free of links; nil confines nothing.
	Roots []string `json:"roots,omitzero"`
	// Shapes say what tools do, by name; see LoadManifest.
	Shapes map[string]kernel.Shape `json:"shapes,omitempty"`
	// Origin is where the attached client's requests come from; the policy's
	// origins extension looks at it. Calls through other edges have none.
	Origin *kernel.Surface `json:"origin,omitzero"`
	// Certification is what the server must have before it serves; nil asks for
	// nothing.
	Certification *RequireCertification `json:"certification,omitzero"`
}

// ServeMCP mediates one tool server until its stream ends, the client closes
// its side, or ctx ends. client is nil when nobody local calls: the server's
// tools are then for peers and for the API. When it returns, the tools deny.
func (n *Node) ServeMCP(ctx context.Context, s MCPServer, client io.ReadWriter, server io.ReadWriteCloser) error {
	if err := n.ensureRecovered(ctx); err != nil {
		return err
	}
	if s.Agent == "" {
		s.Agent = localAgent
	}
	own, err := n.serverPolicy(&s)
	if err != nil {
		return err
	}
	costs, metered, err := n.priceList(&s)
	if err != nil {
		return err
	}
	up, err := mcp.NewUpstream(server, mcp.UpstreamConfig{Server: s.Server, ClientName: clientName, ClientVersion: clientVersion,
		ToolsChanged: func(c mcp.ToolsChange) {
			n.log.Warn("a tool server changed its list; new and changed tools stay denied", slog.String("server", s.Server), slog.Any("change", c))
		}})
	if err != nil {
		return err
	}
	defer func() { _ = up.Close() }() // the stream's own end is what is reported
	if err := n.requireCertification(ctx, &s, up); err != nil {
		return err
	}
	detach, err := n.tools.attach(&toolServer{name: s.Server, tools: &mcpSource{up: up}, prices: costs, metered: metered, policy: own, confinement: s.Confinement,
		resolve: resolverIn(s.Dir), roots: s.Roots, shapes: s.Shapes})
	if err != nil {
		return &Problem{Code: "CHIO-MCP-SERVER-TAKEN", Message: err.Error(), Hint: "choose another --server-id", Exit: ExitFailure}
	}
	defer detach()
	if client == nil {
		return n.serveHeadless(ctx, s, up)
	}
	caller, err := n.newMCPCaller(ctx, s)
	if err != nil {
		return err
	}
	edge, err := mcp.NewEdge(mcp.EdgeConfig{Server: s.Server, Caller: caller, Upstream: up})
	if err != nil {
		return err
	}
	return edge.Serve(ctx, client)
}

func (n *Node) serveHeadless(ctx context.Context, s MCPServer, up *mcp.Upstream) error {
	if err := up.Initialize(ctx); err != nil {
		return fmt.Errorf("start the tool server %s: %w", s.Server, err)
	}
	if err := up.Ready(ctx); err != nil {
		return fmt.Errorf("list the tools of %s: %w", s.Server, err)
	}
	select {
	case <-ctx.Done():
		return nil
	case <-up.Done():
		return up.Err()
	}
}

// serverPolicy compiles a policy that `mcp serve` brought along.
func (n *Node) serverPolicy(s *MCPServer) (*policy.Compiled, error) {
	if s.Policy == nil {
		return nil, nil
	}
	o := n.policy.loader.options
	o.Panic, o.PostureScope = nil, s.Server // the node's own policy asked about panic already
	c, err := s.Policy.compile(o)
	if err != nil {
		return nil, err
	}
	if len(c.Observed) > 0 {
		n.log.Warn("the policy of a tool server only observes: what these guards would deny is allowed",
			slog.String("server", s.Server), slog.Any("guards", c.Observed))
	}
	return c, nil
}

// mcpCaller is the authority behind an unmodified MCP client: the node holds
// the agent's key and signs for it, because the client's process owns the
// session. Receipts say custodial.
type mcpCaller struct {
	n      *Node
	agent  string
	server string
	scope  capability.Scope
	// session is this attachment's journal: it ends with the client.
	session string
	origin  *kernel.Surface
}

// newMCPCaller makes sure the agent exists and has a capability on the server:
// on first use one is issued for what the policy's tool_access names.
func (n *Node) newMCPCaller(ctx context.Context, s MCPServer) (*mcpCaller, error) {
	key, err := n.ensureAgent(ctx, s.Agent)
	if err != nil {
		return nil, err
	}
	session, err := n.newID()
	if err != nil {
		return nil, err
	}
	held, err := n.held.forAgent(n.db, key)
	if err != nil {
		return nil, err
	}
	now := n.now()
	for i := len(held) - 1; i >= 0; i-- {
		c := held[i]
		if c.Chain[0].Issuer != n.keys.Kernel().Public() || !mentions(c.Leaf().Scope, s.Server) || c.Leaf().ExpiresAt <= now+mcpRenewSeconds {
			continue
		}
		// Revoked or not, it is what the operator decided about this agent.
		return &mcpCaller{n: n, agent: s.Agent, server: s.Server, scope: c.Leaf().Scope, session: session, origin: s.Origin}, nil
	}
	passport, err := n.activePassport(s.Agent)
	if err != nil {
		return nil, err
	}
	c, err := n.issueLocal(ctx, authority.Request{Subject: key, TTLSeconds: mcpCapabilityTTLSeconds, Passport: passport,
		Scope: onServer(n.policy.compiled().Scope, s.Server)})
	if err != nil {
		return nil, fmt.Errorf("give %s a capability on %s: %w", s.Agent, s.Server, err)
	}
	return &mcpCaller{n: n, agent: s.Agent, server: s.Server, scope: c.Leaf().Scope, session: session, origin: s.Origin}, nil
}

const (
	mcpCapabilityTTLSeconds = 30 * 24 * 3600
	mcpRenewSeconds         = 24 * 3600
)

// onServer narrows a policy's default scope to one server.
func onServer(s capability.Scope, server string) capability.Scope {
	out := capability.Scope{Grants: make([]capability.ToolGrant, len(s.Grants))}
	for i, g := range s.Grants {
		g.ServerID, g.Operations = server, []capability.Operation{capability.Invoke}
		out.Grants[i] = g
	}
	return out
}

// NewMandate implements mcp.Caller.
func (c *mcpCaller) NewMandate(ctx context.Context, server, tool string, args wire.Raw) (*kernel.Mandate, error) {
	m, err := c.n.mandate(ctx, call{Agent: c.agent, Server: server, Tool: tool, Args: args, Edge: "mcp", Session: c.session})
	if m != nil {
		m.Surface = c.origin
	}
	return m, err
}

// Mediate implements mcp.Caller.
func (c *mcpCaller) Mediate(ctx context.Context, m *kernel.Mandate) kernel.Outcome {
	return c.n.kernel.Mediate(ctx, m)
}

// Refuse implements mcp.Caller: the method stands where a tool's name would.
func (c *mcpCaller) Refuse(ctx context.Context, server, method string, params wire.Raw, d *kernel.Denial) kernel.Outcome {
	id, err := c.n.newID()
	if err != nil {
		id = ""
	}
	if len(params) == 0 {
		params = wire.Raw(`{}`)
	}
	return c.n.kernel.Refuse(ctx, &kernel.Mandate{CallID: id, Server: server, Tool: method, Operation: capability.Invoke, Arguments: params, Edge: "mcp"}, d)
}

// Visible implements mcp.Caller.
func (c *mcpCaller) Visible(tool string) bool {
	for _, g := range c.scope.Grants {
		if g.ToolName == "*" || g.ToolName == tool {
			return true
		}
	}
	return false
}

// attach serves one side of an MCP server that another process owns. The two
// sides of one session arrive as two connections with the same session id.
func (n *Node) attach(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(wire.DocumentLimits.Bytes)))
	var header AttachHeader
	if err == nil {
		err = wire.Unmarshal(body, &header, wire.DocumentLimits)
	}
	if err != nil || r.Header.Get("Upgrade") != attachProtocol {
		http.Error(w, fmt.Sprintf("attach: %v", err), http.StatusBadRequest)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	stream := &bufferedConn{Conn: conn, r: buffered.Reader}
	if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+attachProtocol+"\r\n\r\n"); err != nil {
		_ = conn.Close()
		return
	}
	session, complete, err := n.attachments.join(header, stream)
	if err != nil {
		n.log.Warn("mcp attach refused", slog.Any("error", err))
		_ = conn.Close()
		return
	}
	if !complete {
		return // the other side's connection goes on with both
	}
	serving := n.spawn(func() {
		defer session.close()
		var client io.ReadWriter
		if session.client != nil {
			client = session.client
		}
		if err := n.ServeMCP(n.context(), header.MCPServer, client, session.server); err != nil && !errors.Is(err, context.Canceled) {
			n.log.Warn("mcp session ended", slog.String("server", header.Server), slog.Any("error", err))
			n.attachments.ended(header.Session, err)
		}
	})
	if !serving {
		session.close()
	}
}

// AttachHeader is the first thing said on an attached connection.
type AttachHeader struct {
	MCPServer
	Session string `json:"session"` // same on both sides
	Side    string `json:"side"`    // server | client
}

// attachments pairs the connections of one session.
type attachments struct {
	mu      sync.Mutex
	waiting map[string]*attachment
	endings []ending // the newest, oldest first
}

type attachment struct{ server, client io.ReadWriteCloser }

func (a *attachment) close() {
	for _, side := range []io.ReadWriteCloser{a.server, a.client} {
		if side != nil {
			_ = side.Close() // both ends are going away; there is nobody to tell
		}
	}
}

// The bounds of sessions of which one side has not come yet.
const (
	maxWaiting    = 64
	attachTimeout = 30 * time.Second
)

// abandon closes a session whose other side never came.
func (t *attachments) abandon(session string, a *attachment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting[session] != a {
		return
	}
	delete(t.waiting, session)
	a.close()
}

func (t *attachments) join(h AttachHeader, stream io.ReadWriteCloser) (a *attachment, complete bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting == nil {
		t.waiting = make(map[string]*attachment)
	}
	a = t.waiting[h.Session]
	if a == nil {
		if len(t.waiting) >= maxWaiting {
			return nil, false, errors.New("too many half-attached sessions")
		}
		a = &attachment{}
		t.waiting[h.Session] = a
		time.AfterFunc(attachTimeout, func() { t.abandon(h.Session, a) })
	}
	switch {
	case h.Side == "server" && a.server == nil:
		a.server = stream
	case h.Side == "client" && a.client == nil && h.Client:
		a.client = stream
	default:
		return nil, false, fmt.Errorf("session already has a %.20q side", h.Side)
	}
	if a.server == nil || h.Client && a.client == nil {
		return a, false, nil
	}
	delete(t.waiting, h.Session)
	return a, true, nil
}

// bufferedConn reads what the HTTP server had already read ahead.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *bufferedConn) Read(b []byte) (int, error) { return c.r.Read(b) }

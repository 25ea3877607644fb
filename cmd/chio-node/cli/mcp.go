package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) mcpCmd() *cobra.Command {
	c := &cobra.Command{Use: "mcp", Short: "put the kernel between an MCP client and a tool server"}
	var f serveFlags
	serve := &cobra.Command{Use: "serve --server-id NAME -- COMMAND [ARG…]", Short: "mediate a stdio MCP server",
		Long: "Runs COMMAND confined and mediates every call to it. Standard input and output speak MCP to the\n" +
			"client that started this; with --headless there is none, and the tools are for peers and the API.\n" +
			"Attaches to the node that is up in the home, or runs one in this process.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.mcpServe(cmd.Context(), f, args) }}
	serve.Flags().StringVar(&f.server, "server-id", "", "what the server is called here and at peers")
	serve.Flags().StringVar(&f.policy, "policy", "", "HushSpec file enforced besides the node's own policy")
	serve.Flags().StringSliceVar(&f.observe, "observe", nil, "guards of --policy that only record what they would deny: names, or all (repeatable)")
	serve.Flags().StringVar(&f.manifest, "manifest", "", "what the tools do: tools: {NAME: {action: file_read, paths: [/path]}}")
	serve.Flags().StringArrayVar(&f.roots, "root", nil, "directory that every call stays in (repeatable)")
	serve.Flags().StringSliceVar(&f.origin, "origin", nil, "where the client's requests come from, for the policy's origins: provider=slack,space_id=C1,…")
	serve.Flags().StringVar(&f.prices, "prices", "", "price list: prices: {tool: 0.03 USD, other: {max: 0.05 USD, metered: true}}")
	serve.Flags().StringVar(&f.agent, "agent", "local", "the agent the client acts as")
	serve.Flags().StringVar(&f.dir, "dir", "", "working directory of COMMAND (default this one)")
	serve.Flags().StringSliceVar(&f.env, "env", nil, "environment variables COMMAND inherits, by name (repeatable)")
	serve.Flags().StringVar(&f.confine, "confine", string(mcp.ConfineHome), "what COMMAND may open: home (all but the node's home), workspace-only, none")
	serve.Flags().StringSliceVar(&f.read, "allow-read", nil, "with workspace-only: further files or folders COMMAND may read (repeatable)")
	serve.Flags().BoolVar(&f.require, "require-confinement", false, "do not start where the system cannot confine COMMAND")
	serve.Flags().StringVar(&f.certified, "require-certification", "", "do not serve COMMAND unless its tools are certified: bronze, silver or gold")
	serve.Flags().StringSliceVar(&f.certifiers, "certifier", nil, "with it: whose certifications count (default those of the configuration and this organisation; repeatable)")
	serve.Flags().BoolVar(&f.headless, "headless", false, "no client on standard input")
	_ = serve.MarkFlagRequired("server-id") // the flag exists: it is defined above
	// What follows COMMAND is COMMAND's, also for clients that swallow the "--".
	serve.Flags().SetInterspersed(false)
	c.AddCommand(serve)
	return c
}

type serveFlags struct {
	server, policy, prices, agent, dir string
	manifest                           string
	roots, origin                      []string
	env, read, observe                 []string
	confine, certified                 string
	certifiers                         []string
	headless, require                  bool
}

func (a *app) mcpServe(ctx context.Context, f serveFlags, command []string) error {
	s := node.MCPServer{Server: f.server, Agent: f.agent, Client: !f.headless}
	var err error
	if s.Prices, s.Metered, err = node.LoadPrices(f.prices); err != nil {
		return err
	}
	if err := a.serverRules(&s, f); err != nil {
		return err
	}
	if f.dir == "" {
		if f.dir, err = os.Getwd(); err != nil {
			return err
		}
	}
	if s.Dir, err = filepath.Abs(f.dir); err != nil {
		return err
	}
	if s.Roots, err = rootsOf(f.roots); err != nil {
		return err
	}
	if s.Certification, err = certificationOf(f, command); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	signals, ignore := a.Signals()
	defer ignore()
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	client, err := node.Dial(a.home)
	if err == nil {
		return a.serveAttached(ctx, client, s, f, command)
	}
	if !errors.Is(err, node.ErrNotRunning) {
		return err
	}
	return a.serveInProcess(ctx, s, f, command)
}

// child starts the tool server. It never sees the node's home or secrets: its
// environment is scrubbed and its home is an empty folder.
func (a *app) child(f serveFlags, command []string) (*mcp.Process, error) {
	self, err := a.Self()
	if err != nil {
		return nil, err
	}
	confine := mcp.Confinement{Mode: mcp.ConfineMode(f.confine), Hide: []string{a.home}, Read: f.read, Require: f.require,
		Self: append(slices.Clone(self), confinedVerb)}
	p, err := mcp.StartProcess(mcp.ProcessConfig{Command: command, Dir: f.dir, Environ: a.Environ(), Inherit: f.env, Now: a.Now, Confine: confine,
		Stderr: func(line string) { fmt.Fprintf(a.Stderr, "%s: %s\n", f.server, line) },
		Warn:   func(message string) { a.warn("%s", message) }})
	if err != nil {
		return nil, startProblem(err)
	}
	return p, nil
}

func startProblem(err error) error {
	p := &node.Problem{Code: "CHIO-MCP-START", Message: err.Error(), Exit: node.ExitFailure, Hint: "run the command by itself to see what it needs"}
	switch {
	case errors.Is(err, mcp.ErrConfineUnavailable):
		p.Code, p.Hint = mcp.CodeConfineUnavailable, "run it on a Linux kernel with Landlock, or without --require-confinement as another user or in a container"
	case errors.Is(err, mcp.ErrConfine):
		p.Code, p.Hint = "CHIO-CONFINE", "see --confine, --dir and --allow-read in chio-node mcp serve --help"
	}
	return p
}

// confinedVerb is the hidden first argument by which this program becomes the
// confining stage of a tool server.
const confinedVerb = "confined-stage"

// serveInProcess runs a node in this process, creating the home if there is
// none: `mcp serve` works as the very first command.
func (a *app) serveInProcess(ctx context.Context, s node.MCPServer, f serveFlags, command []string) (err error) {
	pass, err := a.passphrase(false)
	if err != nil {
		return err
	}
	if !node.Exists(a.home) {
		info, err := node.Init(ctx, a.options(pass))
		if err != nil {
			return err
		}
		a.warn("created %s for %s", a.home, info.DID)
		if !info.Sealed {
			a.warn("its keys are in a file only you can read, without a passphrase; set CHIO_PASSPHRASE before the first start to seal them")
		}
	}
	n, err := node.Open(ctx, a.options(pass))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Stop(context.WithoutCancel(ctx))) }()
	child, err := a.child(f, command)
	if err != nil {
		return err
	}
	s.Confinement = child.Confinement()
	defer func() { _ = child.Close() }() // how it ended is in the session's error
	return ended(n.ServeMCP(ctx, s, a.clientStream(f), child))
}

// ended turns the client's or the operator's leaving into a normal end.
func ended(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (a *app) clientStream(f serveFlags) io.ReadWriter {
	if f.headless {
		return nil
	}
	return struct {
		io.Reader
		io.Writer
	}{a.Stdin, a.Stdout}
}

// serveAttached lends the child and the client to the running node: this
// process owns both and only carries bytes.
func (a *app) serveAttached(ctx context.Context, c *node.Client, s node.MCPServer, f serveFlags, command []string) error {
	session, err := wire.NewUUIDv7(a.Now().UnixMilli(), a.Rand)
	if err != nil {
		return err
	}
	child, err := a.child(f, command)
	if err != nil {
		return err
	}
	s.Confinement = child.Confinement()
	defer func() { _ = child.Close() }() // it ends with us whatever it says
	up, upReader, err := c.Attach(ctx, node.AttachHeader{MCPServer: s, Session: session, Side: "server"})
	if err != nil {
		return err
	}
	pipes := []pipe{{up, upReader, child, child}}
	if !f.headless {
		down, downReader, err := c.Attach(ctx, node.AttachHeader{MCPServer: s, Session: session, Side: "client"})
		if err != nil {
			return errors.Join(err, up.Close())
		}
		pipes = append(pipes, pipe{down, downReader, a.Stdin, a.Stdout})
	}
	err = carry(ctx, pipes)
	// The connection carries frames only: why the node ended it is asked for.
	why := a.call(context.WithoutCancel(ctx), "mcp/ending", node.MCPSession{Session: session}, new(node.Empty))
	var p *node.Problem
	if errors.As(why, &p) {
		return why
	}
	return err
}

// pipe joins a connection to the node with a local reader and writer.
type pipe struct {
	conn     net.Conn
	fromNode *bufio.Reader
	local    io.Reader
	out      io.Writer
}

// carry copies until the node closes a connection, a local side ends, or ctx
// does. The end of the client's input is passed on, so that answers in flight
// still arrive.
func carry(ctx context.Context, pipes []pipe) error {
	ended := make(chan error, 2*len(pipes))
	for _, p := range pipes {
		go func() {
			_, err := io.Copy(p.out, p.fromNode)
			ended <- err
		}()
		go func() {
			if _, err := io.Copy(p.conn, p.local); err != nil {
				ended <- err
				return
			}
			if half, ok := p.conn.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite() // the other direction reports what matters
			}
		}()
	}
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	for _, p := range pipes {
		_ = p.conn.Close()
	}
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

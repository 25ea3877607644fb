package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/node"
)

func stepInit(ctx context.Context, w *world, d *detail) error {
	for _, o := range w.orgs() {
		if err := o.init(ctx); err != nil {
			return err
		}
	}
	if err := w.startChain(ctx); err != nil {
		return err
	}
	if err := w.configure(); err != nil {
		return err
	}
	for _, o := range w.orgs() {
		if err := o.start(ctx); err != nil {
			return err
		}
		name := strings.ToLower(o.name)
		d.add(name+"_did", o.did)
		d.add(name+"_peer", o.ready.Peer)
		d.add(name+"_kernel_key", o.status.KernelKey.String())
	}
	if w.acme.did == w.globex.did || w.acme.status.KernelKey == w.globex.status.KernelKey || w.acme.status.LogID == w.globex.status.LogID {
		return errors.New("the two organisations are not two")
	}
	return nil
}

func stepPassport(ctx context.Context, w *world, d *detail) error {
	p, err := ask[node.IssuedPassport](ctx, w.acme, "passport/issue", node.IssuePassport{Agent: researcher, Roles: []string{"reader"}})
	if err != nil {
		return err
	}
	w.passport = p.Passport
	d.add("id", p.Passport.ID)
	d.add("agent_did", p.Passport.AgentDID)
	d.add("valid_until", p.Passport.ValidUntil)
	if w.researcher, err = agentKey(p.Passport.AgentDID); err != nil {
		return err
	}
	if p.Passport.Status != "active" {
		return fmt.Errorf("the new passport is %s", p.Passport.Status)
	}
	return nil
}

func stepWrap(ctx context.Context, w *world, d *detail) error {
	root := filepath.Join(w.dir, "workspace")
	for path, content := range workspace() {
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
			return fmt.Errorf("make the workspace: %w", err)
		}
	}
	if err := w.attach(ctx); err != nil {
		return err
	}
	d.add("server", serverName)
	d.add("process", w.tools.child.Pid())
	names := slices.Clone(w.globex.status.Servers[0].Tools)
	slices.Sort(names)
	d.add("tools", strings.Join(names, ", "))
	d.add("prices", priceList)
	if len(names) != 4 {
		return fmt.Errorf("the file server has %d tools, want 4", len(names))
	}
	return nil
}

// attached is a tool server's process and the session that mediates it.
type attached struct {
	child  *mcp.Process
	cancel context.CancelFunc
	ended  chan error
}

// attach starts the file server as a child process and serves it through
// Globex's node, for peers and the API. It returns when its tools are listed.
func (w *world) attach(ctx context.Context) error {
	root := filepath.Join(w.dir, "workspace")
	log := w.log.With(slog.String("server", serverName))
	child, err := mcp.StartProcess(mcp.ProcessConfig{Command: []string{w.self, asFileServer, root}, Dir: root, Environ: os.Environ(),
		Confine: mcp.Confinement{Mode: mcp.ConfineHome, Hide: []string{w.acme.home, w.globex.home}, Self: []string{w.self, asConfined}},
		TempDir: w.dir, Now: time.Now, Stderr: func(line string) { log.Info(line) }, Warn: func(m string) { log.Warn(m) }})
	if err != nil {
		return err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &attached{child: child, cancel: cancel, ended: make(chan error, 1)}
	n := w.globex.node
	go func() {
		a.ended <- n.ServeMCP(life, node.MCPServer{Server: serverName, Prices: priceList, Confinement: child.Confinement()}, nil, child)
	}()
	w.tools = a
	return until(ctx, "the file server's tools", func() (bool, string, error) {
		select {
		case err := <-a.ended:
			a.ended <- err
			return false, "", fmt.Errorf("the file server ended before it was ready: %w", err)
		default:
		}
		if err := w.globex.look(ctx); err != nil {
			return false, "", err
		}
		s := w.globex.status.Servers
		return len(s) == 1 && len(s[0].Tools) > 0, "not listed", nil
	})
}

// stop ends the session, then the process.
func (a *attached) stop() error {
	a.cancel()
	select {
	case err := <-a.ended:
		a.ended <- err
	case <-time.After(stopLimit):
		return errors.Join(errors.New("the file server's session did not end"), a.child.Close())
	}
	_ = a.child.Close() // it is told to end while it may be reading: how it ends does not matter
	return nil
}

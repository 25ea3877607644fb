//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// org is one organisation: a home, and the processes that run in it.
type org struct {
	n    int
	name string
	home string
	dir  string // of all of them
	bin  string
	self string // this program
	in   *space

	ready node.Ready

	mu        sync.Mutex // guards what follows; held while it is restarted
	up, tools *exec.Cmd
	log       *os.File
}

// terms let everything cross and price it; nothing is paid during a run, so
// what both sides owe is what they counted.
const terms = `ingress:
  tool_access:
    default: allow
` + otherTerms

// tighter is terms without the free tool.
const tighter = `ingress:
  tool_access:
    block: [` + free + `]
    default: allow
` + otherTerms

const otherTerms = `egress:
  tool_access:
    default: allow
money:
  currency: USD
  settle_currency: USD
  credit_minor: 10000000
  max_unvouchered_minor: 10000000
settlement:
  chain_id: "eip155:31337"
  token: "0x0000000000000000000000000000000000000001"
  channel_contract: "0x0000000000000000000000000000000000000002"
`

const prices = "prices:\n  append: 0.03 USD\n"

// initialise makes the home and what its operator writes.
func (o *org) initialise() error {
	if out, err := o.command("init", "--name", o.name).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: init: %w: %s", o.name, err, out)
	}
	for path, content := range map[string]string{
		filepath.Join(o.home, "chio-node.yaml"): "name: " + o.name + "\nfederation:\n  sync_interval_seconds: 1\n",
		filepath.Join(o.home, "terms.yaml"):     terms,
		filepath.Join(o.dir, "prices.yaml"):     prices,
		o.marks():                               "",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
	}
	var err error
	o.log, err = os.Create(filepath.Join(o.dir, o.name+".log"))
	return err
}

// marks is where the organisation's tools write.
func (o *org) marks() string { return filepath.Join(o.dir, o.name+".marks") }

// command is a verb in the organisation's home.
func (o *org) command(args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(o.bin, "chio-node"), args...)
	c.Dir, c.Env = o.dir, append(os.Environ(), "CHIO_HOME="+o.home)
	return c
}

// start runs the node in its namespace, and its tools; it returns once peers
// can be served.
func (o *org) start(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	up := o.command("up", "--json", "--p2p", "/ip4/"+o.in.ip+"/udp/4001/quic-v1", "--p2p", "/ip4/"+o.in.ip+"/tcp/4001")
	up.Args = append([]string{"ip", "netns", "exec", o.in.name, up.Path}, up.Args[1:]...)
	var err error
	if up.Path, err = exec.LookPath("ip"); err != nil {
		return err
	}
	up.Stderr = o.log
	out, err := up.StdoutPipe()
	if err != nil {
		return err
	}
	if err := up.Start(); err != nil {
		return err
	}
	o.up = up
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = wire.Unmarshal(bytes.TrimSpace(line), &o.ready, wire.DocumentLimits)
	}
	if err != nil {
		return fmt.Errorf("%s did not come up: %w", o.name, err)
	}
	return o.serve(ctx)
}

// serve runs the tools; o.mu is held.
func (o *org) serve(ctx context.Context) error {
	o.tools = o.command("mcp", "serve", "--headless", "--server-id", server, "--prices", filepath.Join(o.dir, "prices.yaml"),
		"--", o.self, "-tool", o.marks())
	o.tools.Stderr = o.log
	if err := o.tools.Start(); err != nil {
		return err
	}
	return until(ctx, 30*time.Second, o.name+" serves its tools", func() error {
		var s node.Status
		if err := o.ask(ctx, "status", node.Empty{}, &s); err != nil {
			return err
		}
		if len(s.Servers) != 1 || len(s.Servers[0].Tools) != 2 {
			return fmt.Errorf("servers: %+v", s.Servers)
		}
		return nil
	})
}

// kill ends the node as a power cut does. Its tools end when they notice.
func (o *org) kill() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.end(syscall.SIGKILL)
}

// stop ends the node as its operator does.
func (o *org) stop() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.end(syscall.SIGINT)
}

// end signals the node and waits for it and its tools; o.mu is held.
func (o *org) end(signal syscall.Signal) error {
	if o.up == nil {
		return nil
	}
	_ = o.up.Process.Signal(signal) // it may have ended by itself
	err := o.up.Wait()
	if o.tools != nil {
		grace := time.AfterFunc(10*time.Second, func() { _ = o.tools.Process.Kill() })
		_ = o.tools.Wait() // it lost its node
		grace.Stop()
	}
	o.up, o.tools = nil, nil
	return err
}

// ask runs one operation of the running node. The socket is a file, so no
// namespace is in the way.
func (o *org) ask(ctx context.Context, op string, req, res any) error {
	c, err := node.Dial(o.home)
	if err != nil {
		return err
	}
	answer, err := c.Call(ctx, op, wire.MustMarshal(req))
	if err != nil || res == nil {
		return err
	}
	return wire.Unmarshal(answer, res, wire.BundleLimits)
}

// verb runs a verb that must succeed.
func (o *org) verb(args ...string) error {
	if out, err := o.command(args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: chio-node %q: %w: %s", o.name, args, err, bytes.TrimSpace(out))
	}
	return nil
}

// until polls until check is nil.
func until(ctx context.Context, patience time.Duration, what string, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s: not within %s: %w", what, patience, err), context.Cause(ctx))
		case <-tick.C:
		}
	}
}

package trade

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// org is one organisation: a home, and the processes that run in it.
type org struct {
	name  string
	home  string
	dir   string // of everything
	peer  *org
	ready node.Ready
	keys  node.Status // as init said

	mu        sync.Mutex // guards what follows; held while it is restarted
	up, tools *exec.Cmd
	log       *os.File
	listen    string
}

// patience bounds every wait.
const patience = time.Minute

// command is a verb in the organisation's home.
func (o *org) command(args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(o.dir, nodeProgram), args...)
	c.Dir = o.dir
	c.Env = append(os.Environ(), "CHIO_HOME="+o.home)
	return c
}

// verb runs a verb that must succeed, and decodes its JSON into res if that is
// not nil.
func (o *org) verb(res any, args ...string) error {
	var out, complaint bytes.Buffer
	c := o.command(append(args, "--json")...)
	c.Stdout, c.Stderr = &out, &complaint
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: chio-node %q: %w: %s%s", o.name, args, err, bytes.TrimSpace(out.Bytes()), bytes.TrimSpace(complaint.Bytes()))
	}
	if res == nil {
		return nil
	}
	return wire.Unmarshal(bytes.TrimSpace(out.Bytes()), res, wire.BundleLimits)
}

func (o *org) write(name, content string) error {
	return os.WriteFile(filepath.Join(o.home, name), []byte(content), 0o600)
}

// setClock says how far ahead of the machine's its clock is.
func (o *org) setClock(d time.Duration) error {
	path := clockFile(o.home)
	if err := os.WriteFile(path+".new", []byte(strconv.Itoa(int(d/time.Second))), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// start runs the node and its tools; it returns once peers can be served. A
// node that ends itself on the way is started again.
func (o *org) start(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	const most = 5
	var err error
	for range most {
		if err = o.begin(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		o.end(syscall.SIGKILL)
	}
	return err
}

// begin is one start; o.mu is held.
func (o *org) begin(ctx context.Context) error {
	args := []string{"up", "--json", "--p2p", "/ip4/127.0.0.1/tcp/0"}
	if o.listen != "" {
		args[3] = o.listen
	}
	up := o.command(args...)
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
	if o.listen == "" {
		o.listen = listenAddress(o.ready.Peer)
	}
	o.tools = o.command("mcp", "serve", "--headless", "--server-id", server, "--prices", filepath.Join(o.dir, "prices.yaml"), "--", filepath.Join(o.dir, toolProgram))
	o.tools.Stderr = o.log
	if err := o.tools.Start(); err != nil {
		return err
	}
	return until(ctx, o.name+" serves its tools", func() error {
		var s node.Status
		if err := o.ask(ctx, "status", node.Empty{}, &s); err != nil {
			return err
		}
		if len(s.Servers) != 1 || len(s.Servers[0].Tools) != 1 {
			return fmt.Errorf("servers: %+v", s.Servers)
		}
		return nil
	})
}

// listenAddress is where a node listens, of did:chio:…@/ip4/…/p2p/12D3….
func listenAddress(peer string) string {
	_, address, _ := bytes.Cut([]byte(peer), []byte("@"))
	where, _, _ := bytes.Cut(address, []byte("/p2p/"))
	return string(where)
}

// kill ends the node as a power cut does, and starts it again.
func (o *org) kill(ctx context.Context) error {
	o.stop(syscall.SIGKILL)
	return o.start(ctx)
}

func (o *org) stop(signal syscall.Signal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.end(signal)
}

// end signals the node and waits for it and its tools; o.mu is held.
func (o *org) end(signal syscall.Signal) {
	if o.up == nil {
		return
	}
	_ = o.up.Process.Signal(signal) // it may have ended by itself
	_ = o.up.Wait()                 // by a signal, mostly
	if o.tools != nil {
		grace := time.AfterFunc(10*time.Second, func() { _ = o.tools.Process.Kill() })
		_ = o.tools.Wait() // it lost its node
		grace.Stop()
	}
	o.up, o.tools = nil, nil
}

// dead reports that the node has ended by itself. The process that ended stays
// to be waited for, so this looks whether the socket answers.
func (o *org) dead() bool {
	_, err := node.Dial(o.home)
	return errors.Is(err, node.ErrNotRunning)
}

// ask runs one operation of the running node.
func (o *org) ask(ctx context.Context, op string, req, res any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := node.Dial(o.home)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", o.name, op, err)
	}
	answer, err := c.Call(ctx, op, wire.MustMarshal(req))
	if err != nil {
		return fmt.Errorf("%s: %s: %w", o.name, op, err)
	}
	if res == nil {
		return nil
	}
	return wire.Unmarshal(answer, res, wire.BundleLimits)
}

// until polls until check is nil.
func until(ctx context.Context, what string, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
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

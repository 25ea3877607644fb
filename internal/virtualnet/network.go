package virtualnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// ErrUnreachable: nobody listens there, or the two were parted.
var ErrUnreachable = errors.New("unreachable")

// Network is what its endpoints are joined by.
type Network struct {
	latency atomic.Int64 // nanoseconds

	mu        sync.Mutex // guards what follows
	listeners map[string]*listener
	ports     int // the last given to a dialler
}

// New returns a network whose every link takes latency in each direction.
func New(latency time.Duration) *Network {
	n := &Network{listeners: make(map[string]*listener)}
	n.SetLatency(latency)
	return n
}

// SetLatency changes the links of all connections, from the next write on.
func (n *Network) SetLatency(latency time.Duration) { n.latency.Store(int64(latency)) }

func (n *Network) delay() time.Duration { return time.Duration(n.latency.Load()) }

// Endpoint is one machine. It implements p2p.Network.
type Endpoint struct {
	net           *Network
	ip            net.IP
	bytes, writes atomic.Int64
}

// Endpoint returns the machine of an address.
func (n *Network) Endpoint(ip string) *Endpoint { return &Endpoint{net: n, ip: net.ParseIP(ip)} }

// Sent returns how many bytes the endpoint wrote, and in how many writes.
func (e *Endpoint) Sent() (bytes, writes int64) { return e.bytes.Load(), e.writes.Load() }

// Listen accepts connections at a port of the endpoint.
func (e *Endpoint) Listen(ip string, port int) (net.Listener, error) {
	l := &listener{end: e, at: &net.TCPAddr{IP: e.ip, Port: port}, in: make(chan *conn), done: make(chan struct{})}
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	if e.ip.String() != ip || e.net.listeners[l.at.String()] != nil {
		return nil, fmt.Errorf("listen at %s port %d: the address is not free", ip, port)
	}
	e.net.listeners[l.at.String()] = l
	return l, nil
}

// Dial opens a connection to who listens at an address.
func (e *Endpoint) Dial(ctx context.Context, ip string, port int) (net.Conn, error) {
	to := &net.TCPAddr{IP: net.ParseIP(ip), Port: port}
	e.net.mu.Lock()
	l := e.net.listeners[to.String()]
	e.net.ports++
	from := &net.TCPAddr{IP: e.ip, Port: 1<<15 + e.net.ports%(1<<15)}
	e.net.mu.Unlock()
	select {
	case <-time.After(2 * e.net.delay()):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l == nil {
		return nil, fmt.Errorf("dial %s: %w", to, ErrUnreachable)
	}
	there, back := newPipe(e.net.delay), newPipe(e.net.delay)
	out := &conn{end: e, local: from, remote: to, in: back, out: there}
	in := &conn{end: l.end, local: to, remote: from, in: there, out: back}
	select {
	case l.in <- in:
		return out, nil
	case <-l.done:
		return nil, fmt.Errorf("dial %s: %w", to, ErrUnreachable)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type listener struct {
	end  *Endpoint
	at   *net.TCPAddr
	in   chan *conn
	once sync.Once
	done chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.in:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		l.end.net.mu.Lock()
		defer l.end.net.mu.Unlock()
		delete(l.end.net.listeners, l.at.String())
		close(l.done)
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.at }

// conn is one end of a connection.
type conn struct {
	end           *Endpoint
	local, remote *net.TCPAddr
	in, out       *pipe
}

func (c *conn) Read(b []byte) (int, error) { return c.in.read(b) }

func (c *conn) Write(b []byte) (int, error) {
	c.end.bytes.Add(int64(len(b)))
	c.end.writes.Add(1)
	return c.out.write(b)
}

func (c *conn) Close() error {
	c.out.end()
	c.in.leave()
	return nil
}

func (c *conn) LocalAddr() net.Addr               { return c.local }
func (c *conn) RemoteAddr() net.Addr              { return c.remote }
func (c *conn) SetReadDeadline(t time.Time) error { c.in.until(t); return nil }
func (*conn) SetWriteDeadline(time.Time) error    { return nil } // writing never waits
func (c *conn) SetDeadline(t time.Time) error     { return c.SetReadDeadline(t) }

package federation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
)

// lossyNet is the network of a model: what it does to each message is decided
// by the model. Requests to run or to ask after a call wait at the host's door
// until the model lets them in; all other messages are judged by chance.
type lossyNet struct {
	mu       sync.Mutex // guards what follows
	rand     *rand.Rand
	faults   int             // of a hundred messages so many are lost, answered in vain, or sent twice
	cut      map[[2]int]bool // from, to
	hold     bool            // calls wait for the model
	ids      map[p2p.PeerID]int
	recorded []packet
	papers   []packet             // of the settle protocol
	serving  map[int]int          // requests that were let in and that a host has not answered yet
	dead     map[int]*atomic.Bool // the process of each party that is dead or not
	waiting  chan *visit
}

// packet is a request that crossed the network once, and can again.
type packet struct {
	from, to int
	protocol string
	frame    []byte
}

// visit is a stream of the invoke protocol at the host's door.
type visit struct {
	from, to int
	enter    chan bool    // false: lost
	process  *atomic.Bool // the caller's: dead or not
	gone     bool         // its stream has ended; guarded by the net's mu
}

func newLossyNet() *lossyNet {
	return &lossyNet{rand: rand.New(rand.NewPCG(0, 0)), cut: make(map[[2]int]bool), ids: make(map[p2p.PeerID]int), serving: make(map[int]int), dead: make(map[int]*atomic.Bool), waiting: make(chan *visit, 64)}
}

// chance seeds what befalls the messages of one step.
func (n *lossyNet) chance(seed uint64, faults int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rand, n.faults = rand.New(rand.NewPCG(seed, 7)), faults
}

func (n *lossyNet) holding(on bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hold = on
}

func (n *lossyNet) setCut(from, to int, cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut[[2]int{from, to}] = cut
}

// serves counts a request that a host begins to answer. It begins with none of
// a process that has died: what waits at its door for the model was begun.
func (n *lossyNet) serves(from, host int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if d := n.dead[from]; d != nil && d.Load() {
		return false
	}
	n.serving[host]++
	return true
}

func (n *lossyNet) served(host int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.serving[host]--
}

// process makes a process a party's.
func (n *lossyNet) process(party int, dead *atomic.Bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dead[party] = dead
}

func (n *lossyNet) idle(host int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.serving[host] == 0
}

func (n *lossyNet) severed(from, to int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut[[2]int{from, to}]
}

// The fates of a message.
const (
	arrives = iota
	requestLost
	answerLost
	sentTwice
)

func (n *lossyNet) fate() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.rand.IntN(100) >= n.faults {
		return arrives
	}
	return requestLost + n.rand.IntN(3)
}

const maxRecorded = 64

func (n *lossyNet) record(p packet) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.protocol == ProtocolSettle && len(n.papers) < maxRecorded {
		n.papers = append(n.papers, p)
	} else if len(n.recorded) < maxRecorded {
		n.recorded = append(n.recorded, p)
	}
}

func (n *lossyNet) index(id p2p.PeerID) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ids[id]
}

var errLost = errors.New("the network lost it")

// doorway is one process's view of the network: a real host behind faults. A
// process that has died says nothing more.
type doorway struct {
	*p2p.Host
	net  *lossyNet
	self int
	dead *atomic.Bool
}

func (d *doorway) reaches(to p2p.PeerID) error {
	if d.dead.Load() {
		return errDied
	}
	if other := d.net.index(to); d.net.severed(d.self, other) || d.net.severed(other, d.self) {
		return fmt.Errorf("%w: the link is cut", p2p.ErrNotConnected)
	}
	return nil
}

func (d *doorway) Connect(ctx context.Context, addr string) (p2p.PeerID, error) {
	a, err := p2p.ParseAddress(addr)
	if err != nil {
		return "", err
	}
	_, id, _ := strings.Cut(a.Multiaddr, "/p2p/")
	if err := d.reaches(p2p.PeerID(id)); err != nil {
		return "", err
	}
	return d.Host.Connect(ctx, a.Multiaddr)
}

func (d *doorway) Open(ctx context.Context, to p2p.PeerID, protocol string) (*p2p.Stream, error) {
	if err := d.reaches(to); err != nil {
		return nil, err
	}
	return d.Host.Open(ctx, to, protocol)
}

func (d *doorway) Call(ctx context.Context, to p2p.PeerID, protocol string, request []byte) ([]byte, error) {
	if d.dead.Load() {
		return nil, errDied
	}
	other := d.net.index(to)
	if d.net.severed(d.self, other) {
		return nil, errLost
	}
	d.net.record(packet{d.self, other, protocol, request})
	fate := d.net.fate()
	if fate == requestLost {
		return nil, errLost
	}
	answer, err := d.Host.Call(ctx, to, protocol, request)
	if fate == sentTwice {
		answer, err = d.Host.Call(ctx, to, protocol, request)
	}
	if fate == answerLost || d.net.severed(other, d.self) {
		return nil, errLost
	}
	if d.dead.Load() {
		return nil, errDied
	}
	return answer, err
}

// Handle lets a stream in when the network does.
func (d *doorway) Handle(name string, limits p2p.Limits, serve p2p.Handler) error {
	return d.Host.Handle(name, limits, func(ctx context.Context, from p2p.Peer, s *p2p.Stream) error {
		other := d.net.index(from.ID)
		if d.dead.Load() || d.net.severed(other, d.self) {
			return errLost
		}
		if name == ProtocolInvoke {
			if !d.enter(ctx, other) {
				return errLost
			}
		} else if !d.net.serves(other, d.self) {
			return errLost
		}
		defer d.net.served(d.self)
		if err := serve(ctx, from, s); err != nil {
			return err
		}
		if d.dead.Load() || d.net.severed(d.self, other) {
			return errLost
		}
		return nil
	})
}

// enter waits for the model's word if it holds calls; what it lets in is served.
func (d *doorway) enter(ctx context.Context, from int) bool {
	d.net.mu.Lock()
	hold, process := d.net.hold, d.net.dead[from]
	d.net.mu.Unlock()
	if !hold {
		return d.net.fate() != requestLost && d.net.serves(from, d.self)
	}
	v := &visit{from: from, to: d.self, enter: make(chan bool, 1), process: process}
	d.net.waiting <- v
	select {
	case in := <-v.enter:
		return in
	case <-ctx.Done():
		return d.net.leave(v)
	}
}

// letIn says what becomes of a visit; one that is let in is served from now on.
func (n *lossyNet) letIn(v *visit, in bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if v.gone {
		return
	}
	if in {
		n.serving[v.to]++
	}
	v.enter <- in
}

// stands reports whether a call under way is at the door: its process has not
// died, nor did it go away to ask again later.
func (n *lossyNet) stands(v *visit) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !v.gone && !v.process.Load()
}

// leave ends a visit whose stream has ended, and reports whether it was let in
// before: then it goes on.
func (n *lossyNet) leave(v *visit) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	v.gone = true
	select {
	case in := <-v.enter:
		return in
	default:
		return false
	}
}

// mortal is a store of which one process is cut off when it dies: rows that
// were committed stay, a transaction under way is dropped.
type mortal struct {
	store.DB
	dead *atomic.Bool
}

func (m mortal) Update(ctx context.Context, fn func(store.Tx) error) error {
	return m.DB.Update(ctx, func(tx store.Tx) error {
		if m.dead.Load() {
			return errDied
		}
		if err := fn(tx); err != nil {
			return err
		}
		if m.dead.Load() {
			return errDied
		}
		return nil
	})
}

// modelPatience is how long a model waits for a message before it calls the
// code stuck, however busy the machine is.
const modelPatience = time.Minute

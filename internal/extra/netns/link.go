//go:build linux

package main

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// weather is what a link does to packets, one way.
type weather struct {
	cut             bool
	loss, twice     float64       // share of packets
	late            float64       // share of packets that others overtake
	delay, variance time.Duration // of every packet
}

// lateness is how much longer an overtaken packet takes.
const lateness = 40 * time.Millisecond

// network is the links between all hosts.
type network struct {
	mu    sync.Mutex // guards what follows
	hosts []*space
	links map[[2]int]weather
	rand  *rand.Rand

	passed, lost, doubled, overtaken atomic.Int64
	readers                          sync.WaitGroup
}

func newNetwork(hosts []*space, seed uint64) *network {
	n := &network{hosts: hosts, links: make(map[[2]int]weather), rand: rand.New(rand.NewPCG(seed, 1))}
	for i := range hosts {
		n.readers.Go(func() { n.carry(i) })
	}
	return n
}

// set changes the link from one host to another, one way.
func (n *network) set(from, to int, change func(*weather)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.links[[2]int{from, to}]
	change(&w)
	n.links[[2]int{from, to}] = w
}

// heal makes every link perfect.
func (n *network) heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.links)
}

// carry passes on what one host sends, until its device is closed.
func (n *network) carry(from int) {
	buffer, host := make([]byte, 2*mtu), n.host(from)
	for {
		size, err := host.tun.Read(buffer)
		if err != nil {
			return
		}
		if t := host.nat; t != nil && !t.leaves(buffer[:size]) {
			continue
		}
		to, ok := n.destination(buffer[:size])
		if !ok || to == from {
			continue
		}
		for _, after := range n.judge(from, to) {
			packet := append([]byte(nil), buffer[:size]...)
			if after <= 0 {
				n.deliver(to, packet)
				continue
			}
			time.AfterFunc(after, func() { n.deliver(to, packet) })
		}
	}
}

// destination is the host that an IPv4 packet is for.
func (n *network) destination(packet []byte) (int, bool) {
	const header = 20
	if len(packet) < header || packet[0]>>4 != 4 || packet[16] != 198 || packet[17] != 18 || packet[18] != 77 {
		return 0, false
	}
	to := int(packet[19]) - 1
	return to, n.host(to) != nil
}

// judge decides when a packet arrives: never, once, or twice.
func (n *network) judge(from, to int) []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.links[[2]int{from, to}]
	if w.cut || n.rand.Float64() < w.loss {
		n.lost.Add(1)
		return nil
	}
	times := 1
	if n.rand.Float64() < w.twice {
		n.doubled.Add(1)
		times = 2
	}
	var out []time.Duration
	for range times {
		after := w.delay
		if w.variance > 0 {
			after += time.Duration(n.rand.Int64N(int64(w.variance)))
		}
		if n.rand.Float64() < w.late {
			n.overtaken.Add(1)
			after += lateness
		}
		out = append(out, after)
	}
	n.passed.Add(1)
	return out
}

// deliver hands a packet to a host, if its translator does. A device that is full
// or gone loses it, as networks do.
func (n *network) deliver(to int, packet []byte) {
	host := n.host(to)
	if t := host.nat; t != nil && !t.enters(packet) {
		return
	}
	_, _ = host.tun.Write(packet)
}

// add connects one more host.
func (n *network) add(s *space) {
	n.mu.Lock()
	n.hosts = append(n.hosts, s)
	i := len(n.hosts) - 1
	n.mu.Unlock()
	n.readers.Go(func() { n.carry(i) })
}

func (n *network) host(i int) *space {
	n.mu.Lock()
	defer n.mu.Unlock()
	if i < 0 || i >= len(n.hosts) {
		return nil
	}
	return n.hosts[i]
}

package p2p

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
)

const openEcho = "/test/hello/1.0.0"

// hostile is a libp2p client that keeps to no rule of ours.
type hostile struct {
	t testing.TB
	host.Host
	victim peer.ID
}

func newHostile(t testing.TB, victim *Host) *hostile {
	t.Helper()
	h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.ResourceManager(&network.NullResourceManager{}), libp2p.DisableRelay(),
		libp2p.Transport(tcp.NewTCPTransport), libp2p.Transport(quic.NewTransport), libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport), libp2p.DisableMetrics(), libp2p.Ping(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return &hostile{t: t, Host: h, victim: mustDecode(t, victim.ID())}
}

// meet connects over one transport; the victim may refuse.
func (h *hostile) meet(victim *Host, transport int) error {
	h.t.Helper()
	where, _, err := splitMultiaddr(victim.Addrs()[transport])
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), 5*time.Second)
	defer cancel()
	return h.Connect(ctx, peer.AddrInfo{ID: h.victim, Addrs: []ma.Multiaddr{where}})
}

// send opens a stream and writes to it as it likes.
func (h *hostile) send(name string, bytes []byte) network.Stream {
	ctx, cancel := context.WithTimeout(h.t.Context(), 2*time.Second)
	defer cancel()
	s, err := h.NewStream(ctx, h.victim, protocol.ID(name))
	if err != nil {
		return nil
	}
	_, _ = s.Write(bytes)
	return s
}

// under measures what a peer with an agreement and a stranger of another
// network get while an attack runs.
type under struct {
	victim, friend, stranger *Host
	agreed                   atomic.Pointer[PeerID] // an attacker with an agreement
	rounds                   atomic.Int64
}

const hostileMessageTimeout = 200 * time.Millisecond

func newUnder(t testing.TB) *under {
	t.Helper()
	limits := testLimits
	limits.MessageTimeout, limits.TotalTimeout = hostileMessageTimeout, time.Second
	strangers := limits
	strangers.Open, strangers.Rate = true, Rate{Every: 20 * time.Millisecond, Burst: 20}
	patient := limits
	patient.MessageTimeout, patient.TotalTimeout = 10*time.Second, 20*time.Second
	protocols := func(l, s Limits) []protocolSpec {
		return []protocolSpec{{echo, l, answerEcho}, {openEcho, s, answerEcho}}
	}
	open := patient
	open.Open = true
	u := &under{friend: startHost(t, 7, Config{Allow: everybody}, protocols(patient, open)...)}
	friend := func(id PeerID) bool {
		also := u.agreed.Load()
		return id == u.friend.ID() || also != nil && id == *also
	}
	u.victim = startHost(t, 9, Config{Allow: friend, Open: true, LimitLoopback: true}, protocols(limits, strangers)...)
	u.stranger = startHost(t, 11, Config{Allow: everybody, Listen: []string{"/ip4/127.0.7.1/udp/0/quic-v1"}}, protocols(patient, open)...)
	if _, err := u.friend.Connect(t.Context(), u.victim.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	return u
}

// withstands runs an attack and, while it goes on, calls of the friend and hellos
// of the stranger: all of them must be answered.
func (u *under) withstands(t *testing.T, attack func()) {
	t.Helper()
	over := make(chan struct{})
	go func() { defer close(over); attack() }()
	pace := time.NewTicker(10 * time.Millisecond) // the stranger stays below its rate
	defer pace.Stop()
	for i := 0; ; i++ {
		u.rounds.Store(int64(i))
		select {
		case <-over:
			u.quiet(t)
			t.Logf("%d calls meanwhile; refused %+v", i, u.victim.Refused())
			return
		case <-pace.C:
		}
		if _, err := u.friend.Call(t.Context(), u.victim.ID(), echo, []byte("call")); err != nil {
			t.Errorf("call %d of a peer with an agreement: %v", i, err)
		}
		if i%10 != 0 {
			continue
		}
		if _, err := u.stranger.Connect(t.Context(), u.victim.Addrs()[0]); err != nil {
			t.Errorf("connection %d of a stranger elsewhere: %v", i, err)
		} else if _, err := u.stranger.Call(t.Context(), u.victim.ID(), openEcho, []byte("hello")); err != nil {
			t.Errorf("hello %d of a stranger elsewhere: %v", i, err)
		}
		if got := u.stat().System.Memory; got > maxMemoryBytes {
			t.Errorf("%d bytes accounted", got)
		}
	}
}

func (u *under) stat() rcmgr.ResourceManagerStat {
	lh, err := u.victim.started()
	if err != nil {
		return rcmgr.ResourceManagerStat{}
	}
	return lh.Network().ResourceManager().(*resources).ResourceManager.(rcmgr.ResourceManagerState).Stat()
}

// quiet waits until nothing of the attack is left: no inbound streams but those
// that libp2p keeps with the two honest peers, and no stranger's count.
func (u *under) quiet(t *testing.T) {
	t.Helper()
	lh, err := u.victim.started()
	if err != nil {
		t.Fatal(err)
	}
	rm := lh.Network().ResourceManager().(*resources)
	deadline, tick := time.NewTimer(20*time.Second), time.NewTicker(10*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for {
		rm.mu.Lock()
		strangers := len(rm.open)
		rm.mu.Unlock()
		if s := u.stat(); s.System.NumStreamsInbound == 0 && s.Transient.NumStreamsInbound == 0 && strangers == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("left over: %+v, %d strangers", u.stat().System, strangers)
		}
	}
}

// hostileRounds is how many times the others are heard during an attack that
// one client makes.
const hostileRounds = 20

// TestHostileClients: whatever one stranger sends, or one peer with an agreement,
// the calls of another peer and hellos from other networks go on.
func TestHostileClients(t *testing.T) {
	for name, attack := range map[string]func(*hostile, int){
		"slow-loris byte per second": func(h *hostile, i int) { h.send(openEcho, []byte{0x81}[:i%2]) },
		"2^31 declared length":       func(h *hostile, _ int) { h.send(openEcho, binary.AppendUvarint(nil, 1<<31)) },
		"the largest length, never sent": func(h *hostile, _ int) {
			h.send(openEcho, append(binary.AppendUvarint(nil, uint64(testLimits.MaxFrameBytes)), make([]byte, 5000)...))
		},
		"junk frames": func(h *hostile, i int) {
			junk := make([]byte, 100)
			_, _ = rand.Read(junk)
			if s := h.send(openEcho, append([]byte{byte(i)}, junk...)); s != nil {
				_ = s.Close()
			}
		},
		"protocols that are not for strangers": func(h *hostile, _ int) { h.send(echo, []byte{1, 'x'}) },
		"streams that name no protocol": func(h *hostile, _ int) {
			ctx, cancel := context.WithTimeout(h.t.Context(), time.Second)
			defer cancel()
			if s, err := h.Network().NewStream(ctx, h.victim); err == nil {
				_, _ = s.Write([]byte{0x13, '/', 'm'})
			}
		},
		"requests faster than allowed": func(h *hostile, _ int) {
			if s := h.send(openEcho, []byte{1, 'x'}); s != nil {
				_ = s.CloseWrite()
				_, _ = io.ReadAll(s)
				_ = s.Close()
			}
		},
	} {
		harmless := map[string]bool{"protocols that are not for strangers": true, "streams that name no protocol": true, "requests faster than allowed": true}
		for who, agreed := range map[string]bool{"a stranger": false, "a peer": true} {
			t.Run(name+"/"+who, func(t *testing.T) {
				t.Parallel()
				u := newUnder(t)
				h := newHostile(t, u.victim)
				if id := PeerID(h.ID().String()); agreed {
					u.agreed.Store(&id)
				}
				u.withstands(t, func() {
					for i := 0; i < 300 || u.rounds.Load() < hostileRounds; i++ {
						if i%100 == 0 {
							_ = h.meet(u.victim, i/100%2)
						}
						attack(h, i)
					}
					_ = h.Close()
				})
				if r := u.victim.Refused(); r.StrangerStreams+r.PeerStreams+r.Errors == 0 && !(agreed && harmless[name]) {
					t.Errorf("nothing was refused: %+v", r)
				}
			})
		}
	}
}

// TestConnectionFlood: many identities of one network take their share of the
// places and no more.
func TestConnectionFlood(t *testing.T) {
	u := newUnder(t)
	const identities = 3 * maxStrangersPerPrefix
	var met atomic.Int64
	u.withstands(t, func() {
		var held []*hostile
		for i := range identities {
			h := newHostile(t, u.victim)
			if h.meet(u.victim, i%2) == nil {
				met.Add(1)
			}
			h.send(openEcho, []byte{1, 'x'})
			held = append(held, h)
		}
		u.victim.mu.Lock()
		defer u.victim.mu.Unlock()
		if n := len(u.victim.strangers); n > maxStrangersPerPrefix+1 {
			t.Errorf("%d strangers are connected", n)
		}
		for _, h := range held {
			defer func() { _ = h.Close() }()
		}
	})
	t.Logf("%d of %d connected at first; refused %+v", met.Load(), identities, u.victim.Refused())
}

// TestRoomForStrangers: who is connected longest leaves for one more, and peers
// with an agreement are not counted.
func TestRoomForStrangers(t *testing.T) {
	trusted := map[PeerID]bool{}
	h := startHost(t, 9, Config{Open: true, Trusted: func(id PeerID) bool { return trusted[id] }})
	join := func(i int, from string) peer.ID {
		where, err := ma.NewMultiaddr(from)
		if err != nil {
			t.Fatal(err)
		}
		leaves, room := h.makeRoom(prefixOf(where))
		if !room {
			return "no room"
		}
		delete(h.strangers, leaves)
		h.strangers[peer.ID(fmt.Sprint(i))] = &stranger{since: epoch.Add(time.Duration(i)), prefix: prefixOf(where)}
		return leaves
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range maxStrangers {
		if got := join(i, fmt.Sprintf("/ip4/203.0.%d.1/tcp/1", i%8)); got != "" {
			t.Fatalf("%d: %q", i, got)
		}
	}
	if got := join(200, "/ip4/198.51.100.1/tcp/1"); got != "0" {
		t.Errorf("%q left", got)
	}
	for i := range maxStrangersPerPrefix - 1 {
		join(300+i, "/ip4/198.51.100.2/tcp/1")
	}
	if got := join(400, "/ip4/198.51.100.3/tcp/1"); got != "no room" {
		t.Errorf("one network took %q's place", got)
	}
	if n := len(h.strangers); n != maxStrangers {
		t.Errorf("%d strangers", n)
	}
	id := func(s string) PeerID { return PeerID(peer.ID(s).String()) }
	trusted[id("200")], trusted[id("300")] = true, true
	if got := join(401, "/ip4/198.51.100.3/tcp/1"); got != "" {
		t.Errorf("who came to an agreement counts: %q", got)
	}
}

// TestPeerOverItsRate: a peer with an agreement is bounded too, each alone, and
// counted.
func TestPeerOverItsRate(t *testing.T) {
	var now atomic.Int64
	limits := testLimits
	limits.Rate = Rate{Every: time.Second, Burst: 5}
	b := startHost(t, 9, Config{Allow: everybody, Clock: func() time.Time { return epoch.Add(time.Duration(now.Load())) }}, protocolSpec{echo, limits, answerEcho})
	a, c := startHost(t, 7, Config{Allow: everybody}, protocolSpec{echo, limits, answerEcho}), startHost(t, 11, Config{Allow: everybody}, protocolSpec{echo, limits, answerEcho})
	for _, h := range []*Host{a, c} {
		if _, err := h.Connect(t.Context(), b.Addrs()[0]); err != nil {
			t.Fatal(err)
		}
	}
	served := func(h *Host, times int) (n int) {
		for range times {
			if _, err := h.Call(t.Context(), b.ID(), echo, nil); err == nil {
				n++
			}
		}
		return n
	}
	if got := served(a, 8); got != 5 {
		t.Errorf("%d served", got)
	}
	if got := served(c, 5); got != 5 {
		t.Errorf("%d of another served", got)
	}
	if b.RefusedOf(a.ID()) != 3 || b.RefusedOf(c.ID()) != 0 || b.Refused().PeerStreams != 3 {
		t.Errorf("counted %d, %d, %+v", b.RefusedOf(a.ID()), b.RefusedOf(c.ID()), b.Refused())
	}
	now.Store(int64(2 * time.Second))
	if got := served(a, 3); got != 2 {
		t.Errorf("%d served two seconds later", got)
	}
}

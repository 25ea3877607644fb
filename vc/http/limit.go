package vchttp

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bound requests; 0 means the default.
type Limits struct {
	PerClientPerSecond int // default 20, with bursts of five seconds' worth
	PerSecond          int // over all, default 500
	Clients            int // how many are told apart, default 4096
}

const burstSeconds = 5

// limiter is one bucket for everybody and one for each client: an IPv4
// address, or the /64 of an IPv6 one. When there are too many clients to
// remember, those seen longest ago start anew.
type limiter struct {
	limits Limits
	all    *rate.Limiter

	mu         sync.Mutex
	young, old map[netip.Prefix]*rate.Limiter
}

func newLimiter(l Limits) *limiter {
	if l.PerClientPerSecond <= 0 {
		l.PerClientPerSecond = 20
	}
	if l.PerSecond <= 0 {
		l.PerSecond = 500
	}
	if l.Clients <= 0 {
		l.Clients = 4096
	}
	return &limiter{limits: l, all: rate.NewLimiter(rate.Limit(l.PerSecond), l.PerSecond), young: make(map[netip.Prefix]*rate.Limiter)}
}

// allow takes one request of a client at a time. The client is asked first, so
// that one who sends too much uses nothing up for the others.
func (l *limiter) allow(remote string, now time.Time) bool {
	return l.client(clientOf(remote)).AllowN(now, 1) && l.all.AllowN(now, 1)
}

func (l *limiter) client(p netip.Prefix) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.young[p]; ok {
		return c
	}
	c, ok := l.old[p]
	if !ok {
		c = rate.NewLimiter(rate.Limit(l.limits.PerClientPerSecond), burstSeconds*l.limits.PerClientPerSecond)
	}
	if len(l.young) >= l.limits.Clients/2+1 {
		l.old, l.young = l.young, make(map[netip.Prefix]*rate.Limiter)
	}
	l.young[p] = c
	return c
}

// clientOf is who a connection counts for; one without an address counts for
// the zero prefix, together with its like.
func clientOf(remote string) netip.Prefix {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	a := at.Addr().Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // bits fit the address
	return p
}

package virtualnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipe is one direction of a connection.
type pipe struct {
	latency func() time.Duration

	mu       sync.Mutex // guards what follows
	chunks   []chunk
	over     error     // what a reader is told once everything was read
	deadline time.Time // of readers
	changed  chan struct{}
}

// chunk is one write under way.
type chunk struct {
	due  time.Time
	data []byte
}

func newPipe(latency func() time.Duration) *pipe {
	return &pipe{latency: latency, changed: make(chan struct{}, 1)}
}

// wake lets a waiting reader look again. There is one reader at a time.
func (p *pipe) wake() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *pipe) write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over != nil {
		return 0, io.ErrClosedPipe
	}
	p.chunks = append(p.chunks, chunk{time.Now().Add(p.latency()), append([]byte(nil), b...)})
	p.wake()
	return len(b), nil
}

// end says that the writer will write no more: what it wrote still arrives.
func (p *pipe) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over == nil {
		p.over = io.EOF
		p.chunks = append(p.chunks, chunk{due: time.Now().Add(p.latency())}) // the end takes its time too
		p.wake()
	}
}

// leave says that the reader will read no more.
func (p *pipe) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over, p.chunks = net.ErrClosed, nil
	p.wake()
}

func (p *pipe) until(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = t
	p.wake()
}

func (p *pipe) read(b []byte) (int, error) {
	for {
		n, wait, err := p.take(b, time.Now())
		if n > 0 || err != nil || len(b) == 0 {
			return n, err
		}
		if wait == 0 {
			<-p.changed
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-p.changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// take copies what has arrived, or says how long nothing will; 0 is until
// something changes.
func (p *pipe) take(b []byte, now time.Time) (n int, wait time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.deadline.IsZero() && !p.deadline.After(now) {
		return 0, 0, os.ErrDeadlineExceeded
	}
	for n < len(b) && len(p.chunks) > 0 && !p.chunks[0].due.After(now) {
		first := &p.chunks[0]
		copied := copy(b[n:], first.data)
		n, first.data = n+copied, first.data[copied:]
		if len(first.data) == 0 {
			p.chunks[0].data = nil
			p.chunks = p.chunks[1:]
		}
	}
	switch {
	case n > 0:
		return n, 0, nil
	case len(p.chunks) == 0 && p.over != nil:
		return 0, 0, p.over
	case len(p.chunks) > 0:
		wait = p.chunks[0].due.Sub(now)
	}
	if !p.deadline.IsZero() {
		if left := p.deadline.Sub(now); wait == 0 || left < wait {
			wait = left
		}
	}
	return 0, wait, nil
}

package federation

import (
	"context"
	"time"
)

// replay sends something again that was sent before. Whoever does needs the
// sender's transport key, or else the host does not listen at all.
func (w *modelWorld) replay(i int) {
	type shot struct {
		packet
		hold bool
	}
	var all []shot
	for _, p := range w.net.recorded {
		all = append(all, shot{packet: p})
	}
	for _, c := range w.calls {
		if c.frame != nil {
			all = append(all, shot{packet: packet{c.from, c.to, ProtocolInvoke, c.frame}, hold: true})
		}
	}
	if len(all) == 0 {
		return
	}
	s := all[i%len(all)]
	from, to := w.parties[s.from], w.parties[s.to]
	if from.down || to.down {
		return
	}
	w.net.holding(false)
	defer w.net.holding(true)
	w.shoot(from, to, s.packet)
}

// shoot sends a request and waits until it is answered or its host has died: a
// call that died with it is waited for in vain.
func (w *modelWorld) shoot(from, to *modelParty, p packet) (answer []byte, err error) {
	ctx, cancel := context.WithCancel(w.tb.ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer, err = from.host.Call(ctx, to.host.ID(), p.protocol, p.frame)
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return answer, err
		case <-tick.C:
			if to.dead.Load() || from.dead.Load() {
				cancel()
			}
		}
	}
}

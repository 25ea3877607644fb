package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/wire"
)

// maxAside bounds what a server may send beside the answer we wait for.
const maxAside = 1000

// ErrSession: the server ended, was silent for too long, or sent no frames.
var ErrSession = errors.New("server does not answer")

// session is one conversation with a server: one request at a time.
type session struct {
	stream io.ReadWriteCloser
	frames *mcp.Frames
	in     chan mcp.Message
	done   chan struct{} // closed when reading has ended
	quit   chan struct{} // closed when nobody reads in any more
	once   sync.Once
	cause  error // set before done is closed
	next   int64
}

func newSession(stream io.ReadWriteCloser) *session {
	s := &session{stream: stream, frames: mcp.NewFrames(stream, stream), in: make(chan mcp.Message), done: make(chan struct{}), quit: make(chan struct{})}
	go s.read()
	return s
}

func (s *session) read() {
	defer close(s.done)
	for {
		m, err := s.frames.Read()
		if err != nil {
			s.cause = err
			return
		}
		select {
		case s.in <- m:
		case <-s.quit:
			return
		}
	}
}

// close ends the conversation and returns when nothing reads any more.
func (s *session) close() {
	s.once.Do(func() { close(s.quit) })
	_ = s.stream.Close() // the server is of no more use
	<-s.done
}

// ask sends one request and waits for its answer: a result or the server's error.
func (s *session) ask(ctx context.Context, method string, params any) (wire.Raw, *mcp.RPCError, error) {
	s.next++
	id := mcp.NumberID(s.next)
	if err := s.send(ctx, mcp.Message{ID: id, Method: method}, params); err != nil {
		return nil, nil, fmt.Errorf("%w: send %s: %w", ErrSession, method, err)
	}
	for range maxAside {
		select {
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("%w: %s: %w", ErrSession, method, context.Cause(ctx))
		case <-s.done:
			return nil, nil, fmt.Errorf("%w: %s: %w", ErrSession, method, s.cause)
		case m := <-s.in:
			if m.Method == "" && m.ID == id {
				return m.Result, m.Error, nil
			}
			if m.Method != "" && !m.ID.IsZero() {
				if err := s.reply(ctx, m); err != nil {
					return nil, nil, fmt.Errorf("%w: %s: %w", ErrSession, method, err)
				}
			}
		}
	}
	return nil, nil, fmt.Errorf("%w: %s: %d other messages came instead", ErrSession, method, maxAside)
}

// reply answers a request of the server: a ping, and nothing else.
func (s *session) reply(ctx context.Context, m mcp.Message) error {
	if m.Method == "ping" {
		return s.write(ctx, mcp.Message{ID: m.ID, Result: wire.Raw(`{}`)})
	}
	return s.write(ctx, mcp.Message{ID: m.ID, Error: &mcp.RPCError{Code: mcp.CodeMethodNotFound, Message: "this client offers nothing"}})
}

// tell sends one notification.
func (s *session) tell(ctx context.Context, method string) error {
	return s.write(ctx, mcp.Message{Method: method})
}

func (s *session) send(ctx context.Context, m mcp.Message, params any) error {
	if params != nil {
		doc, err := wire.Marshal(params)
		if err != nil {
			return err
		}
		m.Params = doc
	}
	return s.write(ctx, m)
}

// write closes the stream if the server does not take the frame in time: a
// half-written frame cannot be taken back.
func (s *session) write(ctx context.Context, m mcp.Message) error {
	stop := context.AfterFunc(ctx, func() { _ = s.stream.Close() })
	defer stop()
	if err := s.frames.Write(m); err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return nil
}

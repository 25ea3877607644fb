package p2p

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
)

// ErrTimeout: a message or a stream took longer than its protocol allows.
var ErrTimeout = errors.New("peer did not answer in time")

// Stream carries the frames of one exchange with one peer. It is used by one
// goroutine at a time.
type Stream struct {
	peer    Peer
	limits  Limits
	raw     network.Stream
	reader  *bufio.Reader
	release func()
	once    sync.Once

	priority uint8 // of its reservations of memory
	reserved int   // for the frame that was read last
}

// readBuffer is small: frames are read straight into their own memory.
const readBuffer = 512

func newStream(raw network.Stream, limits Limits, priority uint8, release func()) *Stream {
	conn := raw.Conn()
	return &Stream{
		peer:    Peer{ID: PeerID(conn.RemotePeer().String()), Address: conn.RemoteMultiaddr().String()},
		limits:  limits,
		raw:     raw,
		reader:  bufio.NewReaderSize(raw, readBuffer),
		release: release, priority: priority,
	}
}

// Peer is who the transport says is at the other end.
func (s *Stream) Peer() Peer { return s.peer }

// Read returns the next frame. io.EOF means the peer ended cleanly; after any
// other error the stream is reset. The frame's memory is reserved, as it grows,
// until the next Read or the end of the stream.
func (s *Stream) Read(ctx context.Context) ([]byte, error) {
	var frame []byte
	if s.reserved > 0 {
		s.raw.Scope().ReleaseMemory(s.reserved)
		s.reserved = 0
	}
	err := s.timed(ctx, func() error {
		var err error
		frame, err = readFrame(s.reader, s.limits.MaxFrameBytes, s.reserve)
		return err
	})
	if errors.Is(err, io.EOF) && !errors.Is(err, ErrFrame) {
		return nil, io.EOF
	}
	if err != nil {
		s.Reset()
		return nil, fmt.Errorf("read from peer %s: %w", s.peer.ID, err)
	}
	return frame, nil
}

// reserve holds memory for the frame that is being read.
func (s *Stream) reserve(n int) error {
	if err := s.Hold(n); err != nil {
		return err
	}
	s.reserved += n
	return nil
}

// Write sends one frame.
func (s *Stream) Write(ctx context.Context, message []byte) error {
	if len(message) > s.limits.MaxFrameBytes {
		return fmt.Errorf("%w: %d bytes to send, limit %d", ErrFrameTooLarge, len(message), s.limits.MaxFrameBytes)
	}
	err := s.timed(ctx, func() error {
		_, err := s.raw.Write(appendFrame(make([]byte, 0, len(message)+maxLengthBytes), message))
		return err
	})
	if err != nil {
		s.Reset()
		return fmt.Errorf("write to peer %s: %w", s.peer.ID, err)
	}
	return nil
}

// CloseWrite says that no further frame follows.
func (s *Stream) CloseWrite() error {
	if err := s.raw.CloseWrite(); err != nil {
		s.Reset()
		return fmt.Errorf("end the stream to peer %s: %w", s.peer.ID, err)
	}
	return nil
}

// ExpectEnd waits for the peer's end of stream; anything else is ErrTrailing.
func (s *Stream) ExpectEnd(ctx context.Context) error {
	err := s.timed(ctx, func() error {
		_, err := s.reader.ReadByte()
		return err
	})
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		err = ErrTrailing
	}
	s.Reset()
	return fmt.Errorf("end of stream from peer %s: %w", s.peer.ID, err)
}

// Close ends both directions and frees the stream's slot. It is idempotent.
func (s *Stream) Close() error {
	var err error
	s.once.Do(func() {
		err = s.raw.Close()
		s.release()
	})
	return err
}

// Reset aborts the stream, both directions, and frees its slot.
func (s *Stream) Reset() {
	s.once.Do(func() {
		_ = s.raw.Reset() // aborting is all that is left to do
		s.release()
	})
}

// timed runs one blocking operation under the message timeout and the context.
// Expiry resets the raw stream, which is what makes the operation return.
func (s *Stream) timed(ctx context.Context, op func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.limits.MessageTimeout, ErrTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = s.raw.Reset() })
	err := op()
	if !stop() { // the context ended first, so the error is its consequence
		return context.Cause(ctx)
	}
	return err
}

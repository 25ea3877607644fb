package p2p

import (
	"errors"
	"fmt"
)

// ErrNoMemory: what a message would take is more than the peer, the protocol or
// this host may have.
var ErrNoMemory = errors.New("no memory left for the peer's message")

// Hold accounts for memory that outlives a frame, such as a message that is put
// together of many, before it is taken. The end of the stream gives it back.
func (s *Stream) Hold(bytes int) error {
	if err := s.raw.Scope().ReserveMemory(bytes, s.priority); err != nil {
		return fmt.Errorf("%w: %d bytes more: %w", ErrNoMemory, bytes, err)
	}
	return nil
}

package mcp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/wire"
)

// readBufferBytes is the size of a line that is read without copying.
const readBufferBytes = 64 << 10

// Frames reads and writes newline-delimited JSON-RPC messages. One goroutine
// may read while another writes.
type Frames struct {
	r    *bufio.Reader
	w    io.Writer
	long []byte // a line longer than the read buffer, reused
}

// NewFrames frames a pair of streams.
func NewFrames(r io.Reader, w io.Writer) *Frames {
	return &Frames{r: bufio.NewReaderSize(r, readBufferBytes), w: w}
}

// Read returns the next message. A *FrameError refuses one frame and the next
// Read goes on behind it; any other error ends the stream, io.EOF between two
// frames. Blank lines are ignored.
func (f *Frames) Read() (Message, error) {
	for {
		line, err := f.line()
		if err != nil {
			return Message{}, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return parseFrame(line)
		}
	}
}

// line returns the next line, valid until the next call. A line over the
// limit is read to its end without being kept.
func (f *Frames) line() ([]byte, error) {
	part, err := f.r.ReadSlice('\n')
	if err == nil {
		return part, nil
	}
	f.long = f.long[:0]
	total := 0
	for {
		total += len(part)
		if total <= FrameLimits.Bytes {
			f.long = append(f.long, part...)
		}
		switch {
		case err == nil && total > FrameLimits.Bytes:
			refused := &FrameError{
				Code:   CodeInvalidRequest,
				Reason: fmt.Errorf("%w: %d bytes, limit %d", wire.ErrTooLarge, total, FrameLimits.Bytes),
			}
			refused.ID, refused.response = guessID(f.long, part)
			return nil, refused
		case err == nil:
			return f.long, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && total > 0:
			return nil, fmt.Errorf("%w: %w", ErrUnterminated, io.ErrUnexpectedEOF)
		default:
			return nil, err
		}
		part, err = f.r.ReadSlice('\n')
	}
}

// Write writes one message.
func (f *Frames) Write(m Message) error {
	_, err := f.w.Write(appendFrame(nil, m))
	return err
}

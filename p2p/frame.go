package p2p

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The reasons a frame is refused; each ends its stream.
var (
	// ErrFrameTooLarge: the declared length is over the protocol's limit.
	ErrFrameTooLarge = errors.New("frame is larger than its limit")
	// ErrFrame: the length prefix is malformed, or the stream ended inside a frame.
	ErrFrame = errors.New("malformed frame")
	// ErrTrailing: bytes followed the last message.
	ErrTrailing = errors.New("bytes after the last message")
)

const (
	// maxLengthBytes bounds the varint: 2^28-1 is above every frame limit.
	maxLengthBytes = 4
	// growStep is how much memory a declared length earns before any byte of
	// the frame has arrived.
	growStep = 4 << 10
)

// readFrame reads one frame of at most limit bytes. io.EOF means the stream
// ended cleanly before a frame began. Memory is reserved before it is taken.
func readFrame(r *bufio.Reader, limit int, reserve func(int) error) ([]byte, error) {
	n, err := readLength(r)
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, fmt.Errorf("%w: %d bytes, limit %d", ErrFrameTooLarge, n, limit)
	}
	var frame []byte
	for len(frame) < n {
		if len(frame) == cap(frame) {
			size := min(n, max(growStep, 2*cap(frame)))
			if err := reserve(size - cap(frame)); err != nil {
				return nil, err
			}
			frame = append(make([]byte, 0, size), frame...)
		}
		got, err := r.Read(frame[len(frame):cap(frame)])
		frame = frame[:len(frame)+got]
		if err != nil && len(frame) < n {
			return nil, fmt.Errorf("%w: ended after %d of %d bytes: %w", ErrFrame, len(frame), n, noEOF(err))
		}
	}
	return frame, nil
}

// readLength reads a minimal unsigned varint.
func readLength(r io.ByteReader) (int, error) {
	n := 0
	for i := range maxLengthBytes {
		b, err := r.ReadByte()
		switch {
		case err != nil && i == 0:
			return 0, err
		case err != nil:
			return 0, fmt.Errorf("%w: ended inside the length: %w", ErrFrame, noEOF(err))
		}
		n |= int(b&0x7f) << (7 * i)
		if b < 0x80 {
			if b == 0 && i > 0 {
				return 0, fmt.Errorf("%w: length is not minimal", ErrFrame)
			}
			return n, nil
		}
	}
	return 0, fmt.Errorf("%w: length of more than %d bytes", ErrFrameTooLarge, maxLengthBytes)
}

// appendFrame appends the length prefix and the message.
func appendFrame(dst, message []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(message)))
	return append(dst, message...)
}

// noEOF keeps a broken frame from looking like a clean end.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

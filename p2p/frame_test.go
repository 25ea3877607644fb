package p2p

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"
)

// free reserves nothing.
func free(int) error { return nil }

func TestReadFrameRefuses(t *testing.T) {
	huge := binary.AppendUvarint(nil, 1<<31)
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"empty stream":       {nil, io.EOF},
		"2^31 declared":      {huge, ErrFrameTooLarge},
		"one over the limit": {appendFrame(nil, make([]byte, 101)), ErrFrameTooLarge},
		"length not minimal": {[]byte{0x81, 0x00, 'x'}, ErrFrame},
		"ends in length":     {[]byte{0x81}, ErrFrame},
		"ends in body":       {[]byte{3, 'a', 'b'}, ErrFrame},
		"ends before body":   {[]byte{3}, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readFrame(bufio.NewReader(bytes.NewReader(c.in)), 100, free)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if c.want != io.EOF && errors.Is(err, io.EOF) {
				t.Fatal("a broken frame looks like a clean end")
			}
		})
	}
}

// TestReadFrameAllocatesAsBytesArrive declares the largest length there is and
// sends one byte: the memory spent must not follow the declaration.
func TestReadFrameAllocatesAsBytesArrive(t *testing.T) {
	in := append(binary.AppendUvarint(nil, maxFrameLimit), 'x')
	got := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := readFrame(bufio.NewReaderSize(bytes.NewReader(in), 16), maxFrameLimit, free); err == nil {
				b.Fatal("accepted a truncated frame")
			}
		}
	}).AllocedBytesPerOp()
	if got > 4*growStep {
		t.Fatalf("%d bytes allocated for one byte received", got)
	}
}

func TestFrameRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		message := rapid.SliceOfN(rapid.Byte(), 0, 20000).Draw(t, "message")
		r := bufio.NewReaderSize(bytes.NewReader(appendFrame(nil, message)), 16)
		got, err := readFrame(r, 20000, free)
		if err != nil || !bytes.Equal(got, message) {
			t.Fatalf("read back %d bytes, %v", len(got), err)
		}
		if _, err := readFrame(r, 20000, free); err != io.EOF {
			t.Fatalf("after the frame: %v", err)
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendFrame(nil, []byte(`{"schema":"x"}`)))
	f.Add(binary.AppendUvarint(nil, 1<<31))
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x01})
	f.Fuzz(func(t *testing.T, in []byte) {
		frame, err := readFrame(bufio.NewReader(bytes.NewReader(in)), 1024, free)
		if err != nil {
			return
		}
		if len(frame) > 1024 || !bytes.HasPrefix(in, appendFrame(nil, frame)) {
			t.Fatalf("%x read as %x", in, frame)
		}
	})
}

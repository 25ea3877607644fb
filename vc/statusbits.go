package vc

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// ListBits is the number of entries in a list of ours unless more are asked
// for: the least the standard allows, for the herd in which one holder hides.
const ListBits = 131072

// MaxListBits bounds a list, ours or foreign, after decompression.
const MaxListBits = maxListBits

const (
	maxListBits    = 8 << 20
	maxEncodedList = 2 << 20 // characters, before decompression
)

// NewBits are the bits of a new list, all clear.
func NewBits() []byte { return make([]byte, ListBits/8) }

// PutValue writes a status of size bits into entry i; the first entry is the
// left-most, and so is the highest bit of a value. It reports whether i is
// inside the list and the value fits.
func PutValue(list []byte, i uint64, size StatusSize, value uint8) bool {
	n := size.bits()
	if i >= uint64(len(list))*8/n || uint64(value)>>n != 0 {
		return false
	}
	for b := range n {
		at, mask := i*n+b, byte(0x80)>>((i*n+b)%8)
		if value>>(n-1-b)&1 == 1 {
			list[at/8] |= mask
		} else {
			list[at/8] &^= mask
		}
	}
	return true
}

// Value reads entry i of a list.
func Value(list []byte, i uint64, size StatusSize) (value uint8, ok bool) {
	n := size.bits()
	if i >= uint64(len(list))*8/n {
		return 0, false
	}
	for b := range n {
		at := i*n + b
		value = value<<1 | list[at/8]>>(7-at%8)&1
	}
	return value, true
}

// encodeList is "u" and the base64url of the gzipped bits. The header carries
// no time and no name, so equal bits give equal bytes.
func encodeList(bits []byte) (string, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(bits); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return "u" + base64.RawURLEncoding.EncodeToString(out.Bytes()), nil
}

// decodeList undoes it under rule S5. Nothing beyond the largest list is
// decompressed, however much the gzip stream would give.
func decodeList(s string) ([]byte, error) {
	// The decoder skips line breaks, which would be a second spelling.
	if len(s) < 2 || s[0] != 'u' || len(s) > maxEncodedList || strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("%w: encodedList is not \"u\" and at most %d base64url characters", ErrStatusList, maxEncodedList)
	}
	packed, err := base64.RawURLEncoding.Strict().DecodeString(s[1:])
	if err != nil {
		return nil, fmt.Errorf("%w: encodedList: %w", ErrStatusList, err)
	}
	in := bytes.NewReader(packed)
	r, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("%w: encodedList: %w", ErrStatusList, err)
	}
	r.Multistream(false)
	out := bytes.NewBuffer(make([]byte, 0, ListBits/8+bytes.MinRead))
	n, err := out.ReadFrom(io.LimitReader(r, maxListBits/8+1))
	if err != nil {
		return nil, fmt.Errorf("%w: encodedList: %w", ErrStatusList, err)
	}
	if n < ListBits/8 || n > maxListBits/8 || in.Len() != 0 {
		return nil, fmt.Errorf("%w: encodedList holds %d bytes, want %d to %d and nothing after", ErrStatusList, n, ListBits/8, maxListBits/8)
	}
	return out.Bytes(), nil
}

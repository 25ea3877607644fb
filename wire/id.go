package wire

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// ErrID refuses an identifier that is not a UUIDv7.
var ErrID = errors.New("not a UUIDv7")

// NewUUIDv7 returns an RFC 9562 §5.7 identifier for the given unix
// milliseconds with 74 random bits from rand.
func NewUUIDv7(unixMilli int64, rand io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(rand, b[6:]); err != nil {
		return "", fmt.Errorf("read randomness for an id: %w", err)
	}
	for i := range 6 {
		b[i] = byte(unixMilli >> (40 - 8*i))
	}
	b[6] = 0x70 | b[6]&0x0f
	b[8] = 0x80 | b[8]&0x3f
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:]), nil
}

// CheckUUIDv7 refuses anything but the lowercase canonical spelling.
func CheckUUIDv7(s string) error {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' || s[14] != '7' {
		return fmt.Errorf("%w: %.40q", ErrID, s)
	}
	var b [16]byte
	if err := decodeHex(b[:], s[0:8]+s[9:13]+s[14:18]+s[19:23]+s[24:36]); err != nil || b[8]&0xc0 != 0x80 {
		return fmt.Errorf("%w: %.40q", ErrID, s)
	}
	return nil
}

package keys

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// secret is 32 bytes of key material inside this package.
type secret [masterSize]byte

func (secret) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, redacted) }

// LogValue keeps the bytes out of logs.
func (secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Scalar is a secp256k1 private key, 32 bytes big-endian, in [1, n-1]. No verb
// of fmt, no logger and no encoder prints it.
type Scalar []byte

// Format prints a placeholder for every verb.
func (Scalar) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, redacted) }

// LogValue keeps the bytes out of logs.
func (Scalar) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the bytes out of JSON.
func (Scalar) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// curveOrder is n of secp256k1 (SEC 2, §2.4.1), big-endian.
const curveOrder = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe" +
	"\xba\xae\xdc\xe6\xaf\x48\xa0\x3b\xbf\xd2\x5e\x8c\xd0\x36\x41\x41"

// validScalar reports 0 < s < n.
func validScalar(s []byte) bool {
	return len(s) == masterSize && string(s) < curveOrder && string(s) > string(make([]byte, masterSize))
}

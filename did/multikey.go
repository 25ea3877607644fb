package did

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/multiformats/go-multibase"
)

// ErrMultikey refuses a text that is not base58btc of a multicodec and a key.
// A key behind it that is refused wraps ErrKey, ErrKeyLength or ErrKeyKind.
var ErrMultikey = errors.New("not a multikey")

// codecs are the multicodec numbers of public keys.
var codecs = []struct {
	kind Kind
	code uint64
}{
	{KindEd25519, 0xed}, {KindX25519, 0xec}, {KindP256, 0x1200}, {KindSecp256k1, 0xe7},
}

// Multikey is the publicKeyMultibase form: "z" and base58btc of the multicodec
// and the key. It is "" for the zero Key.
func (k Key) Multikey() string {
	for _, c := range codecs {
		if c.kind == k.kind {
			return encode58(append(binary.AppendUvarint(nil, c.code), k.raw...))
		}
	}
	return ""
}

// ParseMultikey reads the publicKeyMultibase form in its one spelling.
//
//	1 "z", base58btc, at most 128 characters (ErrMultikey)
//	2 a multicodec of a kind that is known (ErrKeyKind), shortest form
//	3 a key that NewKey accepts
//	4 which encodes to the same text again (ErrMultikey)
func ParseMultikey(s string) (Key, error) {
	if len(s) < 2 || len(s) > maxEncoded || s[0] != 'z' { // 1
		return Key{}, fmt.Errorf("%w: %.140q: write z and base58btc, at most %d characters", ErrMultikey, s, maxEncoded)
	}
	_, raw, err := multibase.Decode(s)
	if err != nil { // 1
		return Key{}, fmt.Errorf("%w: %.140q: %w", ErrMultikey, s, err)
	}
	code, n := binary.Uvarint(raw)
	if n <= 0 || !slices.Equal(binary.AppendUvarint(nil, code), raw[:n]) { // 2
		return Key{}, fmt.Errorf("%w: %.140q does not begin with a multicodec", ErrMultikey, s)
	}
	for _, c := range codecs {
		if c.code != code {
			continue
		}
		k, err := NewKey(c.kind, raw[n:]) // 3
		if err != nil {
			return Key{}, fmt.Errorf("multikey %.140q: %w", s, err)
		}
		if k.Multikey() != s { // 4
			return Key{}, fmt.Errorf("%w: %.140q is not the one spelling of its key", ErrMultikey, s)
		}
		return k, nil
	}
	return Key{}, fmt.Errorf("%w: multicodec 0x%x: use Ed25519, X25519, P-256 or secp256k1", ErrKeyKind, code) // 2
}

// DIDKey is the did:key of the key, "" for the zero Key.
func (k Key) DIDKey() string {
	if k.kind == "" {
		return ""
	}
	return didKeyPrefix + k.Multikey()
}

// ParseDIDKey reads did:key:z… of any kind, without path, query or fragment.
// It wraps ErrDIDKey besides what ParseMultikey wraps.
func ParseDIDKey(s string) (Key, error) {
	mb, ok := strings.CutPrefix(s, didKeyPrefix)
	if !ok {
		return Key{}, fmt.Errorf("%w: %.140q does not begin with \"did:key:\"", ErrDIDKey, s)
	}
	k, err := ParseMultikey(mb)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrDIDKey, err)
	}
	return k, nil
}

package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/store"
)

// sealPrefix is where sealed seeds live: k/seal/<role>/<name>.
const sealPrefix = "k/seal/"

// sealVersion is the first byte of a sealed row: AES-256-GCM, 12-byte nonce,
// the row's key as associated data.
const sealVersion = 1

// ErrSealed means a sealed row does not open: it was altered, moved, or sealed
// under another master key.
var ErrSealed = errors.New("sealed key does not open under this master key")

// sealer seals 32-byte seeds into rows. The row's name is authenticated, so one
// key cannot be passed off as another.
type sealer struct {
	aead cipher.AEAD
	rand io.Reader
}

func newSealer(master secret, rand io.Reader) (*sealer, error) {
	key, err := master.derive("chio seal v1")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return &sealer{aead: aead, rand: rand}, nil
}

func (s *sealer) seal(row string, seed secret) ([]byte, error) {
	out := make([]byte, 1+s.aead.NonceSize(), 1+s.aead.NonceSize()+masterSize+s.aead.Overhead())
	out[0] = sealVersion
	if _, err := io.ReadFull(s.rand, out[1:]); err != nil {
		return nil, fmt.Errorf("read randomness to seal %s: %w", row, err)
	}
	return s.aead.Seal(out, out[1:], seed[:], []byte(row)), nil
}

func (s *sealer) open(row string, value []byte) (secret, error) {
	n := 1 + s.aead.NonceSize()
	if len(value) < n || value[0] != sealVersion {
		return secret{}, fmt.Errorf("%w: %s has another format", ErrSealed, row)
	}
	plain, err := s.aead.Open(nil, value[1:n], value[n:], []byte(row))
	if err != nil || len(plain) != masterSize {
		return secret{}, fmt.Errorf("%w: %s", ErrSealed, row)
	}
	return secret(plain), nil
}

// obtain opens the seed in a row, or draws one that valid accepts and seals
// it. It runs inside the committer, so two callers get the same key.
func (s *sealer) obtain(tx store.Tx, row string, valid func([]byte) bool) (seed secret, created bool, err error) {
	value, err := tx.Get(row)
	if err == nil {
		seed, err = s.open(row, value)
		return seed, false, err
	}
	if !errors.Is(err, store.ErrNotFound) {
		return secret{}, false, err
	}
	seed, value, err = s.draw(row, valid)
	if err != nil {
		return secret{}, false, err
	}
	tx.Set(row, value)
	return seed, true, nil
}

// draw makes a new seed that valid accepts, and the row that holds it.
func (s *sealer) draw(row string, valid func([]byte) bool) (seed secret, value []byte, err error) {
	for range 8 { // a draw is refused with probability below 2^-127
		if _, err := io.ReadFull(s.rand, seed[:]); err != nil {
			return secret{}, nil, fmt.Errorf("read randomness for %s: %w", row, err)
		}
		if valid(seed[:]) {
			value, err = s.seal(row, seed)
			return seed, value, err
		}
	}
	return secret{}, nil, fmt.Errorf("draw a key for %s: the source of randomness is broken", row)
}

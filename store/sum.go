package store

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math/bits"

	"github.com/backbay-labs/chio-node/wire"
)

// rowsSum is the sum modulo 2^256 of SHA-256(len(key) ‖ key ‖ value) over all
// rows, len as eight big-endian bytes. Being a sum it can be kept current by
// subtracting the old row and adding the new one.
type rowsSum [4]uint64 // most significant word first

func rowHash(key string, value []byte) rowsSum { return hashRow(sha256.New(), key, value) }

// hashRow is rowHash with a hash to reuse.
func hashRow(h hash.Hash, key string, value []byte) rowsSum {
	h.Reset()
	var small [256]byte
	buf := binary.BigEndian.AppendUint64(small[:0], uint64(len(key)))
	h.Write(append(buf, key...))
	h.Write(value)
	var d [sha256.Size]byte
	h.Sum(d[:0])
	return sumOf(d)
}

func sumOf(d wire.Digest) rowsSum {
	var s rowsSum
	for i := range s {
		s[i] = binary.BigEndian.Uint64(d[8*i:])
	}
	return s
}

func (s rowsSum) digest() wire.Digest {
	var d wire.Digest
	for i, w := range s {
		binary.BigEndian.PutUint64(d[8*i:], w)
	}
	return d
}

func (s rowsSum) add(o rowsSum) rowsSum {
	var carry uint64
	for i := len(s) - 1; i >= 0; i-- {
		s[i], carry = bits.Add64(s[i], o[i], carry)
	}
	return s
}

func (s rowsSum) sub(o rowsSum) rowsSum {
	var borrow uint64
	for i := len(s) - 1; i >= 0; i-- {
		s[i], borrow = bits.Sub64(s[i], o[i], borrow)
	}
	return s
}

package redstone

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/secp256k1"
)

// Bounds of one payload.
const (
	MaxBytes    = 256 << 10
	MaxPackages = 64
	MaxPoints   = 64 // of one package
	idSize      = 32
	valueSize   = 32 // the default, and the largest
)

// Marker ends every binary payload.
const Marker = "\x00\x00\x02\xed\x57\x01\x1e\x00\x00"

// Point is one value of a package, an integer of the set's decimals.
type Point struct {
	Feed  string
	Value *big.Int
}

// Package is what one node signed. Nothing in it is trusted.
type Package struct {
	Points       []Point
	Milliseconds int64 // unix
	signed       []byte
	signature    [secp256k1.Size]byte // v 27 or 28
}

// signer is the address whose key signed the package.
func (p *Package) signer() (string, error) {
	s := p.signature
	if s[64] != 27 && s[64] != 28 {
		return "", fmt.Errorf("%w: v is %d", secp256k1.ErrSignature, s[64])
	}
	s[64] -= 27
	return secp256k1.Recover(secp256k1.Keccak(p.signed), s)
}

// Parse takes a binary payload apart, from its end:
//
//	1 it ends in the marker and is within MaxBytes
//	2 metadata, packages, points and values are within their bounds and within
//	  the bytes there are
//	3 feed ids are printable ASCII, padded with zeroes, each once in a package
//	4 nothing is left over in front
func Parse(data []byte) ([]Package, error) {
	if len(data) > MaxBytes || !bytes.HasSuffix(data, []byte(Marker)) { // 1
		return nil, fmt.Errorf("%w: %d bytes that do not end in the marker, limit %d", oracle.ErrPayload, len(data), MaxBytes)
	}
	b := back{rest: data[:len(data)-len(Marker)]}
	b.take(b.number(3)) // metadata, which says who made the payload and is not signed
	n := b.number(2)
	if n < 1 || n > MaxPackages { // 2
		return nil, fmt.Errorf("%w: %d packages, want 1 to %d", oracle.ErrPayload, n, MaxPackages)
	}
	packages := make([]Package, 0, n)
	for range n {
		p, err := b.pack()
		if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	if len(b.rest) > 0 { // 4
		return nil, fmt.Errorf("%w: %d bytes in front of the packages", oracle.ErrPayload, len(b.rest))
	}
	return packages, nil
}

// pack reads the package that ends here.
func (b *back) pack() (p Package, err error) {
	copy(p.signature[:], b.take(secp256k1.Size))
	whole := b.rest
	count, size := b.number(3), b.number(4)
	p.Milliseconds = int64(b.number(6))
	if b.short || count < 1 || count > MaxPoints || size < 1 || size > valueSize { // 2
		return p, fmt.Errorf("%w: a package of %d points of %d bytes, want 1 to %d of 1 to %d", oracle.ErrPayload, count, size, MaxPoints, valueSize)
	}
	points := b.take(count * (idSize + size))
	if b.short { // 2
		return p, fmt.Errorf("%w: it begins in the middle of a package", oracle.ErrPayload)
	}
	p.signed = whole[len(b.rest):]
	for len(points) > 0 {
		feed := string(bytes.TrimRight(points[:idSize], "\x00"))
		if err := p.add(feed, new(big.Int).SetBytes(points[idSize:idSize+size])); err != nil {
			return p, err
		}
		points = points[idSize+size:]
	}
	return p, nil
}

// add appends a point.
func (p *Package) add(feed string, value *big.Int) error {
	if feed == "" || len(feed) > idSize || strings.ContainsFunc(feed, func(r rune) bool { return r <= ' ' || r > '~' }) { // 3
		return fmt.Errorf("%w: feed id %.40q", oracle.ErrPayload, feed)
	}
	for _, other := range p.Points {
		if other.Feed == feed { // 3
			return fmt.Errorf("%w: feed %s twice in a package", oracle.ErrPayload, feed)
		}
	}
	if len(p.Points) == MaxPoints { // 2
		return fmt.Errorf("%w: over %d points in a package", oracle.ErrPayload, MaxPoints)
	}
	p.Points = append(p.Points, Point{feed, value})
	return nil
}

// serialise makes the bytes that a node signs of the points of a gateway, whose
// values have the default size.
func (p *Package) serialise() {
	for _, point := range p.Points {
		field := make([]byte, idSize+valueSize)
		copy(field, point.Feed)
		point.Value.FillBytes(field[idSize:])
		p.signed = append(p.signed, field...)
	}
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(p.Milliseconds))
	p.signed = append(p.signed, ms[2:]...)
	p.signed = append(p.signed, 0, 0, 0, valueSize, 0, 0, byte(len(p.Points)))
}

// back takes fields off the end. After the bytes have run out it gives zeroes.
type back struct {
	rest  []byte
	short bool
}

func (b *back) take(n int) []byte {
	if n > len(b.rest) || b.short {
		b.short, b.rest = true, nil
		return nil
	}
	field := b.rest[len(b.rest)-n:]
	b.rest = b.rest[:len(b.rest)-n]
	return field
}

// number reads up to 6 bytes.
func (b *back) number(size int) (n int) {
	for _, c := range b.take(size) {
		n = n<<8 | int(c)
	}
	return n
}

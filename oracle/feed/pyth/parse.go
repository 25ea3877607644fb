package pyth

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/secp256k1"
)

// Bounds of one update.
const (
	MaxBytes      = 64 << 10 // the whole update
	MaxSignatures = 32       // of one VAA
	MaxUpdates    = 255      // prices in one update
	MaxDepth      = 32       // nodes of one proof
	nodeSize      = 20
	messageSize   = 85
	payloadSize   = 4 + 1 + 8 + 4 + nodeSize
)

// Magic begins every update.
const Magic = "PNAU"

// Signature is one signer's, by its place in the set.
type Signature struct {
	Index uint8
	Bytes [secp256k1.Size]byte
}

// VAA is the signed statement of a Merkle root.
type VAA struct {
	SetIndex     uint32
	Signatures   []Signature
	Timestamp    int64 // unix seconds
	EmitterChain uint16
	Emitter      [32]byte
	Sequence     uint64
	Slot         uint64
	Root         [nodeSize]byte
	body         []byte
}

// Message is one price under the root, not yet proven to be.
type Message struct {
	Feed        [32]byte
	Price       int64
	Confidence  uint64
	Expo        int32
	PublishTime int64 // unix seconds
	raw         []byte
	proof       [][nodeSize]byte
}

// Update is a parsed payload. Nothing in it is trusted.
type Update struct {
	VAA      VAA
	Messages []Message
}

// Parse takes an update apart:
//
//	1 magic, major 1, minor 0, no trailing header, update type 0
//	2 every length is within its bound and within the bytes there are
//	3 signer indexes rise strictly
//	4 the body's payload is a Merkle root: "AUWV", type 0
//	5 every message is a price, 85 bytes, of a feed that is in it once
//	6 nothing is left over
func Parse(data []byte) (*Update, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, limit %d", oracle.ErrPayload, len(data), MaxBytes)
	}
	r := reader{rest: data}
	if h := r.take(8); !bytes.Equal(h[:], []byte(Magic+"\x01\x00\x00\x00")) { // 1
		return nil, fmt.Errorf("%w: not an accumulator update of version 1.0", oracle.ErrPayload)
	}
	u := &Update{}
	if err := u.VAA.parse(r.take(int(r.uint16()))); err != nil {
		return nil, err
	}
	for range r.uint8() {
		m, err := r.message()
		if err != nil {
			return nil, err
		}
		for i := range u.Messages { // 5
			if u.Messages[i].Feed == m.Feed {
				return nil, fmt.Errorf("%w: feed %x twice", oracle.ErrPayload, m.Feed)
			}
		}
		u.Messages = append(u.Messages, m)
	}
	if err := r.end(); err != nil { // 2, 6
		return nil, err
	}
	if len(u.Messages) == 0 {
		return nil, fmt.Errorf("%w: no price", oracle.ErrPayload)
	}
	return u, nil
}

func (v *VAA) parse(data []byte) error {
	r := reader{rest: data}
	if version := r.uint8(); version != 1 {
		return fmt.Errorf("%w: VAA of version %d", oracle.ErrPayload, version)
	}
	v.SetIndex = r.uint32()
	n := int(r.uint8())
	if n > MaxSignatures { // 2
		return fmt.Errorf("%w: %d signatures, limit %d", oracle.ErrPayload, n, MaxSignatures)
	}
	for i := range n {
		s := Signature{Index: r.uint8()}
		copy(s.Bytes[:], r.take(secp256k1.Size))
		if i > 0 && v.Signatures[i-1].Index >= s.Index { // 3
			return fmt.Errorf("%w: signer indexes do not rise", oracle.ErrPayload)
		}
		v.Signatures = append(v.Signatures, s)
	}
	v.body = r.rest
	v.Timestamp = int64(r.uint32())
	r.uint32() // nonce
	v.EmitterChain = r.uint16()
	copy(v.Emitter[:], r.take(32))
	v.Sequence = r.uint64()
	r.uint8() // consistency level
	payload := r.take(payloadSize)
	if r.err == nil && !bytes.Equal(payload[:5], []byte("AUWV\x00")) { // 4
		return fmt.Errorf("%w: the signed body is no Merkle root", oracle.ErrPayload)
	}
	if r.err == nil {
		v.Slot = binary.BigEndian.Uint64(payload[5:])
		copy(v.Root[:], payload[17:])
	}
	return r.end()
}

// message reads one update.
func (r *reader) message() (m Message, err error) {
	m.raw = r.take(int(r.uint16()))
	for n := int(r.uint8()); n > 0; n-- {
		var node [nodeSize]byte
		copy(node[:], r.take(nodeSize))
		if m.proof = append(m.proof, node); len(m.proof) > MaxDepth { // 2
			return m, fmt.Errorf("%w: a proof of over %d nodes", oracle.ErrPayload, MaxDepth)
		}
	}
	if r.err != nil {
		return m, r.end()
	}
	if len(m.raw) != messageSize || m.raw[0] != 0 { // 5
		return m, fmt.Errorf("%w: a message of %d bytes is no price", oracle.ErrPayload, len(m.raw))
	}
	f := reader{rest: m.raw[1:]}
	copy(m.Feed[:], f.take(32))
	m.Price = int64(f.uint64())
	m.Confidence = f.uint64()
	m.Expo = int32(f.uint32())
	m.PublishTime = int64(f.uint64())
	return m, nil
}

// reader takes fields off the front. After the bytes have run out it gives
// zeroes and end reports it.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) take(n int) []byte {
	if r.err == nil && n > len(r.rest) {
		r.err = fmt.Errorf("%w: it ends %d bytes early", oracle.ErrPayload, n-len(r.rest))
		r.rest = nil
	}
	if r.err != nil {
		return make([]byte, n)
	}
	field := r.rest[:n]
	r.rest = r.rest[n:]
	return field
}

func (r *reader) uint8() uint8   { return r.take(1)[0] }
func (r *reader) uint16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) uint64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		return fmt.Errorf("%w: %d bytes are left over", oracle.ErrPayload, len(r.rest))
	}
	return r.err
}

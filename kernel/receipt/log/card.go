package log

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// Card is what the index keeps of one receipt: enough to filter by, a fraction
// of its size. Server and tool names over 56 bytes and capability ids are kept
// as digests; whoever needs certainty reads the receipt itself.
type Card struct {
	Index      uint64
	Time       int64 // unix seconds
	Agent      [16]byte
	Capability [8]byte
	Outcome    string // one of Outcomes, "" for a leaf that is no receipt of ours
	Server     Word
	Tool       Word
	Charged    uint64 // minor units of Currency
	Currency   Word   // empty: the call had no price
}

// Word is a name, or the digest of one that is too long to keep.
type Word struct {
	Text   string
	Digest [8]byte // set if the name is longer than maxWord
}

// The outcomes a filter may name; their place is their code on disk, so new
// ones are added at the end.
var outcomes = [...]string{"", receipt.Allow, receipt.Deny, receipt.Cancelled, receipt.Incomplete, receipt.PendingApproval,
	receipt.Observed, receipt.Evaluated, receipt.Dropped}

// Outcomes lists the words a filter may name.
func Outcomes() []string { return slices.Clone(outcomes[1:]) }

const (
	maxWord    = 56
	longWord   = 0xff
	cardKnown  = 1
	cardOpaque = 2 // the leaf is no receipt
)

// cardOf reads the card of a leaf.
func cardOf(leaf []byte) (Card, bool) {
	b, err := receipt.Peek(leaf)
	if err != nil {
		return Card{}, false
	}
	c := Card{Time: b.Timestamp, Server: wordOf(b.Server), Tool: wordOf(b.Tool), Charged: b.Charged, Currency: wordOf(b.Currency)}
	if slices.Contains(outcomes[:], b.Outcome) {
		c.Outcome = b.Outcome
	}
	if !b.Agent.IsZero() {
		c.Agent = agentPart(b.Agent)
	}
	if b.CapabilityID != "" {
		c.Capability = shortHash(b.CapabilityID)
	}
	return c, true
}

func agentPart(key wire.PublicKey) [16]byte { return [16]byte(key[:16]) }

func shortHash(s string) [8]byte {
	d := wire.Hash([]byte(s))
	return [8]byte(d[:8])
}

func wordOf(s string) Word {
	if len(s) > maxWord {
		return Word{Digest: shortHash(s)}
	}
	return Word{Text: s}
}

// append writes a card:
//
//	1 ‖ outcome ‖ uvarint time ‖ agent (16) ‖ capability (8) ‖ server ‖ tool
//	  ‖ currency ‖ uvarint charged if currency is not empty
//
// or, by withCard, the one byte 2 for a leaf that is no receipt. A word is its length and its
// bytes, or 0xff and eight bytes of its digest.
func (c *Card) append(b []byte) []byte {
	b = append(b, cardKnown, byte(slices.Index(outcomes[:], c.Outcome)))
	b = binary.AppendUvarint(b, uint64(max(0, c.Time)))
	b = append(append(b, c.Agent[:]...), c.Capability[:]...)
	b = c.Currency.append(c.Tool.append(c.Server.append(b)))
	if c.Currency != (Word{}) {
		b = binary.AppendUvarint(b, c.Charged)
	}
	return b
}

func (w Word) append(b []byte) []byte {
	if w.Digest != [8]byte{} {
		return append(append(b, longWord), w.Digest[:]...)
	}
	return append(append(b, byte(len(w.Text))), w.Text...)
}

// reader takes a block apart; after the first mistake it stays failed.
// It reads a string, so that the words of a card are parts of it.
type reader struct {
	b      string
	failed bool
}

// nothing is what a failed reader gives: as long as anything asked of it.
const nothing = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

func (r *reader) take(n int) string {
	if r.failed || len(r.b) < n {
		r.failed = true
		return nothing[:min(n, len(nothing))]
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

// uvarint takes a number in its shortest spelling.
func (r *reader) uvarint() uint64 {
	var buf [binary.MaxVarintLen64]byte
	v, n := binary.Uvarint(buf[:copy(buf[:], r.b)])
	if r.failed || n <= 0 || n > 1 && r.b[n-1] == 0 {
		r.failed = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) word() Word {
	n := r.take(1)[0]
	if n == longWord {
		w := Word{Digest: [8]byte([]byte(r.take(8)))}
		r.failed = r.failed || w.Digest == [8]byte{}
		return w
	}
	if n > maxWord {
		r.failed = true
		return Word{}
	}
	return Word{Text: r.take(int(n))}
}

// card reads the next card; ok is false for a leaf that is no receipt.
func (r *reader) card() (c Card, ok bool) {
	switch r.take(1)[0] {
	case cardOpaque:
		return Card{}, false
	case cardKnown:
	default:
		r.failed = true
		return Card{}, false
	}
	outcome := int(r.take(1)[0])
	if outcome >= len(outcomes) {
		r.failed = true
		return Card{}, false
	}
	c.Outcome = outcomes[outcome]
	c.Time = int64(r.uvarint())
	copy(c.Agent[:], r.take(16))
	copy(c.Capability[:], r.take(8))
	c.Server, c.Tool, c.Currency = r.word(), r.word(), r.word()
	if c.Currency != (Word{}) {
		c.Charged = r.uvarint()
	}
	r.failed = r.failed || c.Time < 0
	return c, !r.failed
}

// decodeBlock visits the cards of a block row in log order.
func decodeBlock(number uint64, row []byte, fn func(c Card, ok bool)) (newest int64, count int, err error) {
	r := reader{b: string(row)}
	newest = int64(binary.BigEndian.Uint64([]byte(r.take(8))))
	for !r.failed && len(r.b) > 0 {
		c, ok := r.card()
		c.Index = number*blockCards + uint64(count)
		if count++; !r.failed && fn != nil {
			fn(c, ok)
		}
	}
	if r.failed || count == 0 || count > blockCards || newest < 0 {
		return 0, 0, fmt.Errorf("%w: index block %d", ErrCorrupt, number)
	}
	return newest, count, nil
}

package guards

import (
	"fmt"
	"math/bits"
	"regexp"
	"strings"
)

// MaxPatterns bounds one list of expressions.
const MaxPatterns = 1024

// Patterns is a list of RE2 expressions. An expression is only run over a text
// that holds something without which it cannot match. It is immutable.
type Patterns struct {
	list    []*regexp.Regexp
	needles *Needles
}

// CompilePatterns compiles expressions; an error names the index of the first
// that is not RE2.
func CompilePatterns(expressions []string) (*Patterns, error) {
	if len(expressions) > MaxPatterns {
		return nil, fmt.Errorf("%d patterns, limit %d", len(expressions), MaxPatterns)
	}
	p := &Patterns{}
	for i, text := range expressions {
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		p.list = append(p.list, re)
	}
	p.needles = NewNeedles(expressions)
	return p, nil
}

// Len is how many expressions there are.
func (p *Patterns) Len() int { return len(p.list) }

// Match returns the index of the first expression that matches.
func (p *Patterns) Match(text string) (index int, matched bool) {
	if p == nil || len(p.list) == 0 {
		return 0, false
	}
	var may Candidates
	p.needles.Look(text, &may)
	for w, word := range may[:(len(p.list)+63)/64] {
		for ; word != 0; word &= word - 1 {
			if i := w*64 + bits.TrailingZeros64(word); p.list[i].MatchString(text) {
				return i, true
			}
		}
	}
	return 0, false
}

// Candidates are the expressions that may match, by their index.
type Candidates [MaxPatterns / 64]uint64

// Has reports whether an expression may match.
func (c *Candidates) Has(i int) bool { return c[i/64]&(1<<(i%64)) != 0 }

func (c *Candidates) add(i int) { c[i/64] |= 1 << (i % 64) }

// Needles finds out, in one pass over a text, which of a list of expressions
// may match it. It is immutable.
type Needles struct {
	count  int
	always Candidates // what needs nothing that is known
	pairs  *[1 << 16 / 64]uint64
	window [1 << 15 / 64]uint64
	slots  map[uint32][]needle
}

// needle is a literal, in lower case, and the expression that needs it or one
// of its other needles.
type needle struct {
	text string
	of   int
}

// NewNeedles reads expressions, at most MaxPatterns of them; one that is not
// RE2 may match anything.
func NewNeedles(expressions []string) *Needles {
	p := &Needles{count: min(len(expressions), MaxPatterns), slots: map[uint32][]needle{}}
	for i, text := range expressions[:p.count] {
		needles := needlesOf(text)
		if len(needles) == 0 {
			p.always.add(i)
		}
		for _, n := range needles {
			p.enter(needle{n, i})
		}
	}
	return p
}

// Look adds the expressions that may match a text.
func (p *Needles) Look(text string, may *Candidates) {
	if foldsOddly(text) {
		for i := range p.count {
			may.add(i)
		}
		return
	}
	for i := range may[:(p.count+63)/64] {
		may[i] |= p.always[i]
	}
	if len(p.slots) > 0 {
		p.search(text, may)
	}
}

func (p *Needles) enter(n needle) {
	slot := 1<<16 | uint32(n.text[0])<<8 | uint32(n.text[1])
	if len(n.text) >= 3 {
		slot = windowOf(n.text[0], n.text[1], n.text[2])
		p.window[slot/64] |= 1 << (slot % 64)
	} else {
		if p.pairs == nil {
			p.pairs = new([1 << 16 / 64]uint64)
		}
		pair := slot & 0xffff
		p.pairs[pair/64] |= 1 << (pair % 64)
	}
	p.slots[slot] = append(p.slots[slot], n)
}

func windowOf(a, b, c byte) uint32 {
	return (uint32(a) | uint32(b)<<8 | uint32(c)<<16) * 0x9E3779B1 >> 17
}

// search adds the expressions of which the text holds a needle.
func (p *Needles) search(text string, may *Candidates) {
	if len(text) < 2 {
		return
	}
	a, b := lowerCase[text[0]], lowerCase[text[1]]
	for i := 2; ; i++ {
		if p.pairs != nil {
			if pair := uint32(a)<<8 | uint32(b); p.pairs[pair/64]&(1<<(pair%64)) != 0 {
				p.found(1<<16|pair, text[i-2:], may)
			}
		}
		if i == len(text) {
			return
		}
		c := lowerCase[text[i]]
		if slot := windowOf(a, b, c); p.window[slot/64]&(1<<(slot%64)) != 0 {
			p.found(slot, text[i-2:], may)
		}
		a, b = b, c
	}
}

// found adds the expressions whose needle begins the rest of a text.
func (p *Needles) found(slot uint32, rest string, may *Candidates) {
	for _, n := range p.slots[slot] {
		if len(rest) >= len(n.text) && sameFolded(rest[:len(n.text)], n.text) {
			may.add(n.of)
		}
	}
}

func sameFolded(text, low string) bool {
	for i := range len(low) {
		if lowerCase[text[i]] != low[i] {
			return false
		}
	}
	return true
}

var lowerCase = func() (t [256]byte) {
	for c := range t {
		t[c] = byte(c)
		if c >= 'A' && c <= 'Z' {
			t[c] += 'a' - 'A'
		}
	}
	return t
}()

// foldsOddly reports a character that RE2 takes for an ASCII letter in the
// other case: the long s and the sign of Kelvin.
func foldsOddly(text string) bool {
	return strings.Contains(text, "\u017f") || strings.Contains(text, "\u212a")
}

package prompt

import (
	"math/bits"
	"slices"
)

// fire is one signal met in a text.
type fire struct {
	rule uint8
	at   int32 // units
}

// maxFires bounds the signals kept of one reading; a text with more is as bad
// as a text can be.
const maxFires = 4096

// ruleset is rules, and which of them a concept can complete.
type ruleset struct {
	rules []rule
	of    [conceptCount][]uint8
}

func newRuleset(rules []rule) *ruleset {
	s := &ruleset{rules: rules}
	for i, r := range rules {
		var every concepts
		for _, set := range r.all {
			every |= set
		}
		for c := range conceptCount {
			if every&(1<<c) != 0 {
				s.of[c] = append(s.of[c], uint8(i))
			}
		}
	}
	return s
}

// meeting remembers where each concept was met last, and fires the rules whose
// concepts meet within their span.
type meeting struct {
	set      *ruleset
	last     [conceptCount]int32
	fires    []fire
	mentions []int32
	overflow bool
}

func (m *meeting) reset(set *ruleset) {
	m.set, m.fires, m.mentions, m.overflow = set, m.fires[:0], m.mentions[:0], false
	for i := range m.last {
		m.last[i] = never
	}
}

// at records concepts at a position.
func (m *meeting) at(set concepts, unit int32) {
	for rest := set; rest != 0; rest &= rest - 1 {
		m.last[bits.TrailingZeros64(uint64(rest))] = unit
	}
	if set&(1<<cMention) != 0 && len(m.mentions) < maxFires {
		m.mentions = append(m.mentions, unit)
	}
	for rest := set; rest != 0; rest &= rest - 1 {
		for _, i := range m.set.of[bits.TrailingZeros64(uint64(rest))] {
			m.try(i, unit)
		}
	}
}

func (m *meeting) try(i uint8, unit int32) {
	r := &m.set.rules[i]
	for _, set := range r.all {
		if !m.within(set, unit-r.span) {
			return
		}
	}
	if n := len(m.fires); n > 0 && m.fires[n-1] == (fire{i, unit}) {
		return
	}
	if len(m.fires) >= maxFires {
		m.overflow = true
		return
	}
	m.fires = append(m.fires, fire{i, unit})
}

// within reports whether a concept of the set was met since a position.
func (m *meeting) within(set concepts, since int32) bool {
	for ; set != 0; set &= set - 1 {
		if m.last[bits.TrailingZeros64(uint64(set))] >= since {
			return true
		}
	}
	return false
}

// window is how far apart signals may be and still add up, in units.
const window = 700

// tally is what one reading adds up to: the heaviest window.
type tally struct {
	score   int
	signals uint64 // rules of the heaviest window, one bit each
}

// tally adds up the heaviest signal of each family within any window.
func (m *meeting) tally(combine func(sum []int) int) tally {
	var out tally
	var weight [familyCount]int
	var which [familyCount]uint8
	var where [familyCount]int32
	for _, f := range m.fires {
		r := &m.set.rules[f.rule]
		w := m.discounted(r, f.at)
		if w >= weight[r.family] || f.at-where[r.family] > window {
			weight[r.family], which[r.family], where[r.family] = w, f.rule, f.at
		}
		var signals uint64
		for i := range weight {
			switch {
			case weight[i] > 0 && f.at-where[i] > window:
				weight[i] = 0
			case weight[i] > 0:
				signals |= 1 << which[i]
			}
		}
		switch s := combine(weight[:]); {
		case s > out.score:
			out = tally{s, signals}
		case s == out.score:
			out.signals |= signals
		}
	}
	if m.overflow {
		out.score = maxScore
	}
	return out
}

// mentionSpan is how near talk about attacks must be to a signal for it to
// count as a quotation, in units.
const (
	mentionSpan    = 40
	mentionPercent = 35
)

// discounted is the weight of a signal: a fraction where the text around it
// talks about attacks. Only what a description would quote is discounted,
// never a demand to send, to call or to keep quiet.
func (m *meeting) discounted(r *rule, at int32) int {
	if len(m.mentions) == 0 {
		return r.weight
	}
	switch r.family {
	case fExfiltrate, fSecrecy, fTool:
		return r.weight
	}
	i, _ := slices.BinarySearch(m.mentions, at-mentionSpan)
	if i < len(m.mentions) && m.mentions[i] <= at+mentionSpan {
		return r.weight * mentionPercent / 100
	}
	return r.weight
}

package secrets

import "slices"

// automaton finds all words of a fixed set in one pass, in any letter case.
// Bytes are folded into classes: those that occur in no word share class 0.
// States that end a word come last, so that one comparison per byte is enough.
type automaton struct {
	class   [256]uint8
	classes int
	next    []uint16 // state × class
	first   uint16   // the first state that ends a word
	ends    [][]hit  // by state − first
}

// hit is one word that ends in a state.
type hit struct {
	detector uint16
	length   uint16
}

func fold(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// word is one announcing word of a detector, in lower case.
type word struct {
	text     string
	detector uint16
}

// trie is the automaton while it is built.
type trie struct {
	children []map[uint8]int
	out      [][]hit
	fail     []int
}

func (t *trie) add() int {
	t.children = append(t.children, map[uint8]int{})
	t.out = append(t.out, nil)
	t.fail = append(t.fail, 0)
	return len(t.children) - 1
}

func newAutomaton(words []word) *automaton {
	a := &automaton{classes: 1}
	for _, w := range words {
		for i := range len(w.text) {
			if c := w.text[i]; a.class[c] == 0 {
				a.class[c] = uint8(a.classes)
				a.classes++
			}
		}
	}
	for c := byte('A'); c <= 'Z'; c++ {
		a.class[c] = a.class[fold(c)]
	}
	t := &trie{}
	t.add()
	for _, w := range words {
		at := 0
		for i := range len(w.text) {
			c := a.class[w.text[i]]
			child, ok := t.children[at][c]
			if !ok {
				child = t.add()
				t.children[at][c] = child
			}
			at = child
		}
		t.out[at] = append(t.out[at], hit{w.detector, uint16(len(w.text))})
	}
	a.number(t, t.link(a.classes))
	return a
}

// link computes, breadth first, where each state goes on each class.
func (t *trie) link(classes int) [][]int {
	table := make([][]int, len(t.children))
	queue := []int{0}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		table[s] = make([]int, classes)
		for c := range classes {
			child, ok := t.children[s][uint8(c)]
			switch {
			case ok:
				if s != 0 {
					t.fail[child] = table[t.fail[s]][c]
				}
				t.out[child] = append(t.out[child], t.out[t.fail[child]]...)
				table[s][c] = child
				queue = append(queue, child)
			case s != 0:
				table[s][c] = table[t.fail[s]][c]
			}
		}
	}
	return table
}

// number renames the states so that those without a word come first.
func (a *automaton) number(t *trie, table [][]int) {
	order := make([]int, 0, len(table))
	for s := range table {
		if len(t.out[s]) == 0 {
			order = append(order, s)
		}
	}
	a.first = uint16(len(order))
	for s := range table {
		if len(t.out[s]) > 0 {
			order = append(order, s)
			a.ends = append(a.ends, slices.Clip(t.out[s]))
		}
	}
	name := make([]uint16, len(table))
	for now, s := range order {
		name[s] = uint16(now)
	}
	a.next = make([]uint16, len(table)*a.classes)
	for now, s := range order {
		for c, to := range table[s] {
			a.next[now*a.classes+c] = name[to]
		}
	}
}

// each calls fn for every word that ends at end, until fn answers false.
func (a *automaton) each(text string, fn func(detector, start, end int) bool) {
	s, classes := 0, a.classes
	next, first := a.next, int(a.first)
	for i := range len(text) {
		s = int(next[s*classes+int(a.class[text[i]])])
		if s < first {
			continue
		}
		for _, h := range a.ends[s-first] {
			if !fn(int(h.detector), i+1-int(h.length), i+1) {
				return
			}
		}
	}
}

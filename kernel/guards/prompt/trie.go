package prompt

import "slices"

// concepts is a set of concepts, one bit each.
type concepts uint64

// node is one state of the word tree.
type node struct {
	labels []byte
	next   []int32
	whole  concepts // a word that ends here, at its boundary
	stem   concepts // a word whose beginning ends here
	inside concepts // a word of a script without spaces
}

// tree finds words by their bytes. The root is dense, because most words of a
// clean text end their search there or one step later.
type tree struct {
	nodes []node
	root  [256]int32 // 0: none
}

func newTree() *tree { return &tree{nodes: make([]node, 1)} }

// add enters a canonical word. Words of a phrase are divided by one space.
func (t *tree) add(word []byte, set func(*node)) {
	at := int32(0)
	for i, c := range word {
		next := t.step(at, c)
		if next == 0 {
			next = int32(len(t.nodes))
			t.nodes = append(t.nodes, node{})
			if i == 0 {
				t.root[c] = next
			} else {
				n := &t.nodes[at]
				n.labels, n.next = append(n.labels, c), append(n.next, next)
			}
		}
		at = next
	}
	set(&t.nodes[at])
}

// step follows one byte; 0 is nowhere. From state 0 it starts a word.
func (t *tree) step(at int32, c byte) int32 {
	if at == 0 {
		return t.root[c]
	}
	n := &t.nodes[at]
	if i := slices.Index(n.labels, c); i >= 0 {
		return n.next[i]
	}
	return 0
}

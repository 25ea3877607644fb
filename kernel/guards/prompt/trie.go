package prompt

import "slices"

// concepts is a set of concepts, one bit each.
type concepts uint64

// ending is what ends at a state of a word tree.
type ending struct {
	whole  concepts // a word, at its boundary
	stem   concepts // the beginning of a word
	inside concepts // a word of a script without spaces
}

// node is one state of a finished word tree: its n edges and its row of
// endings, 0 for none. Most states have one edge, which is kept in the node:
// label leads to to. Of more, to is the first of the edges.
type node struct {
	to    int32
	row   int32
	n     uint16
	label byte
}

// tree finds words by their bytes.
type tree struct {
	nodes  []node
	labels []byte // of the edges of one state in order
	next   []int32
	rows   []ending
	root   [256]int32 // 0: none
	begins beginnings // of the entries that are looked for anywhere
	firsts firsts     // of those that stand at the boundaries of words
}

// step follows one byte; 0 is nowhere. From state 0 it starts a word.
func (t *tree) step(at int32, c byte) int32 {
	if at == 0 {
		return t.root[c]
	}
	n := &t.nodes[at]
	if n.n == 1 {
		if n.label == c {
			return n.to
		}
		return 0
	}
	low, high := n.to, n.to+int32(n.n)
	for low < high {
		switch mid := (low + high) / 2; {
		case t.labels[mid] == c:
			return t.next[mid]
		case t.labels[mid] < c:
			low = mid + 1
		default:
			high = mid
		}
	}
	return 0
}

// end is what ends at a state.
func (t *tree) end(at int32) *ending { return &t.rows[t.nodes[at].row] }

// builder collects the words of a tree.
type builder struct {
	words []entry
}

type entry struct {
	text string
	ending
}

func (b *builder) add(text string, e ending) { b.words = append(b.words, entry{text, e}) }

// build lays the tree out, words in order, so that the edges of a state lie
// side by side.
func (b *builder) build() *tree {
	slices.SortFunc(b.words, func(x, y entry) int {
		switch {
		case x.text < y.text:
			return -1
		case x.text > y.text:
			return 1
		}
		return 0
	})
	t := &tree{nodes: make([]node, 1, 4*len(b.words)), rows: make([]ending, 1, len(b.words)+1)}
	t.lay(b.words, 0, 0)
	for _, w := range b.words {
		if w.inside != 0 {
			t.begins.add(w.text)
		} else {
			t.firsts.add(w.text, w.stem != 0)
		}
	}
	return t
}

// lay fills the state at with the sorted words, which agree in depth bytes.
func (t *tree) lay(words []entry, depth int, at int32) {
	var e ending
	for len(words) > 0 && len(words[0].text) == depth {
		e.whole |= words[0].whole
		e.stem |= words[0].stem
		e.inside |= words[0].inside
		words = words[1:]
	}
	if e != (ending{}) {
		t.nodes[at].row = int32(len(t.rows))
		t.rows = append(t.rows, e)
	}
	first := int32(len(t.labels))
	for i := 0; i < len(words); {
		c := words[i].text[depth]
		for i < len(words) && words[i].text[depth] == c {
			i++
		}
		id := int32(len(t.nodes))
		t.nodes = append(t.nodes, node{})
		t.labels, t.next = append(t.labels, c), append(t.next, id)
		if at == 0 {
			t.root[c] = id
		}
	}
	n := int32(len(t.labels)) - first
	t.nodes[at].to, t.nodes[at].n = first, uint16(n)
	if n == 1 {
		t.nodes[at].to, t.nodes[at].label = t.next[first], t.labels[first]
	}
	for j, i := int32(0), 0; j < n; j++ {
		from := i
		for i < len(words) && words[i].text[depth] == t.labels[first+j] {
			i++
		}
		t.lay(words[from:i], depth+1, t.next[first+j])
	}
}

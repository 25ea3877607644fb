package ld

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// canonizer runs RDFC-1.0 (W3C Recommendation RDF Dataset Canonicalization,
// §4) with SHA-256 over one dataset.
type canonizer struct {
	quads     []quad
	mentions  [][]int  // quads of each blank node, by its number
	first     []string // first degree hash of each blank node
	canonical *issuer
	limit     int // steps that may be taken
	steps     int // what is left of them
	buffer    []byte
}

// issuer gives blank nodes their names in the order they are asked for
// (§4.5). It is copied whenever an attempt may be abandoned.
type issuer struct {
	prefix string
	names  map[int]int
	order  []int
}

func newIssuer(prefix string) *issuer { return &issuer{prefix: prefix, names: map[int]int{}} }

func (i *issuer) issue(node int) int {
	n, ok := i.names[node]
	if !ok {
		n = len(i.order)
		i.names[node] = n
		i.order = append(i.order, node)
	}
	return n
}

func (i *issuer) has(node int) bool { _, ok := i.names[node]; return ok }

func (i *issuer) appendName(out []byte, node int) []byte {
	return strconv.AppendInt(append(out, i.prefix...), int64(i.names[node]), 10)
}

func (i *issuer) copy() *issuer {
	c := &issuer{prefix: i.prefix, names: make(map[int]int, len(i.names)+1), order: slices.Clone(i.order)}
	for k, v := range i.names {
		c.names[k] = v
	}
	return c
}

// canonicalize returns the canonical N-Quads of a dataset (§4.4.3). It fails
// with ErrLimit when telling the blank nodes apart takes more than limit steps.
func canonicalize(quads []quad, nodes, limit int) ([]byte, error) {
	c := &canonizer{
		quads: quads, mentions: make([][]int, nodes), first: make([]string, nodes),
		canonical: newIssuer("c14n"), limit: limit, steps: limit,
	}
	for i := range quads {
		q := &quads[i]
		for _, t := range [...]*term{&q.subject, &q.object, &q.graph} {
			if t.kind == kindBlank && !endsWith(c.mentions[t.node], i) {
				c.mentions[t.node] = append(c.mentions[t.node], i)
			}
		}
	}
	groups := map[string][]int{}
	for n := range nodes {
		c.first[n] = c.hashFirstDegree(n)
		groups[c.first[n]] = append(groups[c.first[n]], n)
	}
	hashes := sortedKeys(groups)
	for _, h := range hashes {
		if len(groups[h]) == 1 {
			c.canonical.issue(groups[h][0])
		}
	}
	for _, h := range hashes {
		if len(groups[h]) > 1 {
			if err := c.separate(groups[h]); err != nil {
				return nil, err
			}
		}
	}
	return c.lines(), nil
}

// separate names the nodes that share a first degree hash (§4.4.3 step 5).
func (c *canonizer) separate(group []int) error {
	var results []path
	for _, n := range group {
		if c.canonical.has(n) {
			continue
		}
		temporary := newIssuer("b")
		temporary.issue(n)
		p, err := c.hashNDegree(n, temporary)
		if err != nil {
			return err
		}
		results = append(results, p)
	}
	slices.SortStableFunc(results, func(a, b path) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	for _, r := range results {
		for _, n := range r.issuer.order {
			c.canonical.issue(n)
		}
	}
	return nil
}

// lines writes the dataset with its canonical names: sorted by code point, each
// statement once.
func (c *canonizer) lines() []byte {
	lines := make([][]byte, len(c.quads))
	size := 0
	for i := range c.quads {
		lines[i] = appendQuad(nil, &c.quads[i], c.canonical.appendName)
		size += len(lines[i])
	}
	slices.SortFunc(lines, bytes.Compare)
	out := make([]byte, 0, size)
	for i, l := range lines {
		if i == 0 || !bytes.Equal(l, lines[i-1]) {
			out = append(out, l...)
		}
	}
	return out
}

// hashFirstDegree hashes what is said about a node, whatever it is called
// (§4.6.3).
func (c *canonizer) hashFirstDegree(node int) string {
	lines := make([][]byte, len(c.mentions[node]))
	for i, q := range c.mentions[node] {
		lines[i] = appendQuad(nil, &c.quads[q], func(out []byte, n int) []byte {
			if n == node {
				return append(out, 'a')
			}
			return append(out, 'z')
		})
	}
	slices.SortFunc(lines, bytes.Compare)
	h := sha256.New()
	for _, l := range lines {
		h.Write(l)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func endsWith(list []int, v int) bool { return len(list) > 0 && list[len(list)-1] == v }

func sortedKeys(m map[string][]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

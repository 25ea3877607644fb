package ld

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// MaxSteps bounds the work of telling alike blank nodes apart. A step is one
// statement about a node that is hashed with its neighbours, or one node of an
// order that is tried. Real credentials take dozens; a dataset built to take
// exponential time is refused: it costs a stranger nothing to send, and the work
// comes before any signature is looked at.
const MaxSteps = 1 << 12

// path is what one attempt at naming the neighbours of a node came to.
type path struct {
	hash   [sha256.Size]byte
	issuer *issuer
}

func (c *canonizer) step(n int) error {
	if c.steps -= n; c.steps < 0 {
		return fmt.Errorf("%w: blank nodes too alike to tell apart in %d steps", ErrLimit, c.limit)
	}
	return nil
}

// hashRelated hashes one mention of a node beside another (§4.7.3).
func (c *canonizer) hashRelated(related int, q *quad, names *issuer, position byte) string {
	in := append(c.buffer[:0], position)
	if position != 'g' {
		in = append(append(append(in, '<'), q.predicate.value...), '>')
	}
	switch {
	case c.canonical.has(related):
		in = c.canonical.appendName(append(in, '_', ':'), related)
	case names.has(related):
		in = names.appendName(append(in, '_', ':'), related)
	default:
		in = append(in, c.first[related]...)
	}
	c.buffer = in
	sum := sha256.Sum256(in)
	return hex.EncodeToString(sum[:])
}

// related groups the neighbours of a node by how they are mentioned.
func (c *canonizer) related(node int, names *issuer) map[string][]int {
	groups := map[string][]int{}
	for _, i := range c.mentions[node] {
		q := &c.quads[i]
		for _, at := range [...]struct {
			t        *term
			position byte
		}{{&q.subject, 's'}, {&q.object, 'o'}, {&q.graph, 'g'}} {
			if at.t.kind == kindBlank && at.t.node != node {
				h := c.hashRelated(at.t.node, q, names, at.position)
				groups[h] = append(groups[h], at.t.node)
			}
		}
	}
	return groups
}

// hashNDegree hashes a node by its neighbourhood, following it as far as nodes
// without names lead (§4.8.3).
func (c *canonizer) hashNDegree(node int, names *issuer) (path, error) {
	if err := c.step(1 + len(c.mentions[node])); err != nil {
		return path{}, err
	}
	groups := c.related(node, names)
	var data []byte
	for _, h := range sortedKeys(groups) {
		data = append(data, h...)
		chosen, chosenIssuer, err := c.shortest(groups[h], names)
		if err != nil {
			return path{}, err
		}
		data = append(data, chosen...)
		names = chosenIssuer
	}
	return path{sha256.Sum256(data), names}, nil
}

// shortest tries the nodes in every order and returns the least path.
func (c *canonizer) shortest(nodes []int, names *issuer) (chosen []byte, chosenIssuer *issuer, err error) {
	err = permute(slices.Clone(nodes), len(nodes), func(order []int) error {
		if err := c.step(len(order)); err != nil {
			return err
		}
		attempt, attemptIssuer, err := c.attempt(order, names.copy(), chosen)
		if err != nil {
			return err
		}
		if attempt != nil && (chosen == nil || slices.Compare(attempt, chosen) < 0) {
			chosen, chosenIssuer = attempt, attemptIssuer
		}
		return nil
	})
	return chosen, chosenIssuer, err
}

// attempt follows one order of nodes. It returns nil when the path gets worse
// than the one already chosen.
func (c *canonizer) attempt(order []int, names *issuer, chosen []byte) ([]byte, *issuer, error) {
	var out []byte
	var deeper []int
	for _, n := range order {
		out = append(out, '_', ':')
		if c.canonical.has(n) {
			out = c.canonical.appendName(out, n)
			continue
		}
		if !names.has(n) {
			deeper = append(deeper, n)
			names.issue(n)
		}
		out = names.appendName(out, n)
		if worse(out, chosen) {
			return nil, nil, nil
		}
	}
	for _, n := range deeper {
		p, err := c.hashNDegree(n, names)
		if err != nil {
			return nil, nil, err
		}
		names.issue(n)
		out = names.appendName(append(out, '_', ':'), n)
		out = append(hex.AppendEncode(append(out, '<'), p.hash[:]), '>')
		names = p.issuer
		if worse(out, chosen) {
			return nil, nil, nil
		}
	}
	return out, names, nil
}

// worse reports whether a path is already behind the chosen one.
func worse(out, chosen []byte) bool {
	return chosen != nil && len(out) >= len(chosen) && slices.Compare(out, chosen) > 0
}

// permute calls try with every order of the first n nodes until it fails.
func permute(nodes []int, n int, try func([]int) error) error {
	if n <= 1 {
		return try(nodes)
	}
	for i := range n {
		if err := permute(nodes, n-1, try); err != nil {
			return err
		}
		j := i
		if n%2 == 1 {
			j = 0
		}
		nodes[j], nodes[n-1] = nodes[n-1], nodes[j]
	}
	return nil
}

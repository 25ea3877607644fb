package ld_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/vc/ld"
)

// statement is of numbered nodes: o -1 is a literal, g -1 the default graph.
type statement struct{ s, p, o, g int }

// canonicalForm writes statements with these names and in this order, and
// returns their canonical form.
func canonicalForm(t interface{ Fatal(...any) }, statements []statement, names, order []int) []byte {
	var lines []string
	for _, i := range order {
		st := statements[i]
		o, g := `"x"`, ""
		if st.o >= 0 {
			o = fmt.Sprintf("_:n%d", names[st.o])
		}
		if st.g >= 0 {
			g = fmt.Sprintf(" _:n%d", names[st.g])
		}
		lines = append(lines, fmt.Sprintf("_:n%d <urn:p%d> %s%s .", names[st.s], st.p, o, g))
	}
	set, err := ld.ParseNQuads(lines)
	if err != nil {
		t.Fatal(err)
	}
	out, err := ld.CanonicalizeQuads(set)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCanonicalFormIgnoresNames: a dataset with its blank nodes renamed and its
// statements shuffled has the same canonical form; one with a statement less
// has another. Each node is subject or object in one graph, its home: of others
// RDFC-1.0 does not promise it (TestGraphsThatShareNodes).
func TestCanonicalFormIgnoresNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(1, 6).Draw(t, "nodes")
		homes := rapid.SliceOfN(rapid.IntRange(-1, nodes-1), nodes, nodes).Draw(t, "homes")
		statements := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) statement {
			s := rapid.IntRange(0, nodes-1).Draw(t, "s")
			objects := []int{-1}
			for n, home := range homes {
				if home == homes[s] {
					objects = append(objects, n)
				}
			}
			return statement{s, rapid.IntRange(0, 1).Draw(t, "p"), rapid.SampledFrom(objects).Draw(t, "o"), homes[s]}
		}), 1, 8, rapid.ID[statement]).Draw(t, "statements")
		names := rapid.Permutation(seq(nodes)).Draw(t, "names")
		order := rapid.Permutation(seq(len(statements))).Draw(t, "order")
		want := canonicalForm(t, statements, seq(nodes), seq(len(statements)))
		if got := canonicalForm(t, statements, names, order); !bytes.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
		if got := canonicalForm(t, statements, names, order[1:]); bytes.Equal(got, want) {
			t.Fatalf("a statement is not in\n%s", want)
		}
	})
}

// TestGraphsThatShareNodes: why a document may not have a blank node in two
// graphs. Nodes 0 and 1 point at each other from the graphs 2 and 3, which
// differ. Their hashes do not, since §4.7.3 leaves the graph out, so the
// standard has two canonical forms for one dataset; rdf-canonize 5.0.0 gives
// the same two.
func TestGraphsThatShareNodes(t *testing.T) {
	statements := []statement{{0, 0, 1, 2}, {1, 0, 0, 3}, {2, 0, -1, -1}}
	forms := map[string]int{}
	for _, names := range permutations(seq(4)) {
		for _, order := range permutations(seq(3)) {
			forms[string(canonicalForm(t, statements, names, order))]++
		}
	}
	if want := map[string]int{
		"_:c14n0 <urn:p0> \"x\" .\n_:c14n2 <urn:p0> _:c14n3 _:c14n0 .\n_:c14n3 <urn:p0> _:c14n2 _:c14n1 .\n": 72,
		"_:c14n0 <urn:p0> \"x\" .\n_:c14n2 <urn:p0> _:c14n3 _:c14n1 .\n_:c14n3 <urn:p0> _:c14n2 _:c14n0 .\n": 72,
	}; !maps.Equal(forms, want) {
		t.Errorf("got %v", forms)
	}
}

func permutations(of []int) [][]int {
	if len(of) == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for i, first := range of {
		for _, rest := range permutations(slices.Delete(slices.Clone(of), i, i+1)) {
			out = append(out, append([]int{first}, rest...))
		}
	}
	return out
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

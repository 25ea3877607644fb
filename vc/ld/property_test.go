package ld_test

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/vc/ld"
)

// TestCanonicalFormIgnoresNames: a dataset with its blank nodes renamed and its
// statements shuffled has the same canonical form; one with a statement less
// has another.
func TestCanonicalFormIgnoresNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(1, 5).Draw(t, "nodes")
		node := rapid.IntRange(0, nodes-1)
		type statement struct{ s, p, o, g int }
		statements := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) statement {
			return statement{node.Draw(t, "s"), rapid.IntRange(0, 1).Draw(t, "p"), rapid.IntRange(-1, nodes-1).Draw(t, "o"), rapid.IntRange(-1, nodes-1).Draw(t, "g")}
		}), 1, 8, rapid.ID[statement]).Draw(t, "statements")
		names := rapid.Permutation(seq(nodes)).Draw(t, "names")
		order := rapid.Permutation(seq(len(statements))).Draw(t, "order")
		write := func(names, order []int) []byte {
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
		want := write(seq(nodes), seq(len(statements)))
		if got := write(names, order); !bytes.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
		if got := write(names, order[1:]); bytes.Equal(got, want) {
			t.Fatalf("a statement is not in\n%s", want)
		}
	})
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

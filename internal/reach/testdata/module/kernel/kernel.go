package kernel

import "example.org/m/wire"

// Guard is implemented elsewhere.
type Guard interface{ Evaluate() int }

// Kernel mediates.
type Kernel struct{ Guards []Guard }

// steps are named by Mediate.
var steps = []func() int{first}

func first() int {
	return wire.Hash() // one line
}

func passedOn() int { return 3 }

func nobody() int { return 4 }

// Mediate is where it begins.
func (k *Kernel) Mediate() (n int) {
	for _, g := range k.Guards {
		n += g.Evaluate()
	}

	// a comment does not count
	return n + len(steps) + apply(passedOn)
}

func apply(f func() int) int { return f() }

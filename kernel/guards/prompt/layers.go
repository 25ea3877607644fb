package prompt

import "math/bits"

// layers are the three scores of a text, 0 … 100 each.
type layers struct{ heuristic, statistical, logistic int }

// The bounds at which the shape of a text is a sign.
const (
	manyPunctuation = 350  // per mille
	highEntropy     = 4800 // millibits a character
	longSymbolRun   = 12
	fewTrigrams     = 350 // per mille that are unique
	someInvisible   = 3
)

// layersOf judges a finding whose score is that of its signals.
func layersOf(f *finding, set *ruleset) layers {
	l := layers{heuristic: f.score}
	z := -2000 // thousandths
	for rest := f.signals; rest != 0; rest &= rest - 1 {
		z += set.rules[bits.TrailingZeros64(rest)].weight * 25
	}
	for _, sign := range [...]struct {
		met         bool
		coefficient int
	}{
		{f.symbols.punctuation >= manyPunctuation, 1000},
		{f.symbols.entropy >= highEntropy, 500},
		{f.symbols.run >= longSymbolRun, 1500},
		{f.symbols.unique < fewTrigrams, 1200},
		{f.hidden >= someInvisible, 1000},
	} {
		if sign.met {
			l.statistical += 20
			z += sign.coefficient
		}
	}
	l.logistic = sigmoid(z)
	return l
}

func (l layers) score() int {
	return max(l.heuristic, (70*l.heuristic+10*l.statistical+20*l.logistic)/100)
}

// sigmoid is 100/(1+e^−z) for z in thousandths, between tabled points half a
// unit apart.
func sigmoid(z int) int {
	points := [...]int{50, 62, 73, 82, 88, 92, 95, 97, 98, 99, 99, 100, 100}
	at := min(max(z, -z), (len(points)-1)*500-1)
	low, high := points[at/500], points[at/500+1]
	v := low + (high-low)*(at%500)/500
	if z < 0 {
		return 100 - v
	}
	return v
}

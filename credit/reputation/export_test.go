package reputation

// What the tests of the arithmetic look at.
var (
	Log2    = log2
	Halving = halving
)

package wire

// Hash is called.
func Hash() int { return 1 }

// Unused is not.
func Unused() int { return 2 }

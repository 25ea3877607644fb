package b

import other "example.org/m/a"

// G uses a code of another package.
func G() string { return other.CodeElsewhere }

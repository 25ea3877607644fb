package conformance

import (
	"context"

	"github.com/backbay-labs/chio-node/wire"
)

// Page reads one page of a hostile tool list and looks at every schema in it.
func Page(doc []byte) (int, error) {
	tools, _, err := parsePage(wire.Raw(doc))
	if err != nil {
		return 0, err
	}
	r := &runner{tools: tools}
	return len(tools), toolsSchemas(context.Background(), r)
}

// Bounded is what is kept of a text.
var Bounded = bounded

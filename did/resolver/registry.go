package resolver

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
)

type registry struct{ methods map[string]method }

func newRegistry(methods []method) *registry {
	r := &registry{methods: make(map[string]method, len(methods))}
	for _, m := range methods {
		r.methods[m.name()] = m
	}
	return r
}

func (r *registry) read(ctx context.Context, u did.URL, o *Options) (*document, error) {
	m := r.methods[u.Method]
	if m == nil {
		return nil, fmt.Errorf("%w: did:%s", MethodNotSupported, u.Method)
	}
	return m.read(ctx, u, o)
}

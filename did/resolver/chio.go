package resolver

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
)

// chio is did:chio: the document follows from the DID.
type chio struct{ r *Resolver }

func (*chio) name() string { return "chio" }

func (c *chio) read(_ context.Context, u did.URL, _ *Options) (*document, error) {
	id, err := did.Parse(u.DID())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", InvalidDID, err)
	}
	k := id.Key()
	if _, err := did.NewKey(did.KindEd25519, k[:]); err != nil { // also a point of the curve
		return nil, fmt.Errorf("%w: %w", InvalidDID, err)
	}
	if at, ok := c.r.deactivated(did.NewEd25519(k)); ok {
		return tombstone(id.String(), at)
	}
	doc, err := c.r.ownDocument(id)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", InternalError, err)
	}
	return finish(doc, id.String(), DocumentMetadata{})
}

// ownDocument adds what the environment knows, to its own DID only.
func (r *Resolver) ownDocument(id did.DID) (*did.Document, error) {
	if id != r.config.Self {
		return did.NewDocument(id)
	}
	doc, err := did.NewDocument(id, r.config.Services...)
	if err != nil {
		return nil, err
	}
	doc.AlsoKnownAs = append(doc.AlsoKnownAs, r.config.AlsoKnownAs...)
	return doc, doc.Check()
}

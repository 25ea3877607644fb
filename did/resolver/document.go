package resolver

import (
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// Document is what was understood of a DID document of any method. Ids are
// absolute; members that are not here were ignored.
type Document struct {
	ID          string
	Controllers []string // DIDs that may change the document, if it names any
	AlsoKnownAs []string // a claim of the document alone, until the other side says the same
	Methods     []VerificationMethod
	Services    []Service

	// listed are the method ids of each relationship, in order. They may name
	// methods of other documents.
	listed map[did.Purpose][]string
}

// VerificationMethod is one key of a document.
type VerificationMethod struct {
	ID         string
	Type       string
	Controller string
	Key        did.Key // zero if the type is not understood
	Expires    int64   // unix seconds from which it counts for nothing, 0 if never
	Revoked    int64   // likewise
	JSON       wire.Raw
}

// Service is one endpoint of a document. Endpoints are those that are URIs;
// an endpoint that is an object is in JSON only.
type Service struct {
	ID        string
	Types     []string
	Endpoints []string
	JSON      wire.Raw
}

// Listed are the ids of the methods that a relationship lists.
func (d *Document) Listed(p did.Purpose) []string { return d.listed[p] }

// method finds a definition by its absolute id.
func (d *Document) method(id string) *VerificationMethod {
	for i := range d.Methods {
		if d.Methods[i].ID == id {
			return &d.Methods[i]
		}
	}
	return nil
}

// service finds a service by its absolute id.
func (d *Document) service(id string) *Service {
	for i := range d.Services {
		if d.Services[i].ID == id {
			return &d.Services[i]
		}
	}
	return nil
}

func (d *Document) lists(id string, p did.Purpose) bool {
	for _, l := range d.listed[p] {
		if l == id {
			return true
		}
	}
	return false
}

package certification

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The schemas of a bundle and of the registry's word about a chain.
const (
	SchemaBundle = "chio.certification_bundle.v1"
	SchemaHead   = "chio.certification_head.v1"
)

// ErrBundle refuses a bundle.
var ErrBundle = errors.New("certification bundle is not valid")

// bundleLimits are those of a bundle: a report, and a chain of records.
var bundleLimits = wire.Limits{Bytes: 1 << 20, Depth: 32}

// Bundle is everything about one certification, to be verified offline. Without
// a head, records may have been left away at the end, and nothing holds. If the records are not the
// certifier's own registry's, Home is what that one says.
type Bundle struct {
	Schema        string           `json:"schema"`
	Certification *wire.Envelope   `json:"certification"`
	Report        wire.Raw         `json:"report,omitempty"`
	Records       []*wire.Envelope `json:"records,omitempty"`
	Head          *wire.Envelope   `json:"head,omitempty"`
	Home          *Home            `json:"home,omitempty"`
}

// Home is the chain of the certifier's own registry, with that registry's word
// that this was all of it.
type Home struct {
	Records []*wire.Envelope `json:"records"`
	Head    *wire.Envelope   `json:"head"`
}

// Head is where a registry says that a chain stands.
type Head struct {
	Schema        string      `json:"schema"`
	Certification wire.Digest `json:"certification"`
	Registry      did.DID     `json:"registry"`
	Sequence      uint64      `json:"sequence"`
	Record        wire.Digest `json:"record"`
	AsOf          int64       `json:"as_of"` // unix seconds
}

// Bytes is the canonical form of a bundle.
func (b *Bundle) Bytes() ([]byte, error) {
	b.Schema = SchemaBundle
	return wire.Marshal(b)
}

// ParseBundle reads a bundle without judging what is in it.
func ParseBundle(doc []byte) (*Bundle, error) {
	var b Bundle
	if err := wire.UnmarshalCanonical(doc, &b, bundleLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if b.Schema != SchemaBundle {
		return nil, fmt.Errorf("%w: %w: %.80q", ErrBundle, wire.ErrSchema, b.Schema)
	}
	if b.Certification == nil {
		return nil, fmt.Errorf("%w: it holds no certification", ErrBundle)
	}
	return &b, nil
}

// Options is what a verifier takes for granted.
type Options struct {
	Now     int64
	Trusted func(did.DID) bool // certifiers that count; nil trusts nobody
	// Registries are those whose chains count for certifications of others;
	// nil is none. A certifier's own registry always counts.
	Registries func(did.DID) bool
}

// VerifyBundle judges a bundle:
//
//	1 it is canonical, strict, of its schema, at most 1 MiB
//	2 the certification verifies (Verify)
//	3 a report, if there is one, is the one it rests on (MatchReport)
//	4 the records are a chain over it (Fold)
//	5 a head, if there is one, is signed by the chain's registry and names its
//	  last record; without records there is none
//	6 a home chain comes beside the chain of another registry, is the
//	  certifier's own, and has a head
//	7 the chain of a registry that is neither the certifier's nor named in the
//	  options cannot say that it holds, nor can one without a head, which may lack
//	  its end: without a home chain, or a head, it is unpublished
func VerifyBundle(doc []byte, o Options) *Finding {
	b, err := ParseBundle(doc) // 1
	if err != nil {
		return broken(err)
	}
	return b.Judge(o)
}

// Judge is VerifyBundle for a bundle that was parsed.
func (b *Bundle) Judge(o Options) *Finding {
	if b.Home != nil && len(b.Records) == 0 { // 6
		return broken(fmt.Errorf("%w: a home chain comes beside another's", ErrChain))
	}
	f := judge(b.Certification, b.Records, b.Home, o) // 2, 4, 6, 7
	if !f.Integrity {
		return f
	}
	if b.Report != nil {
		if err := f.Certification.MatchReport(b.Report); err != nil { // 3
			return broken(err)
		}
	}
	if b.Head == nil { // 7
		f.withhold()
		return f
	}
	head, err := verifyHead(b.Head, f.ID, f.History) // 5
	if err != nil {
		return broken(err)
	}
	f.AsOf = head.AsOf
	if f.Home != nil {
		f.AsOf = min(head.AsOf, f.HomeAsOf)
	}
	return f
}

func verifyHead(env *wire.Envelope, id wire.Digest, chain *History) (*Head, error) {
	var h Head
	if err := env.Open(SchemaHead, &h, nil, nil); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if err := signedOnlyBy(env, h.Registry); err != nil {
		return nil, fmt.Errorf("%w: head: %w", ErrBundle, err)
	}
	if h.Certification != id || h.Registry != chain.Registry || h.Sequence != chain.Sequence || h.Record != chain.Head ||
		!validTime(h.AsOf) || h.AsOf < chain.At {
		return nil, fmt.Errorf("%w: its head is of record %d, %s; the chain ends with %d, %s", ErrChain, h.Sequence, h.Record, chain.Sequence, chain.Head)
	}
	return &h, nil
}

package resolver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// Config is what a resolver knows besides what a DID says of itself.
type Config struct {
	// Now is the clock, for cached documents and methods that expire.
	Now func() time.Time
	// Self, if set, is the node's own did:chio: its document carries Services
	// and, besides its did:key, AlsoKnownAs. Services of others do not follow
	// from their DID and are learned elsewhere.
	Self        did.DID
	Services    []did.Service
	AlsoKnownAs []string
	// Deactivated reports that the holder of a DID has deactivated it, and when,
	// in unix seconds. nil knows of none.
	Deactivated func(did.DID) (at int64, ok bool)
	// Web fetches did:web; nil leaves the method out.
	Web *WebConfig
}

// Resolver resolves DIDs. It may be used by many goroutines at once.
type Resolver struct {
	config   Config
	registry *registry
	web      *web // nil without Config.Web
}

// document is what a method reads: bytes, and what was understood of them.
type document struct {
	json   wire.Raw
	parsed *Document
	meta   DocumentMetadata
}

// method is one DID method.
type method interface {
	name() string
	read(ctx context.Context, u did.URL, o *Options) (*document, error)
}

// New checks the configuration; it starts nothing.
func New(c Config) (*Resolver, error) {
	if c.Now == nil {
		return nil, errors.New("resolver: Now is not set")
	}
	if c.Self == "" && len(c.Services)+len(c.AlsoKnownAs) > 0 {
		return nil, errors.New("resolver: services and aliases are those of Self, which is not set")
	}
	r := &Resolver{config: c}
	if c.Self != "" {
		if _, err := r.ownDocument(c.Self); err != nil {
			return nil, fmt.Errorf("resolver: %w", err)
		}
	}
	methods := []method{&chio{r}, &key{r}}
	if c.Web != nil {
		var err error
		if r.web, err = newWeb(*c.Web, c.Now); err != nil {
			return nil, fmt.Errorf("resolver: %w", err)
		}
		methods = append(methods, r.web)
	}
	r.registry = newRegistry(methods, r.deactivated)
	return r, nil
}

// Close ends fetches that are under way and waits for them.
func (r *Resolver) Close() {
	if r.web != nil {
		r.web.close()
	}
}

// Resolve answers the document of a DID (DID Core §7.1):
//
//	1 the input is a DID and nothing else (invalidDid)
//	2 the representation is one we write (representationNotSupported)
//	3 its method is registered (methodNotSupported) and reads it
//	4 the document of a deactivated DID holds no key
//
// It never returns nil; Err says whether there is a document.
func (r *Resolver) Resolve(ctx context.Context, id string, o Options) *Resolution {
	u, err := did.ParseURL(id)
	if err == nil && !u.IsDID() {
		err = fmt.Errorf("%.140q is a DID URL: dereference it", id)
	}
	if err != nil { // 1
		return refused(fmt.Errorf("%w: %w", InvalidDID, err))
	}
	media, err := o.mediaType()
	if err != nil { // 2
		return refused(err)
	}
	d, err := r.registry.read(ctx, u, &o)
	if err != nil { // 3
		return refused(err)
	}
	return &Resolution{Document: d.parsed, JSON: d.json, DocumentMetadata: d.meta, Metadata: Metadata{ContentType: media}}
}

// deactivated asks for a key, which a did:chio and a did:key have in common.
func (r *Resolver) deactivated(k did.Key) (int64, bool) {
	public, ok := k.Ed25519()
	if !ok || r.config.Deactivated == nil {
		return 0, false
	}
	return r.config.Deactivated(did.FromKey(public))
}

// published is the shape of the documents we write ourselves.
type published struct {
	Context        []string          `json:"@context"`
	ID             string            `json:"id"`
	AlsoKnownAs    []string          `json:"alsoKnownAs,omitempty"`
	Methods        []publishedMethod `json:"verificationMethod,omitempty"`
	Authentication []string          `json:"authentication,omitempty"`
	Assertion      []string          `json:"assertionMethod,omitempty"`
	Agreement      []string          `json:"keyAgreement,omitempty"`
	Invocation     []string          `json:"capabilityInvocation,omitempty"`
	Delegation     []string          `json:"capabilityDelegation,omitempty"`
	Services       []did.Service     `json:"service,omitempty"`
}

type publishedMethod struct {
	ID         string   `json:"id"`
	Type       string   `json:"type"`
	Controller string   `json:"controller"`
	Multibase  string   `json:"publicKeyMultibase,omitempty"`
	JWK        wire.Raw `json:"publicKeyJwk,omitempty"`
}

// finish encodes a document of ours and reads it by the same parser as anybody's.
func finish(p any, id string, meta DocumentMetadata) (*document, error) {
	doc, err := wire.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("%w: encoding the document of %s: %w", InternalError, id, err)
	}
	parsed, err := ParseDocument(doc, id)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", InternalError, err)
	}
	return &document{json: doc, parsed: parsed, meta: meta}, nil
}

// tombstone is the document of a deactivated DID: it names no key, so that who
// overlooks the metadata still verifies nothing.
func tombstone(id string, at int64) (*document, error) {
	return finish(published{Context: []string{did.ContextDID}, ID: id}, id, DocumentMetadata{Deactivated: true, Updated: rfc3339(at)})
}

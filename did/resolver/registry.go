package resolver

import (
	"context"
	"errors"
	"fmt"

	"github.com/hyperledger/aries-framework-go/component/kmscrypto/doc/jose/jwk"
	ariesdid "github.com/hyperledger/aries-framework-go/component/models/did"
	"github.com/hyperledger/aries-framework-go/component/vdr"
	"github.com/hyperledger/aries-framework-go/component/vdr/api"

	"github.com/backbay-labs/chio-node/did"
)

// registry is an aries VDR registry of our methods. It picks the method of a
// DID; what a method read goes past aries, because its model changes documents:
// it keeps the multicodec of a multikey as part of the key, knows no Multikey,
// and refuses lists of endpoints. Where aries itself asks, it is given every
// key as a JsonWebKey2020, which it reads correctly.
type registry struct{ vdr *vdr.Registry }

func newRegistry(methods []method, ended func(did.Key) (int64, bool)) *registry {
	options := make([]vdr.Option, len(methods))
	for i, m := range methods {
		options[i] = vdr.WithVDR(&adapter{m, ended})
	}
	return &registry{vdr.New(options...)}
}

// question carries our context and options through aries, and the answer back.
type question struct {
	ctx     context.Context
	options *Options
	answer  *document
	err     error
}

// optionQuestion is the name under which the registry hands a question on.
const optionQuestion = "chio"

// errAnswered tells that a question was answered past aries.
var errAnswered = errors.New("answered")

func (r *registry) read(ctx context.Context, u did.URL, o *Options) (*document, error) {
	q := &question{ctx: ctx, options: o}
	_, err := r.vdr.Resolve(u.DID(), api.WithOption(optionQuestion, q))
	if errors.Is(err, errAnswered) {
		return q.answer, q.err
	}
	return nil, fmt.Errorf("%w: did:%s: use did:chio, did:key or did:web", MethodNotSupported, u.Method)
}

// adapter is one method of ours as aries calls it.
type adapter struct {
	method
	ended func(did.Key) (int64, bool) // of a key whose organisation was deactivated
}

var errReadOnly = errors.New("resolver: DIDs are only read here")

// Accept is asked for every DID.
func (a *adapter) Accept(name string, _ ...api.DIDMethodOption) bool { return name == a.name() }

// Read answers a question of ours in it, and anybody else's as aries wants it.
func (a *adapter) Read(id string, options ...api.DIDMethodOption) (*ariesdid.DocResolution, error) {
	values := api.DIDMethodOpts{Values: map[string]any{}}
	for _, o := range options {
		o(&values)
	}
	q, ours := values.Values[optionQuestion].(*question)
	if !ours {
		q = &question{ctx: context.Background(), options: &Options{}}
	}
	u, err := did.ParseURL(id)
	if err == nil {
		q.answer, q.err = a.read(q.ctx, u, q.options)
	} else {
		q.err = fmt.Errorf("%w: %w", InvalidDID, err)
	}
	switch {
	case ours:
		return nil, errAnswered
	case errors.Is(q.err, NotFound):
		return nil, fmt.Errorf("%w: %w", api.ErrNotFound, q.err)
	case q.err != nil:
		return nil, q.err
	}
	return a.toAries(q.answer)
}

// Create, Update, Deactivate and Close complete the interface of aries.
func (*adapter) Create(*ariesdid.Doc, ...api.DIDMethodOption) (*ariesdid.DocResolution, error) {
	return nil, errReadOnly
}
func (*adapter) Update(*ariesdid.Doc, ...api.DIDMethodOption) error { return errReadOnly }
func (*adapter) Deactivate(string, ...api.DIDMethodOption) error    { return errReadOnly }
func (*adapter) Close() error                                       { return nil }

// toAries gives aries what MethodAt would return, and no more: the methods the
// document controls itself, with a key that is understood and no end to it, for
// aries knows none.
func (a *adapter) toAries(d *document) (*ariesdid.DocResolution, error) {
	doc := &ariesdid.Doc{Context: []string{did.ContextDID, contextJWK}, ID: d.parsed.ID, AlsoKnownAs: d.parsed.AlsoKnownAs}
	byPurpose := map[did.Purpose]*[]ariesdid.Verification{
		did.PurposeAuthenticate: &doc.Authentication, did.PurposeAssertion: &doc.AssertionMethod, did.PurposeKeyAgreement: &doc.KeyAgreement,
		did.PurposeInvocation: &doc.CapabilityInvocation, did.PurposeDelegation: &doc.CapabilityDelegation,
	}
	kinds := map[did.Purpose]ariesdid.VerificationRelationship{
		did.PurposeAuthenticate: ariesdid.Authentication, did.PurposeAssertion: ariesdid.AssertionMethod, did.PurposeKeyAgreement: ariesdid.KeyAgreement,
		did.PurposeInvocation: ariesdid.CapabilityInvocation, did.PurposeDelegation: ariesdid.CapabilityDelegation,
	}
	for _, m := range d.parsed.Methods {
		if m.Key == (did.Key{}) || m.Controller != d.parsed.ID || m.Expires != 0 || m.Revoked != 0 {
			continue
		}
		if _, over := a.ended(m.Key); over {
			continue
		}
		converted, err := toAriesMethod(&m)
		if err != nil {
			return nil, err
		}
		doc.VerificationMethod = append(doc.VerificationMethod, *converted)
		for _, p := range relationships {
			if d.parsed.lists(m.ID, p) && serves(m.Key.Kind(), p) {
				*byPurpose[p] = append(*byPurpose[p], *ariesdid.NewReferencedVerification(converted, kinds[p]))
			}
		}
	}
	return &ariesdid.DocResolution{Context: []string{contextResolution}, DIDDocument: doc,
		DocumentMetadata: &ariesdid.DocumentMetadata{Deactivated: d.meta.Deactivated}}, nil
}

func toAriesMethod(m *VerificationMethod) (*ariesdid.VerificationMethod, error) {
	var j jwk.JWK
	if err := j.UnmarshalJSON(m.Key.JWK()); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", InternalError, m.ID, err)
	}
	return ariesdid.NewVerificationMethodFromJWK(m.ID, typeJWK2020, m.Controller, &j)
}

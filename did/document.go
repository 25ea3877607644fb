package did

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// ErrDocument refuses a DID document that is not what its DID says.
var ErrDocument = errors.New("document does not fit its did:chio")

// The contexts and types of a did:chio document.
const (
	ContextDID      = "https://www.w3.org/ns/did/v1"
	ContextEd25519  = "https://w3id.org/security/suites/ed25519-2020/v1"
	ContextMultikey = "https://w3id.org/security/multikey/v1"
	TypeEd25519     = "Ed25519VerificationKey2020"
	TypeMultikey    = "Multikey"
)

// maxDocumentList bounds contexts, services and aliases.
const maxDocumentList = 16

// Document is a DID Core document of a did:chio. Everything but services and
// aliases follows from the DID.
type Document struct {
	Context            Contexts             `json:"@context"`
	ID                 DID                  `json:"id"`
	AlsoKnownAs        []string             `json:"alsoKnownAs,omitempty"`
	VerificationMethod []VerificationMethod `json:"verificationMethod"`
	Authentication     []string             `json:"authentication"`
	AssertionMethod    []string             `json:"assertionMethod"`
	Service            []Service            `json:"service,omitempty"`
}

// VerificationMethod publishes the key in Multikey form.
type VerificationMethod struct {
	ID                 string `json:"id"`
	Type               string `json:"type"`
	Controller         DID    `json:"controller"`
	PublicKeyMultibase string `json:"publicKeyMultibase"`
}

// Service is an endpoint the environment adds; ID is the DID and a fragment,
// Endpoint an https URL, or a multiaddr for ServiceFederation.
type Service struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Endpoint string `json:"serviceEndpoint"`
}

// Contexts is the @context member. A lone string and an array of strings are
// both read; it is written as an array.
type Contexts []string

// UnmarshalJSON reads a string or an array of strings.
func (c *Contexts) UnmarshalJSON(b []byte) error {
	var one string
	if wire.Unmarshal(b, &one, wire.DocumentLimits) == nil {
		*c = Contexts{one}
		return nil
	}
	return wire.Unmarshal(b, (*[]string)(c), wire.DocumentLimits)
}

// NewDocument builds the document of a DID with the given services.
func NewDocument(id DID, services ...Service) (*Document, error) {
	d := &Document{
		Context:     Contexts{ContextDID, ContextEd25519},
		ID:          id,
		AlsoKnownAs: []string{id.DIDKey()},
		VerificationMethod: []VerificationMethod{{
			ID: id.KeyID(), Type: TypeEd25519, Controller: id, PublicKeyMultibase: id.Multibase(),
		}},
		Authentication:  []string{id.KeyID()},
		AssertionMethod: []string{id.KeyID()},
		Service:         services,
	}
	return d, d.Check()
}

// ParseDocument reads a document and checks it. An unknown member is an error:
// nothing in a document may be a claim that nobody looked at.
func ParseDocument(doc []byte) (*Document, error) {
	var d Document
	if err := wire.Unmarshal(doc, &d, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	return &d, d.Check()
}

// Check applies the rules; each failure wraps ErrDocument.
//
//	1 the first context is DID v1, the others name a key suite
//	2 the id is a did:chio
//	3 exactly one verification method: #key-1, controlled by the id, with the
//	  id's own key
//	4 authentication and assertionMethod are exactly #key-1
//	5 a did:key alias is the id's own
//	6 services are under the id, unique, typed, and https; a federation service
//	  is a multiaddr with a peer id
func (d *Document) Check() error {
	if err := d.checkContext(); err != nil { // 1
		return err
	}
	if _, err := Parse(string(d.ID)); err != nil { // 2
		return fmt.Errorf("%w: id: %w", ErrDocument, err)
	}
	if len(d.VerificationMethod) != 1 { // 3
		return fmt.Errorf("%w: %d verification methods, want one", ErrDocument, len(d.VerificationMethod))
	}
	m := d.VerificationMethod[0]
	if m.ID != d.ID.KeyID() || m.Controller != d.ID || m.PublicKeyMultibase != d.ID.Multibase() ||
		m.Type != TypeEd25519 && m.Type != TypeMultikey { // 3
		return fmt.Errorf("%w: verification method %.100q is not the DID's own key", ErrDocument, m.ID)
	}
	own := []string{d.ID.KeyID()}
	if !slices.Equal(d.Authentication, own) || !slices.Equal(d.AssertionMethod, own) { // 4
		return fmt.Errorf("%w: authentication and assertionMethod must be exactly %s", ErrDocument, own[0])
	}
	if err := d.checkAliases(); err != nil { // 5
		return err
	}
	return d.checkServices() // 6
}

func (d *Document) checkContext() error {
	if len(d.Context) == 0 || len(d.Context) > maxDocumentList || d.Context[0] != ContextDID {
		return fmt.Errorf("%w: @context must begin with %s", ErrDocument, ContextDID)
	}
	for _, c := range d.Context[1:] {
		if c != ContextEd25519 && c != ContextMultikey {
			return fmt.Errorf("%w: unknown context %.100q", ErrDocument, c)
		}
	}
	return nil
}

func (d *Document) checkAliases() error {
	if len(d.AlsoKnownAs) > maxDocumentList {
		return fmt.Errorf("%w: more than %d aliases", ErrDocument, maxDocumentList)
	}
	for _, a := range d.AlsoKnownAs {
		if u, err := url.Parse(a); err != nil || u.Scheme == "" {
			return fmt.Errorf("%w: alias %.100q is not a URI", ErrDocument, a)
		}
		if strings.HasPrefix(a, didKeyPrefix) && a != d.ID.DIDKey() || strings.HasPrefix(a, prefix) {
			return fmt.Errorf("%w: alias %.100q names another key", ErrDocument, a)
		}
	}
	return nil
}

func (d *Document) checkServices() error {
	if len(d.Service) > maxDocumentList {
		return fmt.Errorf("%w: more than %d services", ErrDocument, maxDocumentList)
	}
	seen := make(map[string]bool, len(d.Service))
	for _, s := range d.Service {
		fragment, ok := strings.CutPrefix(s.ID, string(d.ID)+"#")
		if !ok || fragment == "" || fragment == "key-1" || s.Type == "" || seen[s.ID] {
			return fmt.Errorf("%w: service %.140q needs a type and its own fragment of the DID", ErrDocument, s.ID)
		}
		seen[s.ID] = true
		if err := s.checkEndpoint(); err != nil {
			return fmt.Errorf("%w: service endpoint %.140q %w", ErrDocument, s.Endpoint, err)
		}
	}
	return nil
}

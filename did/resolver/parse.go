package resolver

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// DocumentLimits bound one document.
var DocumentLimits = wire.Limits{Bytes: 64 << 10, Depth: 32}

// maxList bounds each list of a document.
const maxList = 64

// relationships are the verification relationships, in the order of DID Core.
var relationships = []did.Purpose{
	did.PurposeAuthenticate, did.PurposeAssertion, did.PurposeKeyAgreement, did.PurposeInvocation, did.PurposeDelegation,
}

type rawDocument struct {
	Context        wire.Raw   `json:"@context"`
	ID             string     `json:"id"`
	Controller     texts      `json:"controller"`
	AlsoKnownAs    []string   `json:"alsoKnownAs"`
	Methods        []wire.Raw `json:"verificationMethod"`
	Authentication []wire.Raw `json:"authentication"`
	Assertion      []wire.Raw `json:"assertionMethod"`
	Agreement      []wire.Raw `json:"keyAgreement"`
	Invocation     []wire.Raw `json:"capabilityInvocation"`
	Delegation     []wire.Raw `json:"capabilityDelegation"`
	Services       []wire.Raw `json:"service"`
}

// texts is a string or a list of strings.
type texts []string

// UnmarshalJSON reads either form.
func (t *texts) UnmarshalJSON(b []byte) error {
	var one string
	if wire.Unmarshal(b, &one, DocumentLimits) == nil {
		*t = texts{one}
		return nil
	}
	return wire.Unmarshal(b, (*[]string)(t), DocumentLimits)
}

// ParseDocument reads the document of a DID (DID Core §4 to §6); each refusal
// wraps ErrDocument.
//
//	1 strict JSON within DocumentLimits: no duplicate member, no list over 64
//	2 the id is the DID that was asked for
//	3 the context, if there is one, begins with DID v1 and redefines nothing
//	4 controllers are DIDs, aliases URIs
//	5 every method and service has an id of its own, a fragment of this DID:
//	  a document cannot define what belongs to another
//	6 a method holds one public key, of its type, and no private one
//	7 a relationship lists methods of this document, defined there or in it, or
//	  names those of others; none twice
//	8 a service has a type and endpoints that are URIs or objects
//
// Members it does not know are ignored, as DID Core §4.1 asks for extensions;
// a method of an unknown type is kept without a key, so that it verifies
// nothing.
func ParseDocument(doc []byte, id string) (*Document, error) {
	d, err := parseDocument(doc, id)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	return d, nil
}

func parseDocument(doc []byte, id string) (*Document, error) {
	var raw rawDocument
	if err := wire.UnmarshalLenient(doc, &raw, DocumentLimits); err != nil { // 1
		return nil, err
	}
	if raw.ID != id { // 2
		return nil, fmt.Errorf("id is %.140q, want %.140q", raw.ID, id)
	}
	if err := checkContext(raw.Context, id); err != nil { // 3
		return nil, err
	}
	if len(raw.Controller)+len(raw.AlsoKnownAs) > maxList { // 1
		return nil, fmt.Errorf("more than %d controllers and aliases", maxList)
	}
	for _, c := range raw.Controller { // 4
		if u, err := did.ParseURL(c); err != nil || !u.IsDID() {
			return nil, fmt.Errorf("controller %.140q is not a DID", c)
		}
	}
	for _, a := range raw.AlsoKnownAs { // 4
		if !isURI(a) {
			return nil, fmt.Errorf("alias %.140q is not a URI", a)
		}
	}
	p := parser{doc: &Document{ID: id, Controllers: raw.Controller, AlsoKnownAs: raw.AlsoKnownAs, listed: map[did.Purpose][]string{}}}
	return p.doc, errors.Join(p.methods(&raw), p.services(raw.Services)) // 5 to 8
}

// checkContext accepts absence, for plain JSON needs none, one text or a list
// of texts. An object in the list could give our words another meaning; only
// the base that the document has anyway may be named.
func checkContext(raw wire.Raw, id string) error {
	if raw == nil {
		return nil
	}
	var list []wire.Raw
	if raw.Kind() == '[' {
		if err := wire.Unmarshal(raw, &list, DocumentLimits); err != nil {
			return err
		}
	} else {
		list = []wire.Raw{raw}
	}
	if len(list) == 0 || len(list) > maxList {
		return fmt.Errorf("@context has %d entries", len(list))
	}
	for i, entry := range list {
		var text string
		var base struct {
			Base string `json:"@base"`
		}
		switch {
		case wire.Unmarshal(entry, &text, DocumentLimits) == nil:
			if i == 0 && !slices.Contains(firstContexts, text) || !isURI(text) {
				return fmt.Errorf("@context %.140q: the first must be %s", text, did.ContextDID)
			}
		case i == 0 || wire.Unmarshal(entry, &base, DocumentLimits) != nil || base.Base != id:
			return fmt.Errorf("@context entry %d redefines terms", i+1)
		}
	}
	return nil
}

// firstContexts are DID Core 1.0 and 1.1, and Controlled Identifiers.
var firstContexts = []string{did.ContextDID, "https://www.w3.org/ns/did/v1.1", "https://www.w3.org/ns/cid/v1"}

// isURI checks for an absolute URI without white space or control characters.
func isURI(s string) bool {
	if len(s) > did.MaxURLLength || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Path != "")
}

package resolver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
)

// WebDocument is the document that the holder of a did:chio can publish at a
// did:web, and where: the same key under the other name, which names the
// did:chio as its alias. Whoever wants to rely on both names reads both
// documents and finds each in the other. Services are given by their ids under
// the did:chio.
func WebDocument(id did.DID, web string, services ...did.Service) (doc []byte, at string, err error) {
	u, err := did.ParseURL(web)
	if err != nil || !u.IsDID() || u.Method != "web" {
		return nil, "", fmt.Errorf("%w: %.140q is not a did:web", InvalidDID, web)
	}
	where, err := webURL(u)
	if err != nil {
		return nil, "", err
	}
	own, err := did.NewDocument(id, services...)
	if err != nil {
		return nil, "", err
	}
	p := published{Context: []string{did.ContextDID}, ID: web, AlsoKnownAs: []string{id.String(), id.DIDKey()}}
	method := web + strings.TrimPrefix(id.KeyID(), id.String())
	p.Context = append(p.Context, did.ContextMultikey)
	p.Methods = []publishedMethod{{ID: method, Type: typeMultikey, Controller: web, Multibase: id.Multibase()}}
	p.Authentication, p.Assertion = []string{method}, []string{method}
	p.Services = slices.Clone(own.Service)
	for i := range p.Services {
		p.Services[i].ID = web + strings.TrimPrefix(p.Services[i].ID, id.String())
	}
	d, err := finish(p, web, DocumentMetadata{})
	if err != nil {
		return nil, "", err
	}
	return d.json, where.String(), nil
}

// WebDID is the did:web of a domain name, with or without a port.
func WebDID(domain string) (string, error) {
	id := "did:web:" + strings.Replace(domain, ":", "%3A", 1)
	u, err := did.ParseURL(id)
	if err != nil || !u.IsDID() || strings.Count(domain, ":") > 1 || strings.Contains(domain, "%") {
		return "", fmt.Errorf("%w: %.140q is not a domain name, with or without a port", InvalidDID, domain)
	}
	_, err = webURL(u)
	return id, err
}

package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/wire"
)

// DIDConfig is what the node's own DID document says beyond its key, and
// whether documents of others are fetched.
type DIDConfig struct {
	AlsoKnownAs       []string `yaml:"also_known_as"`       // did:web: names that publish the same key
	ReceiptLogURL     string   `yaml:"receipt_log_url"`     // https
	PassportStatusURL string   `yaml:"passport_status_url"` // https
	FederationAddress string   `yaml:"federation_address"`  // multiaddr:/dns4/…/p2p/…
	ResolveWeb        bool     `yaml:"resolve_web"`
}

// services are those of the configuration, under a DID.
func (c *DIDConfig) services(id did.DID) []did.Service {
	var out []did.Service
	for _, s := range []struct{ fragment, kind, endpoint string }{
		{"receipt-log", did.ServiceReceiptLog, c.ReceiptLogURL},
		{"passport-status", did.ServicePassportStatus, c.PassportStatusURL},
		{"federation", did.ServiceFederation, c.FederationAddress},
	} {
		if s.endpoint != "" {
			out = append(out, did.Service{ID: id.String() + "#" + s.fragment, Type: s.kind, Endpoint: s.endpoint})
		}
	}
	return out
}

// validate builds the document of some DID: what it refuses for one, it refuses
// for every other.
func (c *DIDConfig) validate() error {
	const anybody did.DID = "did:chio:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
	if _, err := did.NewDocument(anybody, c.services(anybody)...); err != nil {
		return fmt.Errorf("did: %w", err)
	}
	for _, a := range c.AlsoKnownAs {
		if _, _, err := resolver.WebDocument(anybody, a); err != nil {
			return fmt.Errorf("did.also_known_as: %w", err)
		}
	}
	return nil
}

// openResolver gives the node its resolver. Only did:web touches the network,
// public addresses alone.
func (n *Node) openResolver() (err error) {
	c := resolver.Config{Now: n.opts.Now, Self: n.DID(), Services: n.cfg.DID.services(n.DID()), AlsoKnownAs: n.cfg.DID.AlsoKnownAs}
	c.Deactivated = n.deactivated
	if n.cfg.DID.ResolveWeb {
		c.Web = &resolver.WebConfig{FetchConfig: *n.fetching()}
	}
	n.resolver, err = resolver.New(c)
	return err
}

// resolveDID answers the document of a DID, or what a DID URL names. Asked for
// the media type of a resolution it answers all of it, errors included.
func (n *Node) resolveDID(ctx context.Context, req ResolveRequest) (wire.Raw, error) {
	input := req.DID
	if input == "" {
		input = n.DID().String()
	}
	whole := strings.Contains(req.Accept, "did-resolution")
	o := resolver.Options{Accept: req.Accept}
	if strings.ContainsAny(input, "/?#") {
		d := n.resolver.Dereference(ctx, input, o)
		switch {
		case whole:
			return d.Result(), nil
		case d.Err() != nil:
			return nil, didProblem(d.Err())
		case d.Metadata.ContentType == resolver.MediaURIList:
			return wire.Marshal(string(d.Content))
		}
		return d.Content, nil
	}
	res := n.resolver.Resolve(ctx, input, o)
	if res.Err() != nil && !whole {
		return nil, didProblem(res.Err())
	}
	if whole {
		return res.Result(), nil
	}
	return res.JSON, nil
}

// didProblem says what to do about a DID that does not resolve.
func didProblem(err error) *Problem {
	hints := []struct {
		code resolver.Code
		hint string
	}{
		{resolver.MethodNotSupported, "this node resolves did:chio, did:key and, unless did.resolve_web is off, did:web"},
		{resolver.NotFound, "resolve the DID alone to see what its document has"},
		{resolver.InvalidDIDURL, "write did:…#FRAGMENT, or did:…?service=NAME&relativeRef=PATH with the path percent-encoded"},
		{resolver.RepresentationNotSupported, "ask for " + resolver.MediaJSON + " or " + resolver.MediaJSONLD},
		{resolver.InternalError, "the holder's web server must answer over https, from a public address, without redirects"},
	}
	hint := "write did:chio: and 64 hex characters, did:key:z…, or did:web: and a domain name"
	if at := slices.IndexFunc(hints, func(h struct {
		code resolver.Code
		hint string
	}) bool {
		return errors.Is(err, h.code)
	}); at >= 0 {
		hint = hints[at].hint
	}
	return &Problem{Code: "CHIO-DID", Message: err.Error(), Hint: hint, Exit: ExitFailure}
}

// WebDIDRequest asks "did/web" for the document to publish at a domain.
type WebDIDRequest struct {
	Domain string `json:"domain"` // with a port if it is not 443
}

// WebDID is a did:web that names this node's key.
type WebDID struct {
	DID      string   `json:"did"`
	URL      string   `json:"url"` // where the document belongs
	Document wire.Raw `json:"document"`
}

func (n *Node) webDID(_ context.Context, req WebDIDRequest) (*WebDID, error) {
	id, err := resolver.WebDID(req.Domain)
	if err != nil {
		return nil, didProblem(err)
	}
	doc, at, err := resolver.WebDocument(n.DID(), id, n.cfg.DID.services(n.DID())...)
	if err != nil {
		return nil, didProblem(err)
	}
	return &WebDID{DID: id, URL: at, Document: doc}, nil
}

package resolver

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// Dereferencing is the answer to a DID URL: a document, a part of one, or the
// URLs that a service names; or an error name.
type Dereferencing struct {
	Content          []byte // JSON, or of MediaURIList one URL per line
	Metadata         Metadata
	DocumentMetadata DocumentMetadata

	err error
}

// Err is nil, or an error that wraps a Code.
func (d *Dereferencing) Err() error { return d.err }

// Result is the dereferencing as one JSON object; URLs are a text in it.
func (d *Dereferencing) Result() []byte {
	content := wire.Raw("null")
	switch {
	case d.Metadata.ContentType == MediaURIList:
		content = wire.MustMarshal(string(d.Content))
	case d.Content != nil:
		content = d.Content
	}
	return wire.MustMarshal(struct {
		Context string           `json:"@context"`
		Content wire.Raw         `json:"content"`
		Meta    Metadata         `json:"didDereferencingMetadata"`
		DocMeta DocumentMetadata `json:"contentMetadata"`
	}{contextResolution, content, d.Metadata, d.DocumentMetadata})
}

// Dereference answers a DID URL (DID Core §7.2):
//
//	1 it is a DID URL (invalidDid for the DID in it, invalidDidUrl for the rest)
//	2 its DID resolves
//	3 a path names nothing in any of our methods (notFound)
//	4 of the query only service and relativeRef are known, each at most once
//	  (invalidDidUrl); they name the endpoints of that service, a fragment goes
//	  along to them
//	5 without a query, a fragment names a method or a service of the document,
//	  and nothing the document itself
//
// It never returns nil.
func (r *Resolver) Dereference(ctx context.Context, input string, o Options) *Dereferencing {
	u, err := did.ParseURL(input)
	if err != nil { // 1
		return unnamed(fmt.Errorf("%w: %w", urlCode(err), err))
	}
	query, err := parseQuery(u)
	if err != nil { // 4
		return unnamed(err)
	}
	res := r.Resolve(ctx, u.DID(), query.documentOptions(o))
	if err := res.Err(); err != nil { // 2
		return unnamed(err)
	}
	out := &Dereferencing{Metadata: res.Metadata, DocumentMetadata: res.DocumentMetadata}
	switch {
	case u.Path != "": // 3
		return unnamed(fmt.Errorf("%w: a path names nothing in did:%s", NotFound, u.Method))
	case query.service != "": // 4
		out.Metadata.ContentType = MediaURIList
		out.Content, err = query.endpoints(res.Document, u)
	case u.HasFragment(): // 5
		out.Content, err = fragment(res.Document, u.DID()+"#"+u.Fragment)
	default:
		out.Content = res.JSON
	}
	if err != nil {
		return unnamed(err)
	}
	return out
}

func unnamed(err error) *Dereferencing {
	return &Dereferencing{Metadata: Metadata{Error: codeOf(err), Message: err.Error()}, err: err}
}

// fragment finds a method or a service.
func fragment(d *Document, id string) (wire.Raw, error) {
	if m := d.method(id); m != nil {
		return m.JSON, nil
	}
	if s := d.service(id); s != nil {
		return s.JSON, nil
	}
	return nil, fmt.Errorf("%w: %.140q is not in its document", NotFound, id)
}

// serviceQuery is the query that is understood.
type serviceQuery struct{ service, relative string }

func parseQuery(u did.URL) (q serviceQuery, err error) {
	if u.Query == "" {
		return q, nil
	}
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(u.Query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		text, err := url.PathUnescape(value) // a plus sign is a plus sign
		if err != nil || seen[name] {
			return q, fmt.Errorf("%w: parameter %.60q stands twice, or is not encoded", InvalidDIDURL, name)
		}
		seen[name] = true
		switch name {
		case "service":
			q.service = text
		case "relativeRef":
			q.relative = text
		default:
			return q, fmt.Errorf("%w: parameter %.60q is not supported: use service and relativeRef", InvalidDIDURL, name)
		}
	}
	if q.service == "" {
		return q, fmt.Errorf("%w: relativeRef needs a service", InvalidDIDURL)
	}
	return q, nil
}

// documentOptions keep a wish for a list of URLs away from the document.
func (q *serviceQuery) documentOptions(o Options) Options {
	if q.service != "" && strings.HasPrefix(o.Accept, MediaURIList) {
		o.Accept = ""
	}
	return o
}

func (q *serviceQuery) endpoints(d *Document, u did.URL) ([]byte, error) {
	s := d.service(d.ID + "#" + q.service)
	if s == nil || len(s.Endpoints) == 0 {
		return nil, fmt.Errorf("%w: no service %.80q with a URL in the document of %s", NotFound, q.service, d.ID)
	}
	lines := make([]string, len(s.Endpoints))
	for i, end := range s.Endpoints {
		at, err := q.along(end)
		if err != nil {
			return nil, err
		}
		if u.Fragment != "" {
			if strings.Contains(at, "#") {
				return nil, fmt.Errorf("%w: both the service endpoint and the DID URL have a fragment", InvalidDIDURL)
			}
			at += "#" + u.Fragment
		}
		lines[i] = at
	}
	return []byte(strings.Join(lines, "\r\n")), nil
}

// along resolves relativeRef against an endpoint (RFC 3986 §5) and refuses to
// leave its origin.
func (q *serviceQuery) along(end string) (string, error) {
	if q.relative == "" {
		return end, nil
	}
	base, err := url.Parse(end)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		return "", fmt.Errorf("%w: relativeRef needs a service with an http endpoint", InvalidDIDURL)
	}
	ref, err := url.Parse(q.relative)
	if err != nil || ref.IsAbs() || ref.Host != "" || ref.User != nil || strings.HasPrefix(q.relative, "//") || strings.Contains(q.relative, `\`) {
		return "", fmt.Errorf("%w: relativeRef %.100q is not a path below the endpoint", InvalidDIDURL, q.relative)
	}
	out := base.ResolveReference(ref)
	if out.Scheme != base.Scheme || out.Host != base.Host {
		return "", fmt.Errorf("%w: relativeRef %.100q leaves the endpoint", InvalidDIDURL, q.relative)
	}
	return out.String(), nil
}

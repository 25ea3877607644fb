package resolver

import (
	"fmt"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// The media types of a document, of a URL that a service names, and of a whole
// resolution.
const (
	MediaJSON       = "application/did+json"
	MediaJSONLD     = "application/did+ld+json"
	MediaDID        = "application/did"
	MediaURIList    = "text/uri-list"
	MediaResolution = `application/ld+json;profile="https://w3id.org/did-resolution"`
)

// contextResolution is the context of a resolution result.
const contextResolution = "https://w3id.org/did-resolution/v1"

// maxAccept bounds what a caller asks for.
const maxAccept = 512

// Options are what a caller may ask for. The zero value asks for the document
// as JSON-LD, which is also plain JSON.
type Options struct {
	// Accept is a media type, or a list as in HTTP, without weights.
	Accept string
	// NoCache fetches a did:web again, unless that was done a moment ago.
	NoCache bool

	// For did:key, as its specification names them. PublicKeyFormat is Multikey
	// if empty; WithoutKeyAgreement leaves out the X25519 key that is derived
	// from an Ed25519 one.
	PublicKeyFormat                  string
	EnableExperimentalPublicKeyTypes bool
	WithoutKeyAgreement              bool
}

// mediaType picks the first type of Accept that we write.
func (o *Options) mediaType() (string, error) {
	if strings.TrimSpace(o.Accept) == "" {
		return MediaJSONLD, nil
	}
	if len(o.Accept) <= maxAccept {
		for part := range strings.SplitSeq(o.Accept, ",") {
			name, _, _ := strings.Cut(part, ";")
			switch name = strings.ToLower(strings.TrimSpace(name)); name {
			case MediaJSON, MediaJSONLD, MediaDID:
				return name, nil
			case "application/json":
				return MediaJSON, nil
			case "application/ld+json", "*/*", "application/*":
				return MediaJSONLD, nil
			}
		}
	}
	return "", fmt.Errorf("%w: %.100q: ask for %s or %s", RepresentationNotSupported, o.Accept, MediaJSON, MediaJSONLD)
}

// Resolution is the answer to a DID: a document, or an error name.
type Resolution struct {
	Document         *Document // nil if there is an error
	JSON             wire.Raw  // the document as it is published
	Metadata         Metadata
	DocumentMetadata DocumentMetadata

	err error
}

// Metadata is about the resolution or dereferencing itself.
type Metadata struct {
	ContentType string `json:"contentType,omitempty"`
	Error       Code   `json:"error,omitempty"`
	Message     string `json:"message,omitempty"` // for people
}

// DocumentMetadata is about the document.
type DocumentMetadata struct {
	Deactivated bool   `json:"deactivated,omitzero"`
	Updated     string `json:"updated,omitempty"` // RFC 3339; of a deactivated DID, when that was
}

// Err is nil, or an error that wraps a Code.
func (r *Resolution) Err() error { return r.err }

// Result is the resolution as one JSON object, the form of MediaResolution.
func (r *Resolution) Result() []byte {
	doc := r.JSON
	if doc == nil {
		doc = wire.Raw("null")
	}
	return wire.MustMarshal(struct {
		Context  string           `json:"@context"`
		Document wire.Raw         `json:"didDocument"`
		Meta     Metadata         `json:"didResolutionMetadata"`
		DocMeta  DocumentMetadata `json:"didDocumentMetadata"`
	}{contextResolution, doc, r.Metadata, r.DocumentMetadata})
}

func refused(err error) *Resolution {
	return &Resolution{Metadata: Metadata{Error: codeOf(err), Message: err.Error()}, err: err}
}

func rfc3339(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

package vchttp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/wire"
)

// identifiers is the path of the resolver (DID Resolution, HTTP(S) binding).
const identifiers = "/1.0/identifiers/"

// identifier resolves a DID, or dereferences a DID URL that is percent-encoded
// into the path. Options are the query. The document alone is the answer
// unless the client asks for the whole result; an error is always the whole
// result.
func (s *Service) identifier(w http.ResponseWriter, r *http.Request) {
	id, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), identifiers))
	if err != nil {
		id = strings.TrimPrefix(r.URL.EscapedPath(), identifiers)
	}
	o, err := options(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	accept := r.Header.Get("Accept")
	whole := strings.Contains(accept, "did-resolution")
	if !whole {
		o.Accept = accept
	}
	if strings.ContainsAny(id, "?#/") {
		s.dereference(w, r, id, o, whole)
		return
	}
	res := s.cfg.Resolver.Resolve(r.Context(), id, o)
	status := statusOf(res.Err())
	if res.Err() == nil && res.DocumentMetadata.Deactivated {
		status = http.StatusGone
	}
	if whole || res.Err() != nil {
		answer(w, status, resolver.MediaResolution, res.Result())
		return
	}
	answer(w, status, res.Metadata.ContentType, res.JSON)
}

func (s *Service) dereference(w http.ResponseWriter, r *http.Request, id string, o resolver.Options, whole bool) {
	d := s.cfg.Resolver.Dereference(r.Context(), id, o)
	if whole || d.Err() != nil {
		answer(w, statusOf(d.Err()), resolver.MediaResolution, d.Result())
		return
	}
	answer(w, http.StatusOK, d.Metadata.ContentType, d.Content)
}

// options reads the query: those of did:key, and noCache.
func options(r *http.Request) (o resolver.Options, err error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return o, errors.New("the query is not one: percent-encode the DID URL into the path")
	}
	for name, values := range q {
		v := values[0]
		switch name {
		case "publicKeyFormat":
			o.PublicKeyFormat = v
		case "enableExperimentalPublicKeyTypes":
			o.EnableExperimentalPublicKeyTypes, err = strconv.ParseBool(v)
		case "enableEncryptionKeyDerivation":
			var derive bool
			derive, err = strconv.ParseBool(v)
			o.WithoutKeyAgreement = !derive
		case "noCache":
			o.NoCache, err = strconv.ParseBool(v)
		default:
			continue // options of other methods are not ours to judge
		}
		if err != nil || len(values) != 1 {
			return o, fmt.Errorf("option %.60s: give it once, as true or false", name)
		}
	}
	return o, nil
}

// statusOf is the HTTP status of a resolution error.
func statusOf(err error) int {
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, resolver.NotFound):
		return http.StatusNotFound
	case errors.Is(err, resolver.RepresentationNotSupported):
		return http.StatusNotAcceptable
	case errors.Is(err, resolver.InternalError):
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func answer(w http.ResponseWriter, status int, media string, doc wire.Raw) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(doc) // a client that went away needs no answer
}

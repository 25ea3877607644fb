package openid4vci

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of requests, in bytes.
const (
	maxForm = 16 << 10
	maxJSON = 64 << 10
)

// failure is an answer that is not a success: an error code of OAuth or of
// OpenID4VCI, and what was wrong.
type failure struct {
	status      int
	code        string
	description string
	bearer      bool // WWW-Authenticate is answered
}

func (f *failure) Error() string { return f.code + ": " + f.description }

// bad is a request that is answered with 400 and a code.
func bad(code, format string, args ...any) error {
	return &failure{status: http.StatusBadRequest, code: code, description: fmt.Sprintf(format, args...)}
}

// routes sets what is answered where.
func (s *Issuer) routes() error {
	s.mux = http.NewServeMux()
	for path, make := range map[string]func() ([]byte, error){wellKnownIssuer: s.issuerMetadata, wellKnownServer: s.serverMetadata} {
		doc, err := make()
		if err != nil {
			return err
		}
		s.on(http.MethodGet, path+s.path, func(*http.Request) (any, error) { return wire.Raw(doc), nil })
	}
	s.on(http.MethodGet, offerPath+"{reference}", s.offer)
	s.on(http.MethodPost, tokenPath, s.token)
	s.on(http.MethodPost, noncePath, s.nonce)
	s.on(http.MethodPost, credentialPath, s.credential)
	s.on(http.MethodPost, notifyPath, s.notify)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, &failure{status: http.StatusNotFound, code: "invalid_request", description: "nothing is here"})
	})
	return nil
}

// on answers one path, in turn. What is sent is read before: who sends slowly
// keeps nobody waiting.
func (s *Issuer) on(method, path string, answer func(*http.Request) (any, error)) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead) {
			w.Header().Set("Allow", method)
			fail(w, &failure{status: http.StatusMethodNotAllowed, code: "invalid_request", description: "use " + method})
			return
		}
		sent, err := io.ReadAll(io.LimitReader(r.Body, max(maxForm, maxJSON)+1))
		if err != nil {
			fail(w, bad("invalid_request", "the request ended early"))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		select {
		case s.turns <- struct{}{}:
			defer func() { <-s.turns }()
		case <-r.Context().Done():
			return
		}
		v, err := answer(r)
		if err != nil {
			if f := new(failure); !errors.As(err, &f) && r.Context().Err() == nil {
				s.cfg.Log.Error("a wallet could not be answered", slog.String("path", path), slog.Any("error", err))
			}
			fail(w, err)
			return
		}
		write(w, http.StatusOK, v)
	})
}

// ServeHTTP implements http.Handler.
func (s *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Patterns are what of a listener belongs to the issuer.
func (s *Issuer) Patterns() []string {
	return []string{wellKnownIssuer + s.path, wellKnownServer + s.path, prefix}
}

// readBody reads a body of a kind, bounded.
func readBody(r *http.Request, kind string, limit int64, code string) ([]byte, error) {
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || got != kind {
		return nil, &failure{status: http.StatusUnsupportedMediaType, code: code, description: "send " + kind}
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) > limit:
		return nil, &failure{status: http.StatusRequestEntityTooLarge, code: code, description: fmt.Sprintf("at most %d bytes", limit)}
	}
	return b, nil
}

// refused says why nothing is given out at present.
func (s *Issuer) refused(code string) error {
	if s.cfg.Refuse == nil {
		return nil
	}
	if err := s.cfg.Refuse(); err != nil {
		return bad(code, "%v", err)
	}
	return nil
}

// fail answers an error: a failure as it says, anything else as a fault of the
// issuer, of which the client learns nothing.
func fail(w http.ResponseWriter, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{status: http.StatusInternalServerError, code: "server_error", description: "the issuer could not do this"}
	}
	if f.bearer {
		challenge := "Bearer"
		if f.code != "" {
			challenge += fmt.Sprintf(` error="%s"`, f.code)
		}
		w.Header().Set("WWW-Authenticate", challenge)
	}
	if f.code == "" { // RFC 6750 §3.1: who sent no token is told nothing
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(f.status)
		return
	}
	write(w, f.status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{f.code, plain(f.description)})
}

// maxDescription bounds an error_description.
const maxDescription = 400

// plain keeps the characters that an error_description may have.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == '\\' || r > '~' {
			return '\''
		}
		return r
	}, s)
	return s[:min(len(s), maxDescription)]
}

// write answers JSON that nobody keeps.
func write(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if v == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	out, err := wire.Marshal(v)
	if err != nil {
		http.Error(w, `{"error":"server_error"}`, http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(out) // a client that went away needs no answer
}

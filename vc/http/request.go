package vchttp

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// MaxBodyBytes bounds a request.
const MaxBodyBytes = 1 << 20

// body is what a client has sent: JSON, not yet read.
type body []byte

// read decodes the body into a struct with the members that are known; any
// other is refused.
func (b body) read(v any) error {
	if err := wire.Unmarshal(b, v, wire.ForeignLimits); err != nil {
		return &failure{http.StatusBadRequest, fmt.Errorf("request: %w", err), nil}
	}
	return nil
}

// failure is an answer that is not a success: what the client did wrong, or
// what does not verify.
type failure struct {
	status int
	err    error
	detail any // a report, if there is one
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func bad(format string, args ...any) error {
	return &failure{http.StatusBadRequest, fmt.Errorf(format, args...), nil}
}

// post adds a route that reads JSON and answers JSON.
func (s *Service) post(path string, guarded bool, answer func(*http.Request, body) (int, any, error)) {
	s.mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		if guarded && !s.authorized(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, errors.New("this needs the operator's token: send Authorization: Bearer"))
			return
		}
		if guarded && s.cfg.Refuse != nil {
			if err := s.cfg.Refuse(); err != nil {
				refuse(w, http.StatusForbidden, err)
				return
			}
		}
		b, err := readBody(w, r)
		if err != nil {
			fail(w, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeLimit)
		defer cancel()
		select {
		case s.turns <- struct{}{}:
			defer func() { <-s.turns }()
		case <-r.Context().Done():
			return
		}
		status, v, err := answer(r.WithContext(ctx), b)
		if err != nil {
			fail(w, err)
			return
		}
		write(w, status, v)
	})
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, fmt.Errorf("%.20s is not served here: use POST", r.Method))
	})
}

func (s *Service) authorized(r *http.Request) bool {
	if s.cfg.Token == "" {
		return true
	}
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(got), []byte(s.cfg.Token)) == 1
}

// readBody reads at most MaxBodyBytes of JSON.
func readBody(w http.ResponseWriter, r *http.Request) (body, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && !(strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")) {
		return nil, &failure{http.StatusUnsupportedMediaType, fmt.Errorf("Content-Type %.60q: send application/json", r.Header.Get("Content-Type")), nil}
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBodyBytes))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &failure{http.StatusRequestEntityTooLarge, fmt.Errorf("a request has at most %d bytes", MaxBodyBytes), nil}
	case err != nil:
		return nil, bad("the request ended early")
	}
	return b, nil
}

// problem is one entry of problemDetails (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// refusal is the body of every answer that is not a success.
type refusal struct {
	Verified bool      `json:"verified"`
	Errors   []string  `json:"errors"`
	Problems []problem `json:"problemDetails"`
	Result   any       `json:"result,omitempty"`
}

// fail answers an error: a failure as it says, anything else as a fault of the
// service, of which the client learns nothing.
func fail(w http.ResponseWriter, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{http.StatusInternalServerError, errors.New("the service could not do this: see its log"), nil}
	}
	write(w, f.status, refusal{Errors: []string{f.Error()}, Result: f.detail,
		Problems: []problem{{"about:blank", http.StatusText(f.status), f.Error()}}})
}

func refuse(w http.ResponseWriter, status int, err error) { fail(w, &failure{status, err, nil}) }

// write answers JSON. An encoded answer is sent as it is.
func write(w http.ResponseWriter, status int, v any) {
	out, ok := v.(wire.Raw)
	if !ok {
		var err error
		if out, err = wire.Marshal(v); err != nil {
			http.Error(w, `{"errors":["the answer could not be written"]}`, http.StatusInternalServerError)
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(out) // a client that went away needs no answer
}

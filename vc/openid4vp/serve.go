package openid4vp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of what a wallet posts, in bytes.
const (
	maxForm        = maxResponse + 64<<10
	maxWalletForm  = 64 << 10
	maxWalletNonce = 512
)

func (v *Verifier) routes() {
	v.mux.HandleFunc("GET "+Path+"request/{id}", v.fetch)
	v.mux.HandleFunc("POST "+Path+"request/{id}", v.fetchWithNonce)
	v.mux.HandleFunc("POST "+Path+"response/{id}", v.answer)
	v.mux.HandleFunc(Path, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Errorf("no %.20s %.200q here", r.Method, r.URL.Path))
	})
}

// ServeHTTP serves what begins with Path. How often a client may ask is for the
// listener to say.
func (v *Verifier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := v.alive(); err != nil {
		refuse(w, http.StatusForbidden, err)
		return
	}
	v.mux.ServeHTTP(w, r)
}

// fetch answers with the request object (RFC 9101 §5.2.3).
func (v *Verifier) fetch(w http.ResponseWriter, r *http.Request) { v.hand(w, r, "") }

// fetchWithNonce answers a wallet that brings a nonce of its own (OpenID4VP 1.0
// §5.10). What it says of its abilities is not read: there is one request, and
// it can answer that or not.
func (v *Verifier) fetchWithNonce(w http.ResponseWriter, r *http.Request) {
	body, err := readForm(w, r, maxWalletForm)
	if err != nil {
		fail(w, err)
		return
	}
	form, err := url.ParseQuery(body)
	if err != nil || len(form["wallet_nonce"]) > 1 || len(form.Get("wallet_nonce")) > maxWalletNonce || strings.ContainsFunc(form.Get("wallet_nonce"), notVisible) {
		fail(w, fmt.Errorf("%w: wallet_nonce is one text of at most %d visible characters", ErrResponse, maxWalletNonce))
		return
	}
	v.hand(w, r, form.Get("wallet_nonce"))
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' }

func (v *Verifier) hand(w http.ResponseWriter, r *http.Request, walletNonce string) {
	now := v.cfg.Now().Unix()
	var found *row
	err := v.cfg.DB.View(func(s store.Reader) (err error) {
		found, err = v.open(s, r.PathValue("id"), now)
		return err
	})
	var object []byte
	if err == nil {
		object, err = v.object(found, walletNonce, now)
	}
	if err != nil {
		fail(w, err)
		return
	}
	write(w, http.StatusOK, "application/oauth-authz-req+jwt", object)
}

// answer takes the response of a wallet. What the verdict is it does not tell:
// the operator asks for the result.
func (v *Verifier) answer(w http.ResponseWriter, r *http.Request) {
	body, err := readForm(w, r, maxForm)
	if err != nil {
		fail(w, err)
		return
	}
	select {
	case v.turns <- struct{}{}:
		defer func() { <-v.turns }()
	case <-r.Context().Done():
		return
	}
	if err := v.take(r.Context(), r.PathValue("id"), body); err != nil {
		fail(w, err)
		return
	}
	write(w, http.StatusOK, "application/json", []byte("{}"))
}

// take judges a response and ends its request:
//
//	T1 the request is open (O1 to O4)
//	T2 the response proves what its sender holds (A1 to A5, judge); otherwise it
//	   counts as an attempt, and the request stays open
//	T3 the verdict, with the end of the request and of its key, is one
//	   transaction, in which T1 is asked again: an answer counts once
func (v *Verifier) take(ctx context.Context, id, body string) error {
	now := v.cfg.Now().Unix()
	var r *row
	if err := v.cfg.DB.View(func(s store.Reader) (err error) {
		r, err = v.open(s, id, now) // T1
		return err
	}); err != nil {
		return err
	}
	a := v.judging(ctx, r, now)
	ans, err := r.read(body) // T2
	var shown []Presented
	if err == nil {
		shown, err = a.judge(ans)
	}
	if err != nil {
		return errors.Join(err, v.attempt(ctx, id, now, err))
	}
	verdict := a.verdict(shown)
	if ans.refusal != "" {
		verdict = fmt.Errorf("%w: %s", ErrDeclined, ans.refusal)
	}
	return v.cfg.DB.Update(ctx, func(tx store.Tx) error { // T3
		r, err := v.open(tx, id, now)
		if err != nil {
			return err
		}
		r.close(shown, verdict, now)
		return r.put(tx)
	})
}

// close ends a request with a verdict. Without acceptance no claim is kept.
func (r *row) close(shown []Presented, verdict error, now int64) {
	r.Result.AnsweredAt, r.Result.Credentials = max(now, 1), shown
	if verdict == nil {
		r.end(StatusAccepted, "")
		return
	}
	for i := range shown {
		shown[i].Claims = nil
	}
	r.end(StatusRefused, verdict.Error())
}

// attempt counts a response that proves nothing. Too many of them end the
// request, so that nobody tries on a key without end.
func (v *Verifier) attempt(ctx context.Context, id string, now int64, cause error) error {
	return v.cfg.DB.Update(ctx, func(tx store.Tx) error {
		r, err := v.open(tx, id, now)
		if err != nil {
			return err
		}
		r.Result.Attempts++
		r.Result.LastError = fmt.Sprintf("%.500s", cause.Error())
		if r.Result.Attempts >= maxAttempts {
			r.end(StatusRefused, fmt.Sprintf("%d responses proved nothing, the last: %s", r.Result.Attempts, r.Result.LastError))
		}
		return r.put(tx)
	})
}

// statusError is an answer whose status no sentinel says.
type statusError struct {
	status int
	error
}

func readForm(w http.ResponseWriter, r *http.Request, most int64) (string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return "", statusError{http.StatusUnsupportedMediaType, fmt.Errorf("Content-Type %.60q: send application/x-www-form-urlencoded", r.Header.Get("Content-Type"))}
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return "", statusError{http.StatusRequestEntityTooLarge, fmt.Errorf("a form has at most %d bytes here", most)}
	case err != nil:
		return "", statusError{http.StatusBadRequest, errors.New("the form ended early")}
	}
	return string(b), nil
}

// fail answers an error by its cause. A fault of the verifier says nothing.
func fail(w http.ResponseWriter, err error) {
	var s statusError
	switch {
	case errors.As(err, &s):
		refuse(w, s.status, s.error)
	case errors.Is(err, ErrUnknown):
		refuse(w, http.StatusNotFound, err)
	case errors.Is(err, ErrExpired), errors.Is(err, ErrAnswered), errors.Is(err, ErrOther):
		refuse(w, http.StatusGone, err)
	default:
		for _, known := range []error{ErrUnencrypted, ErrEncryption, ErrResponse, ErrState, ErrHolder} {
			if errors.Is(err, known) {
				refuse(w, http.StatusBadRequest, err)
				return
			}
		}
		refuse(w, http.StatusInternalServerError, errors.New("the verifier could not do this: see its log"))
	}
}

// refusal is the body of an error (RFC 6749 §5.2).
type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func refuse(w http.ResponseWriter, status int, err error) {
	code := "invalid_request"
	if status == http.StatusInternalServerError {
		code = "server_error"
	}
	body, marshalErr := wire.Marshal(refusal{code, strings.ToValidUTF8(err.Error(), "?")})
	if marshalErr != nil {
		body = []byte(`{"error":"server_error"}`)
	}
	write(w, status, "application/json", body)
}

func write(w http.ResponseWriter, status int, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away needs no answer
}

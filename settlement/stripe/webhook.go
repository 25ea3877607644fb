package stripe

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
)

// Webhook is the endpoint that Stripe tells of events. It acknowledges an event
// once it is on disk, answers nothing else than a status, and books nothing
// itself.
type Webhook struct {
	Inbox   *Inbox
	Secrets func() ([]string, error) // of the endpoint, read for each event
	Now     func() int64             // unix seconds
	Wake    func()                   // there is something to book; must be quick
	Log     *slog.Logger
}

// ServeHTTP implements http.Handler:
//
//	1 it is a POST of at most MaxEvent bytes
//	2 Stripe has signed these bytes, now
//	3 they are an event that can be read
//	4 it is on disk, or nothing to keep
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost { // 1
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxEvent))
	if err != nil { // 1
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	secrets, err := h.Secrets()
	if err != nil {
		h.Log.Error("the secret of the Stripe endpoint cannot be read", slog.Any("error", err))
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if err := CheckSignature(r.Header.Get(SignatureHeader), body, secrets, h.Now()); err != nil { // 2
		h.Log.Warn("a Stripe event was refused", slog.Any("error", err))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e, err := ParseEvent(body)
	if err != nil { // 3
		h.Log.Warn("a Stripe event was refused", slog.Any("error", err))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	fresh, err := h.Inbox.Put(r.Context(), e)
	if err != nil { // 4: Stripe sends it again
		h.Log.Error("a Stripe event could not be kept", slog.String("event", e.ID), slog.Bool("full", errors.Is(err, ErrFull)), slog.Any("error", err))
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if fresh {
		h.Log.Info("Stripe said something", slog.String("event", e.ID), slog.String("type", e.Type))
		h.Wake()
	}
	w.WriteHeader(http.StatusOK)
}

package openid4vci

import (
	"net/http"
	"slices"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// events are what a wallet may say became of a credential.
var events = []string{"credential_accepted", "credential_failure", "credential_deleted"}

// notification is what is read of a notification; the description is not kept.
type notification struct {
	ID    string `json:"notification_id"`
	Event string `json:"event"`
}

// readNotification reads the body of a notification.
func readNotification(body []byte) (*notification, error) {
	var q notification
	if err := wire.UnmarshalLenient(body, &q, wire.Limits{Bytes: maxJSON, Depth: 16}); err != nil {
		return nil, bad("invalid_notification_request", "%v", err)
	}
	if q.ID == "" || !slices.Contains(events, q.Event) {
		return nil, bad("invalid_notification_request", "want notification_id, and event as one of %q", events)
	}
	return &q, nil
}

// notify files what a wallet says of what it was given (§11). The word of a
// wallet changes nothing but what the operator is shown.
func (s *Issuer) notify(r *http.Request) (any, error) {
	token, err := bearer(r)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.DB.View(func(v store.Reader) error { _, err := holding(v, token, s.now()); return err }); err != nil {
		return nil, err
	}
	body, err := readBody(r, "application/json", maxJSON, "invalid_notification_request")
	if err != nil {
		return nil, err
	}
	q, err := readNotification(body)
	if err != nil {
		return nil, err
	}
	return nil, s.cfg.DB.Update(r.Context(), func(tx store.Tx) error {
		o, err := holding(tx, token, s.now())
		if err != nil {
			return err
		}
		if q.ID != o.ID || len(o.Collected) == 0 {
			return bad("invalid_notification_id", "it is not of what this token collected")
		}
		o.Event = q.Event
		return putOffer(tx, o)
	})
}

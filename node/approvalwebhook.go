package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/backbay-labs/chio-node/kernel/approval"
)

// approvalWebhook tells a URL about every call that waits. What is still to be
// told stands in the store, so it survives a restart and is bounded by the
// bound on pending requests. Delivery is at least once; the approval id in
// Idempotency-Key tells copies apart.
type approvalWebhook struct {
	n      *Node
	url    string
	client *http.Client
	first  time.Duration // before the second attempt; doubled each time
	most   time.Duration
	tries  map[string]attempt // of the worker only
}

// attempt is how often one notice failed, and when it is due again.
type attempt struct {
	failed int
	due    time.Time
}

const (
	webhookTimeout = 10 * time.Second
	webhookFirst   = time.Second
	webhookMost    = 5 * time.Minute
	webhookBatch   = 64
	webhookIdle    = 30 * time.Second // looks again although nobody woke it
)

func newApprovalWebhook(n *Node) *approvalWebhook {
	return &approvalWebhook{n: n, url: n.cfg.Approvals.Webhook.URL, first: webhookFirst, most: webhookMost, tries: make(map[string]attempt),
		client: &http.Client{Timeout: webhookTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// run delivers until the node stops.
func (h *approvalWebhook) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.n.approvals.wake:
		case <-timer.C:
		}
		next, err := h.deliver(ctx)
		if err != nil && ctx.Err() == nil {
			h.n.log.Warn("notices of approvals could not be read", slog.Any("error", err))
		}
		timer.Reset(next)
	}
}

// deliver sends what is due and says how long to rest.
func (h *approvalWebhook) deliver(ctx context.Context) (time.Duration, error) {
	now := time.Now()
	still := make(map[string]attempt, len(h.tries))
	owed, err := h.n.approvals.Untold(webhookBatch, func(id string) bool {
		a, tried := h.tries[id]
		if tried {
			still[id] = a
		}
		return !a.due.After(now)
	})
	if err != nil {
		return webhookIdle, err
	}
	all := len(owed) < webhookBatch
	if all {
		h.tries = still // the others have ended
	}
	for _, q := range owed {
		err := h.post(ctx, q)
		if err == nil {
			err = h.n.approvals.Told(ctx, q.ApprovalID)
		}
		if ctx.Err() != nil {
			return webhookIdle, nil
		}
		if err != nil {
			h.postpone(q.ApprovalID, err)
			continue
		}
		delete(h.tries, q.ApprovalID)
	}
	return h.rest(all), nil
}

// postpone doubles the time to the next attempt.
func (h *approvalWebhook) postpone(id string, why error) {
	a := h.tries[id]
	wait := h.most
	if a.failed < 16 {
		wait = min(h.most, h.first<<a.failed)
	}
	a.failed++
	a.due = time.Now().Add(wait)
	h.tries[id] = a
	h.n.log.Warn("a notice of an approval was not delivered and will be tried again", slog.String("approval", id),
		slog.Int("attempts", a.failed), slog.Any("error", why))
}

// rest is how long nothing is due; all says that everything owed was looked at.
func (h *approvalWebhook) rest(all bool) time.Duration {
	if !all {
		return 0
	}
	rest := webhookIdle
	for _, a := range h.tries {
		rest = min(rest, max(time.Until(a.due), 0))
	}
	return rest
}

// post sends one notice. Its errors name neither the URL, which may hold a
// secret, nor anything of the call.
func (h *approvalWebhook) post(ctx context.Context, q *approval.Request) error {
	body, err := h.n.notice(q)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the webhook's URL makes no request")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", q.ApprovalID)
	res, err := h.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return fmt.Errorf("post the notice: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4096)) // so that the connection can be used again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("the webhook answered %d", res.StatusCode)
	}
	return nil
}

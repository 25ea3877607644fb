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
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// AlarmsConfig is where somebody is told that money stands still.
type AlarmsConfig struct {
	// Webhook is told of halted channels and chains, of payments that do not get
	// through, and of stopped prices. https, or http on loopback.
	Webhook string `yaml:"webhook"`
}

func (c *AlarmsConfig) validate() error {
	hook := ApprovalWebhookConfig{URL: c.Webhook}
	if hook.validate() != nil {
		return errors.New("alarms.webhook: neither an https URL nor http on loopback with a port")
	}
	return nil
}

// The kinds of alarms.
const (
	alarmChannel = "channel_halted"
	alarmPayment = "payment_undelivered"
	alarmChain   = "chain_halted"
	alarmPrice   = "price_stopped"
)

// alarmSchema is the schema of what the webhook is sent, sealed by the kernel key.
const alarmSchema = "chio.alarm.v1"

// alarmNotice is one alarm. Subject is a channel, peer, chain or pair. It names
// no endpoint and no key.
type alarmNotice struct {
	Schema  string `json:"schema"`
	Node    string `json:"node"` // the organisation's DID
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Reason  string `json:"reason"`
	At      int64  `json:"at"` // unix seconds
}

// alarms tells a URL what an operator has to look at. The queue is in memory and
// bounded: what it loses is in the log, in settle status and in doctor.
type alarms struct {
	n      *Node
	url    string
	client *http.Client
	queue  chan alarmNotice
	first  time.Duration // before the second attempt; doubled each time

	mu   sync.Mutex // guards last
	last map[string]string
}

const (
	alarmQueue    = 64
	alarmAttempts = 8
	maxAlarmBytes = 500 // of a reason
	maxAlarmed    = 1000
)

func newAlarms(n *Node) *alarms {
	return &alarms{n: n, url: n.cfg.Alarms.Webhook, queue: make(chan alarmNotice, alarmQueue), first: webhookFirst, last: make(map[string]string),
		client: &http.Client{Timeout: webhookTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// raise queues an alarm and never waits. What was said last of a subject is not
// said again.
func (a *alarms) raise(kind, subject, reason string) {
	if a.url == "" {
		return
	}
	if len(reason) > maxAlarmBytes {
		reason = reason[:maxAlarmBytes]
	}
	reason = string(bytes.ToValidUTF8([]byte(reason), nil))
	if !a.news(kind+" "+subject, reason) {
		return
	}
	select {
	case a.queue <- alarmNotice{Schema: alarmSchema, Node: a.n.DID().String(), Kind: kind, Subject: subject, Reason: reason, At: a.n.now()}:
	default:
		a.n.log.Error("an alarm was not sent: too many wait for the webhook", slog.String("kind", kind), slog.String("subject", subject))
	}
}

func (a *alarms) news(key, reason string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last[key] == reason {
		return false
	}
	if len(a.last) >= maxAlarmed {
		clear(a.last)
	}
	a.last[key] = reason
	return true
}

// ended makes the next alarm of a subject news.
func (a *alarms) ended(kind, subject string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.last, kind+" "+subject)
}

// run delivers until the node stops.
func (a *alarms) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case notice := <-a.queue:
			a.deliver(ctx, &notice)
		}
	}
}

// deliver tries until the webhook takes it or the attempts are used up.
func (a *alarms) deliver(ctx context.Context, notice *alarmNotice) {
	wait := a.first
	for attempt := 1; ; attempt++ {
		err := a.post(ctx, notice)
		if err == nil || ctx.Err() != nil {
			return
		}
		if attempt == alarmAttempts {
			a.n.log.Error("an alarm was not delivered", slog.String("kind", notice.Kind), slog.String("subject", notice.Subject), slog.Any("error", err))
			return
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		wait = min(2*wait, webhookMost)
	}
}

// post sends one notice. Its errors do not name the URL, which may hold a secret.
func (a *alarms) post(ctx context.Context, notice *alarmNotice) error {
	e, err := wire.Seal(alarmSchema, notice, a.n.keys.Kernel())
	if err != nil {
		return fmt.Errorf("seal an alarm: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(e.Bytes()))
	if err != nil {
		return errors.New("the webhook's URL makes no request")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", e.ID().String())
	res, err := a.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return fmt.Errorf("post an alarm: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4096)) // so that the connection can be used again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("the webhook answered %d", res.StatusCode)
	}
	return nil
}

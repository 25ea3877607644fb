package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/backbay-labs/chio-node/wire"
)

// The device authorization grant, RFC 8628.
const (
	grantDevice      = "urn:ietf:params:oauth:grant-type:device_code"
	defaultInterval  = 5
	maxInterval      = 60
	slowDown         = 5
	maxDeviceSeconds = 1800
)

// deviceAnswer is the provider's answer to a device.
type deviceAnswer struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	Complete   string `json:"verification_uri_complete"`
	ExpiresIn  int64  `json:"expires_in"`
	Interval   int64  `json:"interval"`
}

// StartDevice begins a login for a machine without a browser: the person opens
// an address elsewhere and types a code. Such a login has no nonce, since
// nothing of the person's browser comes back here; what binds the token to it
// is the device code, which only this process and the provider know.
func (l *Logins) StartDevice(ctx context.Context, provider string) (*Started, error) {
	s, e, err := l.discover(ctx, provider)
	if err != nil {
		return nil, err
	}
	a, err := s.askDevice(ctx, e)
	if err != nil {
		return nil, err
	}
	p := &pending{source: s, device: a.DeviceCode, interval: a.Interval,
		expiresAt: l.now() + min(a.ExpiresIn, maxDeviceSeconds), nextPoll: l.now()}
	id, err := l.add(p)
	if err != nil {
		return nil, err
	}
	return &Started{ID: id, Provider: s.config.Issuer, ExpiresAt: p.expiresAt, UserCode: a.UserCode, VerificationURI: a.URI,
		CompleteURI: a.Complete, IntervalSeconds: a.Interval}, nil
}

// askDevice asks for a device code:
//
//	1 the provider offers it, at an https address
//	2 it answers 200 with one, with what to show, and for how long
//	3 the addresses it shows are https, the texts printable and bounded
func (s *source) askDevice(ctx context.Context, e *endpoint) (*deviceAnswer, error) {
	if u, err := url.Parse(e.meta.Device); e.meta.Device == "" || err != nil || !permitted(u, s.guard.loopback) { // 1
		return nil, s.unusable("it offers no login for devices")
	}
	client, err := s.oauth(e, "")
	if err != nil {
		return nil, err
	}
	form := url.Values{"client_id": {s.config.ClientID}, "scope": {strings.Join(s.config.Scopes, " ")}}
	if e.style == oauth2.AuthStyleInParams && client.ClientSecret != "" {
		form.Set("client_secret", client.ClientSecret)
	}
	if s.config.MaxAgeSeconds > 0 {
		form.Set("max_age", fmt.Sprint(s.config.MaxAgeSeconds))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.meta.Device, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, s.unusable("%s", brief(err.Error()))
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if e.style == oauth2.AuthStyleInHeader {
		req.SetBasicAuth(url.QueryEscape(s.config.ClientID), url.QueryEscape(client.ClientSecret))
	}
	res, err := s.guard.client().Do(req)
	if err != nil {
		return nil, s.unusable("%s", brief(err.Error()))
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // what was read is complete or refused
	if err != nil {
		return nil, s.unusable("%s", brief(err.Error()))
	}
	if res.StatusCode != http.StatusOK { // 2
		return nil, fmt.Errorf("%w: %s gives no device code: %s", ErrRefused, s.config.Name, errorCode(body, res.Status))
	}
	return s.readDevice(body)
}

func (s *source) readDevice(body []byte) (*deviceAnswer, error) {
	a := &deviceAnswer{}
	if err := wire.UnmarshalLenient(body, a, wire.DocumentLimits); err != nil { // 2
		return nil, s.unusable("its answer to a device: %s", brief(err.Error()))
	}
	if a.Interval == 0 {
		a.Interval = defaultInterval
	}
	if !isText(a.DeviceCode, 4096) || !isText(a.UserCode, 64) || a.ExpiresIn < 1 || a.Interval < 1 || a.Interval > maxInterval { // 2
		return nil, s.unusable("its answer to a device lacks a code, or a sensible life of it")
	}
	if !s.showable(a.URI) || a.Complete != "" && !s.showable(a.Complete) { // 3
		return nil, s.unusable("its answer to a device names no https address to open")
	}
	return a, nil
}

func (s *source) showable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isText(address, 2048) && permitted(u, s.guard.loopback)
}

// errorCode is the code of an OAuth error, or else the HTTP status. What else
// the provider wrote may be about the person, and stays there.
func errorCode(body []byte, status string) string {
	var e struct {
		Error string `json:"error"`
	}
	if wire.UnmarshalLenient(body, &e, wire.DocumentLimits) != nil || e.Error == "" {
		return brief(status)
	}
	return brief(e.Error)
}

// waiting reports whether an error of the token endpoint means that the person
// is not done, and whether to ask less often.
func waiting(err error) (pending, slower bool) {
	var e *oauth2.RetrieveError
	if !errors.As(err, &e) {
		return false, false
	}
	return e.ErrorCode == "authorization_pending" || e.ErrorCode == "slow_down", e.ErrorCode == "slow_down"
}

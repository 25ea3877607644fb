package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"sync"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/backbay-labs/chio-node/wire"
)

const (
	maxOpen      = 64  // logins that wait for an answer
	loginSeconds = 600 // to answer with a code
)

// Logins are the logins of one process. They are kept in memory only: who
// restarts the process logs in again.
type Logins struct {
	cfg     Config
	sources map[string]*source

	mu   sync.Mutex
	open map[string]*pending
}

// pending is a login that waits for its answer. It never leaves the process.
type pending struct {
	source    *source
	expiresAt int64

	redirect, state, nonce, verifier string // of a code

	device             string // of a device; "" is a code
	interval, nextPoll int64
	polling            bool
}

// Started is what the person who logs in is shown.
type Started struct {
	ID        string `json:"login_id"`
	Provider  string `json:"provider"` // its issuer
	ExpiresAt int64  `json:"expires_at"`

	URL   string `json:"url,omitempty"`   // to open; the answer arrives at the redirect address
	State string `json:"state,omitempty"` // that the answer has to repeat

	UserCode        string `json:"user_code,omitempty"` // of a device
	VerificationURI string `json:"verification_uri,omitempty"`
	CompleteURI     string `json:"verification_uri_complete,omitempty"`
	IntervalSeconds int64  `json:"interval_seconds,omitzero"`
}

// Answer is what came back to the redirect address. For a device it is the id
// alone.
type Answer struct {
	ID     string `json:"login_id"`
	Code   string `json:"code,omitempty"`
	State  string `json:"state,omitempty"`
	Issuer string `json:"iss,omitempty"` // RFC 9207
}

// New checks the configuration and asks nobody.
func New(cfg Config) (*Logins, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	l := &Logins{cfg: cfg, sources: map[string]*source{}, open: map[string]*pending{}}
	for _, p := range cfg.Providers {
		u, err := url.Parse(p.Issuer)
		if err != nil {
			return nil, err
		}
		l.sources[p.Name] = &source{config: p, guard: newGuard(cfg.Transport, u.Scheme == "http", cfg.Now)}
	}
	return l, nil
}

// Start begins a login by authorization code: PKCE with S256, and a redirect
// to a port of this machine (RFC 8252).
func (l *Logins) Start(ctx context.Context, provider, redirect string) (*Started, error) {
	s, e, err := l.discover(ctx, provider)
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(redirect); err != nil || u.Scheme != "http" || !isLoopback(u.Hostname()) || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: redirect %.140q is not an http address of this machine", ErrRefused, redirect)
	}
	client, err := s.oauth(e, redirect)
	if err != nil {
		return nil, err
	}
	p := &pending{source: s, redirect: redirect, expiresAt: l.now() + loginSeconds}
	for _, secret := range []*string{&p.state, &p.nonce, &p.verifier} {
		if *secret, err = l.secret(); err != nil {
			return nil, err
		}
	}
	id, err := l.add(p)
	if err != nil {
		return nil, err
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(p.verifier), goidc.Nonce(p.nonce)}
	if s.config.MaxAgeSeconds > 0 {
		options = append(options, oauth2.SetAuthURLParam("max_age", fmt.Sprint(s.config.MaxAgeSeconds)))
	}
	return &Started{ID: id, Provider: s.config.Issuer, ExpiresAt: p.expiresAt, State: p.state,
		URL: client.AuthCodeURL(p.state, options...)}, nil
}

func (l *Logins) discover(ctx context.Context, provider string) (*source, *endpoint, error) {
	s, ok := l.sources[provider]
	if !ok {
		return nil, nil, fmt.Errorf("%w: %.80q", ErrUnknownProvider, provider)
	}
	e, err := s.get(ctx)
	return s, e, err
}

// secret is 256 random bits as text.
func (l *Logins) secret() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(l.cfg.Rand, b[:]); err != nil {
		return "", fmt.Errorf("drawing a secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func (l *Logins) add(p *pending) (string, error) {
	id, err := wire.NewUUIDv7(l.cfg.Now().UnixMilli(), l.cfg.Rand)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for old, o := range l.open {
		if now >= o.expiresAt {
			delete(l.open, old)
		}
	}
	if len(l.open) >= maxOpen {
		return "", fmt.Errorf("%w: %d, and the first ends within %d seconds", ErrTooMany, maxOpen, loginSeconds)
	}
	l.open[id] = p
	return id, nil
}

// take returns a login that can be answered. One by code is gone with that,
// whatever becomes of it: it is answered once.
func (l *Logins) take(id string) (*pending, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.open[id]
	if !ok || l.now() >= p.expiresAt {
		delete(l.open, id)
		return nil, fmt.Errorf("%w: %.60q", ErrUnknownLogin, id)
	}
	if p.device == "" {
		delete(l.open, id)
		return p, nil
	}
	if p.polling || l.now() < p.nextPoll {
		return nil, ErrPending
	}
	p.polling = true
	return p, nil
}

// sameSecret compares without telling how much of it is right.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func (l *Logins) now() int64 { return l.cfg.Now().Unix() }

package passport

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// challengePrefix begins the rows of challenges: + id: the challenge, the
// policy it was issued under, and when it was answered.
const challengePrefix = "v/challenge/"

// maxChallenges bounds the challenges that wait for an answer or, answered,
// for their end.
const maxChallenges = 4096

// ErrTooManyChallenges: too many challenges wait; the oldest end first.
var ErrTooManyChallenges = errors.New("too many presentation challenges are open")

// ChallengesConfig says who asks.
type ChallengesConfig struct {
	DB       store.DB
	Verifier did.DID
	Audience func() wire.PublicKey // the kernel key now in use
	Rand     io.Reader
}

// Challenges are those a verifier has issued. Each is a row until it expires,
// answered or not: so an answer counts once, across restarts too.
type Challenges struct{ cfg ChallengesConfig }

// NewChallenges checks the configuration and touches nothing.
func NewChallenges(cfg ChallengesConfig) (*Challenges, error) {
	if cfg.DB == nil || cfg.Audience == nil || cfg.Rand == nil {
		return nil, errors.New("passport: DB, Audience and Rand are required for challenges")
	}
	if _, err := did.Parse(string(cfg.Verifier)); err != nil {
		return nil, fmt.Errorf("passport: verifier of challenges: %w", err)
	}
	return &Challenges{cfg}, nil
}

// Asked is a challenge as its verifier remembers it.
type Asked struct {
	Challenge  Challenge `json:"challenge"`
	Policy     Policy    `json:"policy"`
	AnsweredAt int64     `json:"answered_at,omitzero"`
}

// Issue makes a challenge under a policy; a ttl of 0 means 300 seconds. What
// has expired is swept before it is counted.
func (c *Challenges) Issue(ctx context.Context, domain string, p *Policy, now, ttlSeconds int64) (*Challenge, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if ttlSeconds == 0 {
		ttlSeconds = DefaultChallengeSeconds
	}
	if ttlSeconds < 0 || ttlSeconds > MaxChallengeSeconds {
		return nil, fmt.Errorf("%w: a life of %d seconds: want 1 to %d", ErrChallenge, ttlSeconds, MaxChallengeSeconds)
	}
	var out *Challenge
	err := c.cfg.DB.Update(ctx, func(tx store.Tx) (err error) {
		open, err := c.Sweep(tx, now)
		if err != nil {
			return err
		}
		if open >= maxChallenges {
			return fmt.Errorf("%w: %d", ErrTooManyChallenges, open)
		}
		if out, err = newChallenge(c.cfg.Verifier, c.cfg.Audience(), domain, p, now, ttlSeconds, c.cfg.Rand); err != nil {
			return err
		}
		return putAsked(tx, &Asked{Challenge: *out, Policy: *p})
	})
	return out, err
}

// Sweep deletes the challenges that have expired and returns how many are left.
func (c *Challenges) Sweep(tx store.Tx, now int64) (open int, err error) {
	var ended []string
	err = tx.Scan(challengePrefix, "", func(key string, value []byte) error {
		a, err := decodeAsked(value)
		if err != nil {
			return err
		}
		if now >= a.Challenge.ExpiresAt {
			ended = append(ended, key)
		} else {
			open++
		}
		return nil
	})
	for _, key := range ended {
		tx.Delete(key)
	}
	return open, err
}

// Get returns a challenge that can still be answered:
//
//	1 it was issued here and has not been swept
//	2 it was not answered
//	3 it has not expired
//	4 it is this verifier's, for the kernel key now in use
func (c *Challenges) Get(r store.Reader, id string, now int64) (*Asked, error) {
	if err := wire.CheckUUIDv7(id); err != nil { // 1
		return nil, fmt.Errorf("%w: %.60q", ErrChallengeUnknown, id)
	}
	value, err := r.Get(challengePrefix + id)
	if errors.Is(err, store.ErrNotFound) { // 1
		return nil, fmt.Errorf("%w: %s", ErrChallengeUnknown, id)
	}
	if err != nil {
		return nil, err
	}
	a, err := decodeAsked(value)
	if err != nil {
		return nil, err
	}
	if a.AnsweredAt != 0 { // 2
		return nil, fmt.Errorf("%w: %s: ask for a new one", ErrChallengeUsed, id)
	}
	if err := a.Challenge.current(now); err != nil { // 3
		return nil, err
	}
	if a.Challenge.Verifier != c.cfg.Verifier || a.Challenge.Audience != c.cfg.Audience() { // 4
		return nil, fmt.Errorf("%w: it is for the kernel key %s", ErrChallengeOther, a.Challenge.Audience)
	}
	return a, nil
}

// Consume is Get, after which the challenge is answered for good. What the
// answer is worth belongs into the same transaction.
func (c *Challenges) Consume(tx store.Tx, id string, now int64) (*Asked, error) {
	a, err := c.Get(tx, id, now)
	if err != nil {
		return nil, err
	}
	a.AnsweredAt = max(now, 1)
	return a, putAsked(tx, a)
}

func putAsked(tx store.Tx, a *Asked) error {
	value, err := wire.Marshal(a)
	if err != nil {
		return err
	}
	tx.Set(challengePrefix+a.Challenge.ID, value)
	return nil
}

func decodeAsked(b []byte) (*Asked, error) {
	var a Asked
	if err := wire.UnmarshalCanonical(b, &a, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("read a presentation challenge: %w", err)
	}
	return &a, nil
}

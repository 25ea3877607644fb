package vchttp

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
)

// What one request may make of others.
const (
	timeLimit  = 20 * time.Second // for all of it
	maxFetches = 32               // documents it names, from the caches too
	maxAway    = 64               // requests that wait for somebody else's server at once
)

// Schemas judges a credential without its proofs by a schema it names.
type Schemas interface {
	Check(ctx context.Context, s vc.Schema, document []byte) error
}

var (
	errFetches = errors.New("too many documents are named in one request")
	errAway    = errors.New("too many requests wait for documents of others: ask again later")
)

// errand is what one request has fetched. While it waits for another's server
// it gives up its turn: whoever names slow servers must not stop the others.
type errand struct {
	s    *Service
	ctx  context.Context
	turn bool // it has one
	left int
}

func (e *errand) run(fetch func() error) error {
	if e.left == 0 {
		return errFetches
	}
	e.left--
	select {
	case e.s.away <- struct{}{}:
		defer func() { <-e.s.away }()
	default:
		return errAway
	}
	if e.turn {
		<-e.s.turns
		defer func() { e.s.turns <- struct{}{} }()
	}
	return fetch()
}

// complete adds to a gate what the service fetches.
func (e *errand) complete(g *vc.Gate) {
	if g.Methods != nil {
		g.Methods = methods{g.Methods, e}
	}
	if c := e.s.cfg.Lists; c != nil {
		g.StatusList = func(url string) (l *vc.StatusList, err error) {
			err = e.run(func() error {
				l, err = c.List(e.ctx, url)
				return err
			})
			return l, err
		}
	}
	if c := e.s.cfg.Schemas; c != nil {
		g.Schema = func(s vc.Schema, document []byte) error {
			return e.run(func() error { return c.Check(e.ctx, s, document) })
		}
	}
	if fetch := e.s.cfg.Resource; fetch != nil {
		g.Resource = func(url string) (b []byte, err error) {
			err = e.run(func() error {
				b, err = fetch(e.ctx, url)
				return err
			})
			return b, err
		}
	}
}

// methods are those of the gate; for a did:web somebody may have to be asked.
type methods struct {
	vc.Methods
	e *errand
}

func (m methods) Method(ctx context.Context, url string, p did.Purpose) (found *did.Method, err error) {
	if !strings.HasPrefix(url, "did:web:") {
		return m.Methods.Method(ctx, url, p)
	}
	err = m.e.run(func() error {
		found, err = m.Methods.Method(ctx, url, p)
		return err
	})
	return found, err
}

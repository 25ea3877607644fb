package resolver

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// minFresh is how old an answer is before a caller can have it fetched again.
const minFresh = 5 * time.Second

// cacheConfig bounds a cache.
type cacheConfig struct {
	now           func() time.Time
	entries       int // documents, and as many failures
	concurrent    int
	timeout       time.Duration // of one fetch, waiting for its turn included
	ttl, negative time.Duration
}

// cache keeps fetched documents and failures, the least recently used of which
// gives way to another of its sort; callers that ask for one that is being
// fetched wait for it. Anybody may ask for anything, so a failure takes no
// document away: neither that of its own DID, while it lives, nor another.
type cache struct {
	cacheConfig
	turns   chan struct{}
	running context.Context
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu      sync.Mutex // guards everything below
	closed  bool
	byID    map[string]*list.Element // of *entry, in one of the two lists
	docs    *list.List               // front is the most recently used
	errs    *list.List               // failures, likewise
	flights map[string]*flight
}

type entry struct {
	id      string
	doc     *document
	err     error
	expires time.Time
	asked   time.Time // when its host was last asked
}

// flight is one fetch; all but done is set before done is closed.
type flight struct {
	done    chan struct{}
	doc     *document
	err     error
	crowded bool // it failed for want of a turn in time, which says nothing of the host
}

var errClosed = errors.New("the resolver is closed")

func newCache(c cacheConfig) *cache {
	k := &cache{cacheConfig: c, turns: make(chan struct{}, c.concurrent), byID: map[string]*list.Element{}, docs: list.New(), errs: list.New(), flights: map[string]*flight{}}
	k.running, k.stop = context.WithCancel(context.Background())
	return k
}

// close ends the fetches and waits for them; nothing is fetched afterwards.
func (c *cache) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.done.Wait()
}

// get answers from the cache, or from a fetch that runs on for the other
// waiters and the cache when this caller gives up. Who wants it fresh gets what
// was asked for less than minFresh ago.
func (c *cache) get(ctx context.Context, id string, fresh bool, fetch func(context.Context) (*document, error)) (*document, error) {
	c.mu.Lock()
	if e := c.live(id); e != nil && (!fresh || c.young(e)) {
		c.mu.Unlock()
		return e.doc, e.err
	}
	f := c.flights[id]
	if f == nil {
		if c.closed {
			c.mu.Unlock()
			return nil, fmt.Errorf("%w: %w", InternalError, errClosed)
		}
		f = &flight{done: make(chan struct{})}
		c.flights[id] = f
		c.done.Go(func() { c.fly(id, f, fetch) })
	}
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.doc, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: waiting for %s: %w", InternalError, id, context.Cause(ctx))
	}
}

func (c *cache) fly(id string, f *flight, fetch func(context.Context) (*document, error)) {
	defer close(f.done)
	ctx, cancel := context.WithTimeout(c.running, c.timeout)
	defer cancel()
	waited := len(c.turns) == cap(c.turns)
	select {
	case c.turns <- struct{}{}:
		f.doc, f.err = fetch(ctx)
		<-c.turns
	case <-ctx.Done():
		waited, f.err = true, fmt.Errorf("%w: too many documents are being fetched", InternalError)
	}
	f.crowded = f.err != nil && waited && ctx.Err() != nil
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flights, id)
	if c.running.Err() == nil {
		c.keep(id, f)
	}
}

// live finds an entry that has not expired, and marks it used. A clock that
// was set back does not prolong a life beyond its length.
func (c *cache) live(id string) *entry {
	at := c.byID[id]
	if at == nil {
		return nil
	}
	e, _ := at.Value.(*entry) // nothing else is put in
	left := e.expires.Sub(c.now())
	if left <= 0 || left > max(c.ttl, c.negative) {
		c.drop(at)
		return nil
	}
	c.listOf(e).MoveToFront(at)
	return e
}

// young says that the host was asked a moment ago. A clock that was set back
// makes nothing young.
func (c *cache) young(e *entry) bool {
	age := c.now().Sub(e.asked)
	return age >= 0 && age < minFresh
}

func (c *cache) listOf(e *entry) *list.List {
	if e.err != nil {
		return c.errs
	}
	return c.docs
}

func (c *cache) drop(at *list.Element) {
	e, _ := at.Value.(*entry) // nothing else is put in
	c.listOf(e).Remove(at)
	delete(c.byID, e.id)
}

func (c *cache) keep(id string, f *flight) {
	if f.crowded {
		return
	}
	life := c.ttl
	if f.err != nil {
		if e := c.live(id); e != nil && e.err == nil {
			e.asked = c.now()
			return
		}
		life = c.negative
	}
	if at := c.byID[id]; at != nil {
		c.drop(at)
	}
	e := &entry{id: id, doc: f.doc, err: f.err, expires: c.now().Add(life), asked: c.now()}
	kept := c.listOf(e)
	c.byID[id] = kept.PushFront(e)
	for kept.Len() > c.entries {
		c.drop(kept.Back())
	}
}

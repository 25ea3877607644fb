package resolver

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// cacheConfig bounds a cache.
type cacheConfig struct {
	now           func() time.Time
	entries       int
	concurrent    int
	timeout       time.Duration // of one fetch, waiting for its turn included
	ttl, negative time.Duration
}

// cache keeps fetched documents and failures, the least recently used of which
// gives way; callers that ask for one that is being fetched wait for it.
type cache struct {
	cacheConfig
	turns   chan struct{}
	running context.Context
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu      sync.Mutex // guards everything below
	closed  bool
	byID    map[string]*list.Element // of *entry
	recent  *list.List               // front is the most recently used
	flights map[string]*flight
}

type entry struct {
	id      string
	doc     *document
	err     error
	expires time.Time
}

// flight is one fetch; doc and err are set before done is closed.
type flight struct {
	done chan struct{}
	doc  *document
	err  error
}

var errClosed = errors.New("the resolver is closed")

func newCache(c cacheConfig) *cache {
	k := &cache{cacheConfig: c, turns: make(chan struct{}, c.concurrent), byID: map[string]*list.Element{}, recent: list.New(), flights: map[string]*flight{}}
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
// waiters and the cache when this caller gives up.
func (c *cache) get(ctx context.Context, id string, fresh bool, fetch func(context.Context) (*document, error)) (*document, error) {
	c.mu.Lock()
	if e := c.live(id); e != nil && !fresh {
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
	select {
	case c.turns <- struct{}{}:
		f.doc, f.err = fetch(ctx)
		<-c.turns
	case <-ctx.Done():
		f.err = fmt.Errorf("%w: too many documents are being fetched", InternalError)
	}
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
		c.recent.Remove(at)
		delete(c.byID, id)
		return nil
	}
	c.recent.MoveToFront(at)
	return e
}

func (c *cache) keep(id string, f *flight) {
	life := c.ttl
	if f.err != nil {
		life = c.negative
	}
	if at := c.byID[id]; at != nil {
		c.recent.Remove(at)
	}
	c.byID[id] = c.recent.PushFront(&entry{id: id, doc: f.doc, err: f.err, expires: c.now().Add(life)})
	for c.recent.Len() > c.entries {
		oldest := c.recent.Back()
		c.recent.Remove(oldest)
		e, _ := oldest.Value.(*entry) // as above
		delete(c.byID, e.id)
	}
}

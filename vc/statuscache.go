package vc

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/backbay-labs/chio-node/wire"
)

// Defaults of a ListCache.
const (
	DefaultListTTLSeconds = 300 // how long a list that says nothing is not asked for again
	defaultCachedLists    = 256
	defaultCachedBytes    = 64 << 20
	minListTTLSeconds     = 5
	maxListTTLSeconds     = 3600 // and whatever it says, it is asked for again after so long
	retrySeconds          = 10   // after a fetch that failed
)

// ErrStatusRetrieval: the list could not be had from its URL.
var ErrStatusRetrieval = errors.New("status list was not retrieved")

// ListFetcher gets the document at the URL of a status list. Which URLs it
// goes to, and how much it reads, is its own to limit.
type ListFetcher interface {
	FetchStatusList(ctx context.Context, url string) ([]byte, error)
}

// ListCacheConfig says where lists come from and how many are kept.
type ListCacheConfig struct {
	Fetcher ListFetcher
	Now     func() int64 // unix seconds
	Gate    Gate         // Methods, Suites and Vocabulary open the lists of foreign issuers

	Lists      int   // at most so many are kept, and of failures as many; 0 means 256
	Bytes      int64 // and so many bytes of bits; 0 means 64 MiB
	TTLSeconds int64 // for lists that give no ttl; 0 means 300

	// StaleSeconds is how long beyond its ttl a list may still be relied on
	// when its URL does not answer. 0: not at all. What a stale list says of
	// revocation counts all the same.
	StaleSeconds int64
}

// ListCache keeps verified status lists by their URL. A list is fetched when
// it is first asked for and when its ttl or an hour has passed, once however
// many ask; a list signed earlier never takes the place of one signed later,
// while that is kept. Anybody may have any URL asked for, so one that fails
// takes no list away. It is safe for concurrent use.
type ListCache struct {
	cfg ListCacheConfig

	mu      sync.Mutex
	entries map[string]*list.Element // of *cachedList, in one of the two lists
	recent  *list.List               // lists; the front was used last
	missing *list.List               // URLs that never gave one, likewise
	bytes   int64
	flights map[string]*flight
}

type cachedList struct {
	url   string
	list  *StatusList // nil: never had
	err   error       // of the last fetch, if that failed
	again int64       // when to ask again
}

// flight is a fetch under way; done is closed after list and err are set.
type flight struct {
	done chan struct{}
	list *StatusList
	err  error
}

// NewListCache checks the configuration and fetches nothing.
func NewListCache(cfg ListCacheConfig) (*ListCache, error) {
	if cfg.Fetcher == nil || cfg.Now == nil {
		return nil, errors.New("status list cache: Fetcher and Now are required")
	}
	if cfg.Lists < 0 || cfg.Bytes < 0 || cfg.TTLSeconds < 0 || cfg.StaleSeconds < 0 {
		return nil, errors.New("status list cache: limits must not be negative")
	}
	if cfg.Lists == 0 {
		cfg.Lists = defaultCachedLists
	}
	if cfg.Bytes == 0 {
		cfg.Bytes = defaultCachedBytes
	}
	if cfg.TTLSeconds == 0 {
		cfg.TTLSeconds = DefaultListTTLSeconds
	}
	return &ListCache{cfg: cfg, entries: map[string]*list.Element{}, recent: list.New(), missing: list.New(), flights: map[string]*flight{}}, nil
}

// For binds the cache to a context, as the StatusList of a Gate.
func (c *ListCache) For(ctx context.Context) func(url string) (*StatusList, error) {
	return func(url string) (*StatusList, error) { return c.List(ctx, url) }
}

// List returns the list of a URL. An error wraps ErrStatusRetrieval or
// ErrStatusList; while a URL does not answer, a list that was had before is
// returned, and its age decides what it is good for.
func (c *ListCache) List(ctx context.Context, url string) (*StatusList, error) {
	for {
		c.mu.Lock()
		if e, ok := c.entries[url]; ok {
			held := e.Value.(*cachedList)
			c.listOf(held).MoveToFront(e)
			if c.cfg.Now() < held.again {
				c.mu.Unlock()
				return held.answer()
			}
		}
		f, under := c.flights[url]
		if !under {
			f = &flight{done: make(chan struct{})}
			c.flights[url] = f
		}
		c.mu.Unlock()
		if !under {
			c.fly(ctx, url, f)
			return f.list, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrStatusRetrieval, ctx.Err())
		}
		// Who fetched may have given up; that is not this caller's answer.
		if f.err == nil || !errors.Is(f.err, context.Canceled) && !errors.Is(f.err, context.DeadlineExceeded) {
			return f.list, f.err
		}
	}
}

func (e *cachedList) answer() (*StatusList, error) {
	if e.list == nil {
		return nil, e.err
	}
	return e.list, nil
}

// fly fetches a list and lets every waiter go.
func (c *ListCache) fly(ctx context.Context, url string, f *flight) {
	f.err = fmt.Errorf("%w: the fetch ended without an answer", ErrStatusRetrieval) // a panic's answer
	defer func() {
		c.mu.Lock()
		delete(c.flights, url)
		c.mu.Unlock()
		close(f.done)
	}()
	got, err := c.fetch(ctx, url)
	c.mu.Lock()
	defer c.mu.Unlock()
	f.list, f.err = c.keep(ctx, url, got, err)
}

// fetch gets a list and verifies it under its own issuer; whether that issuer
// may speak of a credential is for the gate to judge.
func (c *ListCache) fetch(ctx context.Context, url string) (*StatusList, error) {
	if !isURL(url) {
		return nil, fmt.Errorf("%w: %.100q is not a URL", ErrStatusRetrieval, url)
	}
	doc, err := c.cfg.Fetcher.FetchStatusList(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatusRetrieval, err)
	}
	var head struct {
		Issuer wire.Raw `json:"issuer"`
	}
	if err := wire.UnmarshalLenient(doc, &head, wire.ForeignLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatusList, err)
	}
	issuer, err := party(head.Issuer, true)
	if err != nil {
		return nil, fmt.Errorf("%w: issuer: %w", ErrStatusList, err)
	}
	g := c.cfg.Gate
	g.Context = ctx
	l, err := OpenStatusListWith(doc, issuer, g)
	if err != nil {
		return nil, err
	}
	if l.id == "" {
		l.id = url // a list may leave its id to where it is found
	}
	if l.id != url {
		return nil, fmt.Errorf("%w: at %.100q lies list %.100q", ErrStatusList, url, l.id)
	}
	return l, nil
}

// keep files the outcome of a fetch and returns the answer. A list signed
// before the one held, and every failure, leaves that in place.
func (c *ListCache) keep(ctx context.Context, url string, got *StatusList, err error) (*StatusList, error) {
	now := c.cfg.Now()
	held := &cachedList{url: url}
	at, known := c.entries[url]
	if known {
		held = at.Value.(*cachedList)
	}
	if err == nil && held.list != nil && got.ValidFrom() < held.list.ValidFrom() {
		err = fmt.Errorf("%w: %.100q gives a list of %s and has given one of %s", ErrStatusList, url, Time(got.ValidFrom()), Time(held.list.ValidFrom()))
	}
	if err != nil && ctx.Err() != nil {
		return held.list, errUnless(held.list, errors.Join(err, ctx.Err())) // says nothing of the URL
	}
	if known {
		c.listOf(held).Remove(at)
	}
	if err != nil {
		held.err, held.again = err, now+retrySeconds
	} else {
		ttl := c.cfg.TTLSeconds
		if got.ttlMillis > 0 {
			ttl = min(max(int64(got.ttlMillis/1000), minListTTLSeconds), maxListTTLSeconds)
		}
		got.fetchedAt, got.usableUntil = now, now+ttl+c.cfg.StaleSeconds
		c.bytes += int64(len(got.bits))
		if held.list != nil {
			c.bytes -= int64(len(held.list.bits))
		}
		held.list, held.err, held.again = got, nil, now+ttl
	}
	c.entries[url] = c.listOf(held).PushFront(held)
	c.evict()
	return held.answer()
}

func errUnless(l *StatusList, err error) error {
	if l != nil {
		return nil
	}
	return err
}

func (c *ListCache) listOf(e *cachedList) *list.List {
	if e.list == nil {
		return c.missing
	}
	return c.recent
}

// evict drops what was used longest ago until the limits hold.
func (c *ListCache) evict() {
	for c.missing.Len() > c.cfg.Lists {
		old := c.missing.Remove(c.missing.Back()).(*cachedList)
		delete(c.entries, old.url)
	}
	for c.recent.Len() > c.cfg.Lists || c.bytes > c.cfg.Bytes && c.recent.Len() > 1 {
		old := c.recent.Remove(c.recent.Back()).(*cachedList)
		delete(c.entries, old.url)
		c.bytes -= int64(len(old.list.bits))
	}
}

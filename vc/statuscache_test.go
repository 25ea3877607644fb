package vc_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/backbay-labs/chio-node/vc"
)

// web is a fetcher of documents that a test changes.
type web struct {
	mu    sync.Mutex
	docs  map[string][]byte
	err   error
	calls int
	wait  chan struct{} // if set, a fetch waits for it, or for its context
}

func (w *web) FetchStatusList(ctx context.Context, url string) ([]byte, error) {
	w.mu.Lock()
	w.calls++
	doc, err, wait := w.docs[url], w.err, w.wait
	w.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err == nil && doc == nil {
		err = errors.New("404")
	}
	return doc, err
}

// signedList signs a list of the organisation of the tests.
func signedList(t testing.TB, bits []byte, change func(*vc.ListContent)) []byte {
	t.Helper()
	c := vc.ListContent{ID: listURL, Purpose: vc.PurposeRevocation, ValidFrom: t0, ValidUntil: t0 + 7*day}
	if change != nil {
		change(&c)
	}
	doc, err := vc.UnsignedStatusList(didOf(t, 7).String(), c, bits)
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = vc.Sign(doc, key(t, 7), vc.Time(c.ValidFrom)); err != nil {
		t.Fatal(err)
	}
	return doc
}

type clock struct{ now int64 }

func cache(t testing.TB, w *web, at *clock, change func(*vc.ListCacheConfig)) *vc.ListCache {
	t.Helper()
	cfg := vc.ListCacheConfig{Fetcher: w, Now: func() int64 { return at.now }}
	if change != nil {
		change(&cfg)
	}
	c, err := vc.NewListCache(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestListCacheRefreshes(t *testing.T) {
	w, at := &web{docs: map[string][]byte{listURL: signedList(t, vc.NewBits(), nil)}}, &clock{t0}
	c := cache(t, w, at, nil)
	entries, issuer := []vc.StatusEntry{vc.NewStatusEntryFor(vc.PurposeRevocation, listURL, 5)}, didOf(t, 7).String()
	judge := func() (vc.Status, error) {
		s, _, err := vc.JudgeStatus(entries, issuer, vc.Gate{Now: at.now, StatusList: c.For(t.Context())})
		return s, err
	}
	expect := func(name string, now int64, want vc.Status, calls int) {
		t.Helper()
		at.now = now
		if s, err := judge(); s != want || w.calls != calls {
			t.Errorf("%s: %s after %d fetches, want %s after %d: %v", name, s, w.calls, want, calls, err)
		}
	}
	expect("first", t0, vc.StatusActive, 1)
	expect("within ttl", t0+299, vc.StatusActive, 1)
	expect("after ttl", t0+300, vc.StatusActive, 2)
	w.docs[listURL] = signedList(t, bitsWith(5), func(l *vc.ListContent) { l.ValidFrom, l.TTLMillis = t0+301, 60_000 })
	expect("changed", t0+600, vc.StatusRevoked, 3)
	old := w.docs[listURL]
	w.docs[listURL] = signedList(t, vc.NewBits(), nil)
	expect("rolled back", t0+660, vc.StatusRevoked, 4)
	expect("and not asked again at once", t0+669, vc.StatusRevoked, 4)
	w.err = errors.New("down")
	expect("down, revoked counts", t0+670, vc.StatusRevoked, 5)
	w.err, w.docs[listURL] = nil, signedList(t, vc.NewBits(), func(l *vc.ListContent) { l.ValidFrom = t0 + 700; l.ValidUntil = t0 + 90*day })
	expect("lifted", t0+700, vc.StatusActive, 6)
	w.err = errors.New("down")
	expect("down, a clear bit does not count", t0+1000, vc.StatusUnknown, 7)
	w.err, w.docs[listURL] = nil, old
	expect("an older list still not", t0+1100, vc.StatusUnknown, 8)
	// What came from its URL is as old as that.
	w.docs[listURL] = signedList(t, vc.NewBits(), func(l *vc.ListContent) { l.ValidFrom = t0 + 700; l.ValidUntil = t0 + 90*day })
	at.now = t0 + 10*day
	g := vc.Gate{Now: at.now, StatusList: c.For(t.Context()), MaxStatusAgeSeconds: 60}
	if s, _, err := vc.JudgeStatus(entries, issuer, g); s != vc.StatusActive {
		t.Errorf("just fetched: %s %v", s, err)
	}
	g.Now += 61
	if s, _, _ := vc.JudgeStatus(entries, issuer, g); s != vc.StatusUnknown {
		t.Errorf("fetched 61 seconds ago: %s", s)
	}
}

func TestListCacheStaleIfAllowed(t *testing.T) {
	w, at := &web{docs: map[string][]byte{listURL: signedList(t, vc.NewBits(), nil)}}, &clock{t0}
	c := cache(t, w, at, func(cfg *vc.ListCacheConfig) { cfg.TTLSeconds, cfg.StaleSeconds = 60, 600 })
	for _, step := range []struct {
		now  int64
		want vc.Status
	}{{t0, vc.StatusActive}, {t0 + 659, vc.StatusActive}, {t0 + 660, vc.StatusUnknown}} {
		at.now = step.now
		s, _, err := vc.JudgeStatus([]vc.StatusEntry{vc.NewStatusEntryFor(vc.PurposeRevocation, listURL, 5)}, didOf(t, 7).String(),
			vc.Gate{Now: at.now, StatusList: c.For(t.Context())})
		if s != step.want {
			t.Errorf("at %d: %s %v", step.now-t0, s, err)
		}
		w.err = errors.New("down")
	}
}

func TestListCacheRefuses(t *testing.T) {
	elsewhere := "https://acme.example/status/1"
	good := signedList(t, vc.NewBits(), nil)
	tampered := append([]byte{}, good...)
	tampered[len(tampered)/2] ^= 1
	w, at := &web{docs: map[string][]byte{elsewhere: good, listURL: tampered, "urn:a:b": []byte(`[]`), "urn:c:d": []byte(`{"issuer":5}`)}}, &clock{t0}
	c := cache(t, w, at, nil)
	for url, want := range map[string]error{
		elsewhere: vc.ErrStatusList, listURL: vc.ErrStatusList, "urn:a:b": vc.ErrStatusList, "urn:c:d": vc.ErrStatusList,
		"https://acme.example/none": vc.ErrStatusRetrieval, "not a url": vc.ErrStatusRetrieval, "": vc.ErrStatusRetrieval,
	} {
		for range 2 { // the second time from memory
			if l, err := c.List(t.Context(), url); l != nil || !errors.Is(err, want) {
				t.Errorf("%s: %v", url, err)
			}
		}
	}
	if w.calls != 5 {
		t.Errorf("%d fetches", w.calls)
	}
	w.docs[listURL], at.now = good, t0+10
	if _, err := c.List(t.Context(), listURL); err != nil {
		t.Errorf("mended: %v", err)
	}
	for name, cfg := range map[string]vc.ListCacheConfig{
		"no fetcher": {Now: func() int64 { return 0 }}, "no clock": {Fetcher: w},
		"negative": {Fetcher: w, Now: func() int64 { return 0 }, Lists: -1},
	} {
		if _, err := vc.NewListCache(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestListCacheFetchesOnce: many ask, one fetches; who gives up does not
// decide for the others.
func TestListCacheFetchesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, at := &web{docs: map[string][]byte{listURL: signedList(t, vc.NewBits(), nil)}, wait: make(chan struct{})}, &clock{t0}
		c := cache(t, w, at, nil)
		first, giveUp := context.WithCancel(t.Context())
		impatient, leave := context.WithCancel(t.Context())
		results := make(chan error, 12)
		ask := func(ctx context.Context) {
			_, err := c.List(ctx, listURL)
			results <- err
		}
		go ask(first)
		synctest.Wait()
		for range 10 {
			go ask(t.Context())
		}
		go ask(impatient)
		synctest.Wait()
		if w.calls != 1 {
			t.Errorf("%d fetches at once", w.calls)
		}
		leave()
		synctest.Wait()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("who left: %v", err)
		}
		giveUp()
		synctest.Wait()
		if err := <-results; !errors.Is(err, context.Canceled) || w.calls != 2 {
			t.Errorf("who fetched and gave up: %v, %d fetches", err, w.calls)
		}
		close(w.wait)
		for range 10 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if w.calls != 2 {
			t.Errorf("%d fetches", w.calls)
		}
	})
}

func TestListCacheIsBounded(t *testing.T) {
	w, at := &web{docs: map[string][]byte{}}, &clock{t0}
	urls := make([]string, 6)
	for i := range urls {
		urls[i] = "https://acme.example/status/" + strconv.Itoa(i)
		w.docs[urls[i]] = signedList(t, vc.NewBits(), func(l *vc.ListContent) { l.ID = urls[i] })
	}
	for name, change := range map[string]func(*vc.ListCacheConfig){
		"lists": func(c *vc.ListCacheConfig) { c.Lists = 3 },
		"bytes": func(c *vc.ListCacheConfig) { c.Bytes = 3 * vc.ListBits / 8 },
	} {
		w.calls = 0
		c := cache(t, w, at, change)
		get := func(i, calls int) {
			t.Helper()
			if _, err := c.List(t.Context(), urls[i]); err != nil || w.calls != calls {
				t.Errorf("%s: list %d: %d fetches, want %d: %v", name, i, w.calls, calls, err)
			}
		}
		get(0, 1)
		get(1, 2)
		get(2, 3)
		get(0, 3) // used again, so 1 goes first
		get(3, 4)
		get(0, 4)
		get(1, 5)
		for i := range 100 {
			if _, err := c.List(t.Context(), "https://acme.example/none/"+strconv.Itoa(i)); err == nil {
				t.Fatal("a list that is not there")
			}
		}
		if n := c.Len(); n > 6 && name == "lists" {
			t.Errorf("%d entries are kept", n)
		}
		get(1, 105) // what is not there took nothing away
	}
}

// A list may say that it holds for a year; it is asked for again after an hour.
func TestListCacheAsksAgainAfterAnHour(t *testing.T) {
	w, at := &web{docs: map[string][]byte{listURL: signedList(t, vc.NewBits(), func(l *vc.ListContent) { l.TTLMillis, l.ValidUntil = 366*24*3600*1000, t0+366*day })}}, &clock{t0}
	c := cache(t, w, at, nil)
	for _, step := range []struct {
		after int64
		calls int
	}{{0, 1}, {3599, 1}, {3600, 2}} {
		at.now = t0 + step.after
		if _, err := c.List(t.Context(), listURL); err != nil || w.calls != step.calls {
			t.Errorf("after %d s: %d fetches: %v", step.after, w.calls, err)
		}
	}
}

func BenchmarkStatusCheckCached(b *testing.B) {
	w, at := &web{docs: map[string][]byte{listURL: signedList(b, vc.NewBits(), nil)}}, &clock{t0}
	g := vc.Gate{Now: t0, StatusList: cache(b, w, at, nil).For(b.Context())}
	entries, issuer := []vc.StatusEntry{vc.NewStatusEntryFor(vc.PurposeRevocation, listURL, 100_000)}, didOf(b, 7).String()
	b.ReportAllocs()
	for b.Loop() {
		if s, _, err := vc.JudgeStatus(entries, issuer, g); s != vc.StatusActive || err != nil {
			b.Fatal(err)
		}
	}
}

// TestStatusCheckAllocatesNothing holds what the benchmark shows.
func TestStatusCheckAllocatesNothing(t *testing.T) {
	w, at := &web{docs: map[string][]byte{listURL: signedList(t, vc.NewBits(), nil)}}, &clock{t0}
	g := vc.Gate{Now: t0, StatusList: cache(t, w, at, nil).For(t.Context())}
	entries, issuer := []vc.StatusEntry{vc.NewStatusEntryFor(vc.PurposeRevocation, listURL, 100_000)}, didOf(t, 7).String()
	if n := testing.AllocsPerRun(100, func() {
		if _, _, err := vc.JudgeStatus(entries, issuer, g); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

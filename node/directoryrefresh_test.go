package node

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// TestDirectoryRefreshTimer: each directory that has a URL is asked for once at
// each interval, also after one that failed, and not before; without an interval
// none is.
func TestDirectoryRefreshTimer(t *testing.T) {
	key, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	issuer := did.FromKey(key.Public())
	synctest.Test(t, func(t *testing.T) {
		db := memory.New()
		defer func() { _ = db.Close() }()
		listings, err := federation.OpenListings(db, func() int64 { return time.Now().Unix() })
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().Unix()
		doc, err := wire.Seal(federation.PeerDirectorySchema, federation.PeerDirectory{Schema: federation.PeerDirectorySchema, Issuer: issuer, Sequence: 1,
			IssuedAt: now, Expires: now + 600, Entries: []federation.DirectoryEntry{}}, key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := listings.Take(t.Context(), federation.Offer{Issuer: issuer, Doc: doc.Bytes(), Source: "https://example.com/peers.json"}); err != nil {
			t.Fatal(err)
		}
		var asked atomic.Int64
		n := &Node{cfg: new(Config), log: slog.New(slog.DiscardHandler), network: &network{listings: listings}, opts: Options{Now: time.Now, Fetch: &resolver.FetchConfig{Dial: new(net.Dialer).DialContext,
			Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
				asked.Add(1)
				return nil, errors.New("no such host")
			}}}}

		n.keepDirectories(t.Context()) // not configured: over at once
		n.cfg.Federation.DirectoryRefreshSeconds = minDirectoryRefresh
		ctx, cancel := context.WithCancel(t.Context())
		go n.keepDirectories(ctx)
		for tick := range 3 {
			time.Sleep(minDirectoryRefresh*time.Second - time.Nanosecond)
			synctest.Wait()
			if n := asked.Load(); n != int64(tick) {
				t.Fatalf("asked %d times before interval %d is over", n, tick+1)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			v, _, err := listings.Show(issuer)
			if n := asked.Load(); err != nil || n != int64(tick+1) || v.Failures != uint64(n) || v.State != "current" {
				t.Fatalf("asked %d times after interval %d: %+v, %v", n, tick+1, v, err)
			}
		}
		cancel()
		synctest.Wait()
		time.Sleep(10 * minDirectoryRefresh * time.Second)
		if n := asked.Load(); n != 3 {
			t.Fatalf("asked %d times", n)
		}
	})
}

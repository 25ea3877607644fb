package node

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/http"
	"github.com/backbay-labs/chio-node/vc/schema"
	"github.com/backbay-labs/chio-node/wire"
)

// PublicWeb fetches over the network of this machine, from public addresses
// only, and logs what failed.
func PublicWeb(log *slog.Logger, now func() time.Time) *resolver.FetchConfig {
	l := &fetchLog{log: log, now: now}
	return &resolver.FetchConfig{Lookup: net.DefaultResolver.LookupNetIP, Dial: (&net.Dialer{}).DialContext, Failed: l.failed}
}

// fetching is how this node fetches.
func (n *Node) fetching() *resolver.FetchConfig {
	if n.opts.Fetch != nil {
		return n.opts.Fetch
	}
	return PublicWeb(n.log, n.opts.Now)
}

// fetchLog tells the operator why documents of others could not be had. Anybody
// who may ask for a verification chooses what is fetched, so a line a second is
// written, and the next one says how many were not.
type fetchLog struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex
	last   time.Time
	unsaid int
}

// maxCause bounds what of a cause is logged: parts of it are a stranger's.
const maxCause = 500

func (l *fetchLog) failed(what string, cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.now()
	if since := at.Sub(l.last); since >= 0 && since < time.Second {
		l.unsaid++
		return
	}
	l.log.Warn("a document of another could not be fetched", slog.String("document", fmt.Sprintf("%.200s", what)),
		slog.String("cause", fmt.Sprintf("%.*s", maxCause, cause.Error())), slog.Int("not_logged_before", l.unsaid))
	l.last, l.unsaid = at, 0
}

// fetchDocuments gives a service what it needs to judge the credentials of
// others: their status lists, schemas and related resources.
func fetchDocuments(c *vchttp.Config, config *resolver.FetchConfig, g vc.Gate) error {
	f, err := resolver.NewFetcher(*config, c.Now)
	if err != nil {
		return err
	}
	now := func() int64 { return c.Now().Unix() }
	if c.Lists, err = vc.NewListCache(vc.ListCacheConfig{Fetcher: listFetcher{f}, Now: now, Gate: g}); err != nil {
		return err
	}
	c.Schemas, err = schema.New(schema.Config{Now: now, Fetch: func(ctx context.Context, url string) ([]byte, error) {
		return f.Get(ctx, url, schema.MaxBytes, schema.MediaTypes()...)
	}})
	c.Resource = func(ctx context.Context, url string) ([]byte, error) {
		return f.Get(ctx, url, wire.ForeignLimits.Bytes, resolver.AnyType)
	}
	return err
}

// listFetcher fetches status lists that are JSON.
type listFetcher struct{ *resolver.Fetcher }

// FetchStatusList implements vc.ListFetcher.
func (f listFetcher) FetchStatusList(ctx context.Context, url string) ([]byte, error) {
	return f.Get(ctx, url, wire.ForeignLimits.Bytes, "application/vc", "application/ld+json", "application/json", "application/vc+ld+json")
}

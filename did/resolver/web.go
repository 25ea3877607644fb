package resolver

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// WebConfig is how did:web reaches the network, and how much of it is kept.
// Zero numbers are the defaults.
type WebConfig struct {
	FetchConfig

	CacheEntries       int   // of documents, and as many of failures; default 1024
	TTLSeconds         int64 // of a document, default 300
	NegativeTTLSeconds int64 // of a failure, default 15
}

func (c *WebConfig) validate() error {
	err := c.FetchConfig.validate()
	if err == nil {
		err = checkCounts(int64(c.CacheEntries), c.TTLSeconds, c.NegativeTTLSeconds)
	}
	if err != nil {
		return fmt.Errorf("did:web: %w", err)
	}
	return nil
}

// web is did:web.
type web struct {
	client
	cache *cache
}

func newWeb(c WebConfig, now func() time.Time) (*web, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	w := &web{client: client{c.FetchConfig, now}}
	w.cache = newCache(cacheConfig{
		now: now, entries: or(c.CacheEntries, 1024), concurrent: or(c.MaxConcurrent, 8), timeout: seconds(c.TimeoutSeconds, 5),
		ttl: seconds(c.TTLSeconds, 300), negative: seconds(c.NegativeTTLSeconds, 15),
	})
	return w, nil
}

func or(n, standard int) int {
	if n == 0 {
		return standard
	}
	return n
}

func seconds(n, standard int64) time.Duration {
	if n == 0 {
		n = standard
	}
	return time.Duration(n) * time.Second
}

func (*web) name() string { return "web" }

func (w *web) close() { w.cache.close() }

func (w *web) read(ctx context.Context, u did.URL, o *Options) (*document, error) {
	at, err := webURL(u)
	if err != nil {
		return nil, err
	}
	doc, err := w.cache.get(ctx, u.DID(), o.NoCache, func(ctx context.Context) (*document, error) {
		doc, err := w.fetch(ctx, u.DID(), at)
		w.config.failed(u.DID(), err)
		return doc, err
	})
	return doc, fetchFailed(err)
}

// documentTypes are the content types of a DID document, or of JSON.
var documentTypes = []string{MediaJSONLD, MediaJSON, MediaDID, "application/ld+json", "application/json"}

// fetch reads the document of a did:web: the rules of client.get, of at most 64
// KiB, and ParseDocument accepts it as the document of this DID.
func (w *web) fetch(ctx context.Context, id string, at *url.URL) (*document, error) {
	body, err := w.get(ctx, at, DocumentLimits.Bytes, documentTypes)
	if err != nil {
		return nil, err
	}
	parsed, err := ParseDocument(body, id)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", InternalError, id, err)
	}
	return &document{json: wire.Raw(body), parsed: parsed}, nil
}

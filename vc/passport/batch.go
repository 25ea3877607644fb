package passport

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
)

// batchSize is how many passports one transaction files: enough that the disk
// is waited for seldom, few enough that others are not kept waiting.
const batchSize = 256

// draft is a passport on its way to being signed.
type draft struct {
	p    *Passport
	doc  []byte
	bits *allotted
}

// IssueMany issues a passport for each request, each with its status bits, and
// calls fn with every signed document in the order of the requests. All are
// checked before the first is made. They become durable in groups; after an
// error the first n are issued and the rest is not. Signing runs between two
// transactions, one that allots the bits and one that files the passports: a
// crash between them leaves bits that nobody uses.
func (g *Registry) IssueMany(ctx context.Context, reqs []Request, now int64, fn func(p *Passport, doc []byte) error) (n int, err error) {
	for i := range reqs {
		if err := reqs[i].Check(); err != nil {
			return 0, fmt.Errorf("passport %d of %d: %w", i+1, len(reqs), err)
		}
	}
	for n < len(reqs) {
		group := reqs[n:min(n+batchSize, len(reqs))]
		drafts, err := g.issueGroup(ctx, group, now)
		if err != nil {
			return n, fmt.Errorf("issue passports %d to %d: %w", n+1, n+len(group), err)
		}
		n += len(group)
		for i := range drafts {
			if err := fn(drafts[i].p, drafts[i].doc); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (g *Registry) issueGroup(ctx context.Context, reqs []Request, now int64) ([]draft, error) {
	var drafts []draft
	err := g.cfg.DB.Update(ctx, func(tx store.Tx) error {
		drafts = make([]draft, 0, len(reqs))
		bits, err := g.allocate(tx, len(reqs))
		if err != nil {
			return err
		}
		for i := range reqs {
			p, err := prepare(g.cfg.Org, reqs[i], bits[i].entries, now, g.cfg.Rand)
			if err != nil {
				return err
			}
			drafts = append(drafts, draft{p: p, bits: &bits[i]})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := g.signAll(drafts, now); err != nil {
		return nil, err
	}
	return drafts, g.cfg.DB.Update(ctx, func(tx store.Tx) error {
		for i := range drafts {
			d := &drafts[i]
			if err := putNew(tx, d.p, d.bits.record(d.doc)); err != nil {
				return err
			}
		}
		return nil
	})
}

// signAll signs on every processor there is.
func (g *Registry) signAll(drafts []draft, now int64) error {
	workers := min(runtime.GOMAXPROCS(0), len(drafts))
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(drafts) && errs[w] == nil; i += workers {
				drafts[i].doc, errs[w] = sign(g.cfg.Org, drafts[i].p, vc.Time(now))
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

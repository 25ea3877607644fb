package reputation

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// tally holds the decayed sums of one issuer, with 32 binary places: at most
// 2^26 receipts of at most 2^32, so that none overflows.
type tally struct {
	receipts                     uint64
	allow, deny, failed, weights uint64 // failed: cancelled or incomplete; weights: all of them
}

// share is a decayed part of a whole.
type share struct{ part, whole uint64 }

// use is what was done with one capability.
type use struct {
	newest int64
	grants map[int]*grantUse
}

type grantUse struct {
	calls    uint64 // allowed or begun
	charged  uint64
	currency string
	total    *uint64 // the cap on its cost, if there is one
	mixed    bool    // more than one currency or cap: nothing can be said
}

// run is one pass over a corpus.
type run struct {
	params  Params
	now     int64
	subject wire.PublicKey
	own     string
	home    string // whose agent it is, unless it is our own
	kernels *kernels

	counted   uint64
	uncounted map[Reason]uint64
	logs      []*seen // per source
	issuers   map[string]*tally

	// Of one's own receipts only:
	policies    map[string]*share // deny of all
	tools       map[string]uint64
	uses        map[string]*use
	grants      int
	days        map[int64]struct{}
	first, last int64
	calls       map[wire.Digest]struct{}

	denials, failures top
}

func newRun(c *Corpus, k *kernels, subject wire.PublicKey, p Params, now int64) *run {
	home := c.Organization.String()
	if c.Organization == c.Own {
		home = ""
	}
	return &run{home: home, params: p, now: now, subject: subject, own: c.Own.String(), kernels: k, uncounted: make(map[Reason]uint64),
		logs: make([]*seen, len(c.Sources)), issuers: make(map[string]*tally), policies: make(map[string]*share), tools: make(map[string]uint64),
		uses: make(map[string]*use), days: make(map[int64]struct{}), calls: make(map[wire.Digest]struct{})}
}

// source reads one log. A log that gives an index twice, or one outside the
// tree, is not the log it claims to be.
func (r *run) source(n int, s *Source) error {
	r.logs[n] = newSeen(s.Size)
	batch := make([]Leaf, 0, batchLeaves)
	for leaf, err := range s.Receipts {
		if err != nil {
			return fmt.Errorf("read log %.80q: %w", s.Log, err)
		}
		if leaf.Index >= s.Size {
			return fmt.Errorf("%w: log %.80q of %d receipts gave index %d", ErrCorpus, s.Log, s.Size, leaf.Index)
		}
		if batch = append(batch, leaf); len(batch) < batchLeaves {
			continue
		}
		if err := r.batch(n, s, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return r.batch(n, s, batch)
}

// batch judges leaves side by side and counts them one after the other.
func (r *run) batch(n int, s *Source, batch []Leaf) error {
	found := r.judge(s, batch)
	for i := range batch {
		switch why := found[i].why; {
		case why == notAboutTheKey:
			continue
		case why != "":
			r.uncounted[why]++
			continue
		}
		if !r.logs[n].add(batch[i].Index) {
			return fmt.Errorf("%w: log %.80q gave index %d twice", ErrCorpus, s.Log, batch[i].Index)
		}
		if err := r.count(s, &batch[i], found[i].facts); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) count(s *Source, leaf *Leaf, f *facts) error {
	w := Decay(r.now - f.at)
	t := r.issuers[f.issuer]
	if t == nil {
		if len(r.issuers) >= MaxSources {
			return fmt.Errorf("%w: receipts of more than %d organisations", ErrLimit, MaxSources)
		}
		t = new(tally)
		r.issuers[f.issuer] = t
	}
	t.receipts++
	t.weights += w
	mover := Mover{ReceiptID: f.id, Log: s.Log, Index: leaf.Index, At: f.at, weight: w}
	switch f.verdict {
	case receipt.Allow:
		t.allow += w
	case receipt.Deny:
		t.deny += w
		r.denials.add(mover)
	default:
		t.failed += w
		if f.issuer != r.home {
			r.failures.add(mover)
		}
	}
	r.counted++
	if f.issuer != r.own {
		return nil
	}
	r.history(f)
	if p := r.policies[f.policy]; p != nil {
		p.add(f, w)
	} else if len(r.policies) >= MaxTracked {
		return fmt.Errorf("%w: more than %d policies", ErrLimit, MaxTracked)
	} else {
		r.policies[f.policy] = new(share).add(f, w)
	}
	return r.usage(f)
}

func (p *share) add(f *facts, w uint64) *share {
	p.whole += w
	if f.verdict == receipt.Deny {
		p.part += w
	}
	return p
}

// history notes when and how differently the agent was seen.
func (r *run) history(f *facts) {
	if len(r.days) == 0 || f.at < r.first {
		r.first = f.at
	}
	r.last = max(r.last, f.at)
	r.days[f.at/daySeconds] = struct{}{}
	if len(r.calls) < maxDistinct {
		r.calls[f.call] = struct{}{}
	}
}

// usage notes what was used of which grant. A denied call used nothing.
func (r *run) usage(f *facts) error {
	if f.verdict == receipt.Deny {
		return nil
	}
	if f.verdict == receipt.Allow {
		r.tools[f.tool]++
	}
	u := r.uses[f.capability]
	if u == nil {
		u = &use{grants: make(map[int]*grantUse)}
		r.uses[f.capability] = u
	}
	u.newest = max(u.newest, f.at)
	g := u.grants[f.grant]
	if g == nil {
		r.grants++
		g = new(grantUse)
		u.grants[f.grant] = g
	}
	if len(r.tools) > MaxTracked || r.grants > MaxTracked {
		return fmt.Errorf("%w: more than %d tools or grants", ErrLimit, MaxTracked)
	}
	g.add(f)
	return nil
}

func (g *grantUse) add(f *facts) {
	g.calls++
	if f.currency != "" {
		g.mixed = g.mixed || g.currency != "" && g.currency != f.currency
		g.currency = f.currency
		g.charged = min(g.charged+min(f.charged, wire.MaxUnits), wire.MaxUnits)
	}
	if f.total != nil {
		g.mixed = g.mixed || g.total != nil && *g.total != *f.total
		g.total = f.total
	}
}

// Mover is a receipt that moves a metric more than others.
type Mover struct {
	ReceiptID string `json:"receipt_id"`
	Log       string `json:"log_id"`
	Index     uint64 `json:"index"`
	At        int64  `json:"at"` // unix seconds
	// EffectPPM is its part of the whole that the metric is taken from.
	EffectPPM uint64 `json:"effect_ppm"`

	weight uint64
}

// maxMovers is how many receipts an explanation names for one metric.
const maxMovers = 5

// top keeps the heaviest receipts, whatever order they come in.
type top []Mover

func (t *top) add(m Mover) {
	at, _ := slices.BinarySearchFunc(*t, m, func(a, b Mover) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(b.At, a.At), cmp.Compare(a.Log, b.Log), cmp.Compare(a.Index, b.Index))
	})
	if at >= maxMovers {
		return
	}
	*t = slices.Insert(*t, at, m)
	*t = (*t)[:min(len(*t), maxMovers)]
}

// of states each receipt's part of a whole.
func (t top) of(whole uint64) []Mover {
	out := make([]Mover, 0, len(t))
	for _, m := range t {
		if whole > 0 {
			m.EffectPPM = ratio(m.weight, whole, PPM)
		}
		out = append(out, m)
	}
	return out
}

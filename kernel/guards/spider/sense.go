package spider

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// Name is the guard's name.
const Name = "spider-sense"

// CodeSpiderSense is the evidence code of spider-sense.
const CodeSpiderSense kernel.Code = "CHIO-GUARD-SPIDER-SENSE"

// maxVectors bounds the vectors of one call, and clockSkew is how far in the
// future a database may be dated, in seconds.
const (
	maxVectors = 256
	clockSkew  = 300
)

// Sense is the guard spider-sense:
//
//  1. a call that cannot be read: deny
//  2. no embedding: allow
//  3. a database older than the limit, of no date, or of a date to come: deny
//  4. an embedding that cannot be compared: deny
//  5. nearest pattern at or above threshold + band: deny
//  6. below threshold − band: allow
//  7. between: pending approval, or allow with evidence
//
// Both bounds stay within 0 … 1: the band is cut off there, so that every
// threshold HushSpec permits works.
type Sense struct {
	c         Config
	low, high int64
	pass      kernel.Decision
}

// New compiles the configuration. TopK 0 is 5.
func New(c Config) (*Sense, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.TopK == 0 {
		c.TopK = defaultTopK
	}
	if c.Rule == "" {
		c.Rule = "extensions.detection.threat_intel"
	}
	g := &Sense{c: c, low: max(0, c.ThresholdMicros-c.BandMicros), high: min(micros, c.ThresholdMicros+c.BandMicros)}
	g.pass = guard.Conclude(kernel.Allow, Name, "", "", "")
	g.pass.Evidence = g.pass.Evidence[:1:1]
	return g, nil
}

// Name returns spider-sense.
func (g *Sense) Name() string { return Name }

// Judge implements guard.Guard.
func (g *Sense) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := unreadable(r); bad { // 1
		return d, nil
	}
	vectors, err := vectorsOf(&r.Action, g.c.Database.dimension)
	if err == nil && len(vectors) == 0 { // 2
		return g.pass, nil
	}
	if reason := g.stale(r.Call.Now); reason != "" { // 3
		return g.refuse(".pattern_db", reason), nil
	}
	if err != nil { // 4
		return g.refuse(".pattern_db", err.Error()), nil
	}
	top := g.nearest(vectors)
	best := top[0].similarity
	switch {
	case best >= g.high: // 5
		return g.refuse(".similarity_threshold", g.describe(top)), nil
	case best < g.low: // 6
		return g.pass, nil
	case g.c.AmbiguousConfirm: // 7
		return guard.Conclude(kernel.PendingApproval, Name, CodeSpiderSense, g.c.Rule+".similarity_threshold", g.describe(top)), nil
	}
	return guard.Conclude(kernel.Allow, Name, CodeSpiderSense, g.c.Rule+".similarity_threshold", g.describe(top)), nil // 7
}

func unreadable(r *guard.Request) (kernel.Decision, bool) {
	if r == nil || r.Call == nil || r.Call.Mandate == nil {
		return guard.Refuse(Name, guard.CodeMalformed, "", "there is no call to judge"), true
	}
	switch s := r.Action.Shape.(type) {
	case nil:
		return guard.Refuse(Name, guard.CodeMalformed, "", "the action was not extracted"), true
	case guard.Malformed:
		return guard.Refuse(Name, guard.CodeMalformed, "", s.Reason), true
	}
	return kernel.Decision{}, false
}

func (g *Sense) refuse(field, details string) kernel.Decision {
	return guard.Refuse(Name, CodeSpiderSense, g.c.Rule+field, details)
}

// stale says why the database is too old to judge by, or "".
func (g *Sense) stale(now int64) string {
	if g.c.MaxAgeSeconds == nil {
		return ""
	}
	made := g.c.Database.createdAt
	switch {
	case made == 0:
		return "the pattern database has no date, and the policy limits its age"
	case made > now+clockSkew:
		return "the pattern database is dated in the future"
	case now-made > *g.c.MaxAgeSeconds:
		return fmt.Sprintf("the pattern database is %d seconds old, the limit is %d", now-made, *g.c.MaxAgeSeconds)
	}
	return ""
}

// match is one pattern and its similarity in millionths.
type match struct {
	pattern    *pattern
	similarity int64
}

// nearest returns the patterns most like any of the vectors, best first; ties
// go to the earlier pattern.
func (g *Sense) nearest(vectors [][]float64) []match {
	top := make([]match, 0, g.c.TopK+1)
	for i := range g.c.Database.patterns {
		p := &g.c.Database.patterns[i]
		best := int64(-micros)
		for _, v := range vectors {
			best = max(best, similarity(p.unit, v))
		}
		if len(top) == g.c.TopK && best <= top[len(top)-1].similarity {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, best, func(m match, s int64) int {
			if m.similarity >= s {
				return -1
			}
			return 1
		})
		top = slices.Insert(top, at, match{p, best})
		top = top[:min(len(top), g.c.TopK)]
	}
	return top
}

func (g *Sense) describe(top []match) string {
	var b strings.Builder
	db := g.c.Database
	fmt.Fprintf(&b, "similarity_micros=%d threshold_micros=%d band_micros=%d database=sha256:%s", top[0].similarity, g.c.ThresholdMicros, g.c.BandMicros, db.digest)
	if db.version != "" {
		fmt.Fprintf(&b, " version=%q", db.version)
	}
	b.WriteString(" top=")
	for i, m := range top {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%d", m.pattern.id, m.similarity)
	}
	return b.String()
}

var errTooMany = errors.New("the call carries more vectors than are compared")

// vectorsOf returns the vectors of a call, of norm one: embedding, vector,
// each of embeddings, and their mean.
func vectorsOf(a *guard.Action, dimension int) ([][]float64, error) {
	var out [][]float64
	for _, name := range [...]string{"embedding", "vector"} {
		raw := a.Arg(name)
		if raw == nil {
			continue
		}
		var v []float64
		if err := read(raw, &v); err != nil {
			return nil, fmt.Errorf("argument %s is not a list of numbers", name)
		}
		if err := usable(v, dimension); err != nil {
			return nil, fmt.Errorf("argument %s: %w", name, err)
		}
		out = append(out, v)
	}
	raw := a.Arg("embeddings")
	if raw == nil {
		return out, nil
	}
	var list [][]float64
	if err := read(raw, &list); err != nil || len(list) == 0 {
		return nil, errors.New("argument embeddings is not a list of lists of numbers")
	}
	if len(list) > maxVectors {
		return nil, errTooMany
	}
	mean := make([]float64, dimension)
	for _, v := range list {
		if len(v) != dimension {
			return nil, fmt.Errorf("argument embeddings: %w", dimensionError(len(v), dimension))
		}
		for i, x := range v {
			mean[i] += x / float64(len(list))
		}
	}
	for _, v := range list {
		if err := usable(v, dimension); err != nil {
			return nil, fmt.Errorf("argument embeddings: %w", err)
		}
	}
	if err := normalise(mean); err != nil {
		return nil, fmt.Errorf("mean of argument embeddings: %w", err)
	}
	return append(append(out, list...), mean), nil
}

func read(raw wire.Raw, into any) error {
	if len(raw) == 0 || raw[0] != '[' {
		return errors.New("not a list")
	}
	return wire.Unmarshal(raw, into, wire.ForeignLimits)
}

func usable(v []float64, dimension int) error {
	if len(v) != dimension {
		return dimensionError(len(v), dimension)
	}
	return normalise(v)
}

func dimensionError(got, want int) error {
	return fmt.Errorf("the vector has %d components, the database %d", got, want)
}

package spider

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/wire"
)

// Schema is the first member of a pattern database of ours.
const Schema = "chio.pattern_db.v1"

// The bounds of one database. Judging a vector costs at most maxComponents
// multiplications.
const (
	maxFileBytes  = 64 << 20
	maxPatterns   = 100_000
	maxDimension  = 8192
	maxComponents = 4 << 20
	maxWordBytes  = 128
)

// fileLimits bound the document before it is interpreted.
var fileLimits = wire.Limits{Bytes: maxFileBytes, Depth: 8}

// ErrDatabase is wrapped by every error of Parse.
var ErrDatabase = errors.New("pattern database cannot be used")

// Database is a parsed pattern database; see Parse. It never changes.
type Database struct {
	digest    wire.Digest
	version   string
	createdAt int64 // unix seconds; 0: the file does not say
	dimension int
	patterns  []pattern
}

type pattern struct {
	id, category, stage, label string
	unit                       []float64 // of norm one
}

// Digest is the SHA-256 of the file.
func (d *Database) Digest() wire.Digest { return d.digest }

// Version is what the file calls itself; "" in the form without a header.
func (d *Database) Version() string { return d.version }

// CreatedAt is when the file says it was made, in unix seconds; 0 if it does not.
func (d *Database) CreatedAt() int64 { return d.createdAt }

// Dimension is the number of components of every embedding.
func (d *Database) Dimension() int { return d.dimension }

// Len is the number of patterns.
func (d *Database) Len() int { return len(d.patterns) }

type document struct {
	Schema    string  `json:"schema"`
	Version   string  `json:"version"`
	CreatedAt int64   `json:"created_at"`
	Dimension int     `json:"dimension"`
	Patterns  []entry `json:"patterns"`
}

type entry struct {
	ID        string    `json:"id"`
	Category  string    `json:"category"`
	Stage     string    `json:"stage"`
	Label     string    `json:"label"`
	Embedding []float64 `json:"embedding"`
}

// Parse reads a pattern database, strictly: an unknown or doubled member is an
// error. Two forms are read: ours,
//
//	{"schema":"chio.pattern_db.v1","version":"…","created_at":unix seconds,
//	 "dimension":n,"patterns":[{"id","category","stage","label","embedding":[…]}]}
//
// and the array of patterns alone, which has no date and so meets no age limit.
//
//  1. within the bounds, of a known schema, with a version and a date
//  2. at least one pattern, ids not empty and unique, words of bounded length
//  3. every embedding has the dimension, is finite, and its norm is not zero
func Parse(doc []byte) (*Database, error) {
	d, err := parse(doc)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDatabase, err)
	}
	return d, nil
}

func parse(doc []byte) (*Database, error) {
	var file document
	if bytes.HasPrefix(bytes.TrimLeft(doc, " \t\r\n"), []byte("[")) {
		if err := wire.Unmarshal(doc, &file.Patterns, fileLimits); err != nil {
			return nil, err
		}
		if len(file.Patterns) > 0 {
			file.Dimension = len(file.Patterns[0].Embedding)
		}
	} else {
		if err := wire.Unmarshal(doc, &file, fileLimits); err != nil {
			return nil, err
		}
		switch { // 1
		case file.Schema != Schema:
			return nil, fmt.Errorf("schema is %.60q, not %s", file.Schema, Schema)
		case !word(file.Version) || file.Version == "":
			return nil, errors.New("version is empty, too long or not text")
		case file.CreatedAt <= 0:
			return nil, errors.New("created_at is not a time in unix seconds")
		}
	}
	switch n := len(file.Patterns); { // 1, 2
	case n == 0:
		return nil, errors.New("it has no patterns")
	case n > maxPatterns:
		return nil, fmt.Errorf("it has %d patterns, more than %d", n, maxPatterns)
	case file.Dimension < 1 || file.Dimension > maxDimension:
		return nil, fmt.Errorf("dimension is %d; give 1 … %d", file.Dimension, maxDimension)
	case n*file.Dimension > maxComponents:
		return nil, fmt.Errorf("it has %d components, more than %d", n*file.Dimension, maxComponents)
	}
	d := &Database{digest: wire.Hash(doc), version: file.Version, createdAt: file.CreatedAt, dimension: file.Dimension}
	seen := make(map[string]bool, len(file.Patterns))
	for i := range file.Patterns {
		e := &file.Patterns[i]
		if e.ID == "" || seen[e.ID] || !word(e.ID) || !word(e.Category) || !word(e.Stage) || !word(e.Label) { // 2
			return nil, fmt.Errorf("pattern %d: its id is empty or not unique, or a name is too long or not text", i)
		}
		seen[e.ID] = true
		if len(e.Embedding) != d.dimension { // 3
			return nil, fmt.Errorf("pattern %d has %d components, want %d", i, len(e.Embedding), d.dimension)
		}
		if err := normalise(e.Embedding); err != nil { // 3
			return nil, fmt.Errorf("pattern %d: %w", i, err)
		}
		d.patterns = append(d.patterns, pattern{id: e.ID, category: e.Category, stage: e.Stage, label: e.Label, unit: e.Embedding})
	}
	return d, nil
}

// word reports whether a name is short text without control characters, fit
// for a line of evidence.
func word(s string) bool {
	if len(s) > maxWordBytes || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	return true
}

// The reasons a vector cannot be compared.
var (
	errNotFinite = errors.New("the vector is not finite")
	errZeroNorm  = errors.New("the vector's norm is zero")
)

// normalise scales v to norm one, in place. The largest component is scaled to
// one first, so that neither huge nor tiny vectors overflow.
func normalise(v []float64) error {
	largest := 0.0
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return errNotFinite
		}
		largest = max(largest, math.Abs(x))
	}
	if largest == 0 {
		return errZeroNorm
	}
	sum := 0.0
	for i := range v {
		v[i] /= largest
		sum += float64(v[i] * v[i]) // the conversion forbids a fused multiply-add
	}
	norm := math.Sqrt(sum)
	for i := range v {
		v[i] /= norm
	}
	return nil
}

// similarity is the cosine of two vectors of norm one, in millionths.
func similarity(a, b []float64) int64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x * b[i])
	}
	return int64(math.Round(max(-1, min(1, sum)) * micros))
}

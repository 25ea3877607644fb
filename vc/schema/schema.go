package schema

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// Type is the type of credentialSchema that is understood.
const Type = "JsonSchema"

// MediaTypes are the content types of a schema.
func MediaTypes() []string { return []string{"application/schema+json", "application/json"} }

// Limits of one schema.
var Limits = wire.Limits{Bytes: MaxBytes, Depth: 32}

// MaxBytes bounds a schema.
const MaxBytes = 128 << 10

// The reasons a schema, or a credential under it, is refused.
var (
	ErrKind      = errors.New("schema is of a type that is not understood")
	ErrRetrieval = errors.New("schema was not retrieved")
	ErrSchema    = errors.New("schema is not one that is judged here")
	ErrInvalid   = errors.New("credential does not fit its schema")
)

// Defaults of a Checker.
const (
	defaultKept       = 64
	defaultTTLSeconds = 300
)

// Config says where schemas come from. Zero numbers are the defaults.
type Config struct {
	Fetch      func(ctx context.Context, url string) ([]byte, error)
	Now        func() int64 // unix seconds
	Kept       int          // schemas kept, default 64
	TTLSeconds int64        // and for how long, default 300
}

// Checker judges credentials by schemas. It is safe for concurrent use.
type Checker struct {
	cfg Config

	mu   sync.Mutex
	kept map[string]*compiled
}

// compiled is a schema that was understood.
type compiled struct {
	schema *jsonschema.Schema // collects everything that is wrong
	holds  *jsonschema.Schema // is the same, and ends at the first thing
	cost   int
	raw    []byte // as fetched, for digests
	until  int64
}

// New checks the configuration and fetches nothing.
func New(cfg Config) (*Checker, error) {
	if cfg.Fetch == nil || cfg.Now == nil {
		return nil, errors.New("schema: Fetch and Now are required")
	}
	if cfg.Kept < 0 || cfg.TTLSeconds < 0 {
		return nil, errors.New("schema: limits must not be negative")
	}
	if cfg.Kept == 0 {
		cfg.Kept = defaultKept
	}
	if cfg.TTLSeconds == 0 {
		cfg.TTLSeconds = defaultTTLSeconds
	}
	return &Checker{cfg: cfg, kept: map[string]*compiled{}}, nil
}

// Check judges a credential without its proofs by one schema it names:
//
//	1 the schema is of type JsonSchema (ErrKind)
//	2 its document can be had (ErrRetrieval)
//	3 it has every digest that the credential states for it (vc.ErrResource)
//	4 it is a schema that stands alone and costs no more than MaxCost (Compile)
//	5 its cost for a credential of this size is at most MaxWork (ErrSchema)
//	6 the credential fits it, formats included (ErrInvalid)
func (c *Checker) Check(ctx context.Context, s vc.Schema, document []byte) error {
	if !slices.Contains(s.Type, Type) { // 1
		return fmt.Errorf("%w: %.100q: use %s", ErrKind, s.Type, Type)
	}
	k, err := c.get(ctx, s.ID) // 2, 4
	if err != nil {
		return err
	}
	if err := s.Matches(k.raw); err != nil { // 3
		return err
	}
	return k.judge(document) // 5, 6
}

func (c *Checker) get(ctx context.Context, url string) (*compiled, error) {
	now := c.cfg.Now()
	c.mu.Lock()
	k := c.kept[url]
	c.mu.Unlock()
	if k != nil && now < k.until && k.until-now <= c.cfg.TTLSeconds { // a clock that was set back keeps nothing longer
		return k, nil
	}
	raw, err := c.cfg.Fetch(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("%w: %.140q: %w", ErrRetrieval, url, err)
	}
	if k, err = compile(raw); err != nil {
		return nil, fmt.Errorf("%.140q: %w", url, err)
	}
	k.until = now + c.cfg.TTLSeconds
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[url] = k
	c.evict()
	return k, nil
}

// evict drops what was fetched longest ago until the limit holds.
func (c *Checker) evict() {
	for len(c.kept) > c.cfg.Kept {
		oldest := ""
		for url, k := range c.kept {
			if first := c.kept[oldest]; first == nil || k.until < first.until {
				oldest = url
			}
		}
		delete(c.kept, oldest)
	}
}

// Compile reads a schema and says what of it is refused:
//
//	1 strict JSON within Limits
//	2 an object whose $schema is draft 2020-12, 2019-09 or 7
//	3 it refers only to itself, without a cycle, and by JSON pointers; patterns
//	  are those of RE2; it costs at most MaxCost (measure)
//	4 it is valid under its own metaschema
func Compile(doc []byte) error {
	_, err := compile(doc)
	return err
}

// drafts are the metaschemas that are understood; the library has them.
var drafts = []string{
	"https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema",
	"http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-07/schema#",
}

func compile(doc []byte) (k *compiled, err error) {
	defer refusePanic(&err, ErrSchema)
	root, err := decode(doc, Limits) // 1
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchema, err)
	}
	object, _ := root.(map[string]any)
	if draft, _ := object["$schema"].(string); !slices.Contains(drafts, draft) { // 2
		return nil, fmt.Errorf("%w: $schema is %.100q: write %s", ErrSchema, object["$schema"], drafts[0])
	}
	cost, err := measure(object) // 3
	if err != nil {
		return nil, err
	}
	k = &compiled{cost: cost, raw: bytes.Clone(doc)}
	if k.schema, k.holds, err = build(root); err != nil { // 4
		return nil, fmt.Errorf("%w: %s", ErrSchema, brief(err))
	}
	return k, nil
}

// build compiles a schema twice: as it is, and as what is not not so. Under a
// not the library stops at the first failure and keeps no list of them.
func build(root any) (schema, holds *jsonschema.Schema, err error) {
	const at, twice = "urn:chio:schema", "urn:chio:holds"
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	compiler.AssertFormat()
	if err := compiler.AddResource(at, root); err != nil {
		return nil, nil, err
	}
	if err := compiler.AddResource(twice, map[string]any{"$schema": drafts[0],
		"not": map[string]any{"not": map[string]any{"$ref": at}}}); err != nil {
		return nil, nil, err
	}
	if schema, err = compiler.Compile(at); err == nil {
		holds, err = compiler.Compile(twice)
	}
	return schema, holds, err
}

// noLoader fetches nothing.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%.140q is another document, and nothing is fetched for a schema", url)
}

// judge applies rules 5 and 6 of Check.
func (k *compiled) judge(document []byte) (err error) {
	defer refusePanic(&err, ErrInvalid)
	work := int64(k.cost) * int64(len(document))
	if work > MaxWork { // 5
		return fmt.Errorf("%w: a schema of cost %d for a credential of %d bytes: their product may be %d", ErrSchema, k.cost, len(document), int64(MaxWork))
	}
	v, err := decode(document, wire.ForeignLimits)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if k.holds.Validate(v) == nil { // 6
		return nil
	}
	if work > maxExplained {
		return fmt.Errorf("%w: schema and credential are too large to say where", ErrInvalid)
	}
	if err := k.schema.Validate(v); err != nil {
		return fmt.Errorf("%w: %s", ErrInvalid, brief(err))
	}
	return fmt.Errorf("%w: it was not judged the same twice", ErrInvalid)
}

// decode reads strict JSON. Numbers come in their canonical spelling, so that
// none has an exponent that takes long to work out.
func decode(doc []byte, limits wire.Limits) (any, error) {
	canonical, err := wire.Canonicalize(doc, limits)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(canonical))
}

// brief is the first reason of an error of the library, in one line.
func brief(err error) string {
	var v *jsonschema.ValidationError
	text := err.Error()
	if errors.As(err, &v) {
		if lines := strings.SplitN(text, "\n", 3); len(lines) > 1 {
			text = strings.TrimPrefix(strings.TrimSpace(lines[1]), "- ")
		}
	}
	return fmt.Sprintf("%.300s", strings.ReplaceAll(text, "\n", " "))
}

// refusePanic turns a panic over a stranger's document into a refusal.
func refusePanic(err *error, kind error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: it could not be judged: %.100v", kind, r)
	}
}

package authority

import (
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The errors a caller can act on.
var (
	// ErrRequest: what was asked for is not a capability anybody may hold.
	ErrRequest = errors.New("capability request is not acceptable")
	// ErrUnknown: no capability, agent or epoch by that name.
	ErrUnknown = errors.New("not known to this node")
	// ErrCorrupt: a row of the authority does not decode.
	ErrCorrupt = errors.New("authority row is corrupt")
	// ErrExists: the name or id is taken by something else.
	ErrExists = errors.New("already exists with another value")
)

// MaxTTLSeconds bounds the life of a token: one year.
const MaxTTLSeconds = 366 * 24 * 3600

const (
	issuedRows   = "a/cap/"
	receivedRows = "a/got/"
)

// Capability is a token as its holder presents it: the whole chain, root
// first, and the passport it was issued on, if any.
type Capability struct {
	Chain    []capability.Token  `json:"chain"`
	Passport *kernel.PassportRef `json:"passport,omitempty"`
}

// Leaf is the token the holder acts under.
func (c *Capability) Leaf() *capability.Token { return &c.Chain[len(c.Chain)-1] }

// Request is what to issue. TTLSeconds counts from now.
type Request struct {
	Subject    wire.PublicKey
	Scope      capability.Scope
	TTLSeconds int64
	Passport   *kernel.PassportRef // the caller has verified it
	// Aggregate bounds the calls over all grants of the token, and, for a
	// family, of every token below it; nil is no bound.
	Aggregate *capability.Aggregate
}

func (r *Request) validate(now int64) error {
	switch {
	case r.TTLSeconds <= 0 || r.TTLSeconds > MaxTTLSeconds:
		return fmt.Errorf("%w: ttl_seconds is %d, want 1 … %d", ErrRequest, r.TTLSeconds, MaxTTLSeconds)
	case now < 0:
		return fmt.Errorf("%w: the time is negative", ErrRequest)
	case len(r.Scope.Grants)+len(r.Scope.ResourceGrants)+len(r.Scope.PromptGrants) == 0:
		return fmt.Errorf("%w: the scope grants nothing; add at least one grant", ErrRequest)
	}
	if err := r.Subject.Check(); err != nil {
		return fmt.Errorf("%w: subject: %w", ErrRequest, err)
	}
	return nil
}

// Issue signs a root capability with the kernel key and stores it. now is unix
// seconds; rand makes the id.
func Issue(tx store.Tx, req Request, signer wire.Signer, now int64, rand io.Reader) (*Capability, error) {
	if err := req.validate(now); err != nil {
		return nil, err
	}
	id, err := wire.NewUUIDv7(now*1000, rand)
	if err != nil {
		return nil, err
	}
	draft := capability.Token{ID: id, Subject: req.Subject, Scope: req.Scope, IssuedAt: now, ExpiresAt: now + req.TTLSeconds}
	if req.Aggregate != nil {
		draft.AggregateInvocationBudget = req.Aggregate.Value()
	}
	token, err := capability.Sign(draft, signer)
	if err != nil {
		return nil, fmt.Errorf("issue capability: %w", err)
	}
	c := &Capability{Chain: []capability.Token{*token}, Passport: req.Passport}
	return c, put(tx, issuedRows+id, c)
}

// Attenuate derives a narrower token from the last one of a chain, signed by
// that token's subject, and stores the longer chain. A life beyond the
// parent's is cut to it.
func Attenuate(tx store.Tx, parent []capability.Token, req Request, delegator wire.Signer, now int64, rand io.Reader) (*Capability, error) {
	if err := req.validate(now); err != nil {
		return nil, err
	}
	if len(parent) == 0 {
		return nil, fmt.Errorf("%w: no parent token", ErrRequest)
	}
	last := &parent[len(parent)-1]
	id, err := wire.NewUUIDv7(now*1000, rand)
	if err != nil {
		return nil, err
	}
	token, err := capability.Attenuate(last, capability.AttenuateRequest{ID: id, Subject: req.Subject, Scope: req.Scope,
		IssuedAt: now, ExpiresAt: min(now+req.TTLSeconds, last.ExpiresAt), Aggregate: req.Aggregate}, delegator)
	if err != nil {
		return nil, fmt.Errorf("attenuate capability %.80s: %w", last.ID, err)
	}
	c := &Capability{Passport: req.Passport}
	c.Chain = append(append(c.Chain, parent...), *token)
	return c, put(tx, issuedRows+id, c)
}

// Receive stores a capability that somebody else issued to this node, such as
// the root a treaty peer grants. The caller has verified the chain.
func Receive(tx store.Tx, c *Capability) error {
	if c == nil || len(c.Chain) == 0 {
		return fmt.Errorf("%w: no token", ErrRequest)
	}
	return put(tx, receivedKey(c.Leaf().Ref()), c)
}

// Get returns a capability issued or attenuated here, or ErrUnknown.
func Get(r store.Reader, id string) (*Capability, error) { return get(r, issuedRows+id) }

// Received returns a capability given to this node, or ErrUnknown.
func Received(r store.Reader, ref capability.Ref) (*Capability, error) {
	return get(r, receivedKey(ref))
}

// List calls fn for every capability issued or attenuated here, in the order
// of issue, until fn returns an error; store.ErrStop ends it with nil.
func List(r store.Reader, fn func(*Capability) error) error { return list(r, issuedRows, fn) }

// ListReceived calls fn for every capability given to this node by issuer.
func ListReceived(r store.Reader, issuer wire.PublicKey, fn func(*Capability) error) error {
	return list(r, receivedRows+issuer.String()+"/", fn)
}

func receivedKey(ref capability.Ref) string { return receivedRows + ref.Issuer.String() + "/" + ref.ID }

func get(r store.Reader, key string) (*Capability, error) {
	b, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("capability %.80q: %w", key[len(issuedRows):], ErrUnknown)
	}
	if err != nil {
		return nil, err
	}
	return decodeCapability(b)
}

func list(r store.Reader, prefix string, fn func(*Capability) error) error {
	return r.Scan(prefix, "", func(_ string, value []byte) error {
		c, err := decodeCapability(value)
		if err != nil {
			return err
		}
		return fn(c)
	})
}

func decodeCapability(b []byte) (*Capability, error) {
	var c Capability
	if err := wire.UnmarshalCanonical(b, &c, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: capability: %w", ErrCorrupt, err)
	}
	if len(c.Chain) == 0 {
		return nil, fmt.Errorf("%w: capability without a token", ErrCorrupt)
	}
	return &c, nil
}

func put(tx store.Tx, key string, v any) error {
	row, err := wire.Marshal(v)
	if err != nil {
		return fmt.Errorf("store %.80q: %w", key, err)
	}
	if len(row) > wire.DocumentLimits.Bytes {
		return fmt.Errorf("store %.80q: %w", key, wire.ErrTooLarge)
	}
	tx.Set(key, row)
	return nil
}

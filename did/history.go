package did

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// SchemaHistory is the schema of a key history file.
const SchemaHistory = "chio.key_history.v1"

// MaxKeyEvents bounds the events of one history.
const MaxKeyEvents = 100_000

// ErrHistory refuses a key history.
var ErrHistory = errors.New("key history is not valid")

// History is every key event of an organisation, so that anybody can tell
// which of its keys was in use when a signature was made. The file itself is
// not signed: each part of it is. Events left off its end are noticed for the
// kernel and the transport key, which Current names, once the bindings of the
// keys they retired have run out; and for all keys where the deactivation is
// there. A history without its deactivation is a sound one for as long as the
// last bindings before it run.
type History struct {
	Schema       string           `json:"schema"`
	DID          DID              `json:"did"`
	First        []*wire.Envelope `json:"first"`   // first binding of the first kernel and transport key, where kept
	Events       []KeyEvent       `json:"events"`  // oldest first
	Current      []*wire.Envelope `json:"current"` // a running binding of the kernel and of the transport key in use
	Deactivation *wire.Envelope   `json:"deactivation,omitempty"`
}

// KeyEvent is one rotation and the first binding of its new key. An agent that
// keeps its own key has no binding but the record.
type KeyEvent struct {
	Record  *wire.Envelope `json:"record"`
	Binding *wire.Envelope `json:"binding,omitempty"`
}

// Span is when a key was in use, in unix seconds.
type Span struct {
	Role  Role           `json:"role"`
	Key   wire.PublicKey `json:"key"`
	From  int64          `json:"from,omitzero"`              // 0: longer than the history tells
	Until int64          `json:"until,omitzero"`             // exclusive; 0: still in use
	Final *FinalTree     `json:"final_checkpoint,omitempty"` // of a retired kernel key: what counts of it
}

// At reports whether the key was in use at a time. For a retired kernel key
// that is not enough: only its final tree says which receipts are its own.
func (s *Span) At(at int64) bool { return at >= s.From && (s.Until == 0 || at < s.Until) }

// ParseHistory reads the canonical bytes of a history and verifies it at a time
// in unix seconds.
func ParseHistory(doc []byte, now int64) (*History, []Span, error) {
	var h History
	if err := wire.UnmarshalCanonical(doc, &h, wire.BundleLimits); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrHistory, err)
	}
	spans, err := h.Verify(now)
	return &h, spans, err
}

// Bytes is the canonical form of the history, as written to files.
func (h *History) Bytes() ([]byte, error) { return wire.Marshal(h) }

// Verify checks a history at a time in unix seconds and returns when each key
// was in use, in the order in which the keys came.
//
//	1 it is a history, of a did:chio, of at most MaxKeyEvents events
//	2 every record passes VerifyRotation for this DID
//	3 the events are one chain: numbered 1, 2, 3, …, each naming the one before
//	  it; only kernel records at the beginning may be unnumbered
//	4 times never go back, nor do the sequences of a role
//	5 a kernel or transport record retires the key that was in use; an agent
//	  record retires an agent's key in use, or begins the chain of one
//	6 no key comes twice, in whatever role
//	7 kernel and transport events bring the binding of the new key, with the
//	  sequence of the record; a binding that an agent event brings holds too
//	8 a first binding is of a role's first key and not after its retirement
//	9 unless deactivated, the kernel and the transport key in use are bound, by
//	  bindings that run now: an old one says nothing of what came after it
//	10 a deactivation passes VerifyDeactivation and is the last event
func (h *History) Verify(now int64) ([]Span, error) {
	if h.Schema != SchemaHistory || len(h.Events) > MaxKeyEvents || len(h.First) > 2 || len(h.Current) > 2 { // 1
		return nil, fmt.Errorf("%w: schema %.60q with %d events", ErrHistory, h.Schema, len(h.Events))
	}
	if _, err := Parse(string(h.DID)); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrHistory, err)
	}
	v := &historian{id: h.DID, open: make(map[Role]int), agents: make(map[wire.PublicKey]int), known: make(map[wire.PublicKey]bool),
		first: make(map[Role]*Binding), sequence: make(map[Role]uint64)}
	if err := v.begin(h.First); err != nil { // 8
		return nil, err
	}
	for i := range h.Events {
		if err := v.event(&h.Events[i]); err != nil {
			return nil, fmt.Errorf("%w: event %d: %w", ErrHistory, i+1, err)
		}
	}
	if err := v.current(h.Current, h.Deactivation != nil, now); err != nil { // 9
		return nil, err
	}
	return v.spans, v.end(h.Deactivation) // 10
}

// historian follows a history event by event.
type historian struct {
	id       DID
	spans    []Span
	open     map[Role]int           // kernel and transport: span of the key in use
	agents   map[wire.PublicKey]int // agents' keys in use
	known    map[wire.PublicKey]bool
	first    map[Role]*Binding
	sequence map[Role]uint64
	events   uint64
	last     wire.Digest
	at       int64
	numbered bool
}

func (v *historian) begin(first []*wire.Envelope) error {
	for _, env := range first {
		b, err := v.binding(env)
		if err != nil {
			return fmt.Errorf("%w: first binding: %w", ErrHistory, err)
		}
		if v.first[b.Role] != nil { // 8
			return fmt.Errorf("%w: two first bindings of the %s key", ErrHistory, b.Role)
		}
		v.first[b.Role] = b
		key, _ := wire.ParsePublicKey(b.Key) // checked by openBinding
		if v.known[key] {                    // 6
			return fmt.Errorf("%w: one key in two roles", ErrHistory)
		}
		v.sequence[b.Role] = b.Sequence
		v.start(b.Role, key, b.NotBefore)
	}
	return nil
}

// binding opens a binding of a kernel or transport key, whenever it counted.
func (v *historian) binding(env *wire.Envelope) (*Binding, error) {
	b, err := openBinding(env, v.id, RoleKernel, nil)
	if errors.Is(err, ErrBindingRole) {
		b, err = openBinding(env, v.id, RoleTransport, nil)
	}
	return b, err
}

// start opens the span of a key.
func (v *historian) start(role Role, key wire.PublicKey, from int64) {
	v.spans = append(v.spans, Span{Role: role, Key: key, From: from})
	v.known[key] = true
	if role == RoleAgent {
		v.agents[key] = len(v.spans) - 1
		return
	}
	v.open[role] = len(v.spans) - 1
}

func (v *historian) event(e *KeyEvent) error {
	r, err := VerifyRotation(e.Record, v.id) // 2
	if err != nil {
		return err
	}
	if err := v.follows(r.Event, r.Previous); err != nil { // 3
		return err
	}
	if r.At < v.at || r.Sequence <= v.sequence[r.Role] { // 4
		return fmt.Errorf("%w: time or sequence goes back", ErrRotation)
	}
	if err := v.replace(r); err != nil { // 5, 6
		return err
	}
	if e.Binding == nil && r.Role != RoleAgent { // 7
		return fmt.Errorf("%w: the new key is not bound", ErrBinding)
	}
	if e.Binding != nil { // 7
		b, err := openBinding(e.Binding, v.id, r.Role, nil)
		if err != nil {
			return err
		}
		if b.Key != r.New.String() || b.Sequence != r.Sequence {
			return fmt.Errorf("%w: it binds another key than the record names", ErrBinding)
		}
	}
	v.events, v.last, v.at, v.sequence[r.Role] = v.events+1, e.Record.ID(), r.At, r.Sequence
	return nil
}

// follows checks the place of an event in the chain.
func (v *historian) follows(number uint64, previous *wire.Digest) error {
	if number == 0 && !v.numbered { // 3: made before there was a chain
		return nil
	}
	v.numbered = true
	if number != v.events+1 || previous != nil && *previous != v.last {
		return fmt.Errorf("%w: event %d after %d does not follow", ErrRotation, number, v.events)
	}
	return nil
}

// replace ends the span of the old key and opens that of the new one.
func (v *historian) replace(r *Rotation) error {
	if v.known[r.New] { // 6
		return fmt.Errorf("%w: %s was a key before", ErrRotation, r.New)
	}
	i, inUse := v.open[r.Role]
	if r.Role == RoleAgent {
		i, inUse = v.agents[r.Old]
	}
	switch {
	case inUse && v.spans[i].Key != r.Old: // 5
		return fmt.Errorf("%w: it retires %s, which was not in use", ErrRotation, r.Old)
	case inUse && r.At < v.spans[i].From: // 8
		return fmt.Errorf("%w: the key was retired before it was bound", ErrRotation)
	case !inUse && v.known[r.Old]: // 5, 6
		return fmt.Errorf("%w: %s was retired before, or is of another role", ErrRotation, r.Old)
	case !inUse: // the chain begins with a key whose first binding was not kept
		v.start(r.Role, r.Old, 0)
		i = len(v.spans) - 1
	}
	v.spans[i].Until, v.spans[i].Final = r.At, r.Final
	delete(v.agents, r.Old)
	v.start(r.Role, r.New, r.At)
	return nil
}

func (v *historian) current(bindings []*wire.Envelope, deactivated bool, now int64) error {
	bound := make(map[Role]bool, 2)
	for _, env := range bindings {
		b, err := v.binding(env)
		if err == nil && !deactivated { // 9
			err = b.inWindow(now)
		}
		if err != nil {
			return fmt.Errorf("%w: current binding: %w", ErrHistory, err)
		}
		i, known := v.open[b.Role]
		if !known {
			key, _ := wire.ParsePublicKey(b.Key) // checked by openBinding
			if v.known[key] {                    // 6
				return fmt.Errorf("%w: one key in two roles", ErrHistory)
			}
			v.start(b.Role, key, 0)
			i = v.open[b.Role]
		}
		if v.spans[i].Key.String() != b.Key || b.Sequence < v.sequence[b.Role] || bound[b.Role] { // 9
			return fmt.Errorf("%w: the %s key %.80s is bound, but the events lead to %s", ErrHistory, b.Role, b.Key, v.spans[i].Key)
		}
		bound[b.Role] = true
	}
	if !deactivated && (!bound[RoleKernel] || !bound[RoleTransport]) { // 9
		return fmt.Errorf("%w: the keys in use are not bound", ErrHistory)
	}
	return nil
}

// end checks the deactivation, and ends every span with it.
func (v *historian) end(env *wire.Envelope) error {
	if env == nil {
		return nil
	}
	d, err := VerifyDeactivation(env, v.id) // 10
	if err != nil {
		return fmt.Errorf("%w: %w", ErrHistory, err)
	}
	if d.Sequence != v.events+1 || d.Previous != nil && *d.Previous != v.last || d.At < v.at { // 10
		return fmt.Errorf("%w: %w: it does not follow event %d", ErrHistory, ErrDeactivation, v.events)
	}
	for i := range v.spans {
		if v.spans[i].Until != 0 {
			continue
		}
		if v.spans[i].Until = d.At; d.At < v.spans[i].From { // 10
			return fmt.Errorf("%w: %w: a key was bound after it", ErrHistory, ErrDeactivation)
		}
	}
	return nil
}

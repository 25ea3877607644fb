package did

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

func eventKey(t testing.TB, b byte) *wire.Key {
	t.Helper()
	seed := make([]byte, 32)
	seed[0] = b
	k, err := wire.KeyFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const eventAt = 1_790_000_000

// chronicle makes the history of an organisation: a kernel, a transport and an
// agent key rotate, in this order, and then it ends. Records may be changed
// before they are signed.
type chronicle struct {
	t    testing.TB
	org  *wire.Key
	h    History
	last *wire.Digest
	seq  map[Role]uint64
}

func newChronicle(t testing.TB) *chronicle {
	c := &chronicle{t: t, org: eventKey(t, 1), seq: map[Role]uint64{}}
	c.h = History{Schema: SchemaHistory, DID: FromKey(c.org.Public()), First: []*wire.Envelope{}, Events: []KeyEvent{}, Current: []*wire.Envelope{}}
	c.h.First = append(c.h.First, c.bind(RoleKernel, eventKey(t, 10)), c.bind(RoleTransport, eventKey(t, 20)))
	return c
}

func (c *chronicle) bind(role Role, key *wire.Key) *wire.Envelope {
	c.t.Helper()
	c.seq[role]++
	env, err := Bind(c.org, key, Term{Role: role, Sequence: c.seq[role], NotBefore: eventAt - 60, NotAfter: eventAt + 3600})
	if err != nil {
		c.t.Fatal(err)
	}
	return env
}

// rotate adds an event; change may spoil the record, and nil signs with the
// organisation and the new key.
func (c *chronicle) rotate(role Role, old, next byte, change func(*Rotation)) *chronicle {
	c.t.Helper()
	from, to := eventKey(c.t, old), eventKey(c.t, next)
	e := KeyEvent{}
	if role != RoleAgent {
		e.Binding = c.bind(role, to)
	} else {
		c.seq[role]++
	}
	n := uint64(len(c.h.Events) + 1)
	r := Rotation{Schema: SchemaRotation, DID: c.h.DID, Role: role, Old: from.Public(), New: to.Public(), Sequence: c.seq[role],
		At: eventAt + int64(n), Event: n, Previous: c.last}
	if role == RoleKernel {
		r.Final = &FinalTree{LogID: "log", Size: 3}
	}
	if change != nil {
		change(&r)
	}
	e.Record = c.seal(SchemaRotation, r, c.org, to)
	id := e.Record.ID()
	c.last = &id
	c.h.Events = append(c.h.Events, e)
	return c
}

func (c *chronicle) seal(schema string, body any, by ...wire.Signer) *wire.Envelope {
	c.t.Helper()
	env, err := wire.Seal(schema, body, by...)
	if err != nil {
		c.t.Fatal(err)
	}
	return env
}

// end adds the bindings of the keys in use, and the deactivation if asked for.
func (c *chronicle) end(kernel, transport byte, deactivate bool) *chronicle {
	c.h.Current = append(c.h.Current, c.bind(RoleKernel, eventKey(c.t, kernel)), c.bind(RoleTransport, eventKey(c.t, transport)))
	if deactivate {
		c.h.Deactivation = c.seal(SchemaDeactivation, Deactivation{Schema: SchemaDeactivation, DID: c.h.DID,
			Sequence: uint64(len(c.h.Events) + 1), Previous: c.last, At: eventAt + 100, Reason: "closed"}, c.org)
	}
	return c
}

func whole(t testing.TB) *chronicle {
	t.Helper()
	return newChronicle(t).rotate(RoleKernel, 10, 11, nil).rotate(RoleTransport, 20, 21, nil).rotate(RoleAgent, 30, 31, nil).
		rotate(RoleAgent, 31, 32, nil).rotate(RoleKernel, 11, 12, nil)
}

func TestHistory(t *testing.T) {
	for _, ended := range []bool{false, true} {
		h := whole(t).end(12, 21, ended).h
		doc, err := h.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		_, spans, err := ParseHistory(doc, eventAt+50)
		if err != nil {
			t.Fatal(err)
		}
		inUse := map[Role]wire.PublicKey{}
		for _, s := range spans {
			if s.At(eventAt + 3) {
				inUse[s.Role] = s.Key
			}
			if (s.Until == 0) == ended && s.Key == eventKey(t, 12).Public() {
				t.Errorf("ended %v: %+v", ended, s)
			}
			if (s.Final != nil) != (s.Role == RoleKernel && s.Until != 0 && s.Key != eventKey(t, 12).Public()) {
				t.Errorf("final tree: %+v", s)
			}
		}
		for role, want := range map[Role]byte{RoleKernel: 11, RoleTransport: 21, RoleAgent: 31} {
			if inUse[role] != eventKey(t, want).Public() {
				t.Errorf("the %s key in use at event 3 is %s", role, inUse[role])
			}
		}
		if h.First = h.First[:0]; ended {
			if _, err := h.Verify(eventAt + 50); err != nil {
				t.Errorf("without first bindings: %v", err)
			}
		}
	}
}

// TestHistoryRefuses has one way to break each rule.
func TestHistoryRefuses(t *testing.T) {
	zero := wire.Hash(nil)
	for name, c := range map[string]*chronicle{
		"1 another schema":             spoil(whole(t).end(12, 21, false), func(h *History) { h.Schema = SchemaRotation }),
		"1 no organisation":            spoil(whole(t).end(12, 21, false), func(h *History) { h.DID = "did:chio:x" }),
		"1 three first bindings":       spoil(whole(t).end(12, 21, false), func(h *History) { h.First = append(h.First, h.First[0]) }),
		"2 no record":                  spoil(whole(t).end(12, 21, false), func(h *History) { h.Events[1].Record = nil }),
		"2 of another organisation":    newChronicle(t).rotate(RoleKernel, 10, 11, func(r *Rotation) { r.DID = FromKey(eventKey(t, 9).Public()) }).end(11, 20, false),
		"3 an event is left out":       spoil(whole(t).end(12, 21, false), func(h *History) { h.Events = append(h.Events[:2:2], h.Events[3:]...) }),
		"3 two events are swapped":     spoil(whole(t).end(12, 21, false), func(h *History) { h.Events[0], h.Events[1] = h.Events[1], h.Events[0] }),
		"3 another previous":           whole(t).rotate(RoleTransport, 21, 22, func(r *Rotation) { r.Previous = &zero }).end(12, 22, false),
		"3 no number after numbers":    whole(t).rotate(RoleKernel, 12, 13, func(r *Rotation) { r.Event, r.Previous = 0, nil }).end(13, 21, false),
		"4 time goes back":             whole(t).rotate(RoleTransport, 21, 22, func(r *Rotation) { r.At = eventAt }).end(12, 22, false),
		"4 the sequence stays":         whole(t).rotate(RoleAgent, 32, 33, func(r *Rotation) { r.Sequence = 2 }).end(12, 21, false),
		"5 a key not in use":           whole(t).rotate(RoleTransport, 29, 22, nil).end(12, 22, false),
		"5 a key retired before":       whole(t).rotate(RoleAgent, 30, 33, nil).end(12, 21, false),
		"6 a key comes back":           whole(t).rotate(RoleTransport, 21, 20, nil).end(12, 20, false),
		"6 a key of another role":      whole(t).rotate(RoleAgent, 32, 12, nil).end(12, 21, false),
		"6 one first key in two roles": spoil(newChronicle(t), func(h *History) { h.First[1] = newChronicle(t).bind(RoleTransport, eventKey(t, 10)) }),
		"7 no binding":                 spoil(whole(t).end(12, 21, false), func(h *History) { h.Events[1].Binding = nil }),
		"7 a binding of another key":   spoil(whole(t).end(12, 21, false), func(h *History) { h.Events[4].Binding = h.Events[0].Binding }),
		"8 two of one role":            spoil(whole(t).end(12, 21, false), func(h *History) { h.First[1] = h.First[0] }),
		"9 events left off the end":    spoil(whole(t).end(12, 21, false), func(h *History) { h.Events = h.Events[:4] }),
		"9 the key in use is unbound":  spoil(whole(t).end(12, 21, false), func(h *History) { h.Current = h.Current[:1] }),
		"9 the old key is bound":       whole(t).end(11, 21, false),
		"9 bound twice":                spoil(whole(t).end(12, 21, false), func(h *History) { h.Current[1] = h.Current[0] }),
		"10 not the last event":        spoil(whole(t).end(12, 21, true), func(h *History) { h.Events = h.Events[:4] }),
		"10 of another chain":          spoil(whole(t).end(12, 21, true), func(h *History) { h.Deactivation = newChronicle(t).end(10, 20, true).h.Deactivation }),
	} {
		if spans, err := c.h.Verify(eventAt + 50); !errors.Is(err, ErrHistory) && !errors.Is(err, ErrRotation) && !errors.Is(err, ErrDeactivation) && !errors.Is(err, ErrBinding) {
			t.Errorf("%s: %v %v", name, spans, err)
		}
	}
}

// TestHistoryCutOff: the binding of a retired key, which was handed out once,
// does not show that key as the one in use when it has run out.
func TestHistoryCutOff(t *testing.T) {
	h := whole(t).end(12, 21, false).h
	cut := h
	cut.Events = h.Events[:4:4]
	cut.Current = []*wire.Envelope{h.Events[0].Binding, h.Events[1].Binding}
	for now, want := range map[int64]error{eventAt - 61: ErrBindingEarly, eventAt + 3600: ErrBindingExpired} {
		for name, h := range map[string]*History{"whole": &h, "cut off": &cut} {
			if spans, err := h.Verify(now); !errors.Is(err, ErrHistory) || !errors.Is(err, want) || spans != nil {
				t.Errorf("%s at %d: %v %v", name, now, spans, err)
			}
		}
	}
	if _, err := h.Verify(eventAt + 3599); err != nil {
		t.Errorf("while its bindings run: %v", err)
	}
	ended := whole(t).end(12, 21, true).h
	if _, err := ended.Verify(eventAt + 1<<30); err != nil {
		t.Errorf("an end needs no running binding: %v", err)
	}
}

func spoil(c *chronicle, change func(*History)) *chronicle {
	change(&c.h)
	return c
}

// TestRotationRefuses: the rules a record obeys by itself.
func TestRotationRefuses(t *testing.T) {
	org, old, next, other := eventKey(t, 1), eventKey(t, 2), eventKey(t, 3), eventKey(t, 4)
	id, zero := FromKey(org.Public()), wire.Hash(nil)
	good := Rotation{Schema: SchemaRotation, DID: id, Role: RoleTransport, Old: old.Public(), New: next.Public(), Sequence: 2, At: eventAt, Event: 1}
	c := &chronicle{t: t}
	for name, tc := range map[string]struct {
		change func(*Rotation)
		by     []wire.Signer
		ok     bool
	}{
		"sound":                    {nil, []wire.Signer{org, next}, true},
		"with the old key":         {nil, []wire.Signer{org, next, old}, true},
		"1 without the new key":    {nil, []wire.Signer{org, old}, false},
		"1 without the org":        {nil, []wire.Signer{next, old}, false},
		"2 a settlement key":       {func(r *Rotation) { r.Role = RoleSettlement }, []wire.Signer{org, next}, false},
		"3 the same key":           {func(r *Rotation) { r.Old = r.New }, []wire.Signer{org, next}, false},
		"3 the organisation's":     {func(r *Rotation) { r.Old = org.Public() }, []wire.Signer{org, next}, false},
		"4 a tree for a transport": {func(r *Rotation) { r.Final = &FinalTree{LogID: "x"} }, []wire.Signer{org, next}, false},
		"4 a kernel without":       {func(r *Rotation) { r.Role = RoleKernel }, []wire.Signer{org, next}, false},
		"5 a bystander":            {nil, []wire.Signer{org, next, other}, false},
		"6 a first with a past":    {func(r *Rotation) { r.Previous = &zero }, []wire.Signer{org, next}, false},
		"6 a second without":       {func(r *Rotation) { r.Event = 2 }, []wire.Signer{org, next}, false},
		"6 no number":              {func(r *Rotation) { r.Event = 0 }, []wire.Signer{org, next}, false},
	} {
		r := good
		if tc.change != nil {
			tc.change(&r)
		}
		if _, err := VerifyRotation(c.seal(SchemaRotation, r, tc.by...), id); (err == nil) != tc.ok || err != nil && !errors.Is(err, ErrRotation) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := VerifyRotationDraft(c.seal(SchemaRotation, good, org), id); err != nil {
		t.Errorf("a draft: %v", err)
	}
}

// TestDeactivationRefuses: the rules of VerifyDeactivation.
func TestDeactivationRefuses(t *testing.T) {
	org, next, other := eventKey(t, 1), eventKey(t, 2), eventKey(t, 3)
	id, zero := FromKey(org.Public()), wire.Hash(nil)
	good := Deactivation{Schema: SchemaDeactivation, DID: id, Sequence: 1, At: eventAt, Reason: "closed"}
	heir := func(d *Deactivation) { d.Successor = FromKey(next.Public()) }
	c := &chronicle{t: t}
	for name, tc := range map[string]struct {
		change func(*Deactivation)
		by     []wire.Signer
		ok     bool
	}{
		"sound":                    {nil, []wire.Signer{org}, true},
		"with a successor":         {heir, []wire.Signer{org, next}, true},
		"1 by another":             {nil, []wire.Signer{other}, false},
		"2 of another":             {func(d *Deactivation) { d.DID = FromKey(other.Public()) }, []wire.Signer{org}, false},
		"3 no sequence":            {func(d *Deactivation) { d.Sequence = 0 }, []wire.Signer{org}, false},
		"3 a first with a past":    {func(d *Deactivation) { d.Previous = &zero }, []wire.Signer{org}, false},
		"3 a second without":       {func(d *Deactivation) { d.Sequence = 2 }, []wire.Signer{org}, false},
		"4 no date":                {func(d *Deactivation) { d.At = 0 }, []wire.Signer{org}, false},
		"4 no reason":              {func(d *Deactivation) { d.Reason = "" }, []wire.Signer{org}, false},
		"4 a reason of two lines":  {func(d *Deactivation) { d.Reason = "a\nb" }, []wire.Signer{org}, false},
		"4 a long reason":          {func(d *Deactivation) { d.Reason = strings.Repeat("x", 257) }, []wire.Signer{org}, false},
		"5 itself":                 {func(d *Deactivation) { d.Successor = id }, []wire.Signer{org}, false},
		"5 a successor unasked":    {heir, []wire.Signer{org}, false},
		"5 signed by another heir": {heir, []wire.Signer{org, other}, false},
		"6 a bystander":            {nil, []wire.Signer{org, other}, false},
	} {
		d := good
		if tc.change != nil {
			tc.change(&d)
		}
		env := c.seal(SchemaDeactivation, d, tc.by...)
		if _, err := VerifyDeactivation(env, id); (err == nil) != tc.ok || err != nil && !errors.Is(err, ErrDeactivation) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := ParseDeactivation(env.Bytes()); (err == nil) != tc.ok {
			t.Errorf("%s, as a file: %v", name, err)
		}
	}
}

func FuzzParseDeactivation(f *testing.F) {
	c := newChronicle(f).end(10, 20, true)
	f.Add(c.h.Deactivation.Bytes())
	f.Fuzz(func(t *testing.T, doc []byte) {
		env, d, err := ParseDeactivation(doc)
		if err != nil {
			return
		}
		if again, _, err := ParseDeactivation(env.Bytes()); err != nil || again.ID() != env.ID() || d.Sequence == 0 || d.Reason == "" {
			t.Errorf("accepted and not read back: %+v %v", d, err)
		}
	})
}

func FuzzParseHistory(f *testing.F) {
	for _, ended := range []bool{false, true} {
		h := whole(f).end(12, 21, ended).h
		doc, err := h.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		_, spans, err := ParseHistory(doc, eventAt+50)
		seen := map[wire.PublicKey]bool{}
		for _, s := range spans {
			if err == nil && (seen[s.Key] || s.Until != 0 && s.Until < s.From) {
				t.Errorf("spans %+v", spans)
			}
			seen[s.Key] = true
		}
	})
}

// BenchmarkVerifyHistory is per event: three or four signatures.
func BenchmarkVerifyHistory(b *testing.B) {
	h := whole(b).end(12, 21, false).h
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Verify(eventAt + 50); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(h.Events)), "ns/event")
}

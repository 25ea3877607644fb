package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// PostureSignal is an event that may move a session to another state.
type PostureSignal string

// The signals, in the words of HushSpec. Timeout is never fed: it follows from
// the clock.
const (
	SignalUserApproval      PostureSignal = "user_approval"
	SignalUserDenial        PostureSignal = "user_denial"
	SignalCriticalViolation PostureSignal = "critical_violation"
	SignalAnyViolation      PostureSignal = "any_violation"
	SignalTimeout           PostureSignal = "timeout"
	SignalBudgetExhausted   PostureSignal = "budget_exhausted"
	SignalPatternMatch      PostureSignal = "pattern_match"
)

// PostureRecord is where one session stands. The zero record is a session that
// has not begun. A record is a value: nothing changes one in place.
type PostureRecord struct {
	State string           `json:"state"`
	Since int64            `json:"since"`         // unix seconds: when the state was entered
	Used  map[string]int64 `json:"used,omitzero"` // by budget key, over the whole session
}

// PostureStore knows the durable records. Current returns the record as it was
// written; found is false for a session that has not begun. An error denies.
type PostureStore interface {
	Current(session string, now int64) (r PostureRecord, found bool, err error)
}

// PostureUse is what the posture guard wants taken up at admission: it is one
// element of kernel.Decision.Consume. A participant loads the record of
// Session, and writes what Machine.Admit makes of it in the same transaction.
type PostureUse struct {
	Machine *PostureMachine
	Session string
	Initial string           // where a new session begins
	State   string           // the state the guard judged under
	Budgets []string         // one unit of each
	Limits  map[string]int64 // of the origin's profile, besides the state's; nil: none
	Needs   []string         // capabilities; nil when nothing is gated
}

// The causes of a posture refusal.
var (
	ErrPostureState      = errors.New("the session is in a state that the policy does not have")
	ErrPostureCapability = errors.New("the session's posture does not permit this")
	ErrPostureBudget     = errors.New("the session's posture budget is used up")
)

// PostureMachine is a compiled posture: a pure function from record, event and
// time to record. A machine without states gates nothing and never moves; it
// carries the budgets of origin profiles.
type PostureMachine struct {
	initial     string
	states      map[string]postureState
	transitions []postureTransition
}

type postureState struct {
	capabilities map[string]bool
	budgets      map[string]int64
}

type postureTransition struct {
	from, to string
	on       PostureSignal
	after    int64 // seconds, of a timeout
}

// NewPostureMachine compiles a posture:
//
//  1. initial and every transition name states that exist; to is never "*"
//  2. a timeout has a duration of at least one second, nothing else has one
//  3. budgets are not negative
//
// Nil is the machine without states.
func NewPostureMachine(p *Posture) (*PostureMachine, error) {
	m := &PostureMachine{states: map[string]postureState{}}
	if p == nil {
		return m, nil
	}
	for name, s := range p.States {
		state := postureState{capabilities: map[string]bool{}, budgets: maps.Clone(s.Budgets)}
		for _, c := range s.Capabilities {
			state.capabilities[c] = true
		}
		for key, limit := range s.Budgets { // 3
			if limit < 0 {
				return nil, fmt.Errorf("posture state %.80q: budget %.80q is negative", name, key)
			}
		}
		m.states[name] = state
	}
	if _, have := m.states[p.Initial]; !have { // 1
		return nil, fmt.Errorf("posture: initial state %.80q is not among the states", p.Initial)
	}
	m.initial = p.Initial
	for i, t := range p.Transitions {
		compiled, err := m.transition(t)
		if err != nil {
			return nil, fmt.Errorf("posture transition %d: %w", i, err)
		}
		m.transitions = append(m.transitions, compiled)
	}
	return m, nil
}

func (m *PostureMachine) transition(t PostureTransition) (postureTransition, error) {
	out := postureTransition{from: t.From, to: t.To, on: PostureSignal(t.On)}
	if _, have := m.states[t.From]; !have && t.From != "*" { // 1
		return out, fmt.Errorf("from %.80q is not a state", t.From)
	}
	if _, have := m.states[t.To]; !have { // 1
		return out, fmt.Errorf("to %.80q is not a state", t.To)
	}
	if (out.on == SignalTimeout) != (t.After != "") { // 2
		return out, errors.New("after belongs to a timeout, and a timeout needs it")
	}
	if t.After != "" {
		var err error
		out.after, err = postureSeconds(t.After)
		return out, err
	}
	return out, nil
}

// maxPostureSeconds bounds a timeout: ten years.
const maxPostureSeconds = 10 * 365 * 86400

func postureSeconds(after string) (int64, error) {
	units := map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}
	unit, known := units[after[len(after)-1]]
	n, err := strconv.ParseUint(after[:len(after)-1], 10, 31)
	if err != nil || !known || n == 0 || int64(n) > maxPostureSeconds/unit {
		return 0, fmt.Errorf("after %.40q is not a duration of at least 1s: digits and s, m, h or d", after)
	}
	return int64(n) * unit, nil
}

// Stateless reports the machine without states.
func (m *PostureMachine) Stateless() bool { return len(m.states) == 0 }

// Initial is the state in which a session begins.
func (m *PostureMachine) Initial() string { return m.initial }

// Start is the record of a session that begins now, in initial or, if that is
// "", in the machine's own initial state.
func (m *PostureMachine) Start(initial string, now int64) PostureRecord {
	if initial == "" {
		initial = m.initial
	}
	return PostureRecord{State: initial, Since: now}
}

// Settle applies the timeouts that are due by now, each at the moment it was
// due. A clock that went back changes nothing.
func (m *PostureMachine) Settle(r PostureRecord, now int64) PostureRecord {
	var entered map[string]int64 // when the session came to each state
	for {
		t, found := m.timeout(r.State)
		if !found || r.Since > now-t.after {
			return r
		}
		if entered == nil {
			entered = map[string]int64{}
		}
		if first, again := entered[r.State]; again { // timeouts in a circle: whole rounds change nothing but the time
			round := r.Since - first
			r.Since += (now - r.Since) / round * round
			clear(entered) // what is left is less than a round
			continue
		}
		entered[r.State] = r.Since
		r.State, r.Since = t.to, r.Since+t.after
	}
}

// timeout is the one that leaves a state: a named source beats "*", then the
// shortest, then document order.
func (m *PostureMachine) timeout(state string) (best postureTransition, found bool) {
	for _, t := range m.transitions {
		if t.on != SignalTimeout || t.from != state && t.from != "*" || t.to == state {
			continue
		}
		switch named := t.from == state; {
		case !found, named && best.from == "*", named == (best.from == state) && t.after < best.after:
			best, found = t, true
		}
	}
	return best, found
}

// Step settles the record and applies one signal. A named source beats "*",
// then document order decides. A signal that no transition has changes nothing.
func (m *PostureMachine) Step(r PostureRecord, signal PostureSignal, now int64) PostureRecord {
	r = m.Settle(r, now)
	for _, from := range []string{r.State, "*"} {
		for _, t := range m.transitions {
			if t.on == signal && t.on != SignalTimeout && t.from == from {
				if t.to != r.State {
					r.State, r.Since = t.to, now
				}
				return r
			}
		}
	}
	return r
}

// after is the state that a stated signal leads to. An action that states a
// timeout says that it has run out, whatever the clock says.
func (m *PostureMachine) after(r PostureRecord, signal PostureSignal, now int64) string {
	if signal != SignalTimeout {
		return m.Step(r, signal, now).State
	}
	if t, found := m.timeout(r.State); found {
		return t.to
	}
	return r.State
}

// Permits reports whether the record's state has every capability. The error
// wraps ErrPostureState or ErrPostureCapability.
func (m *PostureMachine) Permits(r PostureRecord, needs []string) error {
	if m.Stateless() {
		return nil
	}
	state, have := m.states[r.State]
	if !have {
		return fmt.Errorf("%w: %.80q", ErrPostureState, r.State)
	}
	for _, c := range needs {
		if !state.capabilities[c] {
			return fmt.Errorf("%w: state %.80q has no capability %s", ErrPostureCapability, r.State, c)
		}
	}
	return nil
}

// Room reports whether one more unit of each budget fits. The error wraps
// ErrPostureBudget.
func (m *PostureMachine) Room(r PostureRecord, budgets []string, limits map[string]int64) error {
	for _, key := range budgets {
		for _, set := range []map[string]int64{m.states[r.State].budgets, limits} {
			if limit, have := set[key]; have && r.Used[key] >= limit {
				return fmt.Errorf("%w: %s, limit %d", ErrPostureBudget, key, limit)
			}
		}
	}
	return nil
}

// Admit takes up one use: it settles the record, checks capabilities and room
// again, because another call may have come first, and counts. found says
// whether the session has a record. An error leaves the record as it was.
func (m *PostureMachine) Admit(r PostureRecord, found bool, u PostureUse, now int64) (PostureRecord, error) {
	if !found {
		r = m.Start(u.Initial, now)
	}
	r = m.Settle(r, now)
	if err := m.Permits(r, u.Needs); err != nil {
		return r, err
	}
	if err := m.Room(r, u.Budgets, u.Limits); err != nil {
		return r, err
	}
	used := maps.Clone(r.Used)
	if used == nil && len(u.Budgets) > 0 {
		used = make(map[string]int64, len(u.Budgets))
	}
	for _, key := range u.Budgets {
		used[key]++
	}
	r.Used = used
	return r, nil
}

// States returns the names of the states, sorted.
func (m *PostureMachine) States() []string { return slices.Sorted(maps.Keys(m.states)) }

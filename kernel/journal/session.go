package journal

import (
	"container/list"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// SessionsConfig bounds the memory of all journals. Zero means the default.
type SessionsConfig struct {
	MaxSessions  int // default 4,096
	MaxPerCaller int // of one authenticated caller; default 256
	MaxEntries   int // kept of one session, the newest; default 256
}

func (c *SessionsConfig) complete() error {
	for _, f := range []struct {
		name    string
		value   *int
		byDflt  int
		largest int
	}{
		{"max_sessions", &c.MaxSessions, 4096, 1 << 20},
		{"max_per_caller", &c.MaxPerCaller, 256, 1 << 20},
		{"max_entries", &c.MaxEntries, 256, 1 << 16},
	} {
		if *f.value == 0 {
			*f.value = f.byDflt
		}
		if *f.value < 1 || *f.value > f.largest {
			return fmt.Errorf("session journal config: %s is %d, want 1 … %d", f.name, *f.value, f.largest)
		}
	}
	return nil
}

// Restarted is SessionEntry.Ended of the first entry of a session that may
// have existed before: the journal forgot sessions of this caller to stay
// within its bounds, so what the session did earlier is not known. A guard
// that relies on the past treats it as the worst past. It is no call: it is in
// no receipt, and Calls does not count it.
const Restarted = "restarted"

// maxSessionName bounds a name in memory; a longer one goes by its digest.
const maxSessionName = 512

// SessionName is the name of a caller's session: the caller's key, which the
// holder proof authenticated, then what the caller calls it. So no agent can
// write into, or read the past of, another's session.
func SessionName(caller wire.PublicKey, session string) string {
	return caller.String() + "/" + session
}

// Sessions is the journal of every live session. It implements
// kernel.Sessions and is safe for concurrent use.
type Sessions struct {
	limits SessionsConfig

	mu       sync.Mutex // guards what follows
	byName   map[string]*list.Element
	recent   *list.List            // of *session, the longest idle first
	callers  map[string]*list.List // caller to its own *session, the same order
	dropped  uint64
	marked   map[string]struct{} // callers of which a session was dropped
	markAll  bool                // so many callers were marked that every new session is
	maxMarks int
}

var _ kernel.Sessions = (*Sessions)(nil)

// session is one journal. entries and before only grow; what a view holds is
// never written again, so taking one copies nothing.
type session struct {
	name, caller string
	own          *list.Element // in callers[caller]
	view         kernel.SessionView
	before       []wire.Digest // the head before each kept entry
	lastAt       int64
	restarted    bool
}

// NewSessions checks the bounds.
func NewSessions(c SessionsConfig) (*Sessions, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	return &Sessions{limits: c, byName: map[string]*list.Element{}, recent: list.New(), callers: map[string]*list.List{},
		marked: map[string]struct{}{}, maxMarks: c.MaxSessions}, nil
}

// View is the session so far, without copying: entries of a view are never
// written again. A session without entries has the zero view, or, where an
// earlier life of it may have been forgotten, the view that holds the
// Restarted entry alone.
func (s *Sessions) View(name string) kernel.SessionView {
	name = bounded(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byName[name]; e != nil {
		s.touch(e)
		return e.Value.(*session).view
	}
	if name != "" && s.isMarked(callerOf(name)) {
		return newSession(name, true).view
	}
	return kernel.SessionView{}
}

// Record appends a call whose receipt is durable. The name "" has no journal.
func (s *Sessions) Record(name string, e kernel.SessionEntry) {
	if name == "" {
		return
	}
	name = bounded(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	el := s.byName[name]
	if el == nil {
		el = s.begin(name)
	}
	s.touch(el)
	el.Value.(*session).record(e, s.limits.MaxEntries)
}

// begin makes room, then the session. A caller at its own bound loses its own
// longest idle session; only then does the node's bound cost anybody theirs.
func (s *Sessions) begin(name string) *list.Element {
	caller := callerOf(name)
	if own := s.callers[caller]; own != nil && own.Len() >= s.limits.MaxPerCaller {
		s.drop(s.byName[own.Front().Value.(*session).name])
	}
	if s.recent.Len() >= s.limits.MaxSessions {
		s.drop(s.recent.Front())
	}
	ss := newSession(name, s.isMarked(caller))
	own := s.callers[caller]
	if own == nil {
		own = list.New()
		s.callers[caller] = own
	}
	ss.own = own.PushBack(ss)
	el := s.recent.PushBack(ss)
	s.byName[name] = el
	return el
}

// drop forgets a session and remembers that something of its caller was
// forgotten.
func (s *Sessions) drop(el *list.Element) {
	ss := el.Value.(*session)
	s.recent.Remove(el)
	delete(s.byName, ss.name)
	own := s.callers[ss.caller]
	own.Remove(ss.own)
	if own.Len() == 0 {
		delete(s.callers, ss.caller)
	}
	s.dropped++
	if s.isMarked(ss.caller) {
		return
	}
	if len(s.marked) >= s.maxMarks {
		s.markAll, s.marked = true, nil
		return
	}
	s.marked[ss.caller] = struct{}{}
}

func (s *Sessions) isMarked(caller string) bool {
	_, found := s.marked[caller]
	return found || s.markAll
}

// touch makes a session the most recently used. A call that took a view has
// touched it, so what is dropped is what nobody used longest.
func (s *Sessions) touch(el *list.Element) {
	ss := el.Value.(*session)
	s.recent.MoveToBack(el)
	s.callers[ss.caller].MoveToBack(ss.own)
}

func newSession(name string, restarted bool) *session {
	ss := &session{name: name, caller: callerOf(name), restarted: restarted, view: kernel.SessionView{ID: name}}
	if restarted {
		ss.append(kernel.SessionEntry{Ended: Restarted}, 1)
	}
	return ss
}

func (ss *session) record(e kernel.SessionEntry, keep int) {
	ss.append(e, keep)
	v := &ss.view
	v.Calls = add(v.Calls, 1)
	if e.Ended == "deny" {
		v.Denied = add(v.Denied, 1)
	}
	v.BytesIn, v.BytesOut = add(v.BytesIn, e.BytesIn), add(v.BytesOut, e.BytesOut)
	ss.lastAt = max(ss.lastAt, e.At)
}

// append extends the chain and keeps the newest entries. Views share the
// backing array up to their own length; it is left behind, not overwritten,
// when the window has moved to its end.
func (ss *session) append(e kernel.SessionEntry, keep int) {
	v := &ss.view
	if len(v.Entries) >= keep {
		first := len(v.Entries) - keep + 1
		v.Entries, ss.before = v.Entries[first:], ss.before[first:]
	}
	if len(v.Entries) == cap(v.Entries) {
		room := min(2*len(v.Entries)+4, 2*keep)
		v.Entries = append(make([]kernel.SessionEntry, 0, room), v.Entries...)
		ss.before = append(make([]wire.Digest, 0, room), ss.before...)
	}
	v.Entries = append(v.Entries, e)
	ss.before = append(ss.before, v.Head)
	v.Head = Link(v.Head, v.Sequence, &e)
	v.Sequence++
}

// add saturates: a total that stopped counting is not a small total.
func add(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

func callerOf(name string) string {
	caller, _, _ := strings.Cut(name, "/")
	return caller
}

func bounded(name string) string {
	if len(name) <= maxSessionName {
		return name
	}
	caller := callerOf(name)
	if len(caller) > maxSessionName/2 {
		caller = ""
	}
	return caller + "/sha256:" + wire.Hash([]byte(name)).String()
}

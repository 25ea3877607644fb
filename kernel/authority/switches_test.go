package authority_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
)

func openSwitches(t testing.TB, db store.DB) (s *authority.Switches) {
	t.Helper()
	view(t, db, func(r store.Reader) (err error) {
		s, err = authority.OpenSwitches(r)
		return err
	})
	return s
}

func setStop(t testing.TB, db store.DB, s *authority.Switches, kind authority.StopKind, target string) authority.Stop {
	t.Helper()
	var set authority.Stop
	update(t, db, func(tx store.Tx) (err error) {
		set, err = s.Set(tx, authority.Stop{Kind: kind, Target: target, Reason: "it misbehaves", By: "ann", At: now})
		return err
	})
	return set
}

func clearStop(t testing.TB, db store.DB, s *authority.Switches, kind authority.StopKind, target string) {
	t.Helper()
	update(t, db, func(tx store.Tx) error { return s.Clear(tx, kind, target) })
}

// TestSwitchStopsWhatItNames: each kind stops its own calls and no others, at
// once, after a restart too, until it is cleared.
func TestSwitchStopsWhatItNames(t *testing.T) {
	agent, other := key(t, 3).Public(), key(t, 4).Public()
	peer, third := did.FromKey(key(t, 5).Public()).String(), did.FromKey(key(t, 6).Public()).String()
	own := &kernel.Mandate{Server: "files", Chain: []capability.Token{{Subject: agent}}}
	delegated := &kernel.Mandate{Server: "files", Chain: []capability.Token{{Subject: agent}, {Subject: other}}}
	others := &kernel.Mandate{Server: "mail", Chain: []capability.Token{{Subject: other}}}
	fromPeer := &kernel.Mandate{Server: "mail", Origin: &kernel.Origin{PeerDID: peer}}
	toPeer := &kernel.Mandate{Server: peer + "/files"}
	toThird := &kernel.Mandate{Server: third + "/files", Origin: &kernel.Origin{PeerDID: third}}
	tests := []struct {
		kind    authority.StopKind
		target  string
		code    kernel.Code
		stops   []*kernel.Mandate
		touches []*kernel.Mandate
	}{
		{authority.StopNode, "", kernel.CodeStopped, []*kernel.Mandate{own, others, fromPeer, toPeer, nil}, nil},
		{authority.StopAgent, agent.String(), authority.CodeStoppedAgent, []*kernel.Mandate{own, delegated}, []*kernel.Mandate{others, fromPeer, nil}},
		{authority.StopServer, "files", authority.CodeStoppedServer, []*kernel.Mandate{own, delegated}, []*kernel.Mandate{others, toPeer}},
		{authority.StopServer, peer + "/files", authority.CodeStoppedServer, []*kernel.Mandate{toPeer}, []*kernel.Mandate{own, fromPeer}},
		{authority.StopPeer, peer, authority.CodeStoppedPeer, []*kernel.Mandate{fromPeer, toPeer}, []*kernel.Mandate{own, toThird}},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind)+" "+tt.target, func(t *testing.T) {
			db := open(t)
			s := openSwitches(t, db)
			set := setStop(t, db, s, tt.kind, tt.target)
			for range 2 {
				for i, m := range tt.stops {
					d := s.Stopped(m)
					if d == nil || d.Code != tt.code || d.Fix == "" || !strings.Contains(d.Reason, "ann") ||
						!strings.Contains(d.Reason, "it misbehaves") || !strings.Contains(d.Reason, "2027-01-15T08:00:00Z") {
						t.Fatalf("mandate %d: %+v", i, d)
					}
				}
				for i, m := range tt.touches {
					if d := s.Stopped(m); d != nil {
						t.Fatalf("bystander %d: %v", i, d)
					}
				}
				s = openSwitches(t, db) // as after a restart
			}
			again := setStop(t, db, s, tt.kind, tt.target)
			if again != set {
				t.Fatalf("setting it again changed who and when: %+v", again)
			}
			clearStop(t, db, s, tt.kind, tt.target)
			for i, m := range tt.stops {
				if d := s.Stopped(m); d != nil {
					t.Fatalf("mandate %d after clearing: %v", i, d)
				}
			}
			err := db.Update(context.Background(), func(tx store.Tx) error { return s.Clear(tx, tt.kind, tt.target) })
			if !errors.Is(err, authority.ErrUnknown) {
				t.Fatalf("clearing twice: %v", err)
			}
		})
	}
}

func TestSwitchesStandBesideEachOther(t *testing.T) {
	db := open(t)
	s := openSwitches(t, db)
	agent := key(t, 3).Public()
	setStop(t, db, s, authority.StopServer, "files")
	setStop(t, db, s, authority.StopNode, "")
	setStop(t, db, s, authority.StopAgent, agent.String())
	for range 2 {
		if d := s.AgentStopped(agent); d == nil || d.Code != kernel.CodeStopped {
			t.Fatalf("%v", d)
		}
		s = openSwitches(t, db)
	}
	clearStop(t, db, s, authority.StopNode, "")
	if d := s.AgentStopped(agent); d == nil || d.Code != authority.CodeStoppedAgent {
		t.Fatalf("the agent's own switch: %v", d)
	}
	if d := s.AgentStopped(key(t, 4).Public()); d != nil {
		t.Fatalf("another agent: %v", d)
	}
	if d := s.Stopped(&kernel.Mandate{Server: "files"}); d == nil || d.Code != authority.CodeStoppedServer {
		t.Fatalf("the server's own switch: %v", d)
	}
	view(t, db, func(r store.Reader) error {
		all, err := authority.Stops(r)
		if len(all) != 2 || all[0].Kind != authority.StopAgent || all[1].Target != "files" {
			t.Fatalf("listed %+v", all)
		}
		return err
	})
}

// TestSwitchCancelsCallsInFlight: the one it names, and no other.
func TestSwitchCancelsCallsInFlight(t *testing.T) {
	db := open(t)
	s := openSwitches(t, db)
	hit, done := s.Watch(context.Background(), &kernel.Mandate{Server: "files"})
	defer done()
	spared, release := s.Watch(context.Background(), &kernel.Mandate{Server: "mail"})
	setStop(t, db, s, authority.StopServer, "files")
	var d *kernel.Denial
	if !errors.As(context.Cause(hit), &d) || d.Code != authority.CodeStoppedServer {
		t.Fatalf("the call in flight: %v", context.Cause(hit))
	}
	if spared.Err() != nil {
		t.Fatalf("the other call: %v", context.Cause(spared))
	}
	release()
	if !errors.Is(context.Cause(spared), context.Canceled) {
		t.Fatalf("a released call: %v", context.Cause(spared))
	}
	late, done := s.Watch(context.Background(), &kernel.Mandate{Server: "files"})
	defer done()
	if !errors.As(context.Cause(late), &d) {
		t.Fatal("a call dispatched after the stop runs")
	}
}

func TestSwitchesFailClosed(t *testing.T) {
	db := open(t)
	s := openSwitches(t, db)
	good := authority.Stop{Kind: authority.StopServer, Target: "files", Reason: "r", By: "ann", At: now}
	tests := map[string]func(*authority.Stop){
		"no reason":        func(s *authority.Stop) { s.Reason = "" },
		"long reason":      func(s *authority.Stop) { s.Reason = strings.Repeat("x", 513) },
		"control in it":    func(s *authority.Stop) { s.Reason = "a\nb" },
		"nobody":           func(s *authority.Stop) { s.By = "" },
		"bad label":        func(s *authority.Stop) { s.Label = "\x00" },
		"before time":      func(s *authority.Stop) { s.At = -1 },
		"unknown kind":     func(s *authority.Stop) { s.Kind = "tool" },
		"no server":        func(s *authority.Stop) { s.Target = "" },
		"long server":      func(s *authority.Stop) { s.Target = strings.Repeat("x", 257) },
		"node with target": func(s *authority.Stop) { s.Kind = authority.StopNode },
		"agent no key":     func(s *authority.Stop) { s.Kind = authority.StopAgent },
		"peer no did":      func(s *authority.Stop) { s.Kind = authority.StopPeer },
	}
	for name, spoil := range tests {
		stop := good
		spoil(&stop)
		err := db.Update(context.Background(), func(tx store.Tx) error { _, err := s.Set(tx, stop); return err })
		if !errors.Is(err, authority.ErrStop) {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := db.Update(context.Background(), func(tx store.Tx) error { return s.Clear(tx, "tool", "x") })
	if !errors.Is(err, authority.ErrStop) {
		t.Errorf("clearing an unknown kind: %v", err)
	}
	abort := errors.New("abort")
	err = db.Update(context.Background(), func(tx store.Tx) error {
		if _, err := s.Set(tx, good); err != nil {
			return err
		}
		return abort
	})
	if !errors.Is(err, abort) || s.Stopped(&kernel.Mandate{Server: "files"}) != nil {
		t.Errorf("an aborted stop bites: %v", err)
	}
	update(t, db, func(tx store.Tx) error { tx.Set("a/stop/node/", []byte(`{"kind":"server"}`)); return nil })
	if err := db.View(func(r store.Reader) error { _, err := authority.OpenSwitches(r); return err }); !errors.Is(err, authority.ErrCorrupt) {
		t.Errorf("a corrupt row: %v", err)
	}
	err = db.Update(context.Background(), func(tx store.Tx) error { _, err := s.Set(tx, good); return err })
	if !errors.Is(err, authority.ErrCorrupt) {
		t.Errorf("a stop beside a corrupt row: %v", err)
	}
}

func TestStopsAreBounded(t *testing.T) {
	db := open(t)
	s := openSwitches(t, db)
	for from := 0; from < 10_000; from += 1000 {
		update(t, db, func(tx store.Tx) error {
			for i := from; i < from+1000; i++ {
				name := strings.Repeat("x", 1+i%200) + string(rune('a'+i/200%26)) + string(rune('a'+i/5200))
				stop := authority.Stop{Kind: authority.StopServer, Target: name, Reason: "r", By: "b"}
				tx.Set("a/stop/server/"+name, mustMarshal(stop))
			}
			return nil
		})
	}
	err := db.Update(context.Background(), func(tx store.Tx) error {
		_, err := s.Set(tx, authority.Stop{Kind: authority.StopServer, Target: "one more", Reason: "r", By: "b"})
		return err
	})
	if !errors.Is(err, authority.ErrStop) {
		t.Fatalf("past the bound: %v", err)
	}
}

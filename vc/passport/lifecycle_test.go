package passport_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/vc/status"
	"github.com/backbay-labs/chio-node/wire"
)

// lifecycle runs changes on a registry in transactions of their own.
type lifecycle struct {
	t  testing.TB
	db store.DB
	g  *passport.Registry
}

func (l *lifecycle) do(what, id string, now int64) error {
	return l.db.Update(l.t.Context(), func(tx store.Tx) (err error) {
		switch what {
		case "suspend":
			err = l.g.SuspendIn(tx, id, "asked to", now)
		case "resume":
			err = l.g.ResumeIn(tx, id, "asked to", now)
		case "revoke":
			err = l.g.RevokeIn(tx, id, "asked to", now)
		case "supersede":
			_, _, err = l.g.SupersedeIn(tx, id, request(l.t), "asked to", now)
		default:
			l.t.Fatal(what)
		}
		return err
	})
}

func (l *lifecycle) state(id string, now int64) passport.State {
	l.t.Helper()
	r, err := l.g.Get(id)
	if err != nil {
		l.t.Fatal(err)
	}
	p, err := r.Parse()
	if err != nil {
		l.t.Fatal(err)
	}
	return r.State(p, now)
}

// TestTransitions tries every change in every state.
func TestTransitions(t *testing.T) {
	const refused = passport.State("")
	reach := map[passport.State][]string{
		passport.Active: nil, passport.Suspended: {"suspend"}, passport.Revoked: {"revoke"}, passport.Superseded: {"supersede"}, passport.Expired: nil,
	}
	want := map[passport.State]map[string]passport.State{
		passport.Active:     {"suspend": passport.Suspended, "resume": passport.Active, "revoke": passport.Revoked, "supersede": passport.Superseded},
		passport.Suspended:  {"suspend": passport.Suspended, "resume": passport.Active, "revoke": passport.Revoked, "supersede": passport.Superseded},
		passport.Revoked:    {"suspend": refused, "resume": refused, "revoke": passport.Revoked, "supersede": refused},
		passport.Superseded: {"suspend": refused, "resume": refused, "revoke": passport.Superseded, "supersede": refused},
		passport.Expired:    {"suspend": refused, "resume": refused, "revoke": passport.Revoked, "supersede": refused},
	}
	for from, changes := range want {
		for what, to := range changes {
			l := &lifecycle{t: t}
			l.g, l.db = registryDB(t)
			p, _, err := l.g.Issue(t.Context(), request(t), t0)
			if err != nil {
				t.Fatal(err)
			}
			now := int64(t0 + 10)
			for _, step := range reach[from] {
				if err := l.do(step, p.ID, now); err != nil {
					t.Fatal(err)
				}
			}
			if from == passport.Expired {
				now = t0 + 30*day
			}
			if got := l.state(p.ID, now); got != from {
				t.Fatalf("it is %s, want %s", got, from)
			}
			before, err := l.g.Get(p.ID)
			if err != nil {
				t.Fatal(err)
			}
			err = l.do(what, p.ID, now)
			switch {
			case to == refused && (!errors.Is(err, passport.ErrTransition) || l.state(p.ID, now) != from):
				t.Errorf("%s, %s: %v, now %s", from, what, err, l.state(p.ID, now))
			case to != refused && (err != nil || l.state(p.ID, now) != to):
				t.Errorf("%s, %s: %v, now %s", from, what, err, l.state(p.ID, now))
			}
			if after, _ := l.g.Get(p.ID); (to == from || to == refused) && after.Reason != before.Reason {
				t.Errorf("%s, %s: the record changed", from, what)
			}
		}
	}
}

func TestSupersedeNamesBothWays(t *testing.T) {
	l := &lifecycle{t: t}
	l.g, l.db = registryDB(t)
	old, _, err := l.g.Issue(t.Context(), request(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	req := request(t)
	req.Subject.Roles = []string{"reader", "writer"}
	var fresh *passport.Passport
	var file []byte
	err = l.db.Update(t.Context(), func(tx store.Tx) (err error) {
		fresh, file, err = l.g.SupersedeIn(tx, old.ID, req, "more roles", t0+5)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := passport.VerifyFile(file, gate(t, nil, t0+5)); r.Err() != nil {
		t.Errorf("the new one: %v", r.Err())
	}
	oldFile, err := l.g.File(t.Context(), old.ID, t0+6)
	if err != nil {
		t.Fatal(err)
	}
	if r := passport.VerifyFile(oldFile, gate(t, nil, t0+6)); r.Status != vc.StatusRevoked {
		t.Errorf("the old one is %s", r.Status)
	}
	was, _ := l.g.Get(old.ID)
	is, _ := l.g.Get(fresh.ID)
	if was.SupersededBy != fresh.ID || is.Supersedes != old.ID || was.Reason != "more roles" || !was.Revoked() || is.Revoked() {
		t.Errorf("%+v %+v", was, is)
	}
	// A request that is refused leaves the old one as it was.
	bad := request(t)
	bad.TTLSeconds = 0
	err = l.db.Update(t.Context(), func(tx store.Tx) error {
		_, _, err := l.g.SupersedeIn(tx, fresh.ID, bad, "", t0+7)
		return err
	})
	if !errors.Is(err, vc.ErrMalformed) || l.state(fresh.ID, t0+7) != passport.Active {
		t.Errorf("%v, %s", err, l.state(fresh.ID, t0+7))
	}
	if err := l.do("suspend", "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", t0); !errors.Is(err, passport.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
	err = l.db.Update(t.Context(), func(tx store.Tx) error { return l.g.SuspendIn(tx, fresh.ID, strings.Repeat("x", 257), t0) })
	if err == nil {
		t.Error("a reason of any length")
	}
}

// TestFileShowsWhatWasDone: the file alone says suspended, active again,
// revoked; and once revoked nothing of it is taken back.
func TestFileShowsWhatWasDone(t *testing.T) {
	l := &lifecycle{t: t}
	l.g, l.db = registryDB(t)
	p, _, err := l.g.Issue(t.Context(), request(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	neighbour, _, err := l.g.Issue(t.Context(), request(t), t0)
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		do   string
		want vc.Status
		err  error
	}{
		{"suspend", vc.StatusSuspended, vc.ErrSuspended}, {"resume", vc.StatusActive, nil}, {"suspend", vc.StatusSuspended, vc.ErrSuspended},
		{"revoke", vc.StatusRevoked, vc.ErrRevoked},
	} {
		now := int64(t0 + 10*i + 10)
		if err := l.do(step.do, p.ID, now); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]vc.Status{p.ID: step.want, neighbour.ID: vc.StatusActive} {
			file, err := l.g.File(t.Context(), id, now)
			if err != nil {
				t.Fatal(err)
			}
			r := passport.VerifyFile(file, gate(t, nil, now))
			if !r.Integrity || r.Status != want || r.Authorized != (want == vc.StatusActive) || id == p.ID && !errors.Is(r.Err(), step.err) {
				t.Errorf("after %s: %s is %s, %v", step.do, id, r.Status, r.Err())
			}
			last, err := l.g.LastFile(id)
			if err != nil || !bytes.Equal(last, file) {
				t.Errorf("after %s: the last file is another: %v", step.do, err)
			}
		}
	}
	if err := l.do("revoke", neighbour.ID, t0+100); err != nil {
		t.Fatal(err)
	}
	if _, err := l.g.LastFile(neighbour.ID); !errors.Is(err, status.ErrUnsigned) {
		t.Errorf("a list that lags behind: %v", err)
	}
	if err := l.db.Update(t.Context(), func(tx store.Tx) error { return l.g.SignListsIn(tx, t0+101) }); err != nil {
		t.Fatal(err)
	}
	if file, err := l.g.LastFile(neighbour.ID); err != nil || passport.VerifyFile(file, gate(t, nil, t0+101)).Status != vc.StatusRevoked {
		t.Errorf("after it was signed: %v", err)
	}
	if _, err := l.g.LastFile("urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057"); !errors.Is(err, passport.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
}

// TestPassportOfOneEntry: passports from before suspension had an entry verify,
// and are suspended in the record alone.
func TestPassportOfOneEntry(t *testing.T) {
	l := &lifecycle{t: t}
	l.g, l.db = registryDB(t)
	lists, err := status.New(status.Config{Org: key(t, 7), Rand: rand.NewChaCha8([32]byte{4})})
	if err != nil {
		t.Fatal(err)
	}
	var p *passport.Passport
	if err := l.db.Update(t.Context(), func(tx store.Tx) error {
		entry, index, err := lists.Allocate(tx, status.Kind{Purpose: vc.PurposeRevocation})
		if err != nil {
			return err
		}
		var doc []byte
		if doc, p, err = passport.Issue(key(t, 7), request(t), vc.StatusEntries{entry}, t0, rand.NewChaCha8([32]byte{5})); err != nil {
			return err
		}
		tx.Set("v/passport/"+strings.TrimPrefix(p.ID, "urn:uuid:"), wire.MustMarshal(passport.Record{Passport: doc, Index: index}))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		do    string
		want  vc.Status
		state passport.State
	}{
		{"suspend", vc.StatusActive, passport.Suspended}, {"resume", vc.StatusActive, passport.Active}, {"supersede", vc.StatusRevoked, passport.Superseded},
	} {
		now := int64(t0 + 10*i + 10)
		if err := l.do(step.do, p.ID, now); err != nil {
			t.Fatal(err)
		}
		file, err := l.g.File(t.Context(), p.ID, now)
		if err != nil {
			t.Fatal(err)
		}
		if r := passport.VerifyFile(file, gate(t, nil, now)); !r.Integrity || r.Status != step.want || l.state(p.ID, now) != step.state {
			t.Errorf("after %s it is %s, the record %s: %v", step.do, r.Status, l.state(p.ID, now), r.Err())
		}
		if !bytes.Contains(file, []byte(passport.SchemaFile1)) {
			t.Error("a file of one list is not of the first version")
		}
	}
}

func TestIssueMany(t *testing.T) {
	g, _ := registryDB(t)
	reqs := make([]passport.Request, 600) // three groups
	for i := range reqs {
		reqs[i] = request(t)
		reqs[i].Subject.Name = strings.Repeat("n", 1+i%9)
	}
	seen := map[string]bool{}
	i := 0
	n, err := g.IssueMany(t.Context(), reqs, t0, func(p *passport.Passport, doc []byte) error {
		if p.Subject.Name != reqs[i].Subject.Name {
			t.Fatalf("passport %d is out of order", i)
		}
		i++
		for _, e := range p.Status {
			at := e.StatusListCredential + "#" + e.StatusListIndex
			if seen[at] {
				t.Fatalf("two passports share %s", at)
			}
			seen[at] = true
		}
		return nil
	})
	if err != nil || n != len(reqs) || i != n {
		t.Fatalf("%d of %d: %v", n, i, err)
	}
	count := 0
	err = g.List("", func(r *passport.Record) error {
		if count++; count%97 != 0 {
			return nil
		}
		p, err := r.Parse()
		if err != nil {
			return err
		}
		file, err := g.File(t.Context(), p.ID, t0)
		if err != nil {
			return err
		}
		return passport.VerifyFile(file, gate(t, nil, t0)).Err()
	})
	if err != nil || count != len(reqs) {
		t.Errorf("%d filed: %v", count, err)
	}
	reqs[599].Subject.AutonomyTier = "god"
	if n, err := g.IssueMany(t.Context(), reqs, t0, nil); n != 0 || !errors.Is(err, vc.ErrMalformed) {
		t.Errorf("with a bad request at the end: %d, %v", n, err)
	}
	stop := errors.New("stop")
	if n, err := g.IssueMany(t.Context(), reqs[:300], t0, func(*passport.Passport, []byte) error { return stop }); n != 256 || !errors.Is(err, stop) {
		t.Errorf("stopped: %d, %v", n, err)
	}
}

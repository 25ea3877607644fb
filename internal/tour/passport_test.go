//go:build unix

package tour

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
)

// issuer is a node of one organisation whose researcher has a passport.
func issuer(t *testing.T) (*world, *org, string) {
	t.Helper()
	w := newWorld(t)
	o := w.acme
	o.ok(nil, "init", "--name", o.name)
	o.start()
	o.ok(nil, "passport", "issue", "--agent", "researcher", "--role", "reader")
	var list node.PassportList
	o.ok(&list, "passport", "list")
	if len(list.Passports) != 1 {
		t.Fatalf("%+v", list)
	}
	return w, o, list.Passports[0].ID
}

// passportStates is what the node lists of a passport, and of another.
func passportStates(o *org, id string) (was, other node.PassportInfo) {
	o.t.Helper()
	var list node.PassportList
	o.ok(&list, "passport", "list")
	for _, p := range list.Passports {
		if p.ID == id {
			was = p
		} else {
			other = p
		}
	}
	return was, other
}

// TestI1_KillSupersede kills the node around the one transaction of passport
// supersede: afterwards it has happened, with record, bit and reference, or
// nothing of it has.
func TestI1_KillSupersede(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failpoint string
		done      bool
	}{{"passport.change.before", false}, {"passport.change.committed", true}} {
		w, o, old := issuer(t)
		o.arm(c.failpoint, 1)
		verb := spawn(t, "supersede", w.dir, o.env(), nodeProgram, "--json", "passport", "supersede", "--agent", "researcher", "--role", "writer")
		o.crashed()
		if code := verb.wait(); code != node.ExitFailure {
			t.Fatalf("%s: the verb of a node that died ended with %d: %s", c.failpoint, code, verb.out)
		}
		o.start()
		was, is := passportStates(o, old)
		status, newest := vc.StatusActive, old
		if c.done {
			status, newest = vc.StatusRevoked, is.ID
			if was.Status != passport.Superseded || is.Status != passport.Active || was.SupersededBy != is.ID || is.Supersedes != old {
				t.Errorf("%s: %+v %+v", c.failpoint, was, is)
			}
		} else if was.Status != passport.Active || is.ID != "" {
			t.Errorf("%s: %+v %+v", c.failpoint, was, is)
		}
		r := o.run("passport", "show", old)
		if report := passport.VerifyFile(bytes.TrimSpace(r.stdout), vc.Gate{Now: time.Now().Unix()}); report.Status != status {
			t.Errorf("%s: the file of the old one says %s: %v", c.failpoint, report.Status, report.Err())
		}
		// Once more, to the end: what there was before is superseded now.
		o.ok(nil, "passport", "supersede", "--agent", "researcher", "--role", "auditor")
		o.refused(node.ExitFailure, "CHIO-PASSPORT-STATE", "passport", "suspend", newest)
	}
}

// TestI9_KillConsume kills the node around the consumption of a challenge: one
// that was used up stays so, and an answer that did not count can be given.
func TestI9_KillConsume(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failpoint string
		consumed  bool
	}{{"challenge.consume.before", false}, {"challenge.consumed", true}} {
		w, o, _ := issuer(t)
		policy, challenge, answer := filepath.Join(w.dir, "door.yaml"), filepath.Join(w.dir, "challenge.json"), filepath.Join(w.dir, "answer.json")
		for _, args := range [][]string{
			{"passport", "policy", "init", policy},
			{"passport", "challenge", "--policy", policy, "--domain", "acme.example", "--out", challenge},
			{"passport", "present", "--challenge", challenge, "--domain", "acme.example", "--agent", "researcher", "--out", answer},
		} {
			o.ok(nil, args...)
		}
		o.arm(c.failpoint, 1)
		verb := spawn(t, "verify", w.dir, o.env(), nodeProgram, "--json", "passport", "verify", answer)
		o.crashed()
		if code := verb.wait(); code != node.ExitFailure {
			t.Fatalf("%s: the verb of a node that died ended with %d: %s", c.failpoint, code, verb.out)
		}
		o.start()
		if !c.consumed {
			o.ok(nil, "passport", "verify", answer)
		}
		o.refused(node.ExitDenied, "CHIO-CHALLENGE-USED", "passport", "verify", answer)
	}
}

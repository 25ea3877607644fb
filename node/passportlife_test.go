package node

import (
	"bytes"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
)

// statusOf is what a bare passport file says to somebody who knows nothing else.
func statusOf(t *testing.T, n *Node, file []byte) vc.Status {
	t.Helper()
	r := passport.VerifyFile(file, vc.Gate{Now: n.now()})
	if !r.Integrity {
		t.Fatal(r.Err())
	}
	return r.Status
}

// TestSuspensionIsInTheFile: bit, record and epoch change together, so the file
// alone shows a suspension and its end, and a revocation of what is suspended.
func TestSuspensionIsInTheFile(t *testing.T) {
	inNode(t, newHome(t), func(n *Node) {
		issued := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "local"})
		for _, step := range []struct {
			op     string
			status vc.Status
			state  passport.State
		}{
			{"suspend", vc.StatusSuspended, passport.Suspended}, {"suspend", vc.StatusSuspended, passport.Suspended},
			{"resume", vc.StatusActive, passport.Active}, {"suspend", vc.StatusSuspended, passport.Suspended},
			{"revoke", vc.StatusRevoked, passport.Revoked},
		} {
			do[Revoked](t, n, "passport/"+step.op, PassportRequest{Agent: "local"})
			shown := do[IssuedPassport](t, n, "passport/show", PassportRequest{ID: issued.Passport.ID})
			if got := statusOf(t, n, shown.File); got != step.status || shown.Passport.Status != step.state {
				t.Errorf("after %s the file says %s, the record %s", step.op, got, shown.Passport.Status)
			}
		}
		if statusOf(t, n, issued.File) != vc.StatusActive {
			t.Error("the file of before has changed")
		}
	})
}

// TestI9_NothingIsAskedForAPassportThatDoesNotCount: the home node signs no
// request on the strength of a passport that it knows is not active.
func TestI9_NothingIsAskedForAPassportThatDoesNotCount(t *testing.T) {
	clock := &movable{}
	clock.unix.Store(time.Now().Unix())
	o := newHome(t)
	o.Now = clock.read
	inNode(t, o, func(n *Node) {
		ask := func(agent string) error {
			_, err := n.askCapability(t.Context(), AskCapability{Agent: agent, TTLSeconds: 60,
				Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file"}}}})
			return err
		}
		for _, agent := range []string{"revoked", "suspended", "expired", "active"} {
			do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: agent, TTLSeconds: 3600})
		}
		do[Revoked](t, n, "passport/revoke", PassportRequest{Agent: "revoked"})
		do[Revoked](t, n, "passport/suspend", PassportRequest{Agent: "suspended"})
		wantCode(t, "revoked", string(kernel.CodeRevokedPassport), ask("revoked"))
		wantCode(t, "suspended", string(authority.CodePassportSuspended), ask("suspended"))
		do[Revoked](t, n, "passport/resume", PassportRequest{Agent: "suspended"})
		for _, agent := range []string{"active", "suspended"} { // no rule gives anything, which is another answer
			if err := ask(agent); err == nil || hasCode(err, "CHIO-PASSPORT-STATE") || hasCode(err, string(authority.CodePassportSuspended)) {
				t.Errorf("%s: %v", agent, err)
			}
		}
		clock.unix.Add(3601)
		wantCode(t, "expired", "CHIO-PASSPORT-STATE", ask("expired"))
	})
}

// TestI9_EndedOrganisationSignsNoList: its end signs the lists once, with
// everything revoked; however long after, they are handed out as they are.
func TestI9_EndedOrganisationSignsNoList(t *testing.T) {
	clock := &movable{}
	clock.unix.Store(time.Now().Unix())
	o := newHome(t)
	o.Now = clock.read
	inNode(t, o, func(n *Node) {
		issued := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "local"})
		do[DeactivationInfo](t, n, "did/deactivate", DeactivateRequest{Reason: "closed", Confirm: n.DID().Short()})
		show := func() []byte {
			return do[IssuedPassport](t, n, "passport/show", PassportRequest{ID: issued.Passport.ID}).File
		}
		last := show()
		if got := statusOf(t, n, last); got != vc.StatusRevoked {
			t.Errorf("its last list says %s", got)
		}
		clock.unix.Add(30 * 24 * 3600)
		if !bytes.Equal(last, show()) {
			t.Error("a list was signed after the end")
		}
		// A home that ended under an earlier version has lists that lag behind.
		if err := n.db.Update(t.Context(), func(tx store.Tx) error {
			p, _, err := n.passports.IssueIn(tx, n.passportFor(IssuePassport{Agent: "late"}, newKey(t, 7).Public(), false), n.now())
			if err != nil {
				return err
			}
			return n.passports.RevokeIn(tx, p.ID, "", n.now())
		}); err != nil {
			t.Fatal(err)
		}
		_, err := n.showPassport(t.Context(), PassportRequest{ID: issued.Passport.ID})
		wantCode(t, "a list that lags behind", string(CodeDeactivated), err)
	})
}

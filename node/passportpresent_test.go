package node

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func wantCode(t *testing.T, name, code string, err error) {
	t.Helper()
	var p *Problem
	if !errors.As(err, &p) || p.Code != code {
		t.Errorf("%s: %v, want %s", name, err, code)
	}
}

// TestI9_PresentationGivesACapabilityOnce walks challenge, presentation and
// capability, and what must not work: a second time, after a restart, under an
// id that was not presented, suspended, expired.
func TestI9_PresentationGivesACapabilityOnce(t *testing.T) {
	o := newHome(t)
	var err error
	if o.Config, err = ParseConfig([]byte(issuanceYAML)); err != nil {
		t.Fatal(err)
	}
	var ahead atomic.Int64
	o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load()) * time.Second) }
	key := newKey(t, 9)
	var replay RequestCapability
	inNode(t, o, func(n *Node) {
		public := key.Public()
		p, err := n.issuePassport(t.Context(), IssuePassport{Agent: "own", Key: &public, Roles: []string{"researcher"}})
		if err != nil {
			t.Fatal(err)
		}
		rules := &passport.Policy{ID: "door", TrustAnchors: []string{passport.AnchorSelf}, KeyCustody: passport.CustodyOwn, MaxStatusAge: 3600}
		show := func() wire.Raw {
			t.Helper()
			c, err := n.challengePassport(t.Context(), ChallengePassport{Policy: rules})
			if err != nil {
				t.Fatal(err)
			}
			file, err := n.showPassport(t.Context(), PassportRequest{Agent: "own"})
			if err != nil {
				t.Fatal(err)
			}
			doc, err := passport.Present(c, n.DID().String(), key, [][]byte{file.File}, n.now())
			if err != nil {
				t.Fatal(err)
			}
			return doc
		}
		ask := func(id string, doc wire.Raw) RequestCapability {
			t.Helper()
			env, err := SignCapabilityRequest(authority.CapabilityRequest{Audience: n.keys.Kernel().Public(), PassportID: id, TTLSeconds: 60, IssuedAt: n.now(),
				Scope: capability.Scope{Grants: []capability.ToolGrant{{ServerID: "files", ToolName: "read_file", Operations: []capability.Operation{capability.Invoke}}}}}, key, nil)
			if err != nil {
				t.Fatal(err)
			}
			return RequestCapability{Request: env, Presentation: doc}
		}
		doc := show()
		_, err = n.requestCapability(t.Context(), ask("urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", doc))
		wantCode(t, "another passport's id", "CHIO-PASSPORT-REFUSED", err)
		// It was its holder's answer, so it was the only one.
		_, err = n.requestCapability(t.Context(), ask(p.Passport.ID, doc))
		wantCode(t, "an answer that was refused", "CHIO-CHALLENGE-USED", err)
		doc = show()
		both := ask(p.Passport.ID, doc)
		both.PassportFile = p.File
		_, err = n.requestCapability(t.Context(), both)
		wantCode(t, "file and presentation", "CHIO-USAGE", err)
		given, err := n.requestCapability(t.Context(), ask(p.Passport.ID, doc))
		if err != nil || given.Rule != "readers" {
			t.Fatalf("%+v, %v", given, err)
		}
		a, err := n.agentCall(t.Context(), signedCall(t, n, given.Chain, key, 1))
		if err != nil || a.Ended != receipt.Allow || metadataOf(t, n, a.ReceiptID).Attribution.PassportID != p.Passport.ID {
			t.Fatalf("%+v, %v", a, err)
		}
		replay = ask(p.Passport.ID, doc)
		_, err = n.requestCapability(t.Context(), replay)
		wantCode(t, "again", "CHIO-CHALLENGE-USED", err)

		// Suspended: the capability that rests on it stops at once, and what was
		// signed into a presentation before does not help.
		before := show()
		if _, err := n.suspendPassport(t.Context(), PassportRequest{ID: p.Passport.ID}); err != nil {
			t.Fatal(err)
		}
		if a, err = n.agentCall(t.Context(), signedCall(t, n, given.Chain, key, 2)); err != nil || a.Code != string(authority.CodePassportSuspended) {
			t.Errorf("a call while suspended: %+v %v", a, err)
		}
		v, err := n.judgePresentation(t.Context(), JudgePresentation{Presentation: before})
		if err != nil || v.Accepted || v.Reason == "" {
			t.Errorf("presented while suspended: %+v %v", v, err)
		}
		if _, err := n.resumePassport(t.Context(), PassportRequest{ID: p.Passport.ID}); err != nil {
			t.Fatal(err)
		}
		if a, err = n.agentCall(t.Context(), signedCall(t, n, given.Chain, key, 3)); err != nil || a.Ended != receipt.Allow {
			t.Errorf("a call after it was resumed: %+v %v", a, err)
		}
		v, err = n.judgePresentation(t.Context(), JudgePresentation{Presentation: show()})
		if err != nil || !v.Accepted || v.Agent != did.FromKey(public) {
			t.Errorf("%+v %v", v, err)
		}

		// Superseded: what rests on the old one ends, the new one counts.
		if _, err := n.supersedePassport(t.Context(), SupersedePassport{Issue: IssuePassport{Agent: "own", Key: &public, Roles: []string{"researcher"}}}); err != nil {
			t.Fatal(err)
		}
		if a, err = n.agentCall(t.Context(), signedCall(t, n, given.Chain, key, 4)); err != nil || a.Ended == receipt.Allow {
			t.Errorf("a call on a superseded passport: %+v %v", a, err)
		}
		_, err = n.challengePassport(t.Context(), ChallengePassport{})
		wantCode(t, "no policy", "CHIO-PASSPORT-POLICY", err)
		late := show()
		ahead.Add(passport.DefaultChallengeSeconds)
		_, err = n.judgePresentation(t.Context(), JudgePresentation{Presentation: late})
		wantCode(t, "late", "CHIO-CHALLENGE-EXPIRED", err)
		ahead.Store(0)
	})
	inNode(t, o, func(n *Node) {
		_, err := n.judgePresentation(t.Context(), JudgePresentation{Presentation: replay.Presentation})
		wantCode(t, "after a restart", "CHIO-CHALLENGE-USED", err)
	})
}

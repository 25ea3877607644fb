package node

import (
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/vc/passport"
)

// TestI9_PassportOfADeactivatedIssuer: a policy that names an organisation does
// not go on accepting its passports after its end.
func TestI9_PassportOfADeactivatedIssuer(t *testing.T) {
	n, other := openNode(t, newHome(t)), openNode(t, newHome(t))
	key := newKey(t, 9)
	public := key.Public()
	file := do[IssuedPassport](t, other, "passport/issue", IssuePassport{Agent: "own", Key: &public}).File
	judge := func() *passport.Verdict {
		t.Helper()
		c := do[passport.Challenge](t, n, "passport/challenge", ChallengePassport{Policy: &passport.Policy{ID: "door", Issuers: []did.DID{other.DID()}, MaxStatusAge: 3600}})
		doc, err := passport.Present(&c, n.DID().String(), key, [][]byte{file}, n.now())
		if err != nil {
			t.Fatal(err)
		}
		v, err := n.judgePresentation(t.Context(), JudgePresentation{Presentation: doc})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := judge(); !v.Accepted {
		t.Fatalf("before its end: %+v", v)
	}
	ended := do[DeactivationInfo](t, other, "did/deactivate", DeactivateRequest{Reason: "merged", Confirm: other.DID().Short()})
	if _, err := n.receiveDeactivation(t.Context(), DeactivateRequest{Record: ended.Record}); err != nil {
		t.Fatal(err)
	}
	if v := judge(); v.Accepted || v.Reason == "" {
		t.Errorf("after its end: %+v", v)
	}
}

// TestOnlyAnActivePassportIsPresented: the node signs no answer with a passport
// that does not count, and goes on showing it.
func TestOnlyAnActivePassportIsPresented(t *testing.T) {
	inNode(t, newHome(t), func(n *Node) {
		for _, agent := range []string{"suspended", "revoked", "superseded"} {
			file := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: agent}).File
			c := do[passport.Challenge](t, n, "passport/challenge", ChallengePassport{Policy: &passport.Policy{ID: "door", TrustAnchors: []string{passport.AnchorSelf}, MaxStatusAge: 3600}})
			present := func(files ...[]byte) error {
				req := PresentPassport{Agent: agent, Challenge: c, Domain: n.DID().String()}
				for _, f := range files {
					req.Files = append(req.Files, f)
				}
				_, err := n.presentPassport(t.Context(), req)
				return err
			}
			if err := present(); err != nil {
				t.Fatal(err)
			}
			want := string(kernel.CodeRevokedPassport)
			switch agent {
			case "suspended":
				do[Revoked](t, n, "passport/suspend", PassportRequest{Agent: agent})
				want = string(authority.CodePassportSuspended)
			case "revoked":
				do[Revoked](t, n, "passport/revoke", PassportRequest{Agent: agent})
			case "superseded":
				do[IssuedPassport](t, n, "passport/supersede", SupersedePassport{Issue: IssuePassport{Agent: agent}})
			}
			if agent != "superseded" {
				wantCode(t, agent, want, present())
			} else if err := present(); err != nil {
				t.Errorf("the passport in its place: %v", err)
			}
			wantCode(t, agent+", with the file from before", want, present(file))
			do[IssuedPassport](t, n, "passport/show", PassportRequest{Agent: agent})
		}
	})
}

package node

import (
	"errors"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/openid4vci"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// TestWhatAWalletCollectsIsThisNodesPassport: the passport of an offer is in
// the book, is what the agent's capabilities rest on, is one in all forms, and
// is not given out once it counts no more. An agent keeps its key.
func TestWhatAWalletCollectsIsThisNodesPassport(t *testing.T) {
	n := openNode(t, newHome(t))
	ctx := t.Context()
	var keys [2]wire.PublicKey
	for i := range keys {
		k, err := wire.GenerateKey(n.rand)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = k.Public()
	}
	content := wire.MustMarshal(IssuePassport{Agent: "walleted", Roles: []string{"reader"}})
	collect := func(c openid4vci.Collection) (out *openid4vci.Issued, err error) {
		c.Now = n.now()
		err = n.db.Update(ctx, func(tx store.Tx) (err error) {
			out, err = n.collectPassport(tx, c)
			return err
		})
		return out, err
	}
	first, err := collect(openid4vci.Collection{Content: content, Form: openid4vci.FormPassport, Key: keys[0]})
	if err != nil {
		t.Fatal(err)
	}
	again, err := collect(openid4vci.Collection{Content: content, Passport: first.Passport, Form: openid4vci.FormSDJWT, Key: keys[0]})
	if err != nil || again.Passport != first.Passport {
		t.Fatalf("another form: %v", err)
	}
	list := do[PassportList](t, n, "passport/list", Empty{}).Passports
	if len(list) != 1 || list[0].ID != first.Passport || list[0].Agent != "walleted" || list[0].Status != passport.Active {
		t.Fatalf("%+v", list)
	}
	var a authority.Agent
	if err := n.db.View(func(r store.Reader) (err error) { a, err = authority.AgentByName(r, "walleted"); return err }); err != nil {
		t.Fatal(err)
	}
	if a.Custodial || a.Key != keys[0] || a.Passport == nil || a.Passport.ID != first.Passport {
		t.Errorf("%+v", a)
	}
	do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "kept"})
	do[Revoked](t, n, "passport/suspend", PassportRequest{ID: first.Passport})
	for name, c := range map[string]openid4vci.Collection{
		"an agent of another key":       {Content: content, Form: openid4vci.FormJWT, Key: keys[1]},
		"a key of another agent":        {Content: wire.MustMarshal(IssuePassport{Agent: "second"}), Form: openid4vci.FormJWT, Key: keys[0]},
		"an agent whose key is here":    {Content: wire.MustMarshal(IssuePassport{Agent: "kept"}), Form: openid4vci.FormJWT, Key: keys[1]},
		"the organisation's key":        {Content: wire.MustMarshal(IssuePassport{Agent: "third"}), Form: openid4vci.FormJWT, Key: n.keys.Org().Public()},
		"a passport that was suspended": {Content: content, Passport: first.Passport, Form: openid4vci.FormJWT, Key: keys[0]},
		"another's passport":            {Content: content, Passport: do[PassportList](t, n, "passport/list", Empty{}).Passports[1].ID, Form: openid4vci.FormJWT, Key: keys[0]},
	} {
		if out, err := collect(c); out != nil || !errors.Is(err, openid4vci.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := len(do[PassportList](t, n, "passport/list", Empty{}).Passports); got != 2 {
		t.Errorf("%d passports, want 2", got)
	}
}

// TestI9_OffersLiftNoSuspension: a wallet that kept an offer collects nothing
// on it once the agent's passport was revoked or suspended; an offer that the
// operator makes after that counts.
func TestI9_OffersLiftNoSuspension(t *testing.T) {
	for _, op := range []string{"passport/revoke", "passport/suspend"} {
		clock := &movable{}
		clock.unix.Store(time.Now().Unix())
		o := newHome(t)
		o.Now = clock.read
		inNode(t, o, func(n *Node) {
			k, err := wire.GenerateKey(n.rand)
			if err != nil {
				t.Fatal(err)
			}
			key := k.Public()
			collect := func(offered int64) (err error) {
				return n.db.Update(t.Context(), func(tx store.Tx) error {
					_, err := n.collectPassport(tx, openid4vci.Collection{Content: wire.MustMarshal(IssuePassport{Agent: "researcher"}),
						Form: openid4vci.FormPassport, Key: key, Offered: offered, Now: n.now()})
					return err
				})
			}
			offered := n.now()
			if err := collect(offered); err != nil {
				t.Fatal(err)
			}
			clock.unix.Add(10)
			do[Revoked](t, n, op, PassportRequest{Agent: "researcher"})
			clock.unix.Add(10)
			if err := collect(offered); !errors.Is(err, openid4vci.ErrDenied) {
				t.Errorf("%s: an offer made before: %v", op, err)
			}
			if err := collect(n.now()); err != nil {
				t.Errorf("%s: an offer made after: %v", op, err)
			}
		})
	}
}

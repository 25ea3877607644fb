package node

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// voucher is what a passport file of an organisation is made of, with lists as
// of another time.
type voucher struct {
	by, about  byte // seeds of keys
	tier       string
	made, life int64
	lists      int64
	then       func(g *passport.Registry, id string, now int64) error
}

func (v voucher) file(t *testing.T) []byte {
	t.Helper()
	db := memory.New()
	defer func() { _ = db.Close() }()
	g, err := passport.NewRegistry(passport.Config{DB: db, Org: newKey(t, v.by), Rand: zeros{}})
	if err != nil {
		t.Fatal(err)
	}
	req := passport.Request{ValidFrom: v.made, TTLSeconds: v.life, Subject: passport.Subject{
		ID: did.FromKey(newKey(t, v.about).Public()), Name: "Globex", Organization: "members", AutonomyTier: v.tier}}
	p, _, err := g.Issue(t.Context(), req, v.made)
	if err != nil {
		t.Fatal(err)
	}
	if v.then != nil {
		if err := v.then(g, p.ID, v.made); err != nil {
			t.Fatal(err)
		}
	}
	file, err := g.File(t.Context(), p.ID, v.lists)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

const (
	seedBody = 41 // whose word counts
	seedPeer = 42
)

// askingNode is a node that asks for a passport of the body.
func askingNode(t *testing.T, below string) *Node {
	t.Helper()
	o := newHome(t)
	doc := "name: acme\nfederation:\n  below_minimum: " + below + "\n  minimum_passport: {policy_id: members, issuers: ['" +
		did.FromKey(newKey(t, seedBody).Public()).String() + "'], trust_anchors: [self], min_autonomy_tier: delegated, max_status_age_seconds: 3600}\n"
	if err := os.WriteFile(filepath.Join(o.Home, configName), []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	return openNode(t, o)
}

// TestPassportOfAPeer: what the bar is, case by case, by the node's clock.
func TestPassportOfAPeer(t *testing.T) {
	n := askingNode(t, "review")
	a, err := n.treatyAdmission()
	if err != nil || !a.Review {
		t.Fatalf("%+v, %v", a, err)
	}
	peer, now := did.FromKey(newKey(t, seedPeer).Public()), n.now()
	good := voucher{by: seedBody, about: seedPeer, tier: "delegated", made: now - 1000, life: 90_000, lists: now - 100}
	with := func(change func(v *voucher)) []byte {
		v := good
		change(&v)
		return v.file(t)
	}
	judge := a.Passports.Judge
	s := judge(peer, good.file(t))
	if s.Refused != "" || s.Name != "Globex" || s.Tier != "delegated" || s.Issuer != did.FromKey(newKey(t, seedBody).Public()).String() || s.ID == "" {
		t.Fatalf("%+v", s)
	}
	if want := now - 1000 + 3600 + 1; s.Until != want { // the lists are as old as the passport, and may be an hour old
		t.Fatalf("counts until %d, want %d", s.Until, want)
	}
	if s := judge(peer, with(func(v *voucher) { v.tier = "autonomous" })); s.Refused != "" {
		t.Fatalf("of a higher tier: %s", s.Refused)
	}
	if s := judge(peer, with(func(v *voucher) { v.life = 2000 })); s.Refused != "" || s.Until != now+1000 {
		t.Fatalf("counts until %d, it ends at %d", s.Until, now+1000)
	}
	bad := good.file(t)
	bad[slices.Index(bad, 'G')] = 'g'
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":                {[]byte(`{}`), "no intact passport"},
		"no JSON":                {[]byte("x"), "no intact passport"},
		"a changed byte":         {bad, "no intact passport"},
		"of another issuer":      {with(func(v *voucher) { v.by = 43 }), "not trusted"},
		"about another":          {with(func(v *voucher) { v.about = 44 }), "it is about did:chio:"},
		"of a lower tier":        {with(func(v *voucher) { v.tier = "direct" }), "autonomy tier is direct"},
		"over":                   {with(func(v *voucher) { v.life = 1000 }), "expired"},
		"not yet":                {with(func(v *voucher) { v.made, v.lists = now+1000, now+1000 }), "not yet"},
		"with lists of long ago": {with(func(v *voucher) { v.made, v.lists = now-9000, now-9000 }), "too old"},
		"revoked": {with(func(v *voucher) {
			v.then = func(g *passport.Registry, id string, now int64) error { return g.Revoke(t.Context(), id, "r", now) }
		}), "revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			if s := judge(peer, c.file); !strings.Contains(s.Refused, c.want) || s.Until != 0 {
				t.Fatalf("%+v, want %q", s, c.want)
			}
		})
	}
	if s := judge(did.FromKey(newKey(t, seedBody).Public()), good.file(t)); s.Refused == "" {
		t.Fatal("its issuer showed a passport that is about another")
	}
}

// TestPassportOfAPeerIsWithdrawn: what this node knows of a passport counts at
// once, whatever the file says.
func TestPassportOfAPeerIsWithdrawn(t *testing.T) {
	n := askingNode(t, "refuse")
	a, err := n.treatyAdmission()
	if err != nil || a.Review {
		t.Fatalf("%+v, %v", a, err)
	}
	public := newKey(t, seedPeer).Public()
	peer := did.FromKey(public)
	issued := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "globex", Key: &public})
	s := a.Passports.Judge(peer, issued.File)
	if s.Refused != "" {
		t.Fatal(s.Refused)
	}
	rec := federation.Record{DID: peer, Passport: &s}
	s.Policy = a.Passports.Policy()
	if err := n.network.service.Qualifies(&rec); err != nil {
		t.Fatal(err)
	}
	if p := n.peerPassport(&rec); p == nil || !p.Counts || p.Until != s.Until || p.Name != "globex" {
		t.Fatalf("%+v", p)
	}
	for _, step := range []struct {
		op, want string
	}{{"passport/suspend", "is suspended"}, {"passport/resume", ""}, {"passport/revoke", "was revoked"}} {
		do[Revoked](t, n, step.op, PassportRequest{Agent: "globex"})
		err := a.Passports.Withdrawn(peer, &s)
		if again := a.Passports.Judge(peer, issued.File); (err == nil) != (step.want == "") || (again.Refused == "") != (step.want == "") {
			t.Fatalf("after %s: %v, %q", step.op, err, again.Refused)
		}
		if err != nil && !strings.Contains(err.Error(), step.want) {
			t.Fatalf("after %s: %v", step.op, err)
		}
	}
	if p := n.peerPassport(&rec); p.Counts || !strings.Contains(p.Reason, "was revoked") {
		t.Fatalf("%+v", p)
	}
	if d := n.revocations.Check(nil, &kernel.PassportRef{Issuer: s.Issuer, ID: s.ID}, wire.PublicKey{}, nil, n.now()); d == nil || d.Code == authority.CodePassportSuspended {
		t.Fatalf("%+v", d)
	}
}

// TestPassportOfAnEndedIssuer: an organisation that ended vouches for nobody.
func TestPassportOfAnEndedIssuer(t *testing.T) {
	n, body := openNode(t, newHome(t)), openNode(t, newHome(t))
	public := newKey(t, seedPeer).Public()
	file := do[IssuedPassport](t, body, "passport/issue", IssuePassport{Agent: "globex", Key: &public}).File
	p := &peerPassports{n: n, policy: &passport.Policy{ID: "members", Issuers: []did.DID{body.DID()}, MaxStatusAge: 3600}}
	s := p.Judge(did.FromKey(public), file)
	if s.Refused != "" {
		t.Fatal(s.Refused)
	}
	ended := do[DeactivationInfo](t, body, "did/deactivate", DeactivateRequest{Reason: "merged", Confirm: body.DID().Short()})
	if _, err := n.receiveDeactivation(t.Context(), DeactivateRequest{Record: ended.Record}); err != nil {
		t.Fatal(err)
	}
	if err := p.Withdrawn(did.FromKey(public), &s); err == nil {
		t.Fatal("its word counts on")
	}
	if s := p.Judge(did.FromKey(public), file); s.Refused == "" {
		t.Fatal("its word counts again")
	}
}

// TestOwnPassport: only a whole file about this organisation is shown, and the
// file as it is now.
func TestOwnPassport(t *testing.T) {
	n := openNode(t, newHome(t))
	if n.orgPassport() != nil {
		t.Fatal("shows what nobody configured")
	}
	n.cfg.Federation.Passport = "own.json"
	path, show := filepath.Join(n.opts.Home, "own.json"), n.orgPassport()
	other := openNode(t, newHome(t))
	own, foreign := n.DID().Key(), other.DID().Key()
	about := do[IssuedPassport](t, other, "passport/issue", IssuePassport{Agent: "acme", Key: &own}).File
	for name, c := range map[string]struct {
		file  []byte
		shown bool
	}{
		"none":         {nil, false},
		"no passport":  {[]byte("{}"), false},
		"another's":    {do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "globex", Key: &foreign}).File, false},
		"ours":         {about, true},
		"cut":          {about[:len(about)-1], false},
		"far too long": {append(slices.Clone(about), make([]byte, federation.MaxPassportBytes)...), false},
	} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if c.file != nil {
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := show(); (got != nil) != c.shown {
			t.Errorf("%s: shown %t", name, got != nil)
		}
	}
	n.cfg.Federation.Passport = path
	if err := os.WriteFile(path, about, 0o600); err != nil {
		t.Fatal(err)
	}
	if n.orgPassport()() == nil {
		t.Error("a path that is absolute is not found")
	}
}

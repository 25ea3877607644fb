package redteam

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// expect is what may come of an attack.
type expect int

const (
	never    expect = iota // it must not be allowed
	harmless               // it may pass, because its effect is within the grants; the oracle looks
	budgeted               // it is in order, until its budget is used up
)

// attack makes one request to /agent/call.
type attack struct {
	name   string
	weight int
	expect expect
	make   func(*volley) []byte
}

// volley is what an attack draws from.
type volley struct {
	*rand.Rand
	w *world
	c *cast
}

const readA = `{"path":"public/a.txt"}`

// read is a call in order, to be bent.
func (v *volley) read() *shot {
	return v.c.aim(v.Rand, v.w, v.c.owned, v.c.owned.chain["read"], "files", "read_file", readA)
}

func (v *volley) with(chain, tool, args string) *shot {
	return v.c.aim(v.Rand, v.w, v.c.owned, v.c.owned.chain[chain], "files", tool, args)
}

var attacks = []attack{
	{"in order", 10, budgeted, func(v *volley) []byte { return v.read().signed().bytes() }},
	{"budget race", 100, budgeted, func(v *volley) []byte {
		return v.with("write", "write_file", fmt.Sprintf(`{"path":"public/out/%d.txt","content":"mine"}`, v.IntN(50))).signed().bytes()
	}},
	{"batch race", 60, budgeted, func(v *volley) []byte {
		return v.with("list", "list_directory", fmt.Sprintf(`{"path":"public/sub/%d"}`, v.IntN(8))).signed().bytes()
	}},
	{"family race", 60, budgeted, func(v *volley) []byte {
		s := v.with("pass", "read_file", `{"path":"public/sub/c.txt"}`)
		for range v.IntN(4) { // hand it down to itself, to look like another
			s.Chain = append(s.Chain[:len(s.Chain):len(s.Chain)], *v.child(s.Chain, nil))
		}
		s.proof.CapabilityID = s.Chain[len(s.Chain)-1].ID
		return s.signed().bytes()
	}},

	{"wrong tool", 40, never, func(v *volley) []byte {
		s := v.read()
		s.Tool = pick(v.Rand, "write_file", "delete_file", "list_directory", "read_file ", "READ_FILE", "*", "read_file\u0000", "../read_file", "shell_exec", "")
		return s.signed().bytes()
	}},
	{"wrong server", 40, never, func(v *volley) []byte {
		s := v.read()
		s.Server = pick(v.Rand, "vault", "Files", "*", "files/../vault", "did:chio:"+v.c.kernel.String()+"/vault", "did:chio:"+strings.Repeat("0", 64)+"/files", "", "files\u0000vault")
		s.Arguments = wire.Raw(pick(v.Rand, readA, `{"path":"gold.txt"}`))
		return s.signed().bytes()
	}},
	{"no capability", 20, never, func(v *volley) []byte {
		s := v.read()
		s.Chain = nil
		return s.signed().bytes()
	}},
	{"no proof", 20, never, func(v *volley) []byte { return v.read().bytes() }},

	{"edited token", 60, never, func(v *volley) []byte {
		s := v.read()
		s.Chain = []capability.Token{v.edit(s.Chain[0])}
		s.Tool = pick(v.Rand, "read_file", "write_file")
		s.Arguments = wire.Raw(`{"path":"private/secret.txt","content":"x"}`)
		s.proof.CapabilityID = s.Chain[0].ID
		return s.signed().bytes()
	}},
	{"forged token", 60, never, func(v *volley) []byte {
		s := v.read()
		t := v.edit(s.Chain[0])
		t.Issuer = wire.PublicKey{}
		forged, err := capability.Sign(t, pick(v.Rand, v.c.owned.key, v.c.stranger))
		if err != nil {
			forged = &t
		}
		if v.IntN(2) == 0 {
			forged.Issuer = v.c.kernel
		}
		s.Chain = []capability.Token{*forged}
		s.Arguments = wire.Raw(`{"path":"private/secret.txt"}`)
		return s.signed().bytes()
	}},
	{"forged delegation", 80, never, func(v *volley) []byte {
		s := v.with("pass", "read_file", `{"path":"private/secret.txt"}`)
		s.Chain = append(s.Chain[:1:1], *v.child(s.Chain, func(t *capability.Token) { *t = v.edit(*t) }))
		s.proof.CapabilityID = s.Chain[1].ID
		return s.signed().bytes()
	}},
	{"delegation of what may not be", 30, never, func(v *volley) []byte {
		s := v.read()
		t := *v.child(v.c.owned.chain["pass"], func(t *capability.Token) {
			t.Scope = s.Chain[0].Scope
			t.DelegationChain[0].CapabilityID = s.Chain[0].ID
		})
		s.Chain = append(s.Chain[:1:1], t)
		s.proof.CapabilityID = t.ID
		return s.signed().bytes()
	}},
	{"chain out of order", 20, never, func(v *volley) []byte {
		s := v.with("pass", "read_file", `{"path":"public/sub/c.txt"}`)
		child := *v.child(s.Chain, nil)
		s.Chain = pick(v.Rand, []capability.Token{child}, []capability.Token{child, s.Chain[0]}, []capability.Token{s.Chain[0], child, child},
			[]capability.Token{v.c.victim.chain["read"][0], child}, []capability.Token{s.Chain[0], v.c.victim.chain["read"][0]})
		s.proof.CapabilityID = s.Chain[len(s.Chain)-1].ID
		return s.signed().bytes()
	}},
	{"stolen chain", 60, never, func(v *volley) []byte {
		what := pick(v.Rand, "write", "read", "erase")
		s := v.c.aim(v.Rand, v.w, v.c.owned, v.c.victim.chain[what], "files", map[string]string{"write": "write_file", "read": "read_file", "erase": "delete_file"}[what],
			`{"path":"`+map[string]string{"write": "private/secret.txt", "read": "public/a.txt", "erase": "private/secret.txt"}[what]+`","content":"pwned"}`)
		s.signed()
		switch v.IntN(3) {
		case 0: // claim the victim's name, sign as ourselves
			s.Proof.Signatures[0].Key = v.c.victim.key.Public().String()
		case 1: // both
			s.Proof.Signatures = append(s.Proof.Signatures, s.Proof.Signatures[0])
			s.Proof.Signatures[0].Key = v.c.victim.key.Public().String()
		}
		return s.bytes()
	}},
	{"overheard call", 60, never, func(v *volley) []byte {
		return pick(v.Rand, v.c.overheard...)
	}},
	{"overheard proof for another call", 60, never, func(v *volley) []byte { return v.bendOverheard() }},
	{"expired", 20, never, func(v *volley) []byte {
		s := v.read()
		s.Chain = v.c.expired
		s.proof.CapabilityID = s.Chain[0].ID
		return s.signed().bytes()
	}},
	{"not yet valid", 20, never, func(v *volley) []byte {
		s := v.with("pass", "read_file", `{"path":"public/sub/c.txt"}`)
		s.Chain = append(s.Chain[:1:1], *v.child(s.Chain, func(t *capability.Token) { t.IssuedAt += 3600 }))
		s.proof.CapabilityID = s.Chain[1].ID
		return s.signed().bytes()
	}},
	{"revoked", 30, never, func(v *volley) []byte {
		s := v.read()
		s.Chain = v.c.revoked
		s.proof.CapabilityID = s.Chain[0].ID
		s.Tool = pick(v.Rand, "read_file", "write_file", "delete_file")
		return s.signed().bytes()
	}},
	{"proof for another call", 100, never, func(v *volley) []byte { return v.wrongProof() }},
	{"stale proof", 30, never, func(v *volley) []byte {
		s := v.read()
		s.proof.IssuedAt += pick(v.Rand, int64(-301), -3600, 60, 3600, -1<<62, 1<<52)
		return s.signed().bytes()
	}},
	{"path traversal", 150, harmless, func(v *volley) []byte { return v.traversal() }},
	{"write elsewhere", 80, harmless, func(v *volley) []byte { return v.misplaced() }},
	{"approval forged or reused", 80, never, func(v *volley) []byte { return v.approvalTrick() }},
	{"hostile arguments", 60, harmless, func(v *volley) []byte { return v.hostileArguments() }},
	{"junk", 60, never, func(v *volley) []byte { return v.junk() }},
	{"another's session", 30, budgeted, func(v *volley) []byte {
		s := v.read()
		s.Session = "victim-session"
		return s.signed().bytes()
	}},
	{"session not signed", 30, never, func(v *volley) []byte {
		s := v.read().signed()
		s.Session = "victim-session"
		return s.bytes()
	}},
}

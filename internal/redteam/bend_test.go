package redteam

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// child delegates the last token of a chain to the owned agent itself; bend
// changes the child before it is signed again, with a link that stays sound.
func (v *volley) child(chain []capability.Token, bend func(*capability.Token)) *capability.Token {
	parent := &chain[len(chain)-1]
	t, err := capability.Attenuate(parent, capability.AttenuateRequest{ID: uuid(v.Rand, v.w), Subject: v.c.owned.key.Public(), Scope: parent.Scope,
		IssuedAt: max(parent.IssuedAt, v.w.now().Unix()), ExpiresAt: parent.ExpiresAt}, v.c.owned.key)
	if err != nil {
		v.w.t.Error(err)
		return parent
	}
	if bend == nil {
		return t
	}
	t.DelegationChain = append([]capability.Link(nil), t.DelegationChain...)
	bend(t)
	if again, err := capability.Sign(*t, v.c.owned.key); err == nil {
		return again
	}
	return t
}

// edit widens a token in one of the ways an agent would like.
func (v *volley) edit(t capability.Token) capability.Token {
	grants := append([]capability.ToolGrant(nil), t.Scope.Grants...)
	g := &grants[0]
	switch v.IntN(8) {
	case 0:
		g.Constraints = nil
	case 1:
		g.ToolName, g.Constraints = "*", nil
	case 2:
		g.ServerID, g.Constraints = "*", nil
	case 3:
		g.Constraints = constrained("/")
	case 4:
		g.Constraints = constrained("private")
	case 5:
		t.ExpiresAt += 1 << 30
		g.Constraints = constrained("private")
	case 6:
		grants = append(grants, capability.ToolGrant{ServerID: "files", ToolName: "*", Operations: []capability.Operation{capability.Invoke}})
	case 7:
		g.Operations = []capability.Operation{capability.Invoke, capability.Delegate, capability.ReadResult}
		g.Constraints = []capability.Constraint{{Type: "no_such_constraint", Value: wire.Raw(`true`)}}
	}
	t.Scope.Grants = grants
	return t
}

// wrongProof signs a proof that differs from the call in one member.
func (v *volley) wrongProof() []byte {
	s := v.read()
	p := &s.proof
	digest := wire.Hash([]byte("another"))
	switch v.IntN(9) {
	case 0:
		p.CallID = uuid(v.Rand, v.w)
	case 1:
		p.Audience = v.c.stranger.Public()
	case 2:
		p.Server = "vault"
	case 3:
		p.Tool = "list_directory"
	case 4:
		p.ArgsSHA256 = digest
	case 5:
		p.CapabilityID = v.c.owned.chain["write"][0].ID
	case 6:
		p.IntentSHA256 = &digest
	case 7:
		p.Nonce = pick(v.Rand, "", strings.Repeat("A", 32), strings.Repeat("0", 31), strings.Repeat("0", 1<<16))
	case 8:
		s.signed()
		s.Proof.Body = append(s.Proof.Body[:len(s.Proof.Body)-1:len(s.Proof.Body)-1], `,"extra":1}`...)
		return s.bytes()
	}
	return s.signed().bytes()
}

// bendOverheard keeps the victim's proof and changes what it is sent with.
func (v *volley) bendOverheard() []byte {
	var call node.AgentCall
	if err := wire.Unmarshal(pick(v.Rand, v.c.overheard...), &call, wire.ForeignLimits); err != nil {
		panic(err)
	}
	switch v.IntN(5) {
	case 0:
		call.CallID = uuid(v.Rand, v.w)
	case 1:
		call.Arguments = wire.Raw(`{"path":"private/secret.txt"}`)
	case 2:
		call.Tool, call.Chain = "write_file", v.c.victim.chain["write"]
	case 3:
		call.Chain = v.c.owned.chain["read"]
	case 4:
		call.Session = "victim-session"
	}
	return wire.MustMarshal(call)
}

// traversal asks the reading capability for what is not under its prefix.
func (v *volley) traversal() []byte {
	up := pick(v.Rand, "..", "..", "%2e%2e", "..%00", ".. ", "\u2024\u2024", "\uff0e\uff0e", "..\\", "....//..", ".%2e")
	sep := pick(v.Rand, "/", "/", "//", "/./", "\\", "%2f", "\u2215", "%5c", "/\u200b")
	target := pick(v.Rand, "private/secret.txt", "publicity.txt", ".env", "outside/canary.txt", "home/master.key", "home/api.token", "vault/gold.txt")
	path := pick(v.Rand,
		"public"+sep+up+sep+target, up+sep+"workspace"+sep+target, target, "./"+target, v.w.path("workspace/"+target), v.w.path(target),
		"public/link.txt", "public/linkdir/secret.txt", "public/escape/canary.txt", "public/sub/../link.txt", "public/sub/../../"+target,
		"file://"+v.w.path(target), "~/"+target, "$HOME/"+target, "public\u0000/../"+target, "PUBLIC/../"+target, "public/../public/../"+target,
		"public/"+strings.Repeat("../", 1+v.IntN(40))+target, "public /"+up+"/"+target, "publi\u0063/../"+target, "public/a.txt/../../"+target,
		"/proc/self/cwd/"+target, "/proc/self/environ", "/dev/stdin", "public/link.txt/", "public/./link.txt", "public//link.txt")
	quoted := wire.MustMarshal(path)
	return v.with("read", "read_file", pick(v.Rand,
		fmt.Sprintf(`{"path":%s}`, quoted),
		fmt.Sprintf(`{"path":%s}`, quoted),
		fmt.Sprintf(`{"path":"public/a.txt","Path":%s}`, quoted),
		fmt.Sprintf(`{"path":"public/a.txt","PATH":%s}`, quoted),
		fmt.Sprintf(`{"path":"public/a.txt","p\u0061th ":%s}`, quoted),
		fmt.Sprintf(`{"path":[%s]}`, quoted),
		fmt.Sprintf(`{"path":{"path":%s}}`, quoted),
		fmt.Sprintf(`{"path":"public/a.txt","cwd":%s}`, quoted),
		fmt.Sprintf(`{"path":"public/a.txt","options":{"file":%s}}`, quoted))).signed().bytes()
}

// misplaced writes or deletes what the capability does not name.
func (v *volley) misplaced() []byte {
	path := pick(v.Rand, "public/a.txt", "private/secret.txt", "public/out/../a.txt", "public/out/way/secret.txt", "public/outer.txt",
		"../outside/canary.txt", v.w.path("home/policy.yaml"), "/etc/cron.d/x", "public/out/way/new.txt", ".env", "public/out/./../../.env")
	quoted := wire.MustMarshal(path)
	if v.IntN(3) == 0 {
		return v.with("erase", "delete_file", fmt.Sprintf(`{"path":%s}`, quoted)).signed().bytes()
	}
	return v.with("write", "write_file", fmt.Sprintf(`{"path":%s,"content":"pwned"}`, quoted)).signed().bytes()
}

// approvalTrick presents approvals that are used, another's, or nobody's.
func (v *volley) approvalTrick() []byte {
	used, victims := v.c.approved, v.c.victims
	s := v.with("erase", "delete_file", used.args)
	forged := func(t approval.Token, key *wire.Key) wire.Raw {
		t.IssuedAt, t.ExpiresAt = v.w.now().Unix(), v.w.now().Unix()+600
		if t.Decision == "" {
			t.Decision = approval.Approved
		}
		e, err := approval.SignToken(t, key)
		if err != nil {
			panic(err)
		}
		return e.Bytes()
	}
	switch v.IntN(7) {
	case 0: // the same call again, with the same call id
		s.CallID = used.callID
	case 1: // another call, under the used id
		s.CallID, s.Arguments = used.callID, wire.Raw(`{"path":"public/doomed/2"}`)
	case 2: // the used token for another call
		s.Arguments, s.Approvals = wire.Raw(`{"path":"public/doomed/2"}`), []wire.Raw{used.token}
	case 3: // the victim's approval
		s.CallID, s.Arguments, s.Approvals = victims.callID, wire.Raw(victims.args), []wire.Raw{victims.token}
	case 4: // the victim's approval and its chain
		s.CallID, s.Arguments, s.Approvals, s.Chain = victims.callID, wire.Raw(victims.args), []wire.Raw{victims.token}, v.c.victim.chain["erase"]
		s.proof.CapabilityID = s.Chain[0].ID
	case 5: // a token signed by ourselves
		s.Arguments = wire.Raw(`{"path":"public/doomed/2"}`)
		s.Approvals = []wire.Raw{forged(approval.Token{ApprovalID: victims.id, RequestSHA256: wire.Hash(s.Arguments)}, v.c.owned.key)}
	case 6: // the operator's token with its target changed
		s.Arguments = wire.Raw(`{"path":"public/doomed/2"}`)
		s.Approvals = []wire.Raw{bytes.ReplaceAll(used.token, []byte(used.id), []byte(victims.id))}
	}
	return s.signed().bytes()
}

// hostileArguments are arguments that parsers disagree about or choke on.
func (v *volley) hostileArguments() []byte {
	args := pick(v.Rand, `[]`, `"public/a.txt"`, `null`, `{}`, `{"path":1e400}`, `{"path":9007199254740993}`, `{"path":null}`,
		`{"path":"public/a.txt","n":18446744073709551616}`, `{"path":"public/a.txt","n":-0}`, `{"path":"public/a.txt","x":"\ud800"}`,
		`{"path":"public/a.txt","x":"`+strings.Repeat("A", 64<<10)+`"}`, `{"path":`+strings.Repeat(`[`, 200)+strings.Repeat(`]`, 200)+`}`,
		`{"path":`+strings.Repeat(`{"a":`, 100)+`1`+strings.Repeat(`}`, 100)+`}`, `{"path":"public/a.txt","path":"private/secret.txt"}`,
		`{"path":"`+strings.Repeat("public/", 4000)+`"}`, `{"":"private/secret.txt","path":"public/a.txt"}`)
	return v.with("read", "read_file", args).signed().bytes()
}

// junk is no call at all.
func (v *volley) junk() []byte {
	whole := v.read().signed().bytes()
	switch v.IntN(10) {
	case 0:
		return whole[:v.IntN(len(whole))]
	case 1:
		return append(whole, whole...)
	case 2:
		return append([]byte("\xef\xbb\xbf"), whole...)
	case 3:
		return bytes.Replace(whole, []byte(`{"arguments"`), []byte(`{"admin":true,"arguments"`), 1)
	case 4:
		return bytes.Replace(whole, []byte(`{"arguments"`), []byte(`{"arguments":{"path":"private/secret.txt"},"arguments"`), 1)
	case 5:
		return bytes.Replace(whole, []byte("read_file"), []byte("read\xff\xfefile"), 1)
	case 6:
		return []byte(strings.Repeat("[", 1+v.IntN(100_000)))
	case 7:
		b := make([]byte, 1+v.IntN(512))
		_, _ = source{v.Rand}.Read(b)
		return b
	case 8:
		return bytes.Replace(whole, []byte(`"files"`), []byte(pick(v.Rand, `1e400`, `null`, `{}`, `"\ud800"`)), 1)
	}
	i := v.IntN(len(whole))
	whole[i] ^= 1 << v.IntN(8) // one bit; if it still parses, a signature or a name is off
	return whole
}

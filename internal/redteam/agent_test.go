package redteam

import (
	"encoding/hex"
	"math/rand/v2"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// What the owned agent may do, and how often. Everything is under public/.
const (
	maxWrites  = 15 // 0.03 USD each of 0.45 USD; 40 by count
	maxFamily  = 25 // calls of the delegable capability and of all made from it
	maxListing = 3  // the operator's batch approval
)

// agent keeps its own key: nothing it does passes through anybody who means well.
type agent struct {
	key   *wire.Key
	chain map[string][]capability.Token // by what the attacks call it
}

// cast is everybody the operator ever gave something to.
type cast struct {
	owned, victim *agent
	stranger      *wire.Key
	kernel        wire.PublicKey
	expired       []capability.Token // the owned agent's, of yesterday
	revoked       []capability.Token // the owned agent's, taken back
	overheard     [][]byte           // requests the victim made, as they went over the wire
	approved      *granted           // an approval that the owned agent has used already
	victims       *granted           // one that the victim has and did not use yet
}

// granted is an approval and the call it is for.
type granted struct {
	id, callID, args string
	token            wire.Raw
}

func newAgent(rng *rand.Rand) *agent {
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(rng.Uint32())
	}
	key, err := wire.KeyFromSeed(seed[:])
	if err != nil {
		panic(err)
	}
	return &agent{key: key, chain: map[string][]capability.Token{}}
}

func constrained(prefix string) []capability.Constraint {
	return []capability.Constraint{capability.NewPathPrefix(prefix)}
}

// give issues a capability as the operator.
func (w *world) give(name string, req node.IssueCapability) *node.CapabilityInfo {
	w.t.Helper()
	req.Agent, req.Server = name, "files"
	var info node.CapabilityInfo
	w.must("capability/issue", req, &info)
	return &info
}

// newCast enrols both agents with keys of their own and hands out what they
// may do.
func (w *world) newCast(rng *rand.Rand) *cast {
	w.t.Helper()
	c := &cast{owned: newAgent(rng), victim: newAgent(rng), stranger: newAgent(rng).key}
	var s node.Status
	w.must("status", node.Empty{}, &s)
	c.kernel = s.KernelKey
	for name, a := range map[string]*agent{"owned": c.owned, "victim": c.victim} {
		key := a.key.Public()
		w.must("passport/issue", node.IssuePassport{Agent: name, Key: &key}, nil)
	}
	writes, family := uint32(40), uint32(maxFamily)
	for what, req := range map[string]node.IssueCapability{
		"read":  {Tools: []string{"read_file"}, Constraints: constrained("public")},
		"write": {Tools: []string{"write_file"}, Constraints: constrained("public/out"), MaxInvocations: &writes, MaxTotal: &wire.MonetaryAmount{Units: 45, Currency: "USD"}},
		"list":  {Tools: []string{"list_directory"}, Constraints: constrained("public")},
		"erase": {Tools: []string{"delete_file"}, Constraints: constrained("public/doomed")},
		"pass":  {Tools: []string{"read_file"}, Constraints: constrained("public/sub"), Delegate: true, MaxFamily: &family},
	} {
		c.owned.chain[what] = w.give("owned", req).Chain
	}
	for what, req := range map[string]node.IssueCapability{
		"write": {Tools: []string{"write_file"}, Constraints: constrained("private")},
		"read":  {Tools: []string{"read_file"}, Constraints: constrained("public")},
		"erase": {Tools: []string{"delete_file"}, Constraints: constrained("private")},
	} {
		c.victim.chain[what] = w.give("victim", req).Chain
	}
	w.late.Store(7200)
	c.expired = w.give("owned", node.IssueCapability{Tools: []string{"*"}, TTLSeconds: 3600}).Chain
	w.late.Store(0)
	gone := w.give("owned", node.IssueCapability{Tools: []string{"*"}})
	w.must("capability/revoke", node.RevokeCapability{ID: gone.ID}, nil)
	c.revoked = gone.Chain
	return c
}

// shot is one call as it would be signed; attacks bend it before or after.
type shot struct {
	node.AgentCall
	proof  capability.HolderProof
	signer *wire.Key
}

// aim prepares a call that is in order in every respect.
func (c *cast) aim(rng *rand.Rand, w *world, a *agent, chain []capability.Token, server, tool, args string) *shot {
	s := &shot{signer: a.key}
	s.CallID, s.Server, s.Tool, s.Arguments, s.Chain = uuid(rng, w), server, tool, wire.Raw(args), chain
	s.proof = capability.HolderProof{Audience: c.kernel, Nonce: nonce(rng), IssuedAt: w.now().Unix()}
	if len(chain) > 0 {
		s.proof.CapabilityID = chain[len(chain)-1].ID
	}
	return s
}

// signed fills in what the proof says about the call and was not bent yet, and
// signs it.
func (s *shot) signed() *shot {
	set(&s.proof.CallID, s.CallID)
	set(&s.proof.Server, s.Server)
	set(&s.proof.Tool, s.Tool)
	set(&s.proof.Session, s.Session)
	if s.proof.ArgsSHA256 == (wire.Digest{}) {
		args, err := wire.Canonicalize(s.Arguments, wire.ForeignLimits)
		if err != nil {
			args = s.Arguments
		}
		s.proof.ArgsSHA256 = wire.Hash(args)
	}
	body := s.proof
	body.Schema, body.AgentKey = capability.ProofSchema, s.signer.Public()
	proof, err := wire.Seal(capability.ProofSchema, body, s.signer)
	if err != nil {
		panic(err)
	}
	s.Proof = proof
	return s
}

func set(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

func (s *shot) bytes() []byte {
	b, err := wire.Marshal(s.AgentCall)
	if err != nil {
		return []byte(`{"call_id":` + string(s.Arguments) + `}`) // it cannot even be written
	}
	return b
}

func nonce(rng *rand.Rand) string {
	var b [16]byte
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return hex.EncodeToString(b[:])
}

// source lets a seeded generator be read from.
type source struct{ *rand.Rand }

func (s source) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(s.Uint32())
	}
	return len(b), nil
}

func uuid(rng *rand.Rand, w *world) string {
	id, err := wire.NewUUIDv7(w.now().UnixMilli(), source{rng})
	if err != nil {
		panic(err)
	}
	return id
}

// pick draws one of the choices.
func pick[T any](rng *rand.Rand, choices ...T) T { return choices[rng.IntN(len(choices))] }

package did

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// SchemaBinding is the schema of a key binding.
const SchemaBinding = "chio.key_binding.v1"

// MaxBindingSeconds is the longest window of one binding, thirty days.
const MaxBindingSeconds = 30 * 24 * 3600

// Role says what a bound key may sign, and it may sign nothing else.
type Role string

// The roles of the key table. Kernel, transport and agent keys are Ed25519;
// settlement and oracle keys are secp256k1.
const (
	RoleKernel     Role = "kernel"
	RoleTransport  Role = "transport"
	RoleSettlement Role = "settlement"
	RoleOracle     Role = "oracle"
	RoleAgent      Role = "agent"
)

// Alg is the signature algorithm of a role's key, "" for an unknown role.
func (r Role) Alg() string {
	switch r {
	case RoleKernel, RoleTransport, RoleAgent:
		return wire.AlgEd25519
	case RoleSettlement, RoleOracle:
		return wire.AlgSecp256k1
	}
	return ""
}

// The reasons a binding is refused.
var (
	ErrBinding        = errors.New("key binding is not valid")
	ErrBindingDID     = errors.New("key binding belongs to another DID")
	ErrBindingRole    = errors.New("key binding is for another role")
	ErrBindingExpired = errors.New("key binding has expired")
	ErrBindingEarly   = errors.New("key binding is not yet valid")
)

// Binding ties one key to an organisation for one role.
type Binding struct {
	Schema    string `json:"schema"`
	DID       DID    `json:"did"`
	Role      Role   `json:"role"`
	Alg       string `json:"alg"`
	Key       string `json:"key"`               // hex, as in wire.EnvelopeSignature
	PeerID    string `json:"peer_id,omitempty"` // transport only: the key's own peer id
	Sequence  uint64 `json:"sequence"`          // per DID and role, from 1; the highest wins
	NotBefore int64  `json:"not_before"`        // unix seconds, inclusive
	NotAfter  int64  `json:"not_after"`         // unix seconds, exclusive
}

// KeySigner countersigns with a key whose algorithm this package does not
// implement: a compressed secp256k1 point in hex, and r‖s‖v in hex over the
// SHA-256 of the message.
type KeySigner interface {
	Key() string
	Sign(message []byte) (string, error)
}

// Term is the part of a binding that its issuer chooses.
type Term struct {
	Role      Role
	Sequence  uint64
	NotBefore int64
	NotAfter  int64
}

// Bind makes the binding of an Ed25519 key, signed by both.
func Bind(org, key wire.Signer, t Term) (*wire.Envelope, error) {
	b := newBinding(FromKey(org.Public()), t, key.Public().String())
	if t.Role == RoleTransport {
		b.PeerID = FromKey(key.Public()).PeerID()
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return wire.Seal(SchemaBinding, b, org, key)
}

// BindForeign makes the binding of a key of another algorithm.
func BindForeign(org wire.Signer, key KeySigner, t Term) (*wire.Envelope, error) {
	b := newBinding(FromKey(org.Public()), t, key.Key())
	if b.Alg == wire.AlgEd25519 {
		return nil, fmt.Errorf("%w: a %s key is Ed25519", ErrBindingRole, t.Role)
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	env, err := wire.Seal(SchemaBinding, b, org)
	if err != nil {
		return nil, err
	}
	sig, err := key.Sign(wire.SigningInput(SchemaBinding, env.Body))
	if err != nil {
		return nil, fmt.Errorf("countersign %s: %w", SchemaBinding, err)
	}
	return env, env.Attach(wire.EnvelopeSignature{Alg: b.Alg, Key: b.Key, Signature: sig})
}

func newBinding(id DID, t Term, key string) *Binding {
	return &Binding{
		Schema: SchemaBinding, DID: id, Role: t.Role, Alg: t.Role.Alg(), Key: key,
		Sequence: t.Sequence, NotBefore: t.NotBefore, NotAfter: t.NotAfter,
	}
}

// VerifyBinding checks a binding presented for an organisation and a role at a
// time in unix seconds. schemes supplies secp256k1; without it a binding of a
// settlement or oracle key is refused.
//
//	1 the envelope opens: canonical, strict, every signature verifies
//	2 it is for this DID and this role
//	3 its fields are coherent (see check)
//	4 exactly two have signed: the organisation key and the bound key, the
//	  latter with the algorithm of its role
//	5 not_before ≤ now < not_after
//
// Whether a higher sequence has been seen is for the caller, who has memory.
func VerifyBinding(env *wire.Envelope, id DID, role Role, now int64, schemes map[string]wire.Scheme) (*Binding, error) {
	b, err := openBinding(env, id, role, schemes) // 1 to 4
	if err != nil {
		return nil, err
	}
	if err := b.inWindow(now); err != nil { // 5
		return nil, err
	}
	return b, nil
}

func (b *Binding) inWindow(now int64) error {
	if now < b.NotBefore {
		return fmt.Errorf("%w: from %d, now %d", ErrBindingEarly, b.NotBefore, now)
	}
	if now >= b.NotAfter {
		return fmt.Errorf("%w: at %d, now %d: ask its owner for a fresh one", ErrBindingExpired, b.NotAfter, now)
	}
	return nil
}

// openBinding is VerifyBinding without the window: what a history holds was
// current once.
func openBinding(env *wire.Envelope, id DID, role Role, schemes map[string]wire.Scheme) (*Binding, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrBinding)
	}
	var b Binding
	if err := env.Open(SchemaBinding, &b, []wire.PublicKey{id.Key()}, schemes); err != nil { // 1, 4
		return nil, fmt.Errorf("%w: %w", ErrBinding, err)
	}
	if b.DID != id { // 2
		return nil, fmt.Errorf("%w: want %s, got %s", ErrBindingDID, id, b.DID)
	}
	if b.Role != role { // 2
		return nil, fmt.Errorf("%w: want %s, got %.20q", ErrBindingRole, role, b.Role)
	}
	if err := b.check(); err != nil { // 3
		return nil, err
	}
	if len(env.Signatures) != 2 || !signedBy(env, b.Alg, b.Key) { // 4
		return nil, fmt.Errorf("%w: %w: the bound key must countersign, and nobody else", ErrBinding, wire.ErrNoSigner)
	}
	return &b, nil
}

// check applies the rules a binding's fields obey by themselves:
//
//	a known role with its algorithm · a key of that algorithm, not the
//	organisation's own · the peer id of the key for transport, none elsewhere ·
//	sequence from 1 to 2^53-1 · a window of at most thirty days
func (b *Binding) check() error {
	if b.Role.Alg() == "" || b.Alg != b.Role.Alg() {
		return fmt.Errorf("%w: role %.20q with algorithm %.20q", ErrBinding, b.Role, b.Alg)
	}
	peer := ""
	if b.Alg == wire.AlgEd25519 {
		k, err := wire.ParsePublicKey(b.Key)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBinding, err)
		}
		if k == b.DID.Key() {
			return fmt.Errorf("%w: the organisation key cannot be bound as its own %s key", ErrBinding, b.Role)
		}
		if b.Role == RoleTransport {
			peer = FromKey(k).PeerID()
		}
	} else if !isCompressedPoint(b.Key) {
		return fmt.Errorf("%w: key %.80q is not a compressed point in lowercase hex", ErrBinding, b.Key)
	}
	if b.PeerID != peer {
		return fmt.Errorf("%w: peer id %.80q is not that of the key", ErrBinding, b.PeerID)
	}
	if b.Sequence == 0 || b.Sequence > wire.MaxUnits {
		return fmt.Errorf("%w: sequence %d", ErrBinding, b.Sequence)
	}
	if b.NotBefore < 0 || b.NotAfter > wire.MaxUnits || b.NotAfter <= b.NotBefore || b.NotAfter-b.NotBefore > MaxBindingSeconds {
		return fmt.Errorf("%w: window %d to %d must be positive and at most thirty days", ErrBinding, b.NotBefore, b.NotAfter)
	}
	return nil
}

func signedBy(env *wire.Envelope, alg, key string) bool {
	for _, s := range env.Signatures {
		if s.Alg == alg && s.Key == key {
			return true
		}
	}
	return false
}

// isCompressedPoint checks the shape only; the Scheme checks the curve.
func isCompressedPoint(s string) bool {
	if len(s) != 66 || s[0] != '0' || s[1] != '2' && s[1] != '3' {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

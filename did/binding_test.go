package did_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

const day = 24 * 3600

func term(r did.Role) did.Term {
	return did.Term{Role: r, Sequence: 1, NotBefore: 1000, NotAfter: 1000 + 30*day}
}

func TestBindAndVerify(t *testing.T) {
	org, k := key(t, 7), key(t, 9)
	id := did.FromKey(org.Public())
	for _, r := range []did.Role{did.RoleKernel, did.RoleTransport, did.RoleAgent} {
		env, err := did.Bind(org, k, term(r))
		if err != nil {
			t.Fatal(err)
		}
		b, err := did.VerifyBinding(env, id, r, 1000, nil)
		if err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		if b.Key != k.Public().String() || (b.PeerID != "") != (r == did.RoleTransport) {
			t.Errorf("%s: %+v", r, b)
		}
	}
}

func TestVerifyBindingRefuses(t *testing.T) {
	org, k, stranger := key(t, 7), key(t, 9), key(t, 11)
	id := did.FromKey(org.Public())
	seal := func(change func(*did.Binding), signers ...wire.Signer) *wire.Envelope {
		b := did.Binding{
			Schema: did.SchemaBinding, DID: id, Role: did.RoleTransport, Alg: "ed25519", Key: k.Public().String(),
			PeerID: did.FromKey(k.Public()).PeerID(), Sequence: 1, NotBefore: 1000, NotAfter: 1000 + 30*day,
		}
		change(&b)
		env, err := wire.Seal(did.SchemaBinding, b, signers...)
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	same := func(*did.Binding) {}
	for name, c := range map[string]struct {
		env  *wire.Envelope
		now  int64
		want error
	}{
		"absent":             {nil, 1000, did.ErrBinding},
		"org did not sign":   {seal(same, k), 1000, wire.ErrNoSigner},
		"no countersign":     {seal(same, org), 1000, wire.ErrNoSigner},
		"stranger signed":    {seal(same, org, stranger), 1000, wire.ErrNoSigner},
		"third signature":    {seal(same, org, k, stranger), 1000, did.ErrBinding},
		"other did":          {seal(func(b *did.Binding) { b.DID = did.FromKey(stranger.Public()) }, org, k), 1000, did.ErrBindingDID},
		"other role":         {seal(func(b *did.Binding) { b.Role, b.PeerID = did.RoleKernel, "" }, org, k), 1000, did.ErrBindingRole},
		"other peer id":      {seal(func(b *did.Binding) { b.PeerID = id.PeerID() }, org, k), 1000, did.ErrBinding},
		"no peer id":         {seal(func(b *did.Binding) { b.PeerID = "" }, org, k), 1000, did.ErrBinding},
		"wrong algorithm":    {seal(func(b *did.Binding) { b.Alg = "secp256k1" }, org, k), 1000, did.ErrBinding},
		"org key as its own": {seal(func(b *did.Binding) { b.Key, b.PeerID = org.Public().String(), id.PeerID() }, org, k), 1000, did.ErrBinding},
		"sequence zero":      {seal(func(b *did.Binding) { b.Sequence = 0 }, org, k), 1000, did.ErrBinding},
		"31 days":            {seal(func(b *did.Binding) { b.NotAfter += day }, org, k), 1000, did.ErrBinding},
		"empty window":       {seal(func(b *did.Binding) { b.NotAfter = b.NotBefore }, org, k), 1000, did.ErrBinding},
		"early":              {seal(same, org, k), 999, did.ErrBindingEarly},
		"expired":            {seal(same, org, k), 1000 + 30*day, did.ErrBindingExpired},
	} {
		if b, err := did.VerifyBinding(c.env, id, did.RoleTransport, c.now, nil); !errors.Is(err, c.want) || b != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	env := seal(same, org, k)
	env.Body = wire.Raw(strings.Replace(string(env.Body), `"sequence":1`, `"sequence":2`, 1))
	if _, err := did.VerifyBinding(env, id, did.RoleTransport, 1000, nil); !errors.Is(err, wire.ErrBadSignature) {
		t.Errorf("tampered: %v", err)
	}
	if _, err := did.VerifyBinding(seal(same, org, k), id, did.RoleTransport, 1000+30*day-1, nil); err != nil {
		t.Errorf("last second: %v", err)
	}
}

// labelled stands for a secp256k1 key: its "signature" is a keyed hash, enough
// to show that the scheme is asked and obeyed.
type labelled struct{ key string }

func (l labelled) Key() string { return l.key }
func (l labelled) Sign(m []byte) (string, error) {
	h := sha256.Sum256(append([]byte(l.key), m...))
	return hex.EncodeToString(h[:]), nil
}

func TestForeignBinding(t *testing.T) {
	org := key(t, 7)
	id := did.FromKey(org.Public())
	k := labelled{"02" + strings.Repeat("ab", 32)}
	schemes := map[string]wire.Scheme{wire.AlgSecp256k1: func(key string, m []byte, sig string) error {
		if want, _ := (labelled{key}).Sign(m); want != sig {
			return wire.ErrBadSignature
		}
		return nil
	}}
	env, err := did.BindForeign(org, k, term(did.RoleSettlement))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := did.VerifyBinding(env, id, did.RoleSettlement, 1000, schemes); err != nil {
		t.Fatal(err)
	}
	if _, err := did.VerifyBinding(env, id, did.RoleSettlement, 1000, nil); err == nil {
		t.Error("accepted without a scheme")
	}
	if _, err := did.VerifyBinding(env, id, did.RoleOracle, 1000, schemes); !errors.Is(err, did.ErrBindingRole) {
		t.Errorf("other role: %v", err)
	}
	if _, err := did.BindForeign(org, k, term(did.RoleKernel)); !errors.Is(err, did.ErrBindingRole) {
		t.Errorf("kernel role: %v", err)
	}
	if _, err := did.Bind(org, key(t, 9), term(did.RoleOracle)); !errors.Is(err, did.ErrBinding) {
		t.Errorf("oracle role with Ed25519: %v", err)
	}
	if _, err := did.BindForeign(org, labelled{"04" + strings.Repeat("ab", 32)}, term(did.RoleOracle)); !errors.Is(err, did.ErrBinding) {
		t.Errorf("uncompressed point: %v", err)
	}
}

func TestVerifyRotation(t *testing.T) {
	org, before, after := key(t, 7), key(t, 9), key(t, 11)
	id := did.FromKey(org.Public())
	seal := func(change func(*did.Rotation), signers ...wire.Signer) *wire.Envelope {
		r := did.Rotation{
			Schema: did.SchemaRotation, DID: id, Role: did.RoleKernel, Old: before.Public(), New: after.Public(),
			Sequence: 2, At: 5000, Final: &did.FinalTree{LogID: "acme", Size: 3},
		}
		change(&r)
		env, err := wire.Seal(did.SchemaRotation, r, signers...)
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	same := func(*did.Rotation) {}
	if _, err := did.VerifyRotation(seal(same, org, after), id); err != nil {
		t.Fatal(err)
	}
	for name, env := range map[string]*wire.Envelope{
		"absent":            nil,
		"org did not sign":  seal(same, after),
		"new did not sign":  seal(same, org, before),
		"same key":          seal(func(r *did.Rotation) { r.Old = r.New }, org, after),
		"no final tree":     seal(func(r *did.Rotation) { r.Final = nil }, org, after),
		"tree on transport": seal(func(r *did.Rotation) { r.Role = did.RoleTransport }, org, after),
		"settlement role":   seal(func(r *did.Rotation) { r.Role, r.Final = did.RoleSettlement, nil }, org, after),
		"other did":         seal(func(r *did.Rotation) { r.DID = did.FromKey(before.Public()) }, org, after),
		"sequence zero":     seal(func(r *did.Rotation) { r.Sequence = 0 }, org, after),
	} {
		if _, err := did.VerifyRotation(env, id); !errors.Is(err, did.ErrRotation) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

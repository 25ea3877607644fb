package authority

import (
	"slices"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Descendants lists the capabilities issued or attenuated here whose chain
// contains the token, parents before their children. What agents attenuated by
// themselves is not known here, and needs not be: revoking a token ends every
// chain that contains it.
func Descendants(r store.Reader, ref capability.Ref) ([]*Capability, error) {
	var out []*Capability
	err := List(r, func(c *Capability) error {
		ancestors := c.Chain[:len(c.Chain)-1]
		if slices.ContainsFunc(ancestors, func(t capability.Token) bool { return t.Ref() == ref }) {
			out = append(out, c)
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b *Capability) int { return len(a.Chain) - len(b.Chain) })
	return out, err
}

// SubtreeEntries is what to revoke, in one epoch, to end a token and to list
// each descendant issued here by name. A descendant that another key issued is
// left out, because only its issuer may name it; it ends with its ancestor all
// the same. At most MaxEntries are listed; left counts the rest.
func SubtreeEntries(r store.Reader, ref capability.Ref, kernelKey wire.PublicKey) (entries []Entry, left int, err error) {
	all, err := Descendants(r, ref)
	if err != nil {
		return nil, 0, err
	}
	entries = []Entry{{Kind: KindCapability, Issuer: ref.Issuer.String(), ID: ref.ID}}
	for _, c := range all {
		leaf := c.Leaf()
		switch {
		case leaf.Issuer != kernelKey:
		case len(entries) >= MaxEntries:
			left++
		default:
			entries = append(entries, Entry{Kind: KindCapability, Issuer: leaf.Issuer.String(), ID: leaf.ID})
		}
	}
	return entries, left, nil
}

// Revoked reports whether an entry is in force, here or by a peer's word.
func (v *Revocations) Revoked(e Entry) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.has(e.Kind, e.Issuer, e.ID)
}

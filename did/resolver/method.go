package resolver

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
)

// Method returns the key that a DID URL names, for a purpose and a signature
// that is made now. See MethodAt.
func (r *Resolver) Method(ctx context.Context, url string, p did.Purpose) (*did.Method, error) {
	return r.MethodAt(ctx, url, p, r.config.Now().Unix())
}

// MethodAt returns the key that a DID URL names, for a purpose and a signature
// made at a time in unix seconds. The time is the signer's own word unless the
// caller knows better: a receipt in a witnessed tree does, a credential does not.
//
//	1 the URL is a DID and a fragment, nothing between (invalidDidUrl)
//	2 the DID resolves (a Code), and neither it was deactivated by then nor the
//	  organisation whose key the method is, under whatever name (ErrDeactivated)
//	3 its document defines a method of exactly that id, of a type that is
//	  understood (did.ErrMethod)
//	4 the controller of the method is that DID (ErrController)
//	5 the method was neither revoked nor expired by then (ErrRetired)
//	6 the document lists it for the purpose, and its kind of key serves it
//	  (did.ErrPurpose)
func (r *Resolver) MethodAt(ctx context.Context, url string, p did.Purpose, at int64) (*did.Method, error) {
	if m, err := did.SelfCertified(url, p); err == nil { // 1, 3 to 6: the document would say the same
		if _, err := did.NewKey(m.Key.Kind(), m.Key.Bytes()); err != nil { // 3: it leaves the curve to the signature
			return nil, fmt.Errorf("%w: %.140q: %w", did.ErrMethod, url, err)
		}
		if err := r.active(m.Controller, m.Key, at); err != nil { // 2
			return nil, err
		}
		return m, nil
	}
	u, err := did.ParseURL(url)
	if err != nil || u.Fragment == "" || u.DID()+"#"+u.Fragment != url { // 1
		return nil, fmt.Errorf("%w: %.140q is not a DID and a fragment", InvalidDIDURL, url)
	}
	d, err := r.registry.read(ctx, u.Bare(), &Options{})
	if err != nil { // 2
		return nil, err
	}
	if d.meta.Deactivated { // 2: what SelfCertified does not know, verifies nothing afterwards
		return nil, fmt.Errorf("%w: %s", ErrDeactivated, u.DID())
	}
	m := d.parsed.method(url)
	if m == nil || m.Key == (did.Key{}) { // 3
		return nil, fmt.Errorf("%w: %.140q is not in its document, or of an unknown type", did.ErrMethod, url)
	}
	if err := r.active(url, m.Key, at); err != nil { // 2: a did:web can go on listing the key of a did:chio that ended
		return nil, err
	}
	if m.Controller != d.parsed.ID { // 4
		return nil, fmt.Errorf("%w: %.140q by %.140q", ErrController, url, m.Controller)
	}
	if m.Expires != 0 && at >= m.Expires || m.Revoked != 0 && at >= m.Revoked { // 5
		return nil, fmt.Errorf("%w: %.140q", ErrRetired, url)
	}
	if !d.parsed.lists(url, p) || !serves(m.Key.Kind(), p) { // 6
		return nil, fmt.Errorf("%w: %.140q for %.40q", did.ErrPurpose, url, p)
	}
	return &did.Method{ID: url, Controller: m.Controller, Key: m.Key}, nil
}

// active applies the second half of rule 2 to a key, under any name.
func (r *Resolver) active(name string, k did.Key, at int64) error {
	if since, ok := r.deactivated(k); ok && at >= since {
		return fmt.Errorf("%w: %.140s, at %d", ErrDeactivated, name, since)
	}
	return nil
}

// serves: Ed25519 keys sign, X25519 keys agree, points of the others do both.
func serves(k did.Kind, p did.Purpose) bool {
	switch k {
	case did.KindEd25519:
		return p != did.PurposeKeyAgreement
	case did.KindX25519:
		return p == did.PurposeKeyAgreement
	}
	return true
}

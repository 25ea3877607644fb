package jose

import (
	"fmt"
	"time"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// The members a claim may stand for. A claim that is not there says nothing;
// one that is there must equal the member. With fill a member that is not there
// is put in its place (VC 1.1 §6.3.1); without, it must be there.

// agreeID compares a claim with a URL, or the id of an object.
func (o object) agreeID(member, claim string, fill bool) error {
	v, there := o[member]
	if claim == "" {
		return nil
	}
	if there && v.Kind() == '{' {
		inner, err := readObject(v)
		if err == nil {
			err = inner.agreeID("id", claim, fill)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", member, err)
		}
		o[member], err = wire.Marshal(inner)
		return err
	}
	if !there && fill {
		raw, err := wire.Marshal(claim)
		o[member] = raw
		return err
	}
	if s, err := text(v); err != nil || s != claim {
		return fmt.Errorf("%w: %s is %.100q, the claim is %.100q", ErrClaims, member, v, claim)
	}
	return nil
}

// agreeSubject compares sub with the id of the one subject.
func (o object) agreeSubject(claim string, fill bool) error {
	if claim == "" {
		return nil
	}
	v, there := o["credentialSubject"]
	if there && v.Kind() == '[' {
		var list []wire.Raw
		if err := wire.Unmarshal(v, &list, wire.ForeignLimits); err != nil {
			return fmt.Errorf("%w: credentialSubject: %w", ErrToken, err)
		}
		if len(list) != 1 {
			return fmt.Errorf("%w: sub names one subject of %d", ErrClaims, len(list))
		}
		v = list[0]
	}
	if !there || v.Kind() != '{' {
		return fmt.Errorf("%w: sub is there and credentialSubject is no object", ErrClaims)
	}
	o["credentialSubject"] = v
	return o.agreeID("credentialSubject", claim, fill)
}

// agreeTime compares seconds with an RFC 3339 time, whose fraction is cut off.
func (o object) agreeTime(member string, claim *vc.Time, fill bool) error {
	if claim == nil {
		return nil
	}
	v, there := o[member]
	if !there {
		if !fill {
			return nil // it bounds the envelope alone
		}
		raw, err := wire.Marshal(claim)
		o[member] = raw
		return err
	}
	s, err := text(v)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrToken, member, err)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Unix() != int64(*claim) {
		return fmt.Errorf("%w: %s is %.60q, the claim is %s", ErrClaims, member, s, *claim)
	}
	return nil
}

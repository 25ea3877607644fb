package jose

import (
	"fmt"
	"strconv"
	"time"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

func number(t vc.Time) wire.Raw { return strconv.AppendInt(nil, int64(t), 10) }

// copyID makes a claim of a member of the same object.
func (o object) copyID(claim, member string) error { return o.copyFrom(o, claim, member) }

// copyFrom makes a claim of a URL, or of the id of an object, if it is there.
func (o object) copyFrom(from object, claim, member string) error {
	v, ok := from[member]
	if ok && v.Kind() == '{' {
		inner, err := readObject(v)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrToken, member, err)
		}
		v, ok = inner["id"]
	}
	if !ok || v.Kind() == '[' {
		return nil // nothing that one claim could name
	}
	if _, err := text(v); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrToken, member, err)
	}
	o[claim] = v
	return nil
}

// copyTime makes a claim of an RFC 3339 time, if it is there.
func (o object) copyTime(from object, claim, member string) error {
	v, ok := from[member]
	if !ok {
		return nil
	}
	s, err := text(v)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrToken, member, err)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrToken, member, err)
	}
	o[claim] = number(vc.Time(t.Unix()))
	return nil
}

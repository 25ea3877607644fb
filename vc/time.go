package vc

import (
	"fmt"
	"time"
)

// layout is RFC 3339 in UTC with whole seconds, the only spelling accepted.
const layout = "2006-01-02T15:04:05Z"

// Time is unix seconds; in JSON "2026-01-02T03:04:05Z".
type Time int64

func (t Time) String() string { return time.Unix(int64(t), 0).UTC().Format(layout) }

// MarshalText writes the RFC 3339 form; years outside 0 to 9999 have none.
func (t Time) MarshalText() ([]byte, error) {
	s := t.String()
	if len(s) != len(layout) {
		return nil, fmt.Errorf("%w: time %d has no RFC 3339 form", ErrMalformed, int64(t))
	}
	return []byte(s), nil
}

// UnmarshalText parses it.
func (t *Time) UnmarshalText(b []byte) error {
	v, err := time.Parse(layout, string(b))
	if err != nil || v.UTC().Format(layout) != string(b) {
		return fmt.Errorf("%w: time %.40q: write UTC whole seconds, %s", ErrMalformed, b, layout)
	}
	*t = Time(v.Unix())
	return nil
}

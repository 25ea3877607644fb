package did

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// TestHistoryContinues: a history that is sound by itself is refused by who has
// seen more of it, or something else.
func TestHistoryContinues(t *testing.T) {
	kept := func(c *chronicle) *History { return &c.h }
	full := func() *chronicle { return whole(t).rotate(RoleAgent, 32, 33, nil) }
	for name, c := range map[string]struct {
		earlier, now *History
		holds        bool
	}{
		"the same":                {kept(full().end(12, 21, false)), kept(full().end(12, 21, false)), true},
		"longer":                  {kept(newChronicle(t).end(10, 20, false)), kept(full().end(12, 21, false)), true},
		"ended since":             {kept(full().end(12, 21, false)), kept(full().end(12, 21, true)), true},
		"1 an agent's event less": {kept(full().end(12, 21, false)), kept(whole(t).end(12, 21, false)), false},
		"1 another organisation":  {kept(spoil(full(), func(h *History) { h.DID = FromKey(eventKey(t, 2).Public()) })), kept(full().end(12, 21, false)), false},
		"1 another file":          {kept(spoil(full(), func(h *History) { h.Schema = SchemaRotation })), kept(full().end(12, 21, false)), false},
		"2 another event":         {kept(full().end(12, 21, false)), kept(whole(t).rotate(RoleAgent, 32, 34, nil).end(12, 21, false)), false},
		"2 no record":             {kept(spoil(full(), func(h *History) { h.Events[5].Record = nil })), kept(full().end(12, 21, false)), false},
		"3 taken back":            {kept(full().end(12, 21, true)), kept(full().end(12, 21, false)), false},
		"3 another end": {kept(spoil(full().end(12, 21, true), func(h *History) { h.Deactivation = h.Events[0].Record })),
			kept(full().end(12, 21, true)), false},
	} {
		if _, err := c.now.Verify(eventAt + 50); err != nil {
			t.Fatalf("%s: not sound by itself: %v", name, err)
		}
		if err := c.now.Continues(wire.MustMarshal(c.earlier)); (err == nil) != c.holds || err != nil && !errors.Is(err, ErrHistory) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := kept(full().end(12, 21, false)).Continues([]byte(`{"schema":1}`)); !errors.Is(err, ErrHistory) {
		t.Error(err)
	}
}

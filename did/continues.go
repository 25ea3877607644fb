package did

import (
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// Continues checks that a verified history is the same or a later one than what
// its reader kept of the same organisation, earlier, so that nothing was cut off
// or told anew since. Who kept earlier verified it then; it need not be running
// now.
//
//	1 earlier is a history of the same organisation, of no more events
//	2 it has the same records, in the same places
//	3 its deactivation, if it has one, is this one's
func (h *History) Continues(earlier []byte) error {
	var old History
	if err := wire.UnmarshalCanonical(earlier, &old, wire.BundleLimits); err != nil { // 1
		return fmt.Errorf("%w: the earlier one: %w", ErrHistory, err)
	}
	if old.Schema != SchemaHistory || old.DID != h.DID { // 1
		return fmt.Errorf("%w: the earlier one is a %.60q of %.80q", ErrHistory, old.Schema, old.DID)
	}
	if len(old.Events) > len(h.Events) { // 1
		return fmt.Errorf("%w: it has %d events, and %d were seen", ErrHistory, len(h.Events), len(old.Events))
	}
	for i := range old.Events {
		if r := old.Events[i].Record; r == nil || r.ID() != h.Events[i].Record.ID() { // 2
			return fmt.Errorf("%w: event %d is another than was seen", ErrHistory, i+1)
		}
	}
	if old.Deactivation != nil && (h.Deactivation == nil || old.Deactivation.ID() != h.Deactivation.ID()) { // 3
		return fmt.Errorf("%w: the deactivation that was seen is not in it", ErrHistory)
	}
	return nil
}

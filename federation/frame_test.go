package federation

import (
	"errors"
	"strings"
	"testing"
)

// TestPeersWordsDriveNoTerminal: what a peer says of why it refuses is one line
// that can be shown, and is short.
func TestPeersWordsDriveNoTerminal(t *testing.T) {
	reason := "no\x1b[2J\r\nall is well \u202e" + strings.Repeat("é", maxReason)
	err := readAnswer(object(part{"status", text(statusError)}, part{"code", text("odd\x07")}, part{"reason", text(reason)}), new(callAnswer))
	var refused *PeerError
	if !errors.As(err, &refused) || refused.Code != "odd?" || !strings.HasPrefix(refused.Reason, "no?[2J??all is well ?é") || len(refused.Reason) > maxReason {
		t.Fatalf("%v, %d bytes", err, len(refused.Reason))
	}
}

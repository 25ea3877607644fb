package approval_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
)

func TestNothingIsEverApproved(t *testing.T) {
	verdict, err := approval.Decide(approval.Pending{ApprovalID: "a", Guard: "mcp-tool"})
	if verdict != kernel.Deny || !errors.Is(err, approval.ErrNoChannel) {
		t.Fatalf("got %s, %v", verdict, err)
	}
}

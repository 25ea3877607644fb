package node

import (
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
)

// TestDisputeProblems: what is refused about a call has a code that says why.
func TestDisputeProblems(t *testing.T) {
	for want, cause := range map[string]error{
		"CHIO-FED-OBJECTION":    federation.ErrObjection,
		"CHIO-FED-JOINED":       federation.ErrJoined,
		"CHIO-FED-DISPUTE":      federation.ErrDispute,
		"CHIO-FED-NO-CALL":      store.ErrNotFound,
		"CHIO-FED-UNKNOWN-PEER": federation.ErrUnknownPeer,
	} {
		var p *Problem
		if err := disputeProblem(fmt.Errorf("call: %w", cause)); !errors.As(err, &p) || p.Code != want || p.Hint == "" {
			t.Errorf("%v: %+v", cause, p)
		}
	}
	var p *Problem
	if err := disputeProblem(settlement.ErrConflict); !errors.As(err, &p) || p.Code != "CHIO-FED-JOINED" {
		t.Errorf("in a statement: %+v", p)
	}
}

// TestContestedIsShown: settle status tells what is disputed apart from what is
// accrued.
func TestContestedIsShown(t *testing.T) {
	rows := statusRows("did:chio:x", "payer", &settlement.Direction{Contested: map[string]uint64{"USD": 7}, Disputed: []string{"r"}})
	if len(rows) != 1 || rows[0].State != "disputed" || rows[0].Gross.Units != 7 || rows[0].Receipts != 1 {
		t.Fatalf("%+v", rows)
	}
}

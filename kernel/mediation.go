package kernel

import (
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// mediation is the state of one call as it passes through the steps. Each
// field is written by one step and read by later ones; all are nil or zero
// until then, and what is zero authorises nothing.
type mediation struct {
	m   *Mandate
	now int64

	intent     *Intent      // step 2
	intentHash *wire.Digest // step 2: SHA-256(JCS(intent))

	args     wire.Raw    // step 2: canonical arguments
	argsHash wire.Digest // step 2: SHA-256 of args
	route    Route       // step 2
	verified bool        // step 3: the chain verified
	leaf     *capability.Token
	nonce    *Nonce                  // step 5: set once the proof verified
	scope    []capability.GrantMatch // step 6: grants that match
	matches  []candidate             // step 7: those that can carry the price; step 9: and whose demands are met
	call     *Call                   // step 6
	session  *SessionView
	policy   *Policy
	evidence []Evidence
	consume  []any     // step 8: what Admit takes up
	observed bool      // step 8: a guard only observed
	boundBy  string    // step 8: the side that decided
	wanted   *Denial   // steps 8, 9: who wants approval, and why
	governed *governed // step 9
	awaiting *Awaiting // step 9: the call waits
	admitted bool      // step 10
	held     [][]candidate
	ticket   Ticket
	result   *Result // step 11
}

// noTime is before every token's validity.
const noTime = -1

func (k *Kernel) begin(m *Mandate) *mediation {
	own := Mandate{}
	if m != nil {
		own = *m // the kernel puts its own canonical arguments into its own copy
	}
	now, err := safely(func() (int64, error) { return k.cfg.Now(), nil })
	if err != nil {
		now = noTime
	}
	return &mediation{m: &own, now: now}
}

// step says how far the call got, for a panic's denial.
func (s *mediation) step() int {
	switch {
	case s.result != nil:
		return 12
	case s.admitted:
		return 11
	case s.policy != nil:
		return 8
	case s.call != nil:
		return 7
	case s.nonce != nil:
		return 6
	case s.verified:
		return 4
	case s.args != nil:
		return 3
	default:
		return 2
	}
}

// partialCall is the call as far as it is known, for a refusal.
func (s *mediation) partialCall() *Call {
	if s.call != nil {
		return s.call
	}
	return &Call{Mandate: s.m, Route: s.route, Now: s.now}
}

// ending is what steps 11 and 12 decided about an admitted call.
type ending struct {
	verdict     string // receipt verdict word
	denial      *Denial
	content     wire.Raw
	disposition Disposition
	cost        *wire.MonetaryAmount
}

const incompleteWord = receipt.Incomplete

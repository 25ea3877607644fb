package kernel

import (
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// Verdict is the three-valued outcome of one evaluation, ordered by
// strictness: Deny < PendingApproval < Allow. The zero value denies.
type Verdict uint8

// The verdicts.
const (
	Deny Verdict = iota
	PendingApproval
	Allow
)

func (v Verdict) String() string {
	switch v {
	case Allow:
		return "allow"
	case PendingApproval:
		return "pending_approval"
	default:
		return "deny"
	}
}

// Stricter returns the stricter of two verdicts.
func (v Verdict) Stricter(w Verdict) Verdict { return min(v, w) }

// Evidence is one guard's finding: a stable code and facts an auditor may read.
// Details never hold a secret, a prompt, or the value that matched.
type Evidence struct {
	Guard   string
	Verdict Verdict
	Code    Code
	Rule    string // dotted path of the policy rule that decided, if one did
	Details string // one line, no values of arguments beyond paths and hosts
}

// Decision is what a guard answers. Evidence is kept whatever the verdict.
type Decision struct {
	Verdict  Verdict
	Evidence []Evidence
	// Consume is what Admit must take up for the call to proceed: room in a
	// rate, a posture's budget. The kernel hands it to the admission's
	// participants untouched (Admittance.Consume); a denial consumes nothing.
	Consume []any
	// Observed says that a guard in observe mode did not allow, and that Verdict
	// is not its own. The receipt of such a call is an advisory evaluation.
	Observed bool
}

// Revalidator is a Guard that asks to judge again just before dispatch, where
// what it judged can change between decision and effect (a symbolic link).
// A guard that consumes must not implement it. Anything but Allow denies, and
// nothing was spent.
type Revalidator interface {
	Guard
	Revalidate(*Call) (Decision, error)
}

// Call is one mandate as guards see it: parsed, authorised and routed.
type Call struct {
	Mandate *Mandate
	Route   Route
	Grant   *capability.ToolGrant // the leaf grant that matched
	Now     int64                 // unix seconds
	Session *SessionView          // nil for a call without a session
}

// Guard judges one call before dispatch. It is a pure function of the call and
// of its own configuration; an error or a panic is a Deny.
type Guard interface {
	Name() string
	Evaluate(*Call) (Decision, error)
}

// OutputGuard judges what a tool returned before anybody sees it. It may
// replace the content; an error or a panic blocks it.
type OutputGuard interface {
	Name() string
	Inspect(*Call, wire.Raw) (OutputDecision, error)
}

// OutputDecision blocks (Verdict not Allow), or releases Content.
type OutputDecision struct {
	Verdict  Verdict
	Content  wire.Raw // nil: unchanged
	Evidence []Evidence
	Observed bool // as in Decision: a guard in observe mode would have blocked
}

// SidedGuard is one conjunct of a treaty: whose terms it enforces.
type SidedGuard struct {
	Side string // own_terms | peer_terms | treaty
	Guard
}

// Policy is everything that judges one call.
type Policy struct {
	LocalHash     wire.Digest
	PeerHash      *wire.Digest // the peer's attestation, for a cross-organisation call
	EffectiveHash *wire.Digest // the treaty direction's effective digest
	Local         Guard        // nil denies: no policy means deny
	Treaty        []SidedGuard // every conjunct is evaluated, the strictest wins
	Output        []OutputGuard
}

package policy

import "github.com/backbay-labs/chio-node/kernel"

// The evidence codes of what a policy enforces besides the eighteen guards.
const (
	CodePanic     kernel.Code = "CHIO-POLICY-PANIC"
	CodeOrigin    kernel.Code = "CHIO-POLICY-ORIGIN"
	CodePosture   kernel.Code = "CHIO-POLICY-POSTURE"
	CodeBudget    kernel.Code = "CHIO-POLICY-POSTURE-BUDGET"
	CodeApproval  kernel.Code = "CHIO-POLICY-APPROVAL"
	CodeAssurance kernel.Code = "CHIO-POLICY-ASSURANCE"
)

// The names of what a policy enforces besides the eighteen guards.
const (
	PanicName     = "panic"
	OriginsName   = "origins"
	PostureName   = "posture"
	ConditionName = "conditions"
	ApprovalName  = "human-in-loop"
	AssuranceName = "runtime-assurance"
)

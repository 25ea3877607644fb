package approval

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
)

// The codes of this package. All refuse; none of them is an outage.
const (
	CodePending               = kernel.CodeApprovalPending // the call waits
	CodeMismatch  kernel.Code = "CHIO-APPROVAL-MISMATCH"   // another call under the same id, or a token for another request
	CodeUnknown   kernel.Code = "CHIO-APPROVAL-UNKNOWN"    // no such request or batch
	CodeUntrusted kernel.Code = "CHIO-APPROVAL-UNTRUSTED"  // not a configured approver, or an agent
	CodeWindow    kernel.Code = "CHIO-APPROVAL-WINDOW"     // the token is not valid now
	CodeToken     kernel.Code = "CHIO-APPROVAL-TOKEN"      // the token is malformed or its signature does not verify
	CodeResolved  kernel.Code = "CHIO-APPROVAL-RESOLVED"   // the approver decided otherwise before, or the request ended
	CodeDenied    kernel.Code = "CHIO-APPROVAL-DENIED"     // an approver said no
	CodeExpired   kernel.Code = "CHIO-APPROVAL-EXPIRED"    // nobody approved in time, or the approval was not used in time
	CodeUsed      kernel.Code = "CHIO-APPROVAL-USED"       // the approval was used before
	CodeEnded     kernel.Code = "CHIO-APPROVAL-ENDED"      // the call was denied for another reason before
	CodeLapsed    kernel.Code = "CHIO-APPROVAL-LAPSED"     // what was enough to decide is no longer enough to admit
	CodeFull      kernel.Code = "CHIO-APPROVAL-FULL"       // too many requests or batches
	CodeBatch     kernel.Code = "CHIO-APPROVAL-BATCH"      // the batch approval is not acceptable
)

// guardName stands in receipts for this package.
const guardName = "approval"

func refuse(code kernel.Code, fix, format string, args ...any) *kernel.Denial {
	return &kernel.Denial{Step: 9, Code: code, Guard: guardName, Side: "local", Reason: fmt.Sprintf(format, args...), Fix: fix}
}

// The fixes that more than one place gives.
const (
	fixNewCall = "send the call again under a new call id: it will ask for a new approval"
	fixSign    = "sign the request that chio-node approve show prints, with the approver's own key"
)

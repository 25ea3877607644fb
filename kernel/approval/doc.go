// Package approval holds what a pending_approval decision waits for.
//
// The contract. A guard that answers PendingApproval ends the call with a
// receipt that is not terminal and takes no hold. A later approval never
// resumes that call in the middle: the agent sends it again and every step
// runs from the first.
//
// This build has no channel through which anybody could approve: Decide always
// returns ErrNoChannel, the kernel refuses mandates that carry approvals, and
// so nothing that is pending is ever approved.
package approval

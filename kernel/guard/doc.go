// Package guard runs guards: the fail-closed pipeline, and the extraction of
// what a call is about to do from its tool name, declared shape and arguments.
//
// The contract. A Pipeline runs its guards in registration order. The first
// Deny ends it; PendingApproval is sticky and does not, so that a later guard
// can still deny; an error, a panic, a nil guard, a verdict that does not
// exist, or no guard at all is a Deny. Evidence is kept whatever the verdict.
// Extract reads arguments once, for all guards of the pipeline, bounded by
// steps; arguments it cannot read deny.
//
// A tool's declared shape and the name heuristics say what a call mainly is.
// Neither decides what is guarded: a path, URL or command found anywhere in
// the arguments is in the Action whatever the tool is called.
//
// Non-goals: no rules (kernel/guards), no policy language (kernel/policy), no
// file system, no clock, no state between calls.
package guard

// Package reach counts the source lines that can run because of one call of
// kernel.Mediate: what has to be right for a decision to be right. The number
// is ratcheted by reach.txt: a change that raises or lowers it says so in the
// commit that changes the file.
//
// Counted are the functions of wire, store and kernel/... that Mediate may
// reach: what a reachable body names (a function that is only passed on may be
// called), the initial values of the package variables it names, and for a
// method of an interface every type of these packages that implements it (class
// hierarchy analysis). A line counts if part of a statement begins on it.
//
// Non-goals: what the caller of kernel.New passes in from above (edges,
// federation, settlement), the storage engine below store.Backend, what another
// goroutine does for it (the store's committer), methods that only reflection
// calls, and anything outside of this module.
package reach

// Package capability defines chio.capability.v1: what an agent may invoke,
// until when, at what cost, and who said so. It verifies tokens and delegation
// chains, decides whether one scope covers another, and matches calls to
// grants. Everything is a pure function of its arguments.
//
// Field names, preimages and rules follow the public upstream, so root tokens
// verify both ways; delegated chains are ours: every token of the chain is
// presented and checked hop by hop against its real parent.
//
// Non-goals: no issuance policy (kernel/authority), no budgets over time
// (kernel/budget), no revocation state, no clock.
package capability

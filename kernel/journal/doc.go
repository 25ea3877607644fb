// Package journal remembers which calls are under way. A call is begun in the
// transaction that admits it and ended in the one that records its receipt, so
// after a crash the open intents are exactly the calls that still owe one.
//
// The contract. A call id is accepted once: while its intent is open, and
// for a bounded time after it ended, beginning it again denies with
// CHIO-CALL-DUPLICATE. The bound must outlive a holder proof's freshness;
// after it the proof itself is stale.
//
//	i/open/<call id>   the intent
//	i/done/<call id>   how it ended, until expiry
//
// Non-goals: no arguments and no results (an intent outlives neither its call
// nor its secrets), no decision about what an open intent means, no clock.
package journal

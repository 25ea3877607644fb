// Package journal remembers calls: which are under way, durably, and what each
// session did, in memory.
//
// Intents. A call is begun in the transaction that admits it and ended in the
// one that records its receipt, so after a crash the open intents are exactly
// the calls that still owe one. A call id is accepted once: while its intent is
// open, and for a bounded time after it ended, beginning it again denies with
// CHIO-CALL-DUPLICATE. The bound must outlive a holder proof's freshness; after
// it the proof itself is stale.
//
//	i/open/<call id>   the intent
//	i/done/<call id>   how it ended, until expiry
//
// Sessions. Each session has a hash chain over its calls, which receipts carry
// (id, sequence, head), so that an auditor recomputes it with Verify. A session
// belongs to the key that its caller proved: SessionName. Memory is bounded:
// of a session the newest entries are kept while totals count all; of sessions
// the longest idle is dropped, a caller's own first. A dropped session is never
// silently new: it starts again with the entry Restarted, and so does, to be
// safe, every other session its caller starts later. Sessions do not survive
// the process.
//
// Non-goals: no arguments and no results (an intent outlives neither its call
// nor its secrets), no decision about what an open intent means, no clock.
package journal

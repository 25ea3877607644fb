// Package velocity limits how fast agents call and spend: the guards velocity
// and agent-velocity, and the durable buckets behind both.
//
// The contract. A guard denies what can never pass and says what the call
// would take; the taking happens in Buckets.Admit, inside the one transaction
// of step 10, for all limits of the call or for none. A bucket is exact: it
// counts in units of 1/window_seconds, refills by its limit every second, and
// loses no remainder. In any span of t seconds no more than
// floor(limit × burst) + limit × t / window_seconds passes, under any
// concurrency and restart. The time is that of the calls, and for one bucket it
// never goes back: a clock that does refills nothing. What was taken stays taken when
// the call fails later: a limit on rates is on attempts.
//
// Non-goals: sharing buckets between nodes, and smoothing.
package velocity

// Package store is the node's durable memory: an ordered key-value map with
// transactions, one committer, and proof at start-up that nothing below the
// last acknowledged write was lost or altered.
//
// The contract. Update runs its closure alone, in order, on its own overlay;
// when Update returns nil the writes are on disk. An error or a panic in one
// closure drops that closure's writes and nobody else's. Closures of one group
// share one backend transaction and one fsync. Because only the committer
// writes, there are no conflicts, no retries, and counters have no gaps.
//
// Non-goals: no time-to-live, no secondary indexes, no cross-process sharing.
package store

// Package store is the node's durable memory: an ordered key-value map with
// transactions, one committer, and proof at start-up that nothing below the
// last acknowledged write was lost or altered.
//
// The contract. Update runs its closure alone, in order, on its own overlay;
// when Update returns nil the writes are on disk. An error or a panic in one
// closure drops that closure's writes and nobody else's. Closures that queue
// while a group is being synced share the next backend transaction and its
// fsync. Because only the committer writes, there are no conflicts, no
// retries, and counters have no gaps. A closure must not call Update: it would
// wait for itself. A commit or head write that fails latches the store until
// it is opened again, because what is on disk is then unknown.
//
// The proof. Each transaction carries, in a row of the engine's own, how many
// transactions there were and a digest over all rows; after it the two-slot
// head file records the same, with what the receipt log and the ledger stood
// at, signed once a signer is set. Open hashes every row and accepts rows that
// equal the head, or that are exactly one transaction ahead of it, which is a
// crash between commit and head. Everything else is ErrCorrupt and says what
// differs. Reading the rows costs about a second per gigabyte.
//
// What the proof is not. The digest is a sum of row hashes, which is cheap to
// keep current and catches truncation, bit rot, lost rows and a rolled-back
// copy. It is no defence against somebody who can write the disk and compute:
// rows can be found that keep a sum, and rows and head can be rolled back
// together. Log and ledger have collision-resistant structures of their own,
// and witnesses hold our heads.
//
// Non-goals: no time-to-live, no secondary indexes, no cross-process sharing.
// Keys that begin with "!" belong to the engine and are invisible.
package store

// Package badger is the node's default store: rows in an embedded badger
// database, the engine's head file beside it.
//
//	DIR/HEAD   two-slot head file, one fdatasync per group
//	DIR/rows/  badger, every transaction synced
//
// The contract is store's. One process at a time: a second Open of the same
// directory is store.ErrInUse. Local file systems only; not NFS.
//
// What badger does not do, the engine does. Badger opens a truncated or
// bit-flipped log without an error and its iterators end early in silence, so
// Open hashes every row and compares with the head. Badger maps its log into
// memory, where writing to a full disk kills the process, so Apply refuses
// while less than Options.MinFreeBytes are free.
//
// Known limit: damage to a table's index or footer can make badger panic or
// fault in a goroutine of its own while opening; no caller can recover that,
// and the process dies before anything is served. Read it as store.ErrCorrupt
// and restore a backup. Block checksums are verified when a block is read and
// not when a table is opened, because the latter is how badger faults.
//
// Values stay below store.MaxValueBytes, so the value log is never used and
// needs no collection.
package badger

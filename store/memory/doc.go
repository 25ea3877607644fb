// Package memory is a store backend that lives and dies with the process: for
// tests, and for embedders whose node keeps nothing.
//
// The contract is store's, without durability: no head file, no fsync.
// Snapshots are free, because the tree under them never changes.
package memory

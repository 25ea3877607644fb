// Package log is the receipt log: one append-only RFC 6962 Merkle tree over
// every receipt of this node, kept in rows of the node's store under "r/".
//
// The contract. A leaf is the whole canonical receipt, signature included.
// Append works inside the caller's transaction, so a receipt enters the tree
// together with what it records or not at all, and only entries on disk are
// ever counted. Size, Root and both proofs answer for any size the tree has
// had. Nothing is kept in memory: the right edge of the tree is a row, so two
// closures of one commit group see each other's appends.
//
//	r/meta        the log id, random per home, independent of any key
//	r/head        size and right edge of the tree
//	r/l/<index>   leaf: the receipt
//	r/a/<index>   in place of an archived leaf: its hash and the receipt's id
//	r/s/<first>   an archive file: which receipts, where, its digest
//	r/id/<id>     receipt id to index
//	r/n/<l>/<i>   hash of the complete subtree i at level l ≥ 1
//	r/x/<block>   the index: cards of 32 receipts, newest block first
//
// The index is a function of the leaves, written with each append and checked
// by Verify; a log begun without one is indexed by BuildIndex. Archiving moves
// the oldest leaves to files and keeps their hashes, so no proof changes.
//
// Non-goals: no signing (SignHead hands over to kernel/receipt), no clock, no
// files (Archive is told what was written), no deletion.
package log

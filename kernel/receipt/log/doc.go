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
//	r/id/<id>     receipt id to index
//	r/n/<l>/<i>   hash of the complete subtree i at level l ≥ 1
//
// Non-goals: no signing (SignHead hands over to kernel/receipt), no clock, no
// deletion, no secondary index; filters are applied while scanning.
package log

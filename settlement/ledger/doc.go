// Package ledger is a double-entry ledger in the node's store. A posting is a
// set of entries that balance in every currency; it is written in the caller's
// transaction, so money and the fact that moves it become durable together.
//
// The contract. A posting's id is derived from its cause, so posting the same
// thing twice changes nothing and is reported as a replay, and the same id
// with other content is refused. Postings are numbered without gaps and each
// carries the digest of the one before. Balances are a cache: Verify rebuilds
// them, and everything else, from the postings.
//
//	l/e/<sequence>            posting, canonical JSON chio.ledger_posting.v1
//	l/i/<id>                  sequence of the posting with that id
//	l/b/<currency>/<account>  gross debits and credits of an account
//	l/t/<currency>            gross totals of all accounts, equal on both sides
//	l/n                       counter of postings
//
// Amounts are integer minor units up to 2^53-1. Non-goals: no currency
// conversion (a posting that converts balances each currency by itself, with
// the difference in fx_rounding), no holds (kernel/budget has those), no limit
// on what an account may owe, no signatures (the head file and statements
// carry them).
package ledger

// Package admit is the durable half of a mediated call: kernel.Admission over
// one store.DB. Every call takes exactly one path, and each step of it is one
// transaction:
//
//	Refuse   receipt + nonce
//	Admit    nonce + holds of tokens and budget tree + participants + open intent
//	Close    receipt + settled holds + participants + closed intent
//
// The contract. A transaction is durable whole or not at all. After Admit the
// open intent owes a receipt: Close pays it, or Recover does at the next start,
// as incomplete and with the holds retained. When a receipt that is owed cannot
// be recorded the admission latches: Ready fails and nothing more is admitted
// until the process starts again and recovers.
//
// Other packages join the transactions as Participants; node passes them in.
//
// Non-goals: no decision about a call beyond nonce, call id and budget; no
// dispatch; no signing; no clock of its own; no retry but the one that a full
// disk's ballast makes room for.
package admit

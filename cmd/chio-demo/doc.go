// Command chio-demo plays the whole of a federation on one machine: two
// organisations with a home, keys, store, peer-to-peer host and API each, a
// wrapped tool server, a treaty, calls that are allowed and refused, a
// revocation, a settlement on an in-process EVM chain, a restart, and offline
// verification of everything it leaves behind.
//
// The contract: every step checks what it claims, with values read from the
// nodes, the chain and the files, and says what it saw; the first step that
// fails ends the run with exit code 1. Each organisation is a node as
// chio-node runs it and is spoken to only through the operations of its API.
// The file server and the offline verifiers are this binary started again, as
// processes of their own.
//
// Non-goals: it proves nothing about another machine, and its chain, prices
// and organisations are worth nothing.
package main

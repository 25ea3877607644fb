// Package node composes chio-node: it opens a home, wires store, keys, kernel,
// federation, settlement and edges together, owns their lifecycles, and serves
// the operator's API on loopback and on a Unix socket.
//
// It is also the embeddable form: Open gives a kernel with its log and budgets
// and opens no listener; Start adds the network.
//
// Non-goals: no decision is taken here. What may happen is decided by
// kernel, federation and settlement; node only introduces them to each other.
package node

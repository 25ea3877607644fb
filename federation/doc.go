// Package federation is how two organisations come to trust each other as far
// as they agreed, and no further. Hello proves who is there. An attestation is
// one side's signed terms, written for that peer. A treaty is the stricter of
// the two, computed identically by both and signed by both. From then on
// TreatyFor gives the kernel the conjuncts that judge each call.
//
// The contract. Nothing here trusts a name in a message: the peer of a stream
// is the transport key the connection proved, and the Directory says whose it
// is. Hello agrees to nothing. A treaty is a pure function of two attestations
// and of the treaty before it; a side signs only what it has recomputed, and
// only what its operator or admission rule accepted. Newer terms of either side
// are enforced at once as one more conjunct, so tightening needs nobody and
// loosening needs both. An old treaty cannot come back: each names the one
// before it, also across a termination. Every step is on disk before the other
// side is told, and what was lost in between is collected at the next Connect.
//
// Joint artifacts hold no clock reading and no map order. All times are unix
// seconds from Config.Now; ClockSkewSeconds is how far two nodes may differ.
//
// Non-goals: no gossip, no discovery, no judging of reputation. Counting calls
// against max_calls_per_treaty, and credit against the treaty's money terms, is
// for whoever admits the call, in the same transaction.
package federation

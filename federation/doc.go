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
// An Exchange carries the calls. The origin's continuation is signed in the
// transaction of its holds and before the host hears of the call; the host's
// reply is stored in the transaction of its receipt, and is the same bytes
// whenever it is asked for, so a call id runs once. What an origin believes of
// a reply is what the host's receipt proves. Both file the pair, sign one
// statement about it, and accrue one obligation. Each kernel witnesses the
// other's log, storing a head before signing it; two heads of one size are
// evidence, and freeze the peer. Receipt bodies go to the parties they name.
//
// A log's heads are gossiped in its topic by its owner and by those who follow
// it. A head by gossip is a hint: a new one makes us ask the owner over a
// stream and compare, so that a log which shows two parties two histories meets
// somebody who is told of both. The proof then travels in the same topic, and
// who verifies it freezes the peer too.
//
// Joint artifacts hold no clock reading and no map order. All times are unix
// seconds from Config.Now; ClockSkewSeconds is how far two nodes may differ.
//
// Non-goals: no discovery, no judging of reputation, nobody who
// arbitrates an objection. Credit against the treaty's money terms is for
// whoever admits the call, in the same transaction. Rows of calls are kept.
package federation

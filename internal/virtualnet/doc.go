// Package virtualnet is a network inside one process: connections with a
// latency, counted, and cut when told so. Under testing/synctest its time is
// virtual, so that a thousand hosts live through minutes at the cost of their
// work alone.
//
// The contract. Bytes arrive complete, in order, once, one latency after they
// were written. Nothing is lost but with its connection. Dialling takes a
// round trip.
//
// Non-goals: no bandwidth, no loss of single packets, no congestion.
package virtualnet

// Package pyth verifies Pyth accumulator updates offline: signatures of a
// configured signer set over a Merkle root, and a proof of each price under it.
//
// Contract: nothing but formats is compiled in. Who may sign comes as Sets, and
// each is bound to an emitter, an index and a period. A payload is accepted
// byte for byte: every length is bounded, no byte is left over, and every
// signature it carries must be good, so that nothing in it is free to change.
//
// Layout, all big-endian: "PNAU", major 1, minor 0, an empty trailing header,
// type 0, u16 length and the VAA, u8 number of updates, each u16 length and
// message, u8 number and 20-byte nodes of its proof. The VAA: version 1, u32 set
// index, u8 number of signatures of 66 bytes (signer index, r‖s, v 0 or 1), body.
//
// Non-goals: fetching an update, and how old one may be (oracle).
package pyth

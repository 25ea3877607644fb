// Package redstone verifies RedStone data packages offline: each is signed by
// one node of a data service, and a price is the median of what a threshold of
// distinct configured signers say at one time.
//
// Contract: nothing but formats is compiled in. Packages come as a binary
// payload, as contracts take it, or as the JSON of a gateway, where a value is
// decimal text and never passes through a float. A payload is accepted whole or
// not at all: a package of somebody who is not configured, or a signer twice,
// refuses it.
//
// Layout of a binary payload, read from its end, all big-endian: the 9-byte
// marker, u24 length of metadata and the metadata, u16 number of packages; each
// package ends in its 65-byte signature r‖s‖v (v 27 or 28), before it u24 number
// of points, u32 size of a value and u48 time in ms, before those the points,
// each a feed id of 32 bytes (ASCII, padded with zeroes) and its value. What is
// signed is keccak256 of a package without its signature.
//
// Non-goals: fetching packages, and how old one may be (oracle).
package redstone

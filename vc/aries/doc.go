// Package aries holds no code that a node runs: its tests compare the gate of
// package vc with hyperledger/aries-framework-go, an implementation of VC Data
// Model 1.1 that others deploy.
//
// Contract: what we issue as Ed25519Signature2020 over VC 1.1 and as VC-JWT,
// aries accepts. A table lists what aries accepts and our gate refuses, each
// with our reason; a change that would make our gate as lenient fails here.
//
// Why aries is not in the path of verification: vc/ld hashes
// Ed25519Signature2020 and vc/jose opens VC-JWT, both over the bytes that
// arrived, while aries parses a document into its own model first and checks
// the proof of what is left. Running it between two runs of our gate would add
// a second parser and, as BenchmarkVerify measures, several times the cost; it
// accepts everything in the table that our gate refuses, so it would decide
// nothing.
//
// Non-goals: SD-JWT (aries has an older draft without vct), DID documents and
// keys, which are in did/resolver and did/keys.
package aries

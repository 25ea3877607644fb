// Package wire holds what every byte that leaves this node has in common:
// RFC 8785 canonical JSON with exact 64-bit integers, strict decoding under
// named limits, SHA-256 digests, Ed25519 keys, the signed envelope, money in
// integer minor units, and identifiers.
//
// The contract: a value has exactly one canonical form, that form is what is
// hashed and signed, and a document this package accepts re-encodes to the
// same bytes on every machine. Decoding never guesses: an unknown field, a
// duplicate key, a trailing byte, bytes that are not UTF-8, or a document over
// a limit is an error that says which.
//
// Non-goals: no clock (callers pass unix seconds), no I/O, no key storage, no
// knowledge of any artifact. The package imports the standard library and one
// module, go-json-experiment/json, which is the standard library's next JSON.
package wire

// Command chio-verify checks receipts, bundles, checkpoints, proofs and
// capabilities offline: it opens no connection and no store, and links nothing
// of the node but the three packages that define these formats.
//
// It answers with an exit code (0 ok, 1 cannot read, 2 usage, 4 unverifiable),
// a few lines for people or, with --json, one canonical JSON object. Whether a
// signer is known is an answer for a single receipt or capability, and a
// condition for everything that claims to be a log.
//
// Non-goals: no keys, no signing, no clock (--at gives the time), no fetching.
package main

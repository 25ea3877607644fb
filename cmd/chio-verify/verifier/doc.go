// Package verifier is the program chio-verify: Main takes a command line and
// answers with an exit code, so that other programs can check receipts,
// bundles, heads, proofs and capabilities exactly as chio-verify does.
//
// It links nothing of the node but the three packages that define these
// formats, and reads nothing but the files it is named and standard input.
//
// Non-goals: see command chio-verify.
package verifier

// Package contracts holds the Solidity sources of the payment channel, of the
// bond vault and of the development token, their checked-in build artifacts, and the table of
// what their operations cost.
//
// Contract: the artifacts are what contracts/build/compile.mjs makes of the
// sources, byte for byte; the bindings under contracts/bindings are what
// internal/bindgen makes of the artifacts. Tests hold both without node or a
// Solidity compiler.
//
// The sources please solhint's recommended rules (contracts/.solhint.json, run by
// internal/extra/run) but for these, which are off: names of functions, for
// DOMAIN_SEPARATOR is that of EIP-2612; strict inequalities, for a bound here is
// part of what it bounds; indexed events, for amounts are not searched for;
// += 1, which is what the reader expects; short strings, for types of EIP-712
// are as long as they are; the place of imports, which the build installs; and
// the tags of parameters, authors and results, whose names say what they are.
//
// Non-goals: talking to a chain (settlement/evm), running one
// (contracts/devnet).
package contracts

//go:generate go run ./internal/bindgen

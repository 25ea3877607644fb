// Package contracts holds the Solidity sources of the payment channel, of the
// bond vault and of the development token, their checked-in build artifacts, and the table of
// what their operations cost.
//
// Contract: the artifacts are what contracts/build/compile.mjs makes of the
// sources, byte for byte; the bindings under contracts/bindings are what
// internal/bindgen makes of the artifacts. Tests hold both without node or a
// Solidity compiler.
//
// Non-goals: talking to a chain (settlement/evm), running one
// (contracts/devnet).
package contracts

//go:generate go run ./internal/bindgen

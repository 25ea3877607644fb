// Package kernel is the trusted core: one function, Mediate, through which
// every tool call of every agent passes. It decides in fifteen numbered steps
// (see Mediate), fails closed at each, and its Outcome always carries a signed
// receipt.
//
// The contract. There is no (verdict, error) pair: an error, a panic, a nil or
// a missing policy anywhere is a Deny with a receipt. The zero Verdict is Deny.
// Nothing of a tool's result is in an Outcome before its receipt is on disk.
//
// Non-goals: no I/O, no clock (Config.Now), no goroutine, no logger, no policy
// language, no storage. What it needs it declares here as small interfaces;
// package node supplies them.
package kernel

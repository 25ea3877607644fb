// Package signed is the project's own price feed: observations signed by
// oracle operators as EIP-712 typed data with secp256k1 keys, so that contracts
// and people can check them as easily as a node.
//
// Contract: Sign and Verify cover every field of an observation and its pair;
// one observation has one valid signature per key (low s, v 27 or 28). The
// domain names neither chain nor contract: a price holds on every chain.
//
// Non-goals: deciding what the price is; sequence numbers, which the operator
// keeps.
package signed

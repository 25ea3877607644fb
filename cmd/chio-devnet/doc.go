// Command chio-devnet runs a development chain in one process: an EVM chain
// over loopback JSON-RPC with a USDC-like token and the payment channel
// contract deployed. It prints what a node's configuration needs and serves
// until it is interrupted. Nothing survives its end, and nothing on it has
// value.
package main

// Package devnet runs an Ethereum chain inside this process, with the payment
// channel contract and a USDC-like token deployed, for development commands and
// tests. It can serve JSON-RPC on loopback.
//
// Contract: fork rules are pinned to Osaka, so gas equals today's main network;
// contract addresses depend on nothing but the code, because the deployer is a
// fixed, publicly known key; blocks are made on Commit or on injected ticks.
//
// Non-goals: persistence, peers, and anything of value. A node never imports
// this package: it links the whole Ethereum client.
package devnet

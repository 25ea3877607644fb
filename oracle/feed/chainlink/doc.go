// Package chainlink reads aggregators of a chain (AggregatorV3: latestRoundData
// and decimals) and the uptime feed of a chain's sequencer.
//
// Contract: a reading is refused unless every field of the answer is in order.
// Who calls is injected and says which block it asks: all questions of one
// reading are of one block. Nothing here signs or waits.
//
// A reading is a second opinion on a price and never the price: no signature
// vouches for it, only the endpoint that answered, so it is no evidence and is
// part of no round.
//
// Non-goals: choosing addresses (configuration); deciding what a difference
// means (oracle.Guard); proofs of a chain's state.
package chainlink

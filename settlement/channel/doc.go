// Package channel is the settlement rail over payment channels on an EVM chain:
// settlement.Rail on top of settlement/evm.
//
// The contract is that of settlement.Rail; everything durable is in
// settlement/evm's outbox. Non-goals: no state of its own, no closing of
// channels.
package channel

// Package trade lets two organisations trade for an hour of simulated time, on
// two chains, while everything goes wrong that can, and then compares every
// book with every other to the unit. It has nothing but a test, which plays a
// few minutes unless it is asked for more:
//
//	go test ./internal/trade -v -minutes 60
//	go test ./internal/trade -v -minutes 60 -seed 7 -keep
//
// Both organisations are real chio-node processes over badger and libp2p, their
// agents call each other's priced tools through both kernels, prices come from
// rounds that both sign, and money moves through the channel contract on two
// development chains. The treaty names the first chain until half time; then the
// two agree on the second, and what was owed on the first is still paid there.
//
// A minute of simulated time is some calls, a new price, and settle run at both.
// In between, all by one seed that is printed: nodes are killed with kill -9, at
// any moment or at one of the named points around a payment; the chains are
// reorganised up to a dozen blocks deep; the RPC endpoint stalls; the price
// moves, and once USDC loses its peg for a few minutes: then nothing is sold until
// both operators have said that it is back.
//
// At the end everything is healed and settled, and audit_test.go has what must hold.
//
// The nodes are the test's binary under another name: their clock is the
// machine's and an offset in a file, and a failpoint may end them.
package trade

// Package oracle turns signed price observations of several operators into one
// price and converts amounts with it.
//
// Contract: a round is a pure aggregate of observations; its id is the SHA-256
// of its canonical form. Verify trusts nothing but the operators it is given
// and accepts a round only if enough distinct ones signed, none is stale or
// from the future, and they agree within a bound. Convert is exact rational
// arithmetic with a named rounding rule, and Evidence lets anybody repeat it
// offline. There is no clock, no network and no key in this package: time is an
// argument and signature checking is injected (oracle/feed/signed).
//
// Non-goals: fetching prices; remembering that a pair diverged or lost its peg
// (who latches a pair keeps that next to its configuration); ordering the
// sequence numbers of an operator across rounds.
package oracle

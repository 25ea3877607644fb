// Package budget counts what was spent: under each grant of each token, under
// each token as a whole, and under each node of the operator's budget tree.
// It counts calls, and money in integer minor units.
//
// The contract. Hold reserves one invocation and the worst-case charge
// everywhere a call counts before it runs, or nowhere; Settle ends all of it
// exactly once: commit what it really cost, release it, or retain it because
// the effect is unknown. Both run inside the caller's transaction and both are
// idempotent by call id. At every moment and for every account and currency
//
//	reserved = committed + released + retained + outstanding
//
// and outstanding + committed + retained never exceeds the cap, nor the calls
// theirs. The guarantee is single_node_atomic: one store, one committer.
//
// A node of the tree counts in a window: a UTC day, a UTC month, any
// window_seconds (exact to the second), or for ever. A hold counts in the
// window it was made in, whenever it is settled. A clock that goes back frees
// no room, and a node whose rule changed keeps what it counted.
//
//	b/g/<issuer>/<grant>/<id>       account of one grant
//	b/f/<issuer>/<id>               calls under one token, for its aggregate budget
//	b/h/<call id>                   the holds of one call
//	b/n/<node>                      account and window of one node of the tree
//	b/w/<node>/<epoch>/<second>     what a rolling window holds of one second
//
// Non-goals: no expiry of holds by time (an unknown effect stays spent), no
// conversion (the caller brings amounts in the currencies asked for), no
// budgets shared between nodes of an organisation, no clock.
package budget

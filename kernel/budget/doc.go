// Package budget counts what was spent under each grant of each token: calls,
// and money in integer minor units.
//
// The contract. Hold reserves one invocation and the worst-case charge before
// a call runs; Settle ends the hold exactly once: commit what it really cost,
// release it, or retain it because the effect is unknown. Both run inside the
// caller's transaction and both are idempotent by call id. At every moment and
// for every grant and currency
//
//	reserved = committed + released + retained + outstanding
//
// and outstanding + committed + retained never exceeds max_total_cost, nor
// invocations max_invocations. The guarantee is single_node_atomic: one store,
// one committer.
//
//	b/g/<issuer>/<grant>/<id>   account of one grant
//	b/h/<call id>               the holds of one call
//
// Non-goals: no expiry of holds by time (an unknown effect stays spent), no
// currency conversion, no budgets shared between nodes, no clock.
package budget

// Package reputation computes what signed receipts say of an agent's conduct:
// eight metrics, and one composite once there is enough history to speak of
// one. It also defines the signed summary by which an organisation tells it to
// others, and how little such a summary counts elsewhere.
//
// The contract: Scorecard is a pure function in integers. It reads each source
// once, in any order, and the same receipts give the same bytes, whoever asks
// and in whatever order they come. Only receipts count that verify under
// kernels the caller's trust set names for the log they stand in, that record a
// decision, and that the agent is proven to have asked for. Unknown is not a
// number: a metric without evidence drops out and the weights of the others are
// scaled up, and below the minimum history there are metrics and no composite.
//
// Scores are parts per million. Weights of age are fixed-point numbers with 32
// binary places, see Decay; sums of them are exact, and the one rounding of a
// metric is down, to the ppm.
//
// Non-goals: no clock, no network, no storage. Nothing is decided here: a
// verifier's policy says which composite is enough. A score says how an agent
// behaved under the guards of those who signed, not that it is safe.
package reputation

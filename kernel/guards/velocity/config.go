package velocity

// Config configures velocity and agent-velocity. A limit that is nil is not
// set; zero permits nothing. Units: calls, and minor units of SpendCurrency.
type Config struct {
	MaxInvocations *int64 // per window and grant of a token
	MaxSpend       *int64 // per window and grant of a token
	SpendCurrency  string // "" is USD
	MaxPerAgent    *int64 // calls per window and agent
	MaxPerSession  *int64 // calls per window and session; without a session, per agent and token
	WindowSeconds  int64  // ≥ 1
	BurstMicros    int64  // burst factor in millionths, ≥ 1000000: capacity is limit × burst, rounded down
	Rule           string // dotted path; "" is rules.velocity
}

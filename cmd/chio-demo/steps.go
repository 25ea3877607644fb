package main

import "context"

// step is one thing the demo does and checks. run adds what it saw to the
// detail, also when it then fails.
type step struct {
	name  string
	story string
	run   func(context.Context, *world, *detail) error
}

// steps is the whole story, in order.
func steps() []step {
	return []step{
		{"init", "both organisations make a home, and their nodes come up", stepInit},
		{"passport", "Acme gives its agent a passport", stepPassport},
		{"wrap", "Globex puts its kernel in front of a real MCP server", stepWrap},
		{"federate", "both sign one treaty over the stricter of their terms", stepFederate},
		{"call-allowed", "Acme's agent reads a file at Globex; both kernels decide and sign", stepCallAllowed},
		{"call-denied-peer", "Globex's terms refuse, already at Acme", stepCallDeniedPeer},
		{"call-denied-local", "Acme's own policy refuses", stepCallDeniedLocal},
		{"budget", "a budget is spent to the last cent and not beyond", stepBudget},
		{"witness", "each holds the other's log head and the receipts it is named in", stepWitness},
		{"revoke", "Acme revokes the passport; Globex refuses the agent", stepRevoke},
		{"settle", "what Acme owes is stated, vouchered and redeemed, once", stepSettle},
		{"restart", "both nodes stop and come back from disk", stepRestart},
		{"verify", "a third party verifies every file offline", stepVerify},
		{"tamper", "one changed byte in any file is refused", stepTamper},
	}
}

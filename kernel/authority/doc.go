// Package authority is the durable side of who may do what: the capabilities
// this node issued, attenuated or was given, who gets one for a passport, the
// agents it knows, the nonces it has seen, what was revoked, here and by treaty
// peers, and what an operator stopped.
//
// The contract. Everything is written inside the caller's transaction; what is
// answered from memory (nonce counts, the revocation set, the stops) advances
// only after the commit and is rebuilt from rows at start. A nonce that could
// still be fresh is never evicted: a full table denies. Revocation epochs are
// numbered without gaps and chained by digest, so that a peer notices what it
// missed; a peer may revoke only what it issued. An issuance rule gives no more
// than its scope, once for each agent and period. A stop bites at once: on the
// next step of a call under way, and through Watch on one already dispatched.
//
//	a/cap/<id>                      capabilities issued or attenuated here
//	a/got/<issuer>/<id>             capabilities given to this node
//	a/agent/<name>, a/agentkey/<k>  agents
//	a/share/<rule>/<agent key>      what an issuance rule gave an agent, and when
//	a/stop/<kind>/<target>          stops in force
//	a/own/…                         our revocation epochs and their state
//	a/rev/<did>/<epoch>             a peer's epochs; a/revstate/<did> its state
//	a/rx/<kind>/<issuer>/<id>       everything revoked or suspended, by anybody
//	a/eq/<did>                      evidence that a peer signed two histories
//	n/<agent key>/<nonce>           seen nonces and when they expire
//
// Non-goals: no private key is kept here, no verification of passports (the
// node does that before it asks), no network, no clock.
package authority

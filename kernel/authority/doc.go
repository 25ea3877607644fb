// Package authority is the durable side of who may do what: the capabilities
// this node issued, attenuated or was given, the agents it knows, the nonces
// it has seen, and what was revoked, here and by treaty peers.
//
// The contract. Everything is written inside the caller's transaction; what is
// answered from memory (nonce counts, the revocation set) advances only after
// the commit and is rebuilt from rows at start. A nonce that could still be
// fresh is never evicted: a full table denies. Revocation epochs are numbered
// without gaps and chained by digest, so that a peer notices what it missed; a
// peer may revoke only what it issued.
//
//	a/cap/<id>                      capabilities issued or attenuated here
//	a/got/<issuer>/<id>             capabilities given to this node
//	a/agent/<name>, a/agentkey/<k>  agents
//	a/own/…                         our revocation epochs and their state
//	a/rev/<did>/<epoch>             a peer's epochs; a/revstate/<did> its state
//	a/rx/<kind>/<issuer>/<id>       everything revoked, by anybody
//	a/eq/<did>                      evidence that a peer signed two histories
//	n/<agent key>/<nonce>           seen nonces and when they expire
//
// Non-goals: no private key is kept here, no verification of passports (the
// node injects that where it issues), no network, no clock.
package authority

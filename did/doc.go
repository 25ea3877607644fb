// Package did holds the self-certifying identity of an organisation or agent:
// did:chio is the Ed25519 key itself, so no registry stands between a name and
// its key.
//
// Contract: every conversion (did:chio, did:key, multibase, libp2p peer id,
// key) is a pure function; every text has exactly one accepted spelling; Parse
// and the From functions are the only doors. A Document is derived from its
// DID and adds only services and aliases. A Binding is how every other key of
// an organisation is tied to its DID: signed by the organisation key,
// countersigned by the bound key, for one role and at most thirty days. A Key
// is a public key of any kind that foreign parties sign with; it is checked
// when it is made, and its multikey, did:key and JWK have one spelling each. A
// Rotation replaces a bound key; all rotations of an organisation are one chain
// of events, which a History verifies and a Deactivation ends.
//
// Non-goals: resolution over a network (did/resolver), custody of private keys
// (did/keys), other DID methods, secp256k1 arithmetic (the caller passes a
// wire.Scheme to envelopes of ours; Key verifies the signatures of JOSE).
package did

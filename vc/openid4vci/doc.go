// Package openid4vci issues agents' passports to wallets of others, by OpenID
// for Verifiable Credential Issuance 1.0 with the pre-authorized code grant.
//
// The operator makes an offer of one passport; whoever brings its code, once,
// is given an access token; whoever brings the token with a proof that it holds
// a key is given the passport about that key, in each of the forms that were
// offered. All forms are one passport: one id, one key, one status, so that
// what is done to the passport is done to all of them.
//
// At rest there is no code, no transaction code and no token, only digests.
// Every step is one transaction, so that a code counts once across restarts
// and among concurrent requests. Nonces cost no row until they are used.
//
// The package does not decide what a passport says nor who is offered one: that
// is the function Issue of its configuration. It has no authorization code
// grant, no deferred and no batch issuance, no encryption of its own, no DPoP
// and no attestation of wallets or keys.
package openid4vci

// Package oidc runs a login at an organisation's OpenID Connect provider and
// turns what the provider said into a few normalised facts: where an agent's
// passport says that an enterprise vouched, this is how it did.
//
// Contract: Start hands out a URL, or for a device a code, and keeps what only
// this process may know (state, nonce, PKCE verifier, device code) in memory.
// Redeem exchanges the answer for an ID token at the provider itself, verifies
// that token (the numbered rules at verify) and returns a Login; nothing that
// the caller brings is taken for the provider's word. A Login counts once:
// Spend writes a row, so it belongs into the transaction of whatever rests on
// it. No token, code or secret leaves the package, in errors neither.
//
// Non-goals: sessions, refresh, logout, the userinfo endpoint, distributed
// claims, registering clients. It opens no listener, and reaches the network
// through the transport it is given.
package oidc

// Package idp is an OpenID Connect provider for tests: it logs everybody in,
// holds the client to PKCE, its redirect and its secret, and lies on demand.
//
// Non-goals: being used for anything else. It knows one client and one person.
package idp

// Package keys keeps an organisation's private keys.
//
// Contract: one random master key of 32 bytes opens everything. It rests in
// the home, either sealed under a passphrase (master.age) or plain in a file
// only its owner can read (master.key); it never travels on a command line or
// in a log. The organisation key lives in the aries LocalKMS over the node's
// store and is used only through a wire.Signer. The keys of the other roles
// are seeds sealed row by row, bound to their row's name. A wrong passphrase,
// a loose file permission or an altered row is a named error, never a new key.
//
// The kernel, transport and agent keys can be replaced: each overwrites the seed
// and keeps the signed record of the change for ever, in one transaction. These
// records are one chain, which a deactivation of the organisation ends.
//
// Non-goals: what a key may sign (did.Role and the callers), the rules of
// bindings and rotation records (did), hardware modules. Aries types do not leave this
// package.
package keys

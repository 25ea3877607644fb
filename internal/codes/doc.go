// Package codes checks the stable error codes CHIO-… of the whole module
// against their one table, docs/errors.md: every code is documented, produced
// by some code outside tests, and provoked by some test that names it; and the
// table has no code that nothing produces.
//
// Non-goals: it reads source and does not run it. That a test names a code is
// necessary for it to be provoked, not sufficient; reviewers look at the rest.
package codes

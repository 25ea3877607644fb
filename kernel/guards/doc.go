// Package guards holds the built-in guards, one file each, and the catalogue
// that names all eighteen in the order in which a policy runs them.
//
// The contract. A guard is built from a Config that is checked once; judging
// is a pure function of the request, bounded by steps, without I/O except the
// injected Resolver, and safe for concurrent use. Where two readings of a rule
// are possible the stricter one holds: deny lists match in every spelling of a
// path (any case, symbolic links followed, Windows forms, percent-decoded),
// allow lists and exceptions only in the exact one.
//
// Non-goals: no policy language (kernel/policy), no extraction
// (kernel/guard), no rates or budgets, which are consumed at admission.
package guards

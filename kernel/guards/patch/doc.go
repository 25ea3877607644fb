// Package patch is the patch-integrity guard: how much a patch adds and
// removes, whether the two are in balance, and what its added lines say.
//
// A patch is parsed, never searched: a unified or git diff, a bare list of
// hunks, or the "*** Begin Patch" form that coding agents write. Every line of
// the text must belong to what was parsed; a text that another tool could read
// as a different patch is denied, as are binary patches, whose lines cannot be
// counted.
//
// Non-goals: the guard does not know the files, so a hunk is taken at its
// word. The size of a file that the agents' form deletes by name is unknown,
// and denied unless deletions have no limit.
package patch

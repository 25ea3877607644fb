// Package code is the code-execution guard: which languages may run, which
// modules they may load, whether they may reach the network, for how long, and
// how much of it there may be.
//
// Source is split into tokens of its language, so that comments and strings do
// not count and spellings do not matter; then imports in every form, shell-outs
// and the ways around an import list (computed imports, eval of computed text,
// reaching modules through objects) are looked for.
//
// This is a heuristic and its evidence says so: a program can compute what it
// loads in ways no list names. It keeps honest code inside a policy and makes
// evasion visible; it is no sandbox, and the tool must be one.
package code

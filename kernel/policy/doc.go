// Package policy implements the policy language HushSpec (0.1.x): it parses,
// validates, merges, resolves and compiles documents, and compares the
// portable sections that two organisations attest to each other.
//
// The contract. Parsing is strict: an unknown key at any depth, a duplicate
// key, a second document, a wrong type or an invalid pattern is reported with
// file, line, column and dotted path, all problems of a file at once; Validate
// runs the same checks on a document built in Go. What a build cannot enforce
// is refused by Compile, never ignored. What a policy decides is what its
// compiled guards decide: there is no second evaluator. No policy, and a
// policy without a rule in force, deny.
//
// A Section is the portable part of a policy, sent to a peer in a signed
// attestation. Effective terms are the conjunction of two sections and caps:
// enforcement compiles and evaluates each of them. Meet and Conjunction are
// the merged view for people and for property tests, never an input.
//
// Loading never fetches: a remote base is pinned by the hash of its bytes and
// Vendor, given a fetcher, keeps a copy beside the policy. Narrower is a proof
// by inspection, sound and incomplete: false means not proved. A detached
// signature covers one file's bytes, not what the file extends.
//
// Non-goals: no network, no clock, no counting over time: max_calls_per_treaty
// is enforced at admission.
package policy

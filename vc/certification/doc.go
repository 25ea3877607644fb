// Package certification keeps signed conformance results of tool servers, and
// what has been said of them since.
//
// Contract. A certification (chio.certification.v1) is a certifier's signed
// statement that a server with exactly this tool manifest passed a named suite,
// with the digest of the full report. It never changes. What happens to it is a
// chain of signed records (chio.certification_record.v1), one chain for each
// registry that lists it: published, revoked, superseded, disputed and how each
// dispute ended. Records are only added; Fold replays a chain by one table, and
// no chain makes a revoked certification hold again. A bundle
// (chio.certification_bundle.v1) is a certification, its report, its chain and
// the registry's signed head, and is verified offline. That it holds is for its
// certifier's own registry to say, or one the caller names; another's chain
// comes with the certifier's beside it, and the worse of both counts.
//
// Listing is not trust: every answer says apart whether the artifacts are
// intact, whether the caller trusts the certifier, and what state the
// certification is in. Only all three together hold.
//
// Non-goals: running a conformance suite (edge/mcp/conformance), judging the
// evidence behind a dispute, bonds. A manifest is what a server says of its own
// tools: it tells which interface was certified, and only the digest of an
// artifact tells which program.
package certification

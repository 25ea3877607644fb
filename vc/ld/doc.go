// Package ld is the JSON-LD side of credentials: the vocabulary check, RDF
// canonicalization (RDFC-1.0) and the cryptosuites that sign RDF.
//
// Contract: a document is expanded with the contexts this package embeds and
// with the contexts written into the document, and with nothing else; an
// unknown context is an error, never a request. Whatever the conversion to RDF
// would lose (terms that no context defines, null, base direction, relative
// references, numbers that other processors read differently) is refused,
// because what is lost is not signed. Work is bounded by counts, so a document
// gets the same answer on every machine. A Processor is safe for concurrent
// use and keeps parsed contexts, a bounded number of them.
//
// What RDF does not know is not signed by the suites here: the order and the
// repetition of values in arrays, an empty array, the case of language tags.
// eddsa-jcs-2022 signs all of that.
//
// Non-goals: compaction, framing, fetching, other hash functions, JSON-LD
// features that credentials do not use (@reverse, @nest, @included, @index,
// @graph in documents, @import, @base).
package ld

// Package secrets finds credentials: in what a call sends (secret-leak) and in
// what a tool returns (the output sanitizer).
//
// The contract. A detector has an id, the words that announce it, a matcher
// written for it, and a filter against placeholders. One pass of an
// Aho–Corasick automaton over the bytes finds the words; matchers run only
// around them, so clean text costs a few nanoseconds a byte. There is no limit
// on how much is read: padding hides nothing. Bytes need not be UTF-8. Base64
// and hexadecimal that decode to text are read too, one level deep. Findings
// name a detector, an offset and a length, and never hold a character of what
// was found.
//
// Non-goals: encryption, compression, more than one level of wrapping, or a
// secret cut into pieces that nobody joins. Whether a credential is live is
// not asked.
package secrets

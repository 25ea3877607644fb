// Package resolver turns DIDs into documents and DID URLs into what they name:
// did:chio and did:key, which are their own keys and need nobody, and did:web,
// which is fetched over https.
//
// Contract: the answers carry the metadata and the error names of DID Core 1.0
// §7 and DID Resolution. A document is read by one strict parser; a
// verification method is returned only if the document of the DID in front of
// it defines it, controls it, and lists it for the purpose. Nothing touches
// the network unless Config.Web is set, and then only public addresses, each
// resolved once, over TLS, without redirects, within a size and a time.
// Documents are shared between callers: read them, never change them.
//
// The methods are registered in an aries VDR registry, so that what aries
// verifies inside this project sees the same keys; no type of aries is in the
// interface.
//
// Non-goals: creating or updating documents anywhere, JSON-LD (contexts are
// compared, never fetched), versions of documents, the HTTP binding (vc/http).
package resolver

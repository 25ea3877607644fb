// Package vc signs and verifies W3C Verifiable Credentials and presentations
// of version 2.0 and 1.1, and the status lists that revoke them.
//
// Contract: a credential is signed and verified over its raw JSON with Data
// Integrity proofs, so every member, of the proofs too, is covered; the native
// cryptosuite is eddsa-jcs-2022. VerifyCredential is the only gate for a
// credential and VerifyPresentation for a presentation, whatever secures them.
// The gate answers three questions apart (is it whole, is its issuer trusted,
// does it hold now), and an answer it cannot give is a no. Status is a Bitstring
// Status List signed by the same issuer, or by a delegate the verifier names;
// every entry of a credential is judged. Nothing here fetches: lists, keys of
// other DID methods, related resources and contexts are asked of what the
// verifier brings, and without it are refused.
//
// Proof sets: every proof must verify, and one of them must be the issuer's; a
// single bad proof makes the credential worthless. Proof chains: a proof that
// follows others signs the document with those proofs attached.
//
// A verifier without a Vocabulary does not read JSON-LD. It accepts only what
// the data model itself defines, with eddsa-jcs-2022, where every byte of
// meaning is signed as it stands; the subject is for its Profile to judge.
//
// What RDF signs is what names mean, not how they are written. With a suite of
// vc/ld, members at the top and in issuers are safe from being renamed
// (checkTerm, checkAliases); inside a subject a Profile must itself insist on
// the context and the names it knows, or on Plain.
//
// Stricter than the specifications: a proof's @context must equal the
// document's, where eddsa-jcs-2022 lets the document add to it; proofs have no
// further members; identifiers are ASCII; a proof that is bound to a domain or
// challenge is refused by a verifier that is not asked about it.
//
// Non-goals: JSON-LD (vc/ld), formats of envelopes, DID resolution, remembering
// challenges. Passports are in vc/passport, the lists an organisation keeps in
// vc/status.
package vc

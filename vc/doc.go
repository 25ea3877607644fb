// Package vc signs and verifies W3C Verifiable Credentials 2.0 and the status
// lists that revoke them.
//
// Contract: a credential is signed and verified over its raw JSON with the
// Data Integrity cryptosuite eddsa-jcs-2022, so every member, of the proof
// too, is covered. VerifyCredential is the only gate; it answers three
// questions apart (is it whole, is its issuer trusted, does it hold now), and
// an answer it cannot give is a no. Status is a Bitstring Status List signed
// by the same issuer, or by a delegate the verifier names; every entry of a
// credential is judged. Nothing here fetches: lists are handed in.
//
// Accepted: JSON in UTF-8, one proof, did:chio and did:key issuers, times in
// UTC whole seconds. Refused by name rather than ignored: proof sets and
// chains, members of a credential or proof that nobody here would look at,
// issuer objects.
//
// Non-goals: JSON-LD processing, other proof formats, presentations, network
// resolution. Passports are in vc/passport, the lists an organisation keeps in
// vc/status.
package vc

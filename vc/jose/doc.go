// Package jose opens and makes credentials and presentations secured as JSON
// Web Tokens: vc+jwt and vp+jwt of VC-JOSE-COSE, whose payload is a credential
// or presentation of VC 2.0, and the vc and vp claims of VC Data Model 1.1
// §6.3.1 (VC-JWT).
//
// Contract: a token is one envelope of package vc and passes its one gate; Open
// is the Gate.Envelope of a verifier, and by itself says nothing about trust.
// What Open hands on is only what was signed: a registered claim either equals
// the member of the credential that means the same, or stands for a member that
// is not there, or the token is refused. The algorithm follows from the kind of
// the key and never from the header; the key comes from the issuer's document
// under the name in kid, and never from the header.
//
// SD-JWT VC (dc+sd-jwt) is no credential of the W3C data model, so it has a
// gate of its own, VerifySD, with the same three answers. Its holder is always
// bound: a credential without cnf, or a presentation without a key binding, is
// refused.
//
// Stricter than the specifications: vc+jwt and vp+jwt need their typ; a header
// parameter or claim that is not understood refuses the token; exp and nbf are
// the validity of the credential, not one of the signature alone; dates are
// whole seconds.
//
// Non-goals: encryption, JSON serializations of JWS, HMAC, RSA, certificates,
// fetching keys.
package jose

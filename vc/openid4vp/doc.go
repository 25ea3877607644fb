// Package openid4vp is a verifier of OpenID for Verifiable Presentations 1.0:
// it asks wallets of other makers for credentials and judges what they show.
//
// Contract: a request is made by the operator under a policy that names whom to
// trust, and lives in a row. The wallet fetches it as a signed request object
// and posts its answer encrypted to a key that was made for this request alone
// (response mode direct_post.jwt). An answer that proves nothing, because it
// does not decrypt, has another state, nonce or audience, or does not verify,
// leaves the request open, up to 16 times; one that is its holder's ends it,
// whatever the verdict, in one transaction, and the key is erased in the same.
// Credentials pass the gates of packages vc and vc/jose and then the policy; the
// result keeps the claims that were asked for and no other.
//
// The query is a subset of DCQL: formats dc+sd-jwt, jwt_vc_json and ldp_vc,
// claims by paths of member names, values, credential_sets. What the subset
// does not know is refused when the request is made.
//
// Stricter than the specification: a response is encrypted, each credential
// query is answered with one presentation of one credential whose subject is
// its holder, the state is returned, an SD-JWT discloses nothing that its query
// did not ask for, and claim values are enforced here and not only hinted at.
//
// Non-goals: redirects, the Digital Credentials API, mdoc, presentations
// without holder binding, transaction data, encrypted request objects, fetching
// anything.
package openid4vp

// Package vchttp serves credentials over HTTP as the W3C VC-API does, and DIDs
// by the HTTP binding of DID Resolution.
//
//	POST /credentials/issue        {credential, options?}             201 the secured credential, bare
//	POST /credentials/verify       {verifiableCredential, options?}   200, or 400
//	POST /credentials/status       {credentialId, credentialStatus}   200
//	POST /presentations            {presentation, options?}           201 {verifiablePresentation}
//	POST /presentations/verify     {verifiablePresentation, options?} 200, or 400
//	GET  /status/{n}               a status list credential
//	GET  /1.0/identifiers/{did}    a DID document, or the resolution result
//
// The first five also exist below /<cryptosuite>/, for each suite there is.
//
// Contract: every answer to a POST is JSON. What is wrong with a request, and
// what does not verify, is a 4xx with {errors, problemDetails}; 5xx says that
// the service failed and nothing else. Nothing is signed that the gate of
// package vc would not accept. Issuing, presenting and changing a status need
// the token, if there is one; the rest is open. Every request is counted
// against limits per client and over all.
//
// Non-goals: listeners, TLS and timeouts (who composes the server), which
// issuers are trusted (the Gate that is handed in), OAuth2 and zcaps.
package vchttp

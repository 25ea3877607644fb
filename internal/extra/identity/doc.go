// Command identity makes and judges the credentials and presentations of the
// interoperability suite: those of ours, those a foreign implementation has
// issued, and of each a copy for every member that is changed, missing or added.
// The foreign implementations then judge the same documents (peers/verify.mjs).
//
// It fails if the gate of package vc refuses a whole document or accepts any
// other, but for what a suite over RDF does not sign, which is listed here.
//
// usage: go run ./internal/extra/identity [-theirs FILE] -out FILE
package main

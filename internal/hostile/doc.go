// Package hostile is the shared table of hostile inputs and the tests that run
// it against every decoder of foreign bytes that this module exports.
//
// Malformed lists documents that no decoder of a signed or strict artifact may
// accept. Bent takes a document that a decoder does accept and breaks it in
// every structural way: each result must be refused. Changed puts hostile
// values in the place of each member: a decoder may take some of them, and must
// not panic, hang, or accept what is not JSON.
//
// It is test support: no product package imports it. Decoders that a package
// keeps to itself have fuzz targets beside them; a test here says which
// packages owe one.
package hostile

// Package status keeps the Bitstring Status Lists that an organisation signs:
// it allots bits, sets them, and gives each list freshly signed.
//
// Contract: everything happens in the caller's transaction; a bit is allotted
// once; a damaged list is an error and is never signed over; a list is never
// signed with an earlier time than the one it replaces.
//
// Non-goals: judging a list (package vc), what a bit is about (vc/passport),
// publishing lists over a network.
package status

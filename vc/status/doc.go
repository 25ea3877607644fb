// Package status keeps the Bitstring Status Lists that an organisation signs:
// it allots entries, changes what they say, and gives each list signed.
//
// Contract: everything happens in the caller's transaction, so an entry and
// the record it is about change together. An entry is allotted once, at a
// random place of its list, so that its number tells neither when it was
// issued nor how many there are. Revocation and refresh are never taken back.
// Changing an entry rewrites one kilobyte and marks its list; the list is
// signed when it is next asked for, or by Flush. A signed list older than its
// entries is never handed out, and none is signed with an earlier time than
// the one it replaces. Damaged rows are an error and are never signed over.
//
// Lists of earlier versions, which kept their bits in the signed document
// only, are taken over the first time they are needed.
//
// Non-goals: judging a list (package vc), what an entry is about
// (vc/passport), publishing lists over a network.
package status

// Package receipt defines chio.receipt.v1, the signed record of one decision,
// and everything a third party needs to check receipts offline: inclusion and
// consistency proofs of the RFC 6962 log, C2SP checkpoints and witness
// cosignatures, bundles, and the trust set against which all of it is judged.
//
// Every verification takes a trust set and answers integrity, signer trust and
// authorization separately. A key inside a receipt proves nothing by itself.
//
// Non-goals: no storage (kernel/receipt/log), no clock, no network.
package receipt

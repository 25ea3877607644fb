// Package offline says whether a file that a node wrote is what it claims to
// be, without a network, a store or a key: passports, treaties, statements,
// vouchers, price evidence, receipts, receipt bundles, capabilities, key
// rotation records, reputation summaries and certifications. ReplayBundles takes
// recorded decisions again under a policy.
//
// Contract: File recognises an artifact by its schema and answers apart whether
// it is whole (Integrity), whether the caller's trust set names its signers
// (SignerTrusted) and what its issuer has said of it since (Status). Every byte
// of a file is covered: one that is not its own canonical form is refused. A
// signer nobody named is an answer and not a failure, except where a file
// claims to be a log.
//
// Non-goals: fetching what is missing, judging heads and proofs of logs
// (chio-verify), deciding whether a price was fresh enough when it was used.
package offline

// Package passport issues, keeps and verifies agent passports: credentials by
// which an organisation vouches for the key of an agent.
//
// Contract: a passport is a VC 2.0 credential with one fixed context and
// exactly the members of Passport; Verify and VerifyFile are its gates and add
// its profile to the rules of vc.VerifyCredential; a passport without a status
// entry does not exist. Registry keeps what an organisation has issued, and
// rows, bit and signature change in one transaction.
//
// Non-goals: other credentials, the network, and deciding what a passport is
// good for (kernel/authority).
package passport

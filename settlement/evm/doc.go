// Package evm is the settlement rail on one EVM chain: payment channels of
// contracts/src/ChioChannel.sol in a USDC-like token.
//
// Contract:
//
//   - A voucher is cumulative and names the statement it pays; redeeming one
//     twice pays zero. VerifyVoucher needs no network.
//
//   - A transaction is identified by the key of what it is for, never by its
//     nonce. Its signed bytes are on disk before any provider sees them, and a
//     restart sends the same bytes. Asking again for something that was sent
//     resumes it.
//
//   - A transaction is mined in a block named by hash; if that block leaves the
//     chain the transaction is pending again and is sent again. Only finality
//     ends that.
//
//   - A transaction that no block takes is replaced under its nonce by one that
//     pays more, within the configured maximum. Every variant is on disk before
//     it is sent, and all of them are looked up until one is final.
//
//   - Dial refuses a chain, token or contract other than the configured ones, and
//     a key that somebody else also uses.
//
//   - A reorganisation below what counted as final, or deeper than what is
//     remembered, halts everything that sends until Resume.
//
//   - Transactions go to every endpoint, questions to the first that answers; above
//     a configured amount two must say the same.
//
// One Chain owns its key on its chain: do not open two on one key. It starts no
// goroutine: the caller calls Track from its own loop.
//
// Non-goals: deciding what is owed (settlement), contract wallets as payers.
package evm

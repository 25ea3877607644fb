// Package x402 pays and is paid over HTTP by version 2 of the x402 protocol,
// scheme "exact" on EVM chains: an answer 402 says what a resource costs, the
// client repeats its request with a signed EIP-3009 transfer, the server has it
// made on the chain and answers. By scheme "batch-settlement" it is paid, too: the
// client has a deposit in a contract, and repeats its request with a voucher.
//
// Contract:
//
//   - Objects travel as base64 JSON in headers of at most MaxHeader characters.
//     Members this package does not know are ignored, as the protocol wants;
//     those it knows have one form each.
//
//   - A payment is checked against what we ask for, never against what the
//     client says was asked for. Checking spends nothing; only the chain does.
//
//   - A seller executes a payment's call at most once and releases its result
//     when the transfer is in a block. A call that is denied costs nothing; one
//     whose transfer fails keeps its result.
//
//   - A buyer signs at most one transfer per call, of at most the order's
//     maximum, and its bytes are on disk before they leave. Until the chain says
//     otherwise, what was signed counts as spent.
//
//   - A sale or purchase is in the ledger once its transfer is final, by one
//     posting whose id is its row's: Continue puts it there.
//
//   - A voucher pays for one call. Its charge is written with the result, and only
//     while the contract holds, deep enough, all that is unclaimed. What was claimed
//     and sent is in the ledger once it is final, for all channels together.
//
// Rows:
//
//	x/s/<network>/<asset>/<payer>/<nonce>    sales
//	x/so/<network>/<asset>/<payer>/<nonce>   of these, what is not over
//	x/v/<network>/<contract>/<asset>/<channel>        channels that pay us
//	x/vo/<network>/<contract>/<asset>/<channel>       of these, what is not claimed and booked
//	x/vs/<network>/<contract>/<asset>/<channel>/<n>   sales from them
//	x/vb/<network>/<contract>/<asset>/<receiver>      what is booked of what was sent to us
//	x/vw/<network>/<contract>/<asset>/<receiver>/<n>  each booking
//	x/b/<hash of call>                       purchases
//	x/bo/<hash of call>                      of these, what is not over
//
// The node serves HTTP and calls Seller and BatchSeller, and holds a budget and calls Buyer
// (node/x402sell.go, node/x402buy.go); an embedder may do the same.
//
// Non-goals: contract wallets (ERC-1271), Permit2, paying by batch-settlement,
// other schemes, facilitators of others, version 1 of the protocol.
package x402

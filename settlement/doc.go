// Package settlement turns joint receipts into money: an obligation per priced
// cross-organisation call, one statement per direction that both kernels sign,
// one cumulative voucher per statement, and its redemption on a rail.
//
// The contract. An obligation follows from the payee's receipt alone, so both
// sides hold the same one; its id makes accruing it twice a no-op. A statement
// is a pure function of obligations and price rounds, so both sides compute the
// same bytes, and the payee signs only what it has computed itself. A voucher
// names its statement and is cumulative: neither a repeated statement nor a
// replayed voucher can pay again. Every step is on disk before its effect
// leaves the node, and Run continues whatever step a crash interrupted, with
// the same bytes. Each movement is a balanced posting in the same transaction
// as the fact that causes it.
//
//	s/o/<obligation>                     what is owed
//	s/u/<side>/<peer>/<time>/<receipt>   obligations in no statement yet
//	s/x/<side>/<peer>/<currency>         what no voucher covers yet
//	s/h/<call>                           holds of calls under way, host side
//	s/c/<side>/<peer>/<channel>          state of a channel
//	s/s/<channel>/<sequence>             statements, with their vouchers
//	s/q/<channel>/<sequence>/<root>/<n>  ids of the receipts that a statement is
//	                                     over and does not list
//	s/n/<side>/<peer>                    how often obligations were contested, put
//	                                     back or given up
//	s/i/<statement>                      where a statement is
//	s/f/<channel>/<sequence>             deposits
//	s/r/<round>                          price rounds that statements use
//	s/d/<side>/<peer>/<receipt>          receipts the two sides disagree on, or
//	                                     to which the payer objects
//
// Sides are seen from this node: out is what we pay, in is what we are paid.
//
// What moves between the two nodes goes through Counterparty, what moves on a
// chain through Rail, what was agreed comes from Treaties. Conversion posts
// each currency through fx_rounding, which is the ledger's clearing account
// between currencies.
//
// Non-goals: closing channels, netting of the two directions, holding money for
// others. A receipt that only one side has is paid once both have it; how it
// gets there is federation's part.
package settlement

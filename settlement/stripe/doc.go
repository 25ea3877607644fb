// Package stripe lets Stripe bill what statements owe: usage is reported as
// meter events, and what Stripe says of invoices, refunds and disputes is booked.
//
// Contract:
//
//   - A statement is one meter event: its identifier is the statement's id, its
//     value the net in the currency's minor units. The row that says so is on disk
//     before the request (settlement), so a report is repeated, never doubled:
//     Stripe refuses an identifier that it has, and that refusal is an answer.
//
//   - An answer that is not surely a refusal leaves the report open. A refusal is
//     settlement.ErrUnpaid and counts nothing.
//
//   - An event counts only with a signature of the endpoint's secret over the bytes
//     that came, at most Tolerance away from now. It is on disk before it is
//     acknowledged, and is booked after that, at most once, in whatever order events
//     arrive: a refund waits for its invoice.
//
//   - Keys and secrets are read when they are used, and stand in no error or log.
//
// Events that are read: invoice.paid (captured), invoice_payment.paid (which
// payment paid which invoice), charge.refunded (refund), refund.failed and
// charge.refund.updated with status failed (captured again),
// charge.dispute.funds_withdrawn (reversal where a bank returned a debit,
// chargeback otherwise) and charge.dispute.funds_reinstated (captured again).
// Everything else is acknowledged and ignored, and so are customers who are
// nobody's peer. Objects are read in the forms before and after version
// 2025-03-31.
//
// Rows:
//
//	z/e/<event>          what Stripe said, and what became of it
//	z/q/<time>/<event>   those that are not booked
//	z/l/<payment>        the invoice that a charge or payment intent paid
//	z/c/<invoice>        its customer
//
// Non-goals: creating customers, meters, prices, subscriptions or invoices;
// Stripe Connect; the meter events of version 2; asking Stripe for anything.
package stripe

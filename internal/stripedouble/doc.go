// Package stripedouble plays Stripe on loopback: the endpoint that takes meter
// events, and the events of invoices, refunds and disputes, in the shapes that
// its public reference records. Tests and scripts talk to it as to the real one.
//
// Non-goals: making invoices of what was counted; any other part of the API.
package stripedouble

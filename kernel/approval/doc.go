// Package approval puts a person, or several, between a call and its effect.
//
// The contract. A guard that answers PendingApproval, or a grant that demands
// it, makes the kernel ask here. The ask binds one exact call (agent, tool,
// arguments by hash, capability, policy, amount), and what an approver signs is
// the ask's digest, so a change of any of it needs another approval. A request
// becomes durable in the transaction of its pending_approval receipt. It ends
// in exactly one terminal receipt: that of the call that used it, of an
// approver's denial, of its expiry, or of the denial that a repetition of the
// call ran into for any other reason.
//
// An approval never resumes a call in the middle. The caller sends the same
// call id again with a new proof, every step runs from the first, and the
// approval is used up inside Admit: once, within its window, judged again
// there. Approvers are keys that the operator configured; an agent's key never
// counts, and neither does one key twice.
//
// A batch approval is an approver's vote given in advance, for a bounded
// number of calls or amount. Its use is counted inside Admit.
//
//	p/req/<approval id>               the request, its votes and its end
//	p/call/<call id>                  the approval id
//	p/agent/<agent>/<call>/<id>       open requests of one agent: the call id
//	p/due/<unix seconds>/<id>         when the sweeper must look
//	p/tell/<id>                       the notification is still owed
//	p/count                           open requests in all
//	p/batch/<agent>/<batch id>        a batch, what of it is used, whether revoked
//	p/batchid/<batch id>              its agent
//	p/batches                         batches in all
//
// Bounds: MaxPending open requests, MaxPendingPerAgent of one agent, MaxBatches
// batches. What is full denies; nothing is evicted.
//
// Non-goals: no channel (node notifies and serves), no clock, no keys but
// public ones, no decision about who should be asked.
package approval

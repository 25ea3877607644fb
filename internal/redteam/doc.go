// Package redteam holds tests in which everything but the node is hostile: an
// agent that is fully owned, and a tool server that lies.
//
// The owned agent has its key, its capabilities, other agents' public keys,
// their chains and the bytes of calls they made, the address of the API and the
// paths of socket, store and keys. It is not believed; what counts is what the
// tool servers were really asked to do, what the disk looks like afterwards and
// what the log says:
//
//	effects   ⊆ what the grants allow
//	budgets   never exceeded, whoever races for them
//	receipts  exactly one for every answer that was given, all verifying
//
// The test binary stands in for the tool servers: TestMain looks at how it was
// called.
package redteam

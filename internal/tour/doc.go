// Package tour holds tests that run chio-node the way its users do: as
// processes of their own, in homes of their own, by their command line.
//
// The test binary stands in for every program: TestMain looks at the name it
// was called by and becomes chio-node, chio-verify or the example file server.
// The chain runs in the test process and is reached over loopback JSON-RPC.
//
//	tour      the two organisations of the README, step by step
//	bad input what an operator mistypes, and what crashes around a node
//	crash     kill -9 at the named places of the commit protocols
//
// It is no place for what one process can show: those tests live beside the
// package they test.
package tour

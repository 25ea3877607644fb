// Package storetest is the contract of store.DB as a test suite. Every backend
// runs it, so that what the node relies on is asked of each of them.
package storetest

// Command mutate shows that the tests of the invariants can fail. Each file of
// list/ names one invariant, or one area of the code, and small changes of the
// product that break it; the program gives each change to the compiler through
// go test -overlay, so that the tree is never touched, and expects a test of
// that invariant or area to fail.
//
//	go run ./internal/mutate            every mutation
//	go run ./internal/mutate -only I3   those of one list
//	go run ./internal/mutate -name TEXT those whose name holds a text
//	go run ./internal/mutate -part 3/12 the invariants', and a twelfth of the rest
//	go run ./internal/mutate -check     old texts only: seconds, no tests
//
// Tests that draw their inputs may miss a mutation by chance, so a survivor is
// run again, five times in all; the line says by which run it died.
//
// It exits 1 if a mutation survives, does not compile, or has an old text that
// is not in its file exactly once, or if a test fails without a mutation.
//
// Non-goals: it makes up no mutations, and says nothing of code that no listed
// mutation touches.
package main

// Command embedded runs the kernel inside a Go program: a Go function is a tool,
// a call to it is mediated in this process, and the receipt is printed. It opens
// no listener and dials nobody.
//
//	go run ./examples/embedded HOME > receipt.json
//
// The kernel's key is printed to standard error; with it anyone verifies the
// receipt: chio-verify receipt receipt.json --kernel-root KEY.
package main

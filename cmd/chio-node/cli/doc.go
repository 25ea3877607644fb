// Package cli is the command line of chio-node: thin verbs over the operations
// of package node. A verb asks the node that is up in the home, over its Unix
// socket, or opens the home itself when none is; both run the same code.
//
// Messages are lower-case, end without a full stop, and go to standard error
// with a "hint:" line for the next step; answers go to standard output, as one
// JSON object with --json.
package cli

// Package conformance runs a fixed suite of checks against a Model Context
// Protocol server and writes what it saw as a conformance report.
//
// Contract. Every check runs against the real server over JSON-RPC frames, each
// group in a session of its own, so that a server that one check upsets does
// not fail the others. A server that does not answer in time, closes its side
// or sends what is no frame fails the check at hand. The suite and its levels
// are a table whose digest stands in the report. The manifest in the report is
// what mcp.Upstream pins when the same server is served.
//
// Non-goals: no tool of the server is called, because calls have effects; what
// a tool does, and whether it is safe, is not looked at. No HTTP.
package conformance

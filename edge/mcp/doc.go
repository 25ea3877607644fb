// Package mcp is the Model Context Protocol edge, revision 2025-11-25 over
// stdio: tool calls of a client go in as kernel mandates, and come back as the
// server's result or a refusal, each with its receipt.
//
// The contract. Mediation happens on JSON-RPC frames. Every frame is decoded
// strictly before anything of it is used; what does not decode is answered with
// a JSON-RPC error and counted, not receipted, because it never entered. The
// method table is closed (see Edge): tools/call is mediated, a few session
// methods pass, everything else is refused with a receipt. What is sent to the
// server as a tool's arguments is the canonical form that was hashed, and no
// other member of the request travels. A tool that appears or changes after
// the list was pinned stays denied until the operator accepts it. When the
// server ends, calls in flight have an unknown effect and later calls were
// certainly not dispatched; the errors say which (kernel.ErrNotDispatched).
//
// Edge serves one client, Upstream is the session with the tool server and may
// be shared by several callers, Process is the child that runs the server with
// a scrubbed environment in its own process group, and where the kernel has
// Landlock without access to the folders that are hidden from it. Landlock
// judges files: connecting to a Unix socket by its path, the network, and a
// second mount of a hidden folder are outside of it.
//
// Non-goals: no policy (the injected Caller decides), no restart of a server
// that ended, no confinement of what the child does on the network, no HTTP.
// Resources, prompts, completion, sampling, elicitation, tasks and batches are
// refused.
package mcp

// Command fileserver is a small MCP server over stdio that serves one
// directory: fileserver DIR. It is an ordinary tool server, with no knowledge
// of what mediates its calls.
package main

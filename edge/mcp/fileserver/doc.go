// Package fileserver serves one directory as MCP tools over stdio, built on
// the official Go SDK.
//
// The contract: read_file, list_directory, write_file and delete_file take a
// path relative to the directory, or an absolute path inside it, and cannot
// leave it, not by "..", not by a symbolic link: every access goes through
// os.Root. Names and parameters of the first three are those of the reference
// server for file systems, so policies written for one fit the other. A
// failure of a tool is a result with isError.
//
// Non-goals: no authorization, no locking between callers, text files only.
package fileserver

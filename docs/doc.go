// Package docs makes the pages that programs show available to them: the table
// of error codes has one source, docs/errors.md. It holds no other code.
package docs

package conformance

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/vc/certification"
	"github.com/backbay-labs/chio-node/wire"
)

// What the report says was run. A change of a check, its level or its meaning
// is a new version.
const (
	SuiteName    = "chio-mcp-server"
	SuiteVersion = "1"
)

// Criteria is what passing means.
var Criteria = certification.Named{Name: "mcp-server-" + mcp.ProtocolVersion, Version: "1"}

// errSkip: what the check looks at does not exist in this server.
var errSkip = errors.New("does not apply")

// check is one row of the suite. run returns why it failed, or errSkip.
type check struct {
	id    string
	level certification.Level
	title string
	run   func(context.Context, *runner) error
}

// suite is run in this order: later checks use what earlier ones saw.
var suite = []check{
	{"initialize.result", certification.Required, "initialize answers a version, capabilities and the server's name and version", initializeResult},
	{"initialize.version", certification.Required, "a version the server cannot know is not agreed to", initializeVersion},
	{"tools.list", certification.Required, "every page of tools/list is well-formed, and the pages end", toolsList},
	{"tools.unique", certification.Required, "no two tools have one name", toolsUnique},
	{"tools.schemas", certification.Required, "every input and output schema is a JSON Schema of an object", toolsSchemas},
	{"tools.unknown", certification.Required, "calling a tool that does not exist is an error", toolsUnknown},
	{"tools.malformed", certification.Required, "a call with malformed parameters is an error, and the session goes on", toolsMalformed},
	{"method.unknown", certification.Recommended, "an unknown method is answered with error -32601", methodUnknown},
	{"ping", certification.Recommended, "ping is answered with an empty result", ping},
	{"tools.cursor", certification.Recommended, "a cursor the server never gave is an error", toolsCursor},
	{"tools.stable", certification.Recommended, "another session lists the same tools", toolsStable},
	{"tools.described", certification.Recommended, "every tool has a description", toolsDescribed},
	{"tools.annotations", certification.Recommended, "annotations that are present are of their type", toolsAnnotations},
}

// SuiteDigest is SHA-256 of the canonical table of the suite: name, version,
// and of each check its id, level and title.
func SuiteDigest() (wire.Digest, error) {
	type row struct {
		ID    string              `json:"id"`
		Level certification.Level `json:"level"`
		Title string              `json:"title"`
	}
	rows := make([]row, len(suite))
	for i, c := range suite {
		rows[i] = row{c.id, c.level, c.title}
	}
	return wire.DigestOf(struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		Checks  []row  `json:"checks"`
	}{SuiteName, SuiteVersion, rows})
}

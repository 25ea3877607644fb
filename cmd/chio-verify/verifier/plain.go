package verifier

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// canonical writes the canonical form of standard input, without a newline.
func canonical(e *env) (*answer, error) {
	doc, err := readAll(e.stdin, "standard input")
	if err != nil {
		return nil, err
	}
	out, err := wire.Canonicalize(doc, wire.Limits{Bytes: wire.BundleLimits.Bytes, Depth: wire.ForeignLimits.Depth})
	if err != nil {
		return refused(receipt.CodeFormat, err.Error()), nil
	}
	return &answer{raw: out}, nil
}

// versionObject names the program and the formats it knows.
type versionObject struct {
	Version string   `json:"version"`
	Go      string   `json:"go"`
	Formats []string `json:"formats"`
}

func version(*env) (*answer, error) {
	v := versionObject{Version: "(devel)", Go: runtime.Version(), Formats: []string{
		capability.Schema, receipt.Schema, receipt.BundleSchema, receipt.TrustSchema,
		receipt.ConsistencySchema, receipt.EquivocationSchema,
	}}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	return &answer{object: v, last: fmt.Sprintf("chio-verify %s (%s)", v.Version, v.Go)}, nil
}

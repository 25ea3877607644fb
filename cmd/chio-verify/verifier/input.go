package verifier

import (
	"fmt"
	"io"
	"os"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// read returns one input file, bounded by the largest thing we verify.
func (e *env) read(name string) ([]byte, error) {
	if name == "-" {
		return readAll(e.stdin, "standard input")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, name)
}

func readAll(r io.Reader, name string) ([]byte, error) {
	limit := wire.BundleLimits.Bytes
	doc, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(doc) > limit {
		return nil, fmt.Errorf("read %s: larger than %d bytes", name, limit)
	}
	return doc, nil
}

// trustSet reads --trust or builds a set from --kernel-root and --agent-key.
// nil means that the caller named nobody.
func (e *env) trustSet() (*receipt.TrustSet, error) {
	o := &e.opt
	switch {
	case o.trust != "" && (o.kernelRoot != "" || o.agentKey != ""):
		return nil, fmt.Errorf("%w: give --trust, or --kernel-root and --agent-key, not both", errUsage)
	case o.trust != "":
		doc, err := e.read(o.trust)
		if err != nil {
			return nil, err
		}
		return receipt.ParseTrustSet(doc)
	case o.kernelRoot == "" && o.agentKey != "":
		return nil, fmt.Errorf("%w: --agent-key needs --kernel-root", errUsage)
	case o.kernelRoot == "":
		return nil, nil
	}
	root, err := wire.ParsePublicKey(o.kernelRoot)
	if err != nil {
		return nil, fmt.Errorf("%w: --kernel-root: %w", errUsage, err)
	}
	if o.agentKey == "" {
		return receipt.TrustKernel(root), nil
	}
	agent, err := wire.ParsePublicKey(o.agentKey)
	if err != nil {
		return nil, fmt.Errorf("%w: --agent-key: %w", errUsage, err)
	}
	return receipt.TrustKernel(root, agent), nil
}

// needTrust is trustSet for verbs that mean nothing without one.
func (e *env) needTrust() (*receipt.TrustSet, error) {
	if e.opt.trust == "" {
		return nil, fmt.Errorf("%w: --trust FILE is required", errUsage)
	}
	return e.trustSet()
}

// trusted reads what most verbs judge: the first file, and whom to trust for it.
func (e *env) trusted() (*receipt.TrustSet, []byte, error) {
	trust, err := e.needTrust()
	if err != nil {
		return nil, nil, err
	}
	doc, err := e.read(e.files[0])
	return trust, doc, err
}

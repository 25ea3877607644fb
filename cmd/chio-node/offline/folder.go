package offline

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// LoadPolicy reads and compiles a policy file, or builtin:<name>, as a node does.
func LoadPolicy(path string) (*policy.Compiled, error) {
	name, dir := path, "."
	if !strings.HasPrefix(path, "builtin:") {
		name, dir = filepath.Base(path), filepath.Dir(path)
	}
	files := os.DirFS(dir)
	doc, err := policy.Load(name, files)
	if err != nil {
		return nil, err
	}
	return policy.Compile(doc, policy.CompileOptions{ReadFile: func(name string) ([]byte, error) {
		return fs.ReadFile(files, filepath.ToSlash(filepath.Clean(name)))
	}})
}

// BundleFile is a bundle to replay and what to call it.
type BundleFile struct {
	Name string
	Doc  []byte
}

// Folder is what of an export or archive folder can be replayed: its receipt
// bundles by name, the trust set trust.json, and proofs that connect bundles to
// the final checkpoints of retired keys.
type Folder struct {
	Bundles []BundleFile
	Trust   []byte
	Proofs  [][]byte
}

// ReadFolder reads the JSON files of a folder and keeps those it can use.
func ReadFolder(dir string, read func(path string) ([]byte, error)) (f Folder, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return f, err
	}
	slices.Sort(names)
	for _, name := range names {
		doc, err := read(name)
		if err != nil {
			return f, err
		}
		switch schema := wire.SchemaOf(doc, wire.BundleLimits); {
		case schema == receipt.BundleSchema:
			f.Bundles = append(f.Bundles, BundleFile{name, doc})
		case schema == receipt.ConsistencySchema:
			f.Proofs = append(f.Proofs, doc)
		case schema == receipt.TrustSchema && filepath.Base(name) == "trust.json":
			f.Trust = doc
		}
	}
	return f, nil
}

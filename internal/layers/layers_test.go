package layers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/backbay-labs/chio-node"

// order is the layering. A package may import packages of rows above its own
// only. "*" is deep; a package named in a row belongs to that row, not to a
// "*"; packages under the same "*" entry may import each other.
const order = `
wire · docs
store · did · oracle · kernel/capability
store/* · kernel/receipt
kernel
kernel/guard · kernel/budget · kernel/approval · kernel/journal · kernel/authority · kernel/receipt/log · did/* · oracle/* · settlement/ledger · contracts
kernel/guards · vc · credit · contracts/* · p2p
kernel/guards/* · vc/* · credit/*
kernel/policy · kernel/admit · settlement
settlement/*
federation · edge/*
node
cmd/* · sdk/go · examples/* · internal/*
`

// heavy names each dependency that may appear under one folder only, and why.
var heavy = []struct{ prefix, folder, reason string }{
	{"github.com/go-json-experiment/json", "wire", "one encoder decides what is signed"},
	{"github.com/dgraph-io/badger", "store/badger", "storage is behind store.DB"},
	{"github.com/hyperledger/aries-framework-go", "did/", "aries is fenced: its parsers accept what our gate refuses"},
	{"filippo.io/edwards25519", "did", "one place decides which keys are keys"},
	{"github.com/decred/dcrd", "did", "one place decides which keys are keys"},
	{"github.com/libp2p", "p2p", "the network is behind p2p's streams"},
	{"github.com/multiformats/go-multiaddr", "p2p", "the network is behind p2p's streams"},
	{"github.com/spf13/cobra", "cmd/", "the command line is the outermost layer"},
	{"rsc.io/qr", "cmd/chio-node", "pictures are for people at a command line"},
	{"mvdan.cc/sh", "kernel/guards/shell", "one parser decides what a command line does"},
	{"github.com/bluekeyes/go-gitdiff", "kernel/guards/patch", "one parser decides what a diff changes"},
	{"golang.org/x/net/idna", "kernel/guards/network", "one canonical form of a host"},
	{"github.com/go-jose/go-jose/v4", "vc/openid4vp", "it decrypts responses of wallets; signed tokens are taken apart in vc/jose, by us"},
	{"github.com/coreos/go-oidc", "vc/oidc", "what an identity provider says is judged in one place"},
	{"golang.org/x/oauth2", "vc/oidc", "what an identity provider says is judged in one place"},
	{"github.com/santhosh-tekuri/jsonschema", "vc/schema", "schemas are behind one checker that never fetches and knows what they cost"},
	{"github.com/piprate/json-gold", "vc/ld", "JSON-LD is behind one strict processor that never fetches"},
	{"go.yaml.in/yaml", "", "see yamlFolders"},
}

// yamlFolders may parse YAML: what humans write.
var yamlFolders = []string{"kernel/policy", "federation", "node", "cmd/"}

// ethereumFolders may import go-ethereum.
var ethereumFolders = []string{"contracts", "settlement/evm", "oracle/feed/", "cmd/chio-devnet", "cmd/chio-demo", "internal/shop"}

// coreImports: what package kernel may import of ours.
var coreImports = map[string][]string{
	"wire":              {},
	"kernel/capability": {"wire"},
	"kernel/receipt":    {"wire", "kernel/capability"},
	"kernel":            {"wire", "kernel/capability", "kernel/receipt"},
}

// coreForbidden are standard packages the trusted core must not reach for.
var coreForbidden = []string{"net", "os", "log", "log/slog", "math/rand", "os/exec", "syscall", "unsafe"}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImportOrder(t *testing.T) {
	rank, err := parseOrder(order)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		from, ok := rank.of(name)
		if !ok {
			t.Errorf("%s is in no row of the order", name)
			continue
		}
		for _, imp := range p.Imports {
			dep, ours := strings.CutPrefix(imp, module+"/")
			if !ours {
				continue
			}
			to, ok := rank.of(dep)
			switch {
			case !ok:
				t.Errorf("%s imports %s, which is in no row", name, dep)
			case to.row > from.row || to.row == from.row && (to.entry != from.entry || !strings.HasSuffix(to.entry, "*")):
				t.Errorf("%s (row %d) must not import %s (row %d)", name, from.row, dep, to.row)
			}
		}
	}
}

func TestHeavyDependencies(t *testing.T) {
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imp := range p.Imports {
			for _, h := range heavy {
				if h.folder != "" && strings.HasPrefix(imp, h.prefix) && !strings.HasPrefix(name+"/", strings.TrimSuffix(h.folder, "/")+"/") {
					t.Errorf("%s imports %s, which belongs under %s: %s", name, imp, h.folder, h.reason)
				}
			}
			if strings.HasPrefix(imp, "go.yaml.in/yaml") && !under(name, yamlFolders) {
				t.Errorf("%s parses YAML; only %v may", name, yamlFolders)
			}
			if strings.HasPrefix(imp, "github.com/ethereum/go-ethereum") && !under(name, ethereumFolders) {
				t.Errorf("%s imports %s; only %v may", name, imp, ethereumFolders)
			}
			if strings.HasSuffix(imp, "contracts/devnet") && !under(name, []string{"cmd/chio-devnet", "cmd/chio-demo", "internal"}) {
				t.Errorf("%s imports the devnet; only chio-devnet, chio-demo and tests may", name)
			}
		}
	}
}

func TestTrustedCoreImports(t *testing.T) {
	for _, p := range list(t) {
		allowed, core := coreImports[strings.TrimPrefix(p.ImportPath, module+"/")]
		if !core {
			continue
		}
		for _, imp := range p.Imports {
			if dep, ours := strings.CutPrefix(imp, module+"/"); ours && !contains(allowed, dep) {
				t.Errorf("%s must not import %s", p.ImportPath, dep)
			} else if !ours && strings.Contains(imp, ".") && !(strings.HasSuffix(p.ImportPath, "/wire") && strings.HasPrefix(imp, "github.com/go-json-experiment/json")) {
				t.Errorf("%s must not import the module %s", p.ImportPath, imp)
			} else if contains(coreForbidden, imp) {
				t.Errorf("%s must not import %s: the core is pure", p.ImportPath, imp)
			}
		}
	}
}

func under(name string, folders []string) bool {
	for _, f := range folders {
		if name == strings.TrimSuffix(f, "/") || strings.HasPrefix(name, strings.TrimSuffix(f, "/")+"/") {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

type place struct {
	row   int
	entry string
}

type ranking map[string]place

func parseOrder(text string) (ranking, error) {
	r := ranking{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		for _, e := range strings.Split(line, "·") {
			e = strings.TrimSpace(e)
			if _, twice := r[e]; twice {
				return nil, fmt.Errorf("%s stands in two rows", e)
			}
			r[e] = place{i, e}
		}
	}
	return r, nil
}

// of finds the row of a package: its own name first, then the longest "*".
func (r ranking) of(name string) (place, bool) {
	if p, ok := r[name]; ok {
		return p, true
	}
	for dir := name; ; {
		cut := strings.LastIndex(dir, "/")
		if cut < 0 {
			return place{}, false
		}
		dir = dir[:cut]
		if p, ok := r[dir+"/*"]; ok {
			return p, true
		}
	}
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

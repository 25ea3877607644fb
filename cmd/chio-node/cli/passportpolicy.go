package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// starterPassportPolicy is what policy init writes: strict where it decides
// who counts, silent where it cannot know.
const starterPassportPolicy = `# What this verifier asks of an agent's passport. Every key is optional but
# policy_id, max_status_age_seconds, and one of issuers and trust_anchors.
policy_id: default
# Whose passports count: single organisations, and self or peers (treaties in force).
issuers: []
trust_anchors: [self]
min_autonomy_tier: direct
required_roles: []
# own: the agent alone holds its key. min_runtime_tier: basic, attested, verified.
key_custody: ""
min_runtime_tier: ""
# Reputation: what is not known refuses. Scores are parts per million.
min_receipts: 0
min_active_days: 0
min_metrics_ppm: {}
# Of the passport and of its reputation; 0 is no limit.
max_attestation_age_seconds: 0
# How old a status list may be.
max_status_age_seconds: 86400
`

const maxPolicyFile = 256 << 10

// passportPolicyFile reads a policy: YAML or JSON, or one that was signed.
func (a *app) passportPolicyFile(path string) (*passport.Policy, error) {
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the passport policy: %w", err)
	}
	if len(doc) > maxPolicyFile {
		return nil, passportPolicyProblem(fmt.Errorf("%s is larger than %d bytes", path, maxPolicyFile))
	}
	var peek struct {
		Body wire.Raw `json:"body"`
	}
	if wire.UnmarshalLenient(doc, &peek, wire.DocumentLimits) == nil && len(peek.Body) > 0 {
		s, err := passport.OpenPolicy(doc, a.Now().Unix())
		if err != nil {
			return nil, passportPolicyProblem(err)
		}
		return &s.Policy, nil
	}
	var p passport.Policy
	d := yaml.NewDecoder(bytes.NewReader(doc))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil {
		return nil, passportPolicyProblem(err)
	}
	if err := d.Decode(new(any)); err != io.EOF {
		return nil, passportPolicyProblem(fmt.Errorf("%s holds more than one document", path))
	}
	if err := p.Check(); err != nil {
		return nil, passportPolicyProblem(err)
	}
	return &p, nil
}

func passportPolicyProblem(err error) error {
	return &node.Problem{Code: "CHIO-PASSPORT-POLICY", Message: err.Error(), Hint: "chio-node passport policy init writes one to begin with", Exit: node.ExitUsage}
}

func (a *app) passportPolicyCmd() *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "what is asked of a passport that is presented"}
	var issuers []string
	initCmd := &cobra.Command{Use: "init FILE", Short: "write a passport policy to begin with", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.passportPolicyInit(args[0], issuers) }}
	initCmd.Flags().StringArrayVar(&issuers, "issuer", nil, "DID of an organisation whose passports count; may be repeated")
	check := &cobra.Command{Use: "check FILE", Short: "check a passport policy, signed or not, and print its digest", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.passportPolicyFile(args[0])
			if err != nil {
				return err
			}
			digest, err := p.Digest()
			if err != nil {
				return err
			}
			return a.print(checkedPolicy{p.ID, digest, p}, func(w io.Writer) {
				fmt.Fprintf(w, "policy  %s\nsha256  %s\nissuers %d, trust anchors %v\n", p.ID, digest, len(p.Issuers), p.TrustAnchors)
			})
		}}
	c.AddCommand(initCmd, check, a.passportPolicySignCmd())
	return c
}

func (a *app) passportPolicyInit(path string, issuers []string) error {
	for _, id := range issuers {
		if _, err := did.Parse(id); err != nil {
			return usageProblem(fmt.Sprintf("--issuer: %v", err), "write did:chio: and 64 hex characters")
		}
	}
	text := strings.Replace(starterPassportPolicy, "issuers: []", "issuers: ["+strings.Join(issuers, ", ")+"]", 1)
	if _, err := os.Stat(path); err == nil {
		return usageProblem(path+" is there already", "choose another name, or remove it")
	}
	if err := writeFile(path, []byte(text)); err != nil {
		return err
	}
	return a.print(pathOf{path}, func(w io.Writer) { fmt.Fprintf(w, "wrote %s\n", path) })
}

type pathOf struct {
	Path string `json:"path"`
}

type checkedPolicy struct {
	ID     string           `json:"policy_id"`
	SHA256 wire.Digest      `json:"policy_sha256"`
	Policy *passport.Policy `json:"policy"`
}

func (a *app) passportPolicySignCmd() *cobra.Command {
	var out string
	var ttl int64
	c := &cobra.Command{Use: "sign FILE --out FILE", Short: "sign a passport policy, so that agents know it is this organisation's", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.passportPolicyFile(args[0])
			if err != nil {
				return err
			}
			var env wire.Raw
			if err := a.call(cmd.Context(), "passport/policy/sign", node.SignPassportPolicy{Policy: p, TTLSeconds: ttl}, &env); err != nil {
				return err
			}
			if err := writeFile(out, env); err != nil {
				return err
			}
			return a.print(pathOf{out}, func(w io.Writer) { fmt.Fprintf(w, "wrote %s\n", out) })
		}}
	c.Flags().StringVar(&out, "out", "", "file to write")
	c.Flags().Int64Var(&ttl, "ttl-seconds", 90*24*3600, "how long it is in force")
	_ = c.MarkFlagRequired("out") // the flag exists: it is defined above
	return c
}

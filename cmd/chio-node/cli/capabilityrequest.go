package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) capabilityRequestCmd() *cobra.Command {
	var scope scopeFlags
	var agent, passportFile, presentation, key, out string
	var ttl int64
	c := &cobra.Command{Use: "request --passport FILE --key FILE --server NAME --tool NAME", Short: "ask for a capability on the strength of a passport",
		Long: "The node's issuance policy decides (issuance in chio-node.yaml); without a rule nothing is given.\n" +
			"With --agent the node signs for an agent whose key it keeps, with that agent's newest passport or, with\n" +
			"--presentation, the first that the policy of its challenge accepts.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			req, err := scope.request(cmd)
			if err == nil {
				err = req.Check()
			}
			if err != nil {
				return err
			}
			var given node.GrantedCapability
			if agent != "" {
				ask := node.AskCapability{Agent: agent, Scope: req.Scope(), TTLSeconds: ttl}
				if ask.Presentation, err = readPresentation(presentation); err == nil {
					err = a.call(cmd.Context(), "agent/request", ask, &given)
				}
			} else {
				err = a.requestWithKey(cmd, req, ttl, passportFile, presentation, key, &given)
			}
			if err != nil {
				return err
			}
			if out != "" {
				if err := writeFile(out, wire.MustMarshal(given.Chain)); err != nil {
					return err
				}
			}
			return a.print(given, func(w io.Writer) {
				fmt.Fprintf(w, "capability  %s\nrule        %s\nexpires     %s\n", given.ID, given.Rule, clock(given.ExpiresAt))
			})
		}}
	c.Flags().StringVar(&agent, "agent", "", "an agent whose key this node keeps, instead of --passport and --key")
	c.Flags().StringVar(&passportFile, "passport", "", "passport file")
	c.Flags().StringVar(&presentation, "presentation", "", "answer to a challenge of this node (passport present), shown instead of the passport file alone")
	c.Flags().StringVar(&key, "key", "", "the agent's key file (capability keygen)")
	c.Flags().StringVar(&out, "out", "", "file for the token, as an agent presents it")
	c.Flags().Int64Var(&ttl, "ttl-seconds", 3600, "life asked for; the rule may give less")
	scope.add(c)
	c.MarkFlagsRequiredTogether("passport", "key")
	c.MarkFlagsOneRequired("agent", "passport")
	c.MarkFlagsMutuallyExclusive("agent", "passport")
	return c
}

func (a *app) requestWithKey(cmd *cobra.Command, req node.IssueCapability, ttl int64, passportFile, presentation, keyFile string, given *node.GrantedCapability) error {
	file, err := os.ReadFile(passportFile)
	if err != nil {
		return fmt.Errorf("read the passport: %w", err)
	}
	key, err := agentKey(keyFile)
	if err != nil {
		return err
	}
	var status node.Status
	if err := a.call(cmd.Context(), "status", node.Empty{}, &status); err != nil {
		return err
	}
	// Who is asked judges the passport; nothing is signed for one that its own
	// file shows to be over.
	report := passport.VerifyFile(file, vc.Gate{Now: a.Now().Unix(), TrustedIssuer: func(string) bool { return true }})
	if !report.Integrity {
		return &node.Problem{Code: "CHIO-PASSPORT-REFUSED", Message: report.Err().Error(), Exit: node.ExitUnverifiable}
	}
	if over := report.Status == vc.StatusRevoked || report.Status == vc.StatusSuspended || report.Window == vc.WindowExpired; over {
		return &node.Problem{Code: "CHIO-PASSPORT-STATE", Message: report.Err().Error(), Exit: node.ExitDenied,
			Hint: "ask the organisation for a current file: chio-node passport show AGENT"}
	}
	env, err := node.SignCapabilityRequest(authority.CapabilityRequest{Audience: status.KernelKey, PassportID: report.ID, Scope: req.Scope(),
		TTLSeconds: ttl, IssuedAt: a.Now().Unix()}, key, a.Rand)
	if err != nil {
		return err
	}
	ask := node.RequestCapability{Request: env, PassportFile: file}
	if presentation != "" {
		ask.PassportFile = nil
		if ask.Presentation, err = readPresentation(presentation); err != nil {
			return err
		}
	}
	return a.call(cmd.Context(), "capability/request", ask, given)
}

// readPresentation reads the answer to a challenge, nil if none is named.
func readPresentation(path string) (wire.Raw, error) {
	if path == "" {
		return nil, nil
	}
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the presentation: %w", err)
	}
	if err := wire.IsCanonical(doc, wire.ForeignLimits); err != nil {
		return nil, node.PresentationProblem(fmt.Errorf("%w: %s: %w", passport.ErrPresentation, path, err))
	}
	return doc, nil
}

func (a *app) capabilityKeygenCmd() *cobra.Command {
	return a.keygenCmd("make a key that an agent keeps to itself; prints the public half", "chio-node passport issue --agent NAME --key %s")
}

// agentKey reads a key file: 64 hex characters, for its owner's eyes only.
func agentKey(path string) (*wire.Key, error) {
	return readKeyFile(path, "CHIO-AGENT-KEY", "capability keygen")
}

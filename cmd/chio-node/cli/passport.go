package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/oidc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) passportCmd() *cobra.Command {
	c := &cobra.Command{Use: "passport", Short: "issue, present, verify and withdraw agents' passports"}
	c.AddCommand(a.passportIssueCmd(), a.passportListCmd(), a.passportShowCmd(), a.passportVerifyCmd(),
		a.passportChangeCmd("suspend", "suspended", "make a passport count nowhere until it is resumed, here and at every peer"),
		a.passportChangeCmd("resume", "resumed", "lift a suspension"),
		a.passportChangeCmd("revoke", "revoked", "revoke a passport for good, here and at every peer"),
		a.passportSupersedeCmd(), a.passportProvenanceCmd(), a.passportPolicyCmd(), a.passportChallengeCmd(), a.passportPresentCmd(),
		a.passportExportCmd(), a.passportImportCmd(), a.passportForgetCmd())
	return c
}

// passportFlags are what a new passport says.
type passportFlags struct {
	key, out, tier, runtime      string
	provider, method, provenance string
	roles                        []string
	ttl                          int64
	reputation                   bool
	login                        loginFlags
}

func (f *passportFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.out, "out", "", "file to write (default in the home)")
	c.Flags().StringVar(&f.key, "key", "", "public key or did:chio that the agent keeps to itself (default the node makes and keeps one)")
	c.Flags().BoolVar(&f.reputation, "reputation", false, "say what this node's receipts say of the agent at this moment")
	f.addContent(c)
	f.login.add(c)
}

// addContent adds what is said of an agent whose key is found elsewhere.
func (f *passportFlags) addContent(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.roles, "role", nil, "a role the passport names (repeatable)")
	c.Flags().StringVar(&f.tier, "autonomy-tier", "", "direct, delegated or autonomous (default delegated)")
	c.Flags().StringVar(&f.runtime, "runtime-tier", "", "how the agent's runtime was attested: basic, attested or verified (default not said)")
	c.Flags().Int64Var(&f.ttl, "ttl-seconds", 0, "life of the passport (default 30 days)")
	c.Flags().StringVar(&f.provider, "provider", "", "URI of the enterprise identity provider that vouched")
	c.Flags().StringVar(&f.method, "provider-method", "oidc", "how it vouched: oidc, saml, scim or manual")
	c.Flags().StringVar(&f.provenance, "provider-sha256", "", "SHA-256 of what it said, which stays with you")
	c.MarkFlagsRequiredTogether("provider", "provider-sha256")
}

func (f *passportFlags) request(agent string) (node.IssuePassport, error) {
	req := node.IssuePassport{Agent: agent, Roles: f.roles, AutonomyTier: f.tier, RuntimeTier: f.runtime, TTLSeconds: f.ttl, FromReceipts: f.reputation}
	if f.key != "" {
		own, err := wire.ParsePublicKey(strings.TrimPrefix(f.key, "did:chio:"))
		if err != nil {
			return req, usageProblem("--key: "+err.Error(), "give the agent's public key as 64 hex characters, or its did:chio")
		}
		req.Key = &own
	}
	if f.provider != "" {
		digest, err := wire.ParseDigest(f.provenance)
		if err != nil {
			return req, usageProblem("--provider-sha256: "+err.Error(), "give a SHA-256 as 64 hex characters")
		}
		req.Provenance = &passport.Provenance{Provider: f.provider, Method: f.method, Digest: digest}
	}
	return req, nil
}

// written is a passport that was written to a file.
type written struct {
	node.PassportInfo
	Path string `json:"path"`
}

// keepPassport writes a new passport's file where its agent finds it.
func (a *app) keepPassport(p *node.IssuedPassport, out string) error {
	if out == "" {
		out = filepath.Join(a.home, "passports", p.Passport.Agent+".json")
	}
	if err := writeFile(out, p.File); err != nil {
		return err
	}
	return a.print(written{p.Passport, out}, func(w io.Writer) {
		fmt.Fprintf(w, "passport  %s\nagent     %s\nfile      %s\n", p.Passport.ID, p.Passport.AgentDID, out)
		if p.Passport.Supersedes != "" {
			fmt.Fprintf(w, "replaces  %s\n", p.Passport.Supersedes)
		}
	})
}

func (a *app) passportIssueCmd() *cobra.Command {
	var f passportFlags
	var agent, batch, folder string
	c := &cobra.Command{Use: "issue --agent NAME", Short: "issue a VC 2.0 passport to an agent, or to many", Args: cobra.NoArgs,
		Long: "--batch reads JSON lines, one agent each: {\"agent\":\"reader\",\"roles\":[\"reader\"],\"autonomy_tier\":\"direct\",\n" +
			"\"key\":\"…\"}; but for agent all may be left out. The whole file is checked before the first is issued, and\n" +
			"an agent with an active passport is refused; then 256 at a time are one transaction.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if batch != "" {
				return a.issueBatch(cmd, batch, folder)
			}
			req, err := f.request(agent)
			if err != nil {
				return err
			}
			p, err := a.issueWith(cmd.Context(), &f.login, "passport/issue", func(login *oidc.Answer) any {
				req.Login = login
				return req
			})
			if err != nil {
				return err
			}
			return a.keepPassport(p, f.out)
		}}
	c.Flags().StringVar(&agent, "agent", "", "the agent's name")
	c.Flags().StringVar(&batch, "batch", "", "file of JSON lines, one agent each, instead of --agent and what it says")
	c.Flags().StringVar(&folder, "out-dir", "", "folder for the files of a batch (default in the home)")
	f.add(c)
	c.MarkFlagsOneRequired("agent", "batch")
	for _, name := range []string{"agent", "out", "role", "autonomy-tier", "runtime-tier", "key", "ttl-seconds", "reputation", "provider"} {
		c.MarkFlagsMutuallyExclusive("batch", name)
	}
	c.MarkFlagsMutuallyExclusive("agent", "out-dir")
	return c
}

// passportNamed is a passport by its id, or by its agent.
func passportNamed(arg string) node.PassportRequest {
	if strings.HasPrefix(arg, "urn:") {
		return node.PassportRequest{ID: arg}
	}
	return node.PassportRequest{Agent: arg}
}

func (a *app) passportListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "the passports this node issued or imported, and the state of each", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list node.PassportList
			if err := a.call(cmd.Context(), "passport/list", node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, p := range list.Passports {
					by := p.SupersededBy
					if p.Imported {
						by = "of " + p.Issuer
					}
					fmt.Fprintf(t, "%s\t%s\t%s\tuntil %s\t%s\n", p.Agent, p.Status, p.ID, p.ValidUntil, by)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

func (a *app) passportShowCmd() *cobra.Command {
	return &cobra.Command{Use: "show ID|AGENT", Short: "print a passport file", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var p node.IssuedPassport
			if err := a.call(cmd.Context(), "passport/show", passportNamed(args[0]), &p); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.Stdout, "%s", p.File)
			return err
		}}
}

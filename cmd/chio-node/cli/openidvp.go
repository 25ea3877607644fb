package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/openid4vp"
)

func (a *app) openidRequestCmd() *cobra.Command {
	var policy, dcql, out string
	var req node.AskWallet
	c := &cobra.Command{Use: "request --policy FILE", Short: "ask a wallet of others for a passport or another credential", Args: cobra.NoArgs,
		Long: "Prints the request for the wallet (OpenID4VP 1.0), as a link or for a QR code. Without --dcql it asks for a\n" +
			"passport that the policy accepts. With it, what FILE asks for; of credentials that are no passports only those\n" +
			"of an --issuer count. The node must run with vc_api.openid4vp. What becomes of it: openid result ID.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.walletQuestion(&req, policy, dcql); err != nil {
				return err
			}
			var r openid4vp.Request
			if err := a.call(cmd.Context(), "openid/request", req, &r); err != nil {
				return err
			}
			if out != "" {
				if err := writeFile(out, []byte(r.URI+"\n")); err != nil {
					return err
				}
			}
			return a.print(r, func(w io.Writer) {
				fmt.Fprintf(w, "request  %s\nuntil    %s\nfor      %s\n", r.ID, clock(r.ExpiresAt), r.URI)
			})
		}}
	c.Flags().StringVar(&policy, "policy", "", "passport policy (passport policy init)")
	c.Flags().StringVar(&dcql, "dcql", "", "DCQL query in JSON, instead of the one the policy makes")
	c.Flags().StringSliceVar(&req.Issuers, "issuer", nil, "DID whose credentials count besides passports (repeatable)")
	c.Flags().BoolVar(&req.AllowNoStatus, "allow-no-status", false, "accept credentials that say nothing of a status")
	c.Flags().Int64Var(&req.TTLSeconds, "ttl-seconds", openid4vp.DefaultSeconds, "how long it can be answered")
	c.Flags().StringVar(&out, "out", "", "file to write the request to")
	c.MarkFlagsOneRequired("policy", "issuer")
	return c
}

// walletQuestion reads the files of a request.
func (a *app) walletQuestion(req *node.AskWallet, policy, dcql string) (err error) {
	if policy != "" {
		if req.Policy, err = a.passportPolicyFile(policy); err != nil {
			return err
		}
	}
	if dcql == "" {
		return nil
	}
	doc, err := os.ReadFile(dcql)
	if err != nil {
		return fmt.Errorf("read the query: %w", err)
	}
	req.Query, err = openid4vp.ParseQuery(doc)
	return node.WalletProblem(err)
}

func (a *app) openidResultCmd() *cobra.Command {
	return &cobra.Command{Use: "result ID", Short: "what a wallet showed, and whether it was accepted", Args: cobra.ExactArgs(1),
		Long: "Exit 0 if it was accepted or is pending, 3 if it was refused or is over.",
		RunE: func(cmd *cobra.Command, args []string) error {
			var r openid4vp.Result
			if err := a.call(cmd.Context(), "openid/result", node.WalletRequest{ID: args[0]}, &r); err != nil {
				return err
			}
			err := a.print(r, func(w io.Writer) { printWalletResult(w, &r) })
			if err == nil && (r.Status == openid4vp.StatusRefused || r.Status == openid4vp.StatusExpired) {
				return exit(node.ExitDenied)
			}
			return err
		}}
}

func printWalletResult(w io.Writer, r *openid4vp.Result) {
	fmt.Fprintf(w, "request   %s\nstatus    %s\nuntil     %s\n", r.ID, r.Status, clock(r.ExpiresAt))
	if r.Reason != "" {
		fmt.Fprintf(w, "because   %s\n", r.Reason)
	}
	if r.Attempts > 0 {
		fmt.Fprintf(w, "attempts  %d that proved nothing, the last: %s\n", r.Attempts, r.LastError)
	}
	for i := range r.Credentials {
		c := &r.Credentials[i]
		fmt.Fprintf(w, "  %s: %s of %s, shown by %s: accepted %v\n", c.Query, c.Format, c.Issuer, c.Holder, c.Accepted)
		for _, claim := range c.Claims {
			fmt.Fprintf(w, "    %s = %s\n", strings.Join(claim.Path, "."), claim.Value)
		}
		for _, check := range c.Checks {
			if !check.OK {
				fmt.Fprintf(w, "    %s (rule %d): %s\n", check.Name, check.Rule, check.Detail)
			}
		}
	}
}

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) federateCmd() *cobra.Command {
	var accept, terms string
	var yes, dryRun bool
	c := &cobra.Command{Use: "federate PEER", Short: "sign a treaty with another organisation over the stricter of both policies",
		Long: "PEER is did:chio:…@multiaddr, as `chio-node up --json` prints it; the multiaddr alone; a DNS name whose zone says\n" +
			"_chio.NAME TXT \"chio=did:chio:…@multiaddr\"; or the DID of a peer that is known. Without the DID you confirm it.\n" +
			"Shows both attestations and, line by line, which side is stricter; asks; proposes the treaty.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.federate(cmd.Context(), args[0], terms, accept, yes, dryRun)
		}}
	c.Flags().StringVar(&terms, "terms", "", "terms file for this peer, instead of federation.default_terms")
	c.Flags().StringVar(&accept, "accept", "", "sign only the treaty with this hash, without asking")
	c.Flags().BoolVar(&yes, "yes", false, "sign without asking; PEER must name the DID")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be signed and stop")
	c.AddCommand(a.peersCmd("list", "the peers of this node", "federate/list"),
		a.peersCmd("pending", "treaties that wait for this operator", "federate/pending"), a.federateAcceptCmd(), a.federateSyncCmd(), a.federateEvidenceCmd())
	c.AddCommand(a.federateShowCmd(), a.federateDisputesCmd(), a.federateLogCmd(), a.federateCheckCmd(), a.federateDirectoryCmd())
	c.AddCommand(a.federateChangeCmds()...)
	return c
}

func (a *app) federate(ctx context.Context, peer, terms, accept string, yes, dryRun bool) error {
	req := node.PeerRequest{Peer: peer}
	if terms != "" {
		doc, err := os.ReadFile(terms)
		if err != nil {
			return fmt.Errorf("read the terms: %w", err)
		}
		req.Terms = string(doc)
	}
	var p node.FederatePreview
	if err := a.call(ctx, "federate/preview", req, &p); err != nil {
		return err
	}
	if !a.json {
		a.showPreview(a.Stdout, &p)
	}
	if dryRun {
		if a.json {
			return a.print(p, nil)
		}
		return nil
	}
	if err := a.consent(peer, &p, accept, yes); err != nil {
		return err
	}
	var state node.PeerInfo
	if err := a.call(ctx, "federate/propose", node.Propose{Peer: peer, Accept: p.TreatyHash}, &state); err != nil {
		return err
	}
	return a.print(struct {
		node.PeerInfo
		Preview node.FederatePreview `json:"preview"`
	}{state, p}, func(w io.Writer) {
		fmt.Fprintf(w, "treaty   %s\nstate    %s\n", p.TreatyHash, state.State)
		if state.State != "active" {
			fmt.Fprintf(a.Stderr, "hint: the other operator signs with: chio-node federate accept\n")
		}
	})
}

// consent is the operator's decision: a pinned hash, --yes with a named DID,
// or the last eight characters of the DID typed at a terminal.
func (a *app) consent(peer string, p *node.FederatePreview, accept string, yes bool) error {
	named := strings.HasPrefix(peer, p.PeerDID)
	switch {
	case accept != "":
		if accept != p.TreatyHash.String() {
			return &node.Problem{Code: "CHIO-FED-TERMS-CHANGED", Exit: node.ExitDenied,
				Message: "the treaty on offer is " + p.TreatyHash.String() + ", not the one in --accept",
				Hint:    "look at it again with --dry-run"}
		}
		return nil
	case yes && named:
		return nil
	case yes:
		return &node.Problem{Code: "CHIO-USAGE", Message: "--yes needs the peer's DID in the address", Exit: node.ExitUsage,
			Hint: "write " + p.PeerDID + "@" + peer}
	case !a.Terminal():
		return &node.Problem{Code: "CHIO-USAGE", Message: "nobody is there to ask", Exit: node.ExitUsage,
			Hint: "pass --accept " + p.TreatyHash.String()}
	}
	question, want := "sign this treaty? type yes: ", "yes"
	if !named {
		question, want = fmt.Sprintf("the peer is %s\ntype the last eight characters of its DID to sign: ", p.PeerDID), p.PeerDID[len(p.PeerDID)-8:]
	}
	fmt.Fprint(a.Stderr, question)
	answer, err := readLine(a.Stdin)
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(answer)) != want {
		return &node.Problem{Code: "CHIO-FED-DECLINED", Message: "not signed", Exit: node.ExitDenied}
	}
	return nil
}

func (a *app) showPreview(w io.Writer, p *node.FederatePreview) {
	fmt.Fprintf(w, "peer     %s\ntreaty   %s  until %s\n", p.PeerDID, p.TreatyHash, time.Unix(p.Expires, 0).UTC().Format(time.RFC3339))
	if p.Passport != nil {
		fmt.Fprintf(w, "passport %s\n", passportLine(p.Passport))
	}
	fmt.Fprintln(w)
	showTerms(w, p.Lines)
}

// showTerms prints a treaty line by line.
func showTerms(w io.Writer, lines []node.TermLine) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "direction\tterm\tours\ttheirs\teffective\tstricter")
	for _, l := range lines {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Direction, l.Field, l.Ours, l.Theirs, l.Effective, l.Stricter)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
	fmt.Fprintln(w)
}

func (a *app) peersCmd(use, short, op string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list node.PeerList
			if err := a.call(cmd.Context(), op, node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) { showPeers(w, &list) })
		}}
}

func (a *app) federateAcceptCmd() *cobra.Command {
	return &cobra.Command{Use: "accept DID HASH", Short: "sign the treaty a peer proposed", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			hash, err := proposalHash(args[1])
			if err != nil {
				return err
			}
			var state node.PeerInfo
			if err := a.call(cmd.Context(), "federate/accept", node.AcceptTreaty{DID: args[0], Accept: hash}, &state); err != nil {
				return err
			}
			return a.print(state, func(w io.Writer) { fmt.Fprintf(w, "%s  %s\n", state.DID, state.State) })
		}}
}

// proposalHash reads the hash of a proposal as pending shows it.
func proposalHash(s string) (wire.Digest, error) {
	hash, err := wire.ParseDigest(s)
	if err != nil {
		return hash, usageProblem(err.Error(), "chio-node federate pending shows the hash")
	}
	return hash, nil
}

func (a *app) federateSyncCmd() *cobra.Command {
	return &cobra.Command{Use: "sync [DID]", Short: "exchange heads, receipts and revocations with peers now", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var req node.SyncRequest
			if len(args) == 1 {
				req.Peer = args[0]
			}
			var list node.PeerList
			if err := a.call(cmd.Context(), "federate/sync", req, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) { showPeers(w, &list) })
		}}
}

func showPeers(w io.Writer, list *node.PeerList) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range list.Peers {
		fmt.Fprintf(t, "%s\t%s", p.DID, p.State)
		if p.Treaty != nil {
			fmt.Fprintf(t, "\ttreaty %s\thead %d, witnessed %d, joint %d", p.Treaty, p.HeadSize, p.Witnessed, p.Joint)
		}
		if p.Reason != "" {
			fmt.Fprintf(t, "\t%s", p.Reason)
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
	for _, p := range list.Peers {
		if p.Passport != nil {
			fmt.Fprintf(w, "passport of %s: %s\n", p.DID, passportLine(p.Passport))
		}
		showResolution(w, &p)
	}
}

// showResolution says what is proposed or signed about evidence, and who is to
// sign.
func showResolution(w io.Writer, p *node.PeerInfo) {
	r := p.Resolution
	if r == nil {
		return
	}
	who := "proposed by you: the peer signs it"
	switch {
	case r.Signed:
		who = "signed by both"
	case r.Accused != p.DID:
		who = "proposed by the peer: chio-node federate resolve " + p.DID + " --accept " + r.SHA256.String()
	}
	fmt.Fprintf(w, "resolution with %s: %q (%s)\n", p.DID, r.Statement, who)
}

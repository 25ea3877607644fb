package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) federateDirectoryCmd() *cobra.Command {
	c := &cobra.Command{Use: "directory", Short: "lists of organisations that others publish, and yours",
		Long: "A peer directory says where organisations are and what its issuer calls them. Whoever is found there proves who it\n" +
			"is, and is trusted no more than anybody else. federate DID finds whom a directory in use lists."}
	c.AddCommand(a.directoryPublishCmd(), a.directoryAddCmd(), a.directoryListCmd(), a.directoryShowCmd(), a.directoryRefreshCmd(),
		a.directoryRemoveCmd(), a.directoryEvidenceCmd())
	return c
}

func (a *app) directoryPublishCmd() *cobra.Command {
	var out string
	var ttl int64
	c := &cobra.Command{Use: "publish FILE", Short: "sign the next edition of this organisation's list", Args: cobra.ExactArgs(1),
		Long: "FILE is YAML: the key peers, and for each did, addresses (as up --json prints them, without the DID) and, if you like,\n" +
			"name. The signed document is for a web server or a mail; it is one edition, and an older one is never taken again.",
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := a.read(args[0])
			if err != nil {
				return err
			}
			var p node.PublishedDirectory
			if err := a.call(cmd.Context(), "federate/directory/publish", node.PublishDirectory{Peers: string(doc), TTLSeconds: ttl}, &p); err != nil {
				return err
			}
			return a.writeOrPrint(out, p.Document)
		}}
	c.Flags().StringVar(&out, "out", "", "file to write (default standard output)")
	c.Flags().Int64Var(&ttl, "ttl-seconds", 0, "how long the edition counts (default 30 days, at most 90)")
	return c
}

func (a *app) directoryAddCmd() *cobra.Command {
	q := node.AddDirectory{}
	c := &cobra.Command{Use: "add FILE|URL --issuer DID", Short: "use the list of an issuer", Args: cobra.ExactArgs(1),
		Long: "From an https URL it can be refreshed, and leads to public IP addresses only. An edition that is older than one that\n" +
			"was seen is refused. One that contradicts another is kept as evidence, and nothing of its issuer is used until you\n" +
			"say --despite-evidence.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.Contains(args[0], "://") {
				q.URL = args[0]
			} else {
				doc, err := a.read(args[0])
				if err != nil {
					return err
				}
				q.Document = string(doc)
			}
			var d node.DirectoryInfo
			if err := a.call(cmd.Context(), "federate/directory/add", q, &d); err != nil {
				return err
			}
			return a.print(d, func(w io.Writer) { showDirectories(w, d) })
		}}
	c.Flags().StringVar(&q.Issuer, "issuer", "", "who must have signed it")
	c.Flags().BoolVar(&q.DespiteEvidence, "despite-evidence", false, "use it, though its issuer signed two that contradict each other")
	_ = c.MarkFlagRequired("issuer") // the flag is defined above
	return c
}

func (a *app) directoryListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "the issuers whose lists are kept, and which are used", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list node.DirectoryList
			if err := a.call(cmd.Context(), "federate/directory/list", node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) { showDirectories(w, list.Directories...) })
		}}
}

func (a *app) directoryRefreshCmd() *cobra.Command {
	return &cobra.Command{Use: "refresh [ISSUER]", Short: "fetch lists that were added from a URL again", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var q node.DirectoryIssuer
			if len(args) == 1 {
				q.Issuer = args[0]
			}
			var list node.DirectoryList
			if err := a.call(cmd.Context(), "federate/directory/refresh", q, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) { showDirectories(w, list.Directories...) })
		}}
}

func (a *app) directoryRemoveCmd() *cobra.Command {
	return &cobra.Command{Use: "remove ISSUER", Short: "stop using the list of an issuer", Args: cobra.ExactArgs(1),
		Long: "Peers that were met stay. Which editions were seen is remembered, so that no older one comes back.",
		RunE: func(cmd *cobra.Command, args []string) error {
			var d node.DirectoryInfo
			if err := a.call(cmd.Context(), "federate/directory/remove", node.DirectoryIssuer{Issuer: args[0]}, &d); err != nil {
				return err
			}
			return a.print(d, func(w io.Writer) { showDirectories(w, d) })
		}}
}

func (a *app) directoryShowCmd() *cobra.Command {
	return &cobra.Command{Use: "show ISSUER", Short: "whom an issuer lists", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var card node.DirectoryCard
			if err := a.call(cmd.Context(), "federate/directory/show", node.DirectoryIssuer{Issuer: args[0]}, &card); err != nil {
				return err
			}
			return a.print(card, func(w io.Writer) {
				showDirectories(w, card.DirectoryInfo)
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, e := range card.Entries {
					fmt.Fprintf(t, "%s\t%s\t%s\n", e.DID, e.Name, strings.Join(e.Addresses, " "))
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

func (a *app) directoryEvidenceCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "evidence ISSUER", Short: "export two editions of an issuer that contradict each other", Args: cobra.ExactArgs(1),
		Long: "Both are signed by the issuer, and have one sequence, or follow each other and deny it. chio-node verify FILE\n" +
			"judges the file offline, without a trust set.",
		RunE: func(cmd *cobra.Command, args []string) error {
			var e node.DirectoryEvidence
			if err := a.call(cmd.Context(), "federate/directory/evidence", node.DirectoryIssuer{Issuer: args[0]}, &e); err != nil {
				return err
			}
			doc, err := wire.Marshal(e.Fork)
			if err != nil {
				return err
			}
			return a.writeOrPrint(out, doc)
		}}
	c.Flags().StringVar(&out, "out", "", "file to write (default standard output)")
	return c
}

func showDirectories(w io.Writer, list ...node.DirectoryInfo) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range list {
		fmt.Fprintf(t, "%s\t%s\tedition %d\t%d peers\tuntil %s\t%s", d.Issuer, d.State, d.Sequence, d.Peers, time.Unix(d.Expires, 0).UTC().Format(time.RFC3339), d.Source)
		if d.Failures > 0 {
			fmt.Fprintf(t, "\tnot refreshed %d times", d.Failures)
		}
		if d.OlderOffered > 0 {
			fmt.Fprintf(t, "\tedition %d was offered later", d.OlderOffered)
		}
		if d.Evidence {
			fmt.Fprint(t, "\tcontradicts itself: chio-node federate directory evidence")
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

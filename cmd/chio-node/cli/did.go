package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) didCmd() *cobra.Command {
	c := &cobra.Command{Use: "did", Short: "DID documents, and the end of an organisation"}
	c.AddCommand(
		&cobra.Command{Use: "show", Short: "this node's DID document", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.resolveDID(cmd, "", "") }},
		a.didResolveCmd(), a.didWebCmd(),
		a.didDeactivateCmd(), a.didCountersignCmd(), a.didReceiveCmd(), a.didDeactivationsCmd(),
	)
	return c
}

func (a *app) didResolveCmd() *cobra.Command {
	var accept string
	c := &cobra.Command{Use: "resolve DID|URL", Short: "the document of a DID, or what a DID URL names in it",
		Long: "The document of a did:chio, did:key or did:web, or the key, service or address that a\n" +
			"DID URL names (did:…#key-1, did:…?service=receipt-log). Only did:web is fetched, over\n" +
			"https and from public addresses.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.resolveDID(cmd, args[0], accept) }}
	c.Flags().StringVar(&accept, "accept", "", `media type, as application/did+json; did-resolution for the whole answer with its metadata`)
	return c
}

// shortResolution stands for the media type that nobody types.
const shortResolution = "did-resolution"

func (a *app) resolveDID(cmd *cobra.Command, id, accept string) error {
	if accept == shortResolution {
		accept = `application/ld+json;profile="https://w3id.org/did-resolution"`
	}
	var doc wire.Raw
	if err := a.call(cmd.Context(), "did/resolve", node.ResolveRequest{DID: id, Accept: accept}, &doc); err != nil {
		return err
	}
	return a.print(doc, func(w io.Writer) {
		var text string
		if wire.Unmarshal(doc, &text, wire.DocumentLimits) == nil { // the addresses of a service
			fmt.Fprintln(w, text)
			return
		}
		printJSON(w, doc)
	})
}

func (a *app) didWebCmd() *cobra.Command {
	var domain, out string
	c := &cobra.Command{Use: "web --domain DOMAIN", Short: "write the did:web document that names this node's key", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var d node.WebDID
			if err := a.call(cmd.Context(), "did/web", node.WebDIDRequest{Domain: domain}, &d); err != nil {
				return err
			}
			if err := writeFile(out, d.Document); err != nil {
				return err
			}
			return a.print(struct {
				node.WebDID
				Path string `json:"path"`
			}{d, out}, func(w io.Writer) {
				fmt.Fprintf(w, "did   %s\nfile  %s\nat    %s\n", d.DID, out, d.URL)
				fmt.Fprintf(a.Stderr, "hint: publish the file there as application/did+json, then put also_known_as: [%s] under did: in chio-node.yaml\n", d.DID)
			})
		}}
	c.Flags().StringVar(&domain, "domain", "", "domain name you publish at, with :PORT if it is not 443")
	c.Flags().StringVar(&out, "out", "did.json", "file to write")
	_ = c.MarkFlagRequired("domain") // the flag exists: it is defined above
	return c
}

package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) policyCmd() *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "check policies"}
	c.AddCommand(&cobra.Command{Use: "validate FILE", Short: "read, resolve and compile a HushSpec file", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			hash, guards, err := node.ValidatePolicy(args[0])
			if err != nil {
				return err
			}
			answer := struct {
				Valid  bool        `json:"valid"`
				Hash   wire.Digest `json:"policy_hash"`
				Guards []string    `json:"guards"`
			}{true, hash, guards}
			return a.print(answer, func(w io.Writer) {
				fmt.Fprintf(w, "valid   %s\nhash    %s\nguards  %s\n", args[0], hash, strings.Join(guards, ", "))
			})
		}})
	return c
}

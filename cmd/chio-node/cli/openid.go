package cli

import "github.com/spf13/cobra"

func (a *app) openidCmd() *cobra.Command {
	c := &cobra.Command{Use: "openid", Short: "issue and ask for passports by OpenID, for wallets of others"}
	c.AddCommand()
	return c
}

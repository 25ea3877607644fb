package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) budgetCmd() *cobra.Command {
	c := &cobra.Command{Use: "budget", Short: "what agents, servers and tools may spend, and have spent"}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "the budget tree: used and left in each window", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				var list node.BudgetList
				if err := a.call(cmd.Context(), "budget/list", node.Empty{}, &list); err != nil {
					return err
				}
				return a.print(list, func(w io.Writer) { showBudgets(w, list.Budgets) })
			}},
		&cobra.Command{Use: "show ID", Short: "one budget: its window, its conditions, everything it counted", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				var b node.BudgetStatus
				if err := a.call(cmd.Context(), "budget/show", node.ByID{ID: args[0]}, &b); err != nil {
					return err
				}
				return a.print(b, func(w io.Writer) { showBudget(w, &b) })
			}},
		&cobra.Command{Use: "audit", Short: "recompute every account from the recorded holds; changes nothing", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				var audit node.BudgetAudit
				if err := a.call(cmd.Context(), "budget/audit", node.Empty{}, &audit); err != nil {
					return err
				}
				err := a.print(audit, func(w io.Writer) {
					fmt.Fprintf(w, "%d account(s), %d recorded call(s), %d under way: %s\n", audit.Accounts, audit.Calls, audit.Open, soundness(&audit))
					for _, p := range audit.Problems {
						fmt.Fprintf(w, "  %s\n", p)
					}
				})
				if err == nil && len(audit.Problems) > 0 {
					return exit(node.ExitFailure)
				}
				return err
			}})
	return c
}

func soundness(a *node.BudgetAudit) string {
	if len(a.Problems) == 0 {
		return "sound"
	}
	return fmt.Sprintf("%d problem(s)", len(a.Problems))
}

func showBudgets(w io.Writer, budgets []node.BudgetStatus) {
	if len(budgets) == 0 {
		fmt.Fprintln(w, "no budgets are configured; docs/budgets.md says how")
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range budgets {
		b := &budgets[i]
		fmt.Fprintf(t, "%s%s\t%s\t%s\t%s\t%s\n", strings.Repeat("  ", b.Depth-1), b.ID, period(b), callsOf(b), moneyOf(b), untilOf(b))
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

func period(b *node.BudgetStatus) string {
	switch {
	case b.Orphaned:
		return b.Window + ", orphaned"
	case b.WindowSeconds > 0:
		return fmt.Sprintf("%s %ds", b.Window, b.WindowSeconds)
	default:
		return b.Window
	}
}

func callsOf(b *node.BudgetStatus) string {
	if b.MaxInvocations == nil {
		return fmt.Sprintf("%d calls", b.Invocations)
	}
	return fmt.Sprintf("%d of %d calls", b.Invocations, *b.MaxInvocations)
}

func moneyOf(b *node.BudgetStatus) string {
	currencies := wire.DefaultCurrencies()
	switch {
	case b.MaxCost != nil && b.Spent != nil:
		return currencies.Format(*b.Spent) + " of " + currencies.Format(*b.MaxCost)
	case b.Spent != nil:
		return currencies.Format(*b.Spent)
	default:
		return ""
	}
}

func untilOf(b *node.BudgetStatus) string {
	if b.WindowEnd == 0 {
		return ""
	}
	at := time.Unix(b.WindowEnd, 0).UTC().Format(time.RFC3339)
	if b.WindowSeconds > 0 {
		return "frees from " + at
	}
	return "until " + at
}

func showBudget(w io.Writer, b *node.BudgetStatus) {
	currencies := wire.DefaultCurrencies()
	fmt.Fprintf(w, "budget      %s\n", b.ID)
	if b.Parent != "" {
		fmt.Fprintf(w, "parent      %s\n", b.Parent)
	}
	fmt.Fprintf(w, "window      %s %s\ncalls       %s\n", period(b), untilOf(b), callsOf(b))
	if m := moneyOf(b); m != "" {
		fmt.Fprintf(w, "spent       %s\n", m)
	}
	for _, c := range []struct {
		name  string
		names []string
	}{{"agents", b.Agents}, {"servers", b.Servers}, {"tools", b.Tools}} {
		if len(c.names) > 0 {
			fmt.Fprintf(w, "%-11s %s\n", c.name, strings.Join(c.names, ", "))
		}
	}
	fmt.Fprintf(w, "ever        %d calls\n", b.Ever.Invocations)
	for _, p := range b.Ever.Purses {
		f := func(units uint64) string {
			return currencies.Format(wire.MonetaryAmount{Units: units, Currency: p.Currency})
		}
		fmt.Fprintf(w, "            reserved %s = committed %s + released %s + retained %s + outstanding %s\n",
			f(p.Reserved), f(p.Committed), f(p.Released), f(p.Retained), f(p.Outstanding))
	}
}

// budgetFinding is doctor's line about the accounts of budgets.
func budgetFinding(r store.Reader) finding {
	audit, err := node.AuditBudgets(r)
	if err != nil {
		return bad("budgets", err, "what is left of each budget cannot be relied on", restoreHint)
	}
	if len(audit.Problems) > 0 {
		return wrong("budgets", "what is held stays spent, and a hold without a call is freed by nobody", "raise the budget if it is in the way",
			"%s", strings.Join(audit.Problems, "; "))
	}
	return fine("budgets", "%d account(s), %d recorded call(s), balanced", audit.Accounts, audit.Calls)
}

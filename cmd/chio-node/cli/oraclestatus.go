package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) oracleStatusCmd() *cobra.Command {
	return &cobra.Command{Use: "status [PAIR]", Short: "say of each pair whether it has a price that is used now, and why not",
		Long: "Shows the round in use, the cross-check and the sequencers that its prices depend on. Exit 3 means that a pair has no\n" +
			"price that is used now.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var req node.OracleStatusRequest
			if len(args) == 1 {
				req.Pair = args[0]
			}
			var s node.OracleStatus
			if err := a.call(cmd.Context(), "oracle/status", req, &s); err != nil {
				return err
			}
			if err := a.print(s, func(w io.Writer) {
				for i := range s.Pairs {
					showPairStatus(w, &s.Pairs[i])
				}
			}); err != nil {
				return err
			}
			for i := range s.Pairs {
				if s.Pairs[i].State != "live" {
					return exit(node.ExitDenied)
				}
			}
			return nil
		}}
}

func showPairStatus(w io.Writer, s *node.PairStatus) {
	fmt.Fprintf(w, "%s is %s", s.Pair, s.State)
	if s.Problem != "" {
		fmt.Fprintf(w, ": %s", s.Problem)
	}
	fmt.Fprintln(w)
	if !s.Round.IsZero() {
		fmt.Fprintf(w, "  round %s of %s  %s\n", s.Round, when(s.ObservedAt), s.Price)
	}
	if c := s.CrossCheck; c != nil {
		if c.CheckedAt == 0 {
			fmt.Fprintf(w, "  cross-check %s on %s was not read yet\n", c.Address, c.Chain)
		} else {
			fmt.Fprintf(w, "  cross-check %s on %s: %s, round %d of phase %d, of %s, read in the block of %s\n", c.Address, c.Chain, c.Price, c.Round, c.Phase,
				when(c.PublishedAt), when(c.CheckedAt))
		}
		showLook(w, c.Problem)
	}
	for _, q := range s.Sequencers {
		state := "down"
		if q.Up {
			state = "up"
		}
		if q.CheckedAt == 0 {
			fmt.Fprintf(w, "  sequencer of %s: nothing is known\n", q.Chain)
		} else {
			fmt.Fprintf(w, "  sequencer of %s: %s since %s, read in the block of %s\n", q.Chain, state, when(q.Since), when(q.CheckedAt))
		}
		showLook(w, q.Problem)
	}
}

func showLook(w io.Writer, problem string) {
	if problem != "" {
		fmt.Fprintf(w, "    the last look failed: %s\n", problem)
	}
}

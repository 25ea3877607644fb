package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) oracleRoundsCmd() *cobra.Command {
	var limit int
	c := &cobra.Command{Use: "rounds PAIR", Short: "list the rounds of a pair, newest first, and check that they are a chain",
		Long: "Each round names the one before it. Exit 4 means that the chain is broken, and says where.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var r node.Rounds
			if err := a.call(cmd.Context(), "oracle/rounds", node.ListRounds{Pair: args[0], Limit: limit}, &r); err != nil {
				return err
			}
			if err := a.print(r, func(w io.Writer) { a.showRounds(w, &r) }); err != nil {
				return err
			}
			if r.Broken != "" {
				return exit(node.ExitUnverifiable)
			}
			return nil
		}}
	c.Flags().IntVar(&limit, "limit", 0, "how many (default and most 1000)")
	return c
}

func (a *app) showRounds(w io.Writer, r *node.Rounds) {
	showPairState(w, &r.State)
	for _, x := range r.Rounds {
		fmt.Fprintf(w, "%s  %s  %d operators\n", x.ID, time.Unix(x.ObservedAt, 0).UTC().Format(time.RFC3339), len(x.Operators))
	}
	if r.Broken != "" {
		fmt.Fprintf(a.Stderr, "chio-node: the chain is broken: %s\n", r.Broken)
	}
}

func showPairState(w io.Writer, s *node.PairState) {
	if s.Trip != nil {
		fmt.Fprintf(w, "%s is tripped since %s: %s: %s\n", s.Pair, time.Unix(s.Trip.At, 0).UTC().Format(time.RFC3339), s.Trip.Reason, s.Trip.Detail)
	}
	if s.Paused != "" {
		fmt.Fprintf(w, "%s is paused: %s\n", s.Pair, s.Paused)
	}
	if s.Trip == nil && s.Paused == "" {
		fmt.Fprintf(w, "%s is open\n", s.Pair)
	}
}

// oracleResetCmd is the operator's word about a pair: to open it, or to pause it.
func (a *app) oracleResetCmd(pause bool) *cobra.Command {
	var word string
	c := &cobra.Command{Use: "reset PAIR", Short: "end a trip or a pause of a pair, after finding out why"}
	if pause {
		c.Use, c.Short = "pause PAIR", "stop using prices of a pair"
	}
	c.Args = cobra.ExactArgs(1)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		var s node.PairState
		if err := a.call(cmd.Context(), "oracle/reset", node.ResetPair{Pair: args[0], Word: word, Pause: pause}, &s); err != nil {
			return err
		}
		return a.print(s, func(w io.Writer) { showPairState(w, &s) })
	}
	c.Flags().StringVar(&word, "word", "", "why, in your words; it is logged")
	_ = c.MarkFlagRequired("word") // the flag exists: it is defined above
	return c
}

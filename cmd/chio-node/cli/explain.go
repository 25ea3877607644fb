package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/docs"
)

func (a *app) explainCmd() *cobra.Command {
	return &cobra.Command{Use: "explain CODE", Short: "what an error code means, and whether trying again helps",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			row, err := docs.LookUp(strings.ToUpper(args[0]))
			if errors.Is(err, docs.ErrUnknownCode) {
				return usageProblem(err.Error(), "codes look like CHIO-CAP-EXPIRED; docs/errors.md lists them all")
			}
			if err != nil {
				return err
			}
			return a.print(row, func(w io.Writer) {
				fmt.Fprintf(w, "%s  (%s)\ncause  %s\nfix    %s\nretry  %s\nfrom   %s\n", row.Code, row.Area, row.Cause, row.Fix, retryText(row.Retry), row.Where)
			})
		}}
}

// retryText says a row's retry column in words.
func retryText(retry string) string {
	switch retry {
	case "no":
		return "no: the same answer comes until somebody changes something"
	case "later":
		return "later: the same call may pass another time"
	default:
		return "a new call may pass"
	}
}

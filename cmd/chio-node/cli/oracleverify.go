package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed"
)

// codeOraclePayload: the payload cannot be relied on.
const codeOraclePayload = "CHIO-ORACLE-PAYLOAD"

// payloadFinding is what a payload was found to be.
type payloadFinding struct {
	File   string         `json:"file"`
	Format feed.Format    `json:"format"`
	Valid  bool           `json:"valid"`
	Prices []payloadPrice `json:"prices"`
	Code   string         `json:"code,omitempty"`
	Reason string         `json:"reason,omitempty"`
}

// payloadPrice is one price: value times ten to the exponent, which as decimal
// text is Price. Confidence has the same exponent.
type payloadPrice struct {
	Feed        string   `json:"feed"`
	Price       string   `json:"price"`
	Value       int64    `json:"value"`
	Exponent    int32    `json:"exponent"`
	Confidence  uint64   `json:"confidence,omitzero"`
	PublishTime int64    `json:"publish_time"`
	Sequence    uint64   `json:"sequence"`
	Signers     []string `json:"signers"`
	Valid       bool     `json:"valid"`
}

func (a *app) oracleVerifyCmd() *cobra.Command {
	var signers, only string
	var at int64
	c := &cobra.Command{Use: "verify FILE", Short: "verify a signed price payload, offline",
		Long: "FILE (- is standard input) is a Pyth accumulator update or a RedStone payload (bytes, hex, base64, or the JSON\n" +
			"of Hermes or a gateway), or an observation or a round of this feed; its own bytes say which.\n" +
			"--signers names the file that says whose signatures count (docs/oracle.md). How old the price is, is judged\n" +
			"only with --at. Exit 4 means that no price in it can be relied on.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var when *int64
			if cmd.Flags().Changed("at") {
				when = &at
			}
			return a.oracleVerify(args[0], signers, only, when)
		}}
	c.Flags().StringVar(&signers, "signers", "", "signers file (chio.feed_signers.v1): whose signatures count")
	c.Flags().StringVar(&only, "feed", "", "the feed that must be in it: print this one only")
	c.Flags().Int64Var(&at, "at", 0, "also judge the age, at this time, unix seconds")
	_ = c.MarkFlagRequired("signers") // the flag exists: it is defined above
	return c
}

func (a *app) oracleVerify(path, signersPath, only string, at *int64) error {
	doc, err := a.read(signersPath)
	if err != nil {
		return err
	}
	signers, err := feed.ParseSigners(doc)
	if err != nil {
		return usageProblem(signersPath+": "+err.Error(), "docs/oracle.md shows a signers file")
	}
	payload, err := a.read(path)
	if err != nil {
		return err
	}
	found := judgePayload(payload, signers, only, at)
	found.File = path
	if err := a.print(found, func(w io.Writer) { a.showPayload(w, found) }); err != nil {
		return err
	}
	if !found.Valid {
		return exit(node.ExitUnverifiable)
	}
	return nil
}

func judgePayload(payload []byte, signers *feed.Signers, only string, at *int64) *payloadFinding {
	found := &payloadFinding{Prices: []payloadPrice{}}
	var samples []oracle.Sample
	var err error
	found.Format, samples, err = feed.Verify(payload, signers)
	for i := range samples {
		s := &samples[i]
		if only != "" && !strings.EqualFold(strings.TrimPrefix(only, "0x"), s.Feed) {
			continue
		}
		if at != nil && err == nil {
			err = signers.Fresh(s, *at)
		}
		found.Prices = append(found.Prices, payloadPrice{Feed: s.Feed, Price: s.Decimal(), Value: s.Value, Exponent: s.Expo, Confidence: s.Confidence,
			PublishTime: s.PublishedAt, Sequence: s.Sequence, Signers: s.Signers, Valid: err == nil})
	}
	if err == nil && len(found.Prices) == 0 {
		err = fmt.Errorf("%w: feed %.70s is not in it", oracle.ErrPayload, only)
	}
	found.Valid = err == nil
	if err != nil {
		found.Code, found.Reason = codeOraclePayload, err.Error()
	}
	return found
}

func (a *app) showPayload(w io.Writer, f *payloadFinding) {
	for _, p := range f.Prices {
		fmt.Fprintf(w, "%s  %s  published %d, signed by %d\n", p.Feed, p.Price, p.PublishTime, len(p.Signers))
		for _, s := range p.Signers {
			fmt.Fprintf(w, "  %s\n", s)
		}
	}
	if f.Valid {
		fmt.Fprintf(w, "✓ %s is a %s payload that verifies\n", f.File, f.Format)
		return
	}
	fmt.Fprintf(w, "✗ %s does not verify\n", f.File)
	fmt.Fprintf(a.Stderr, "chio-node: %s: %s\nhint: the signers file must have the set of that time; docs/oracle.md\n", f.Code, f.Reason)
}

package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) passportChallengeCmd() *cobra.Command {
	var policy, domain, out string
	var ttl int64
	c := &cobra.Command{Use: "challenge --policy FILE --out FILE", Short: "ask an agent to prove itself by its passports", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := a.passportPolicyFile(policy)
			if err != nil {
				return err
			}
			var challenge passport.Challenge
			req := node.ChallengePassport{Policy: p, Domain: domain, TTLSeconds: ttl}
			if err := a.call(cmd.Context(), "passport/challenge", req, &challenge); err != nil {
				return err
			}
			if err := writeFile(out, wire.MustMarshal(challenge)); err != nil {
				return err
			}
			return a.print(challenge, func(w io.Writer) {
				fmt.Fprintf(w, "challenge  %s\ndomain     %s\nuntil      %s\nfile       %s\n", challenge.ID, challenge.Domain, clock(challenge.ExpiresAt), out)
			})
		}}
	c.Flags().StringVar(&policy, "policy", "", "passport policy (passport policy init)")
	c.Flags().StringVar(&domain, "domain", "", "the domain the agent signs for (default this organisation's DID)")
	c.Flags().Int64Var(&ttl, "ttl-seconds", passport.DefaultChallengeSeconds, "how long it can be answered")
	c.Flags().StringVar(&out, "out", "", "file to write")
	_ = c.MarkFlagRequired("policy") // the flags exist: they are defined above
	_ = c.MarkFlagRequired("out")
	return c
}

func (a *app) passportPresentCmd() *cobra.Command {
	var challengeFile, domain, agent, key, out string
	var files, with []string
	c := &cobra.Command{Use: "present --challenge FILE --domain DOMAIN --agent NAME --out FILE", Short: "answer a challenge with an agent's passports",
		Long: "Several passports, of several issuers, make one portfolio about one agent: --passport files, or with --with\n" +
			"those that are kept here, issued or imported (passport list). Without any, an agent whose key this node\n" +
			"keeps presents its newest. With --key no node is needed. --domain is whom you believe\n" +
			"to answer: a challenge for another is refused.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			challenge, err := readChallenge(challengeFile)
			if err != nil {
				return err
			}
			portfolio, err := readFiles(files)
			if err != nil {
				return err
			}
			var answer wire.Raw
			if key == "" {
				req := node.PresentPassport{Agent: agent, Challenge: *challenge, Domain: domain, Files: portfolio, With: with}
				err = a.call(cmd.Context(), "passport/present", req, &answer)
			} else {
				answer, err = a.presentWithKey(challenge, domain, key, portfolio)
			}
			if err != nil {
				return err
			}
			if err := writeFile(out, answer); err != nil {
				return err
			}
			return a.print(pathOf{out}, func(w io.Writer) { fmt.Fprintf(w, "wrote %s for %s\n", out, challenge.Domain) })
		}}
	c.Flags().StringVar(&challengeFile, "challenge", "", "challenge file")
	c.Flags().StringVar(&domain, "domain", "", "the domain you answer")
	c.Flags().StringVar(&agent, "agent", "", "an agent whose key this node keeps")
	c.Flags().StringVar(&key, "key", "", "the agent's key file (capability keygen), instead of --agent")
	c.Flags().StringSliceVar(&files, "passport", nil, "passport file to present (repeatable)")
	c.Flags().StringSliceVar(&with, "with", nil, "id of a passport kept here, or all that are active (repeatable)")
	c.Flags().StringVar(&out, "out", "", "file to write")
	for _, name := range []string{"challenge", "domain", "out"} {
		_ = c.MarkFlagRequired(name) // the flags exist: they are defined above
	}
	c.MarkFlagsOneRequired("agent", "key")
	c.MarkFlagsMutuallyExclusive("agent", "key")
	c.MarkFlagsMutuallyExclusive("with", "key")
	return c
}

func (a *app) presentWithKey(c *passport.Challenge, domain, keyFile string, portfolio []wire.Raw) ([]byte, error) {
	key, err := agentKey(keyFile)
	if err != nil {
		return nil, err
	}
	files := make([][]byte, len(portfolio))
	for i := range portfolio {
		files[i] = portfolio[i]
	}
	answer, err := passport.Present(c, domain, key, files, a.Now().Unix())
	return answer, node.PresentationProblem(err)
}

func readChallenge(path string) (*passport.Challenge, error) {
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the challenge: %w", err)
	}
	c, err := passport.ParseChallenge(doc)
	return c, node.PresentationProblem(err)
}

func readFiles(paths []string) ([]wire.Raw, error) {
	var out []wire.Raw
	for _, path := range paths {
		doc, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read a passport: %w", err)
		}
		if err := wire.IsCanonical(doc, wire.ForeignLimits); err != nil {
			return nil, &node.Problem{Code: "CHIO-PASSPORT-REFUSED", Message: path + " is not a passport file: " + err.Error(), Exit: node.ExitUnverifiable,
				Hint: "only passport files of chio organisations are kept and shown: nothing here can judge other credentials"}
		}
		out = append(out, doc)
	}
	return out, nil
}

// judgePresentation lets the node judge the answer to its challenge.
func (a *app) judgePresentation(ctx context.Context, doc []byte) error {
	var v passport.Verdict
	if err := a.call(ctx, "passport/answer", node.JudgePresentation{Presentation: doc}, &v); err != nil {
		return err
	}
	return a.printVerdict(&v)
}

// verifyPassport verifies a passport file offline; a presentation goes to the
// node, whose challenge it answers.
func (a *app) verifyPassport(cmd *cobra.Command, f verifyFlags, path, policy, lists string) error {
	if policy != "" {
		return a.judgeFile(cmd, f, path, policy, lists)
	}
	if path != "-" {
		doc, err := os.ReadFile(path)
		if err == nil && len(doc) <= wire.ForeignLimits.Bytes && wire.SchemaOf(doc, wire.ForeignLimits) == passport.SchemaPresentation {
			return a.judgePresentation(cmd.Context(), doc)
		}
	}
	return a.verify(cmd, f, path, offline.KindPassport)
}

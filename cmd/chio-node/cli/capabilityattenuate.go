package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) capabilityAttenuateCmd() *cobra.Command {
	var scope scopeFlags
	var key, subject, out string
	var ttl int64
	c := &cobra.Command{Use: "attenuate FILE --key FILE --subject KEY --out FILE", Short: "pass part of a capability on, offline, as the agent that holds it",
		Long: "FILE is a token or a chain of tokens, root first. Without --tool, --resource or --prompt the whole scope is passed\n" +
			"on, without the right to pass it on again unless --delegate is given. The result can never allow more.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			chain, err := readChain(args[0])
			if err != nil {
				return err
			}
			delegator, err := agentKey(key)
			if err != nil {
				return err
			}
			to, err := wire.ParsePublicKey(subject)
			if err != nil {
				return usageProblem("--subject: "+err.Error(), "give the other agent's key as 64 hex characters")
			}
			flags, err := scope.request(cmd)
			if err != nil {
				return err
			}
			chain, err = a.passOn(chain, flags, to, ttl, delegator)
			if err != nil {
				return err
			}
			if err := writeFile(out, wire.MustMarshal(chain)); err != nil {
				return err
			}
			leaf := &chain[len(chain)-1]
			return a.print(leaf, func(w io.Writer) {
				fmt.Fprintf(w, "capability  %s\nsubject     %s\nexpires     %s\nchain       %d token(s), in %s\n", leaf.ID, leaf.Subject,
					clock(leaf.ExpiresAt), len(chain), out)
			})
		}}
	c.Flags().StringVar(&key, "key", "", "key file of the agent that holds it")
	c.Flags().StringVar(&subject, "subject", "", "key of the agent that gets it")
	c.Flags().StringVar(&out, "out", "", "file for the longer chain")
	c.Flags().Int64Var(&ttl, "ttl-seconds", 3600, "life, at most the parent's")
	scope.add(c)
	for _, name := range []string{"key", "subject", "out"} {
		_ = c.MarkFlagRequired(name) // the flags exist: they are defined above
	}
	return c
}

// passOn derives the child token and returns the chain with it.
func (a *app) passOn(chain []capability.Token, flags node.IssueCapability, to wire.PublicKey, ttl int64, delegator *wire.Key) ([]capability.Token, error) {
	parent := &chain[len(chain)-1]
	id, err := wire.NewUUIDv7(a.Now().UnixMilli(), a.Rand)
	if err != nil {
		return nil, err
	}
	req := capability.AttenuateRequest{ID: id, Subject: to, IssuedAt: a.Now().Unix(), Scope: flags.ScopeWithin(parent.Scope), Aggregate: flags.Aggregate()}
	req.ExpiresAt = min(req.IssuedAt+ttl, parent.ExpiresAt)
	child, err := capability.Attenuate(parent, req, delegator)
	if err != nil {
		return nil, node.CapabilityProblem(err)
	}
	chain = append(chain, *child)
	if err := capability.VerifyDelegation(chain); err != nil {
		return nil, node.CapabilityProblem(err)
	}
	return chain, nil
}

// readChain reads one token or an array of them.
func readChain(path string) ([]capability.Token, error) {
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the capability: %w", err)
	}
	var parts []wire.Raw
	if err := wire.Unmarshal(doc, &parts, wire.ForeignLimits); err != nil {
		parts = []wire.Raw{doc}
	}
	if len(parts) == 0 || len(parts) > capability.MaxDepth+1 {
		return nil, usageProblem(fmt.Sprintf("%s holds %d tokens, want 1 to %d", path, len(parts), capability.MaxDepth+1), "capability request --out writes such a file")
	}
	chain := make([]capability.Token, len(parts))
	for i, part := range parts {
		t, err := capability.Parse(part)
		if err != nil {
			return nil, node.CapabilityProblem(err)
		}
		chain[i] = *t
	}
	return chain, nil
}

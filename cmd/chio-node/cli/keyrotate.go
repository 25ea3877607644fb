package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// rotateFlags are what key rotate takes besides the role.
type rotateFlags struct {
	yes, reissue              bool
	role, agent               string
	newKey, out, record, file string
}

func (a *app) keyRotateCmd() *cobra.Command {
	var f rotateFlags
	c := &cobra.Command{Use: "rotate kernel|transport|agent", Short: "replace a key",
		Long: "Kernel and transport keys: the node must not be up. Without --yes this only shows what would happen.\n" +
			"  kernel     the old key signs the final checkpoint of the log; capabilities it issued end, unless --reissue.\n" +
			"             Peers know this node by its kernel key: federate with each again.\n" +
			"  transport  peers take the new key at the next hello and refuse the old one; treaties go on.\n" +
			"  agent      with --agent NAME; the node may be up. Old key and passports are revoked, a passport is issued to the\n" +
			"             new key, and with --reissue its capabilities. An agent that keeps its own key: --new-key KEY --out FILE\n" +
			"             drafts a record, key sign FILE --key NEW signs it, --record FILE files it.\n" +
			"docs/keys.md has the whole procedure.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && f.role != "" && f.role != args[0] {
				return usageProblem("two roles were named", "say the role once")
			}
			if len(args) == 1 {
				f.role = args[0]
			}
			switch did.Role(f.role) {
			case did.RoleKernel:
				return a.rotateKernel(cmd, &f)
			case did.RoleTransport:
				return a.rotateTransport(cmd, &f)
			case did.RoleAgent:
				return a.rotateAgent(cmd, &f)
			}
			return usageProblem(fmt.Sprintf("no key of role %q can be rotated", f.role), "name kernel, transport or agent")
		}}
	c.Flags().StringVar(&f.role, "role", "", "the same as the argument: kernel, transport or agent")
	c.Flags().BoolVar(&f.yes, "yes", false, "do it; without this, show what would happen")
	c.Flags().BoolVar(&f.reissue, "reissue", false, "issue the capabilities that end with the key anew")
	c.Flags().StringVar(&f.agent, "agent", "", "agent: its name")
	c.Flags().StringVar(&f.newKey, "new-key", "", "agent that keeps its key: draft a record for this public key")
	c.Flags().StringVar(&f.out, "out", "rotation-draft.json", "file for the draft")
	c.Flags().StringVar(&f.record, "record", "", "agent that keeps its key: file this record, signed by the new key")
	c.Flags().StringVar(&f.file, "passport", "", "agent: file for the new passport (default in the home)")
	return c
}

// offline refuses to change a key that a running node signs with.
func (a *app) offline() error {
	if _, err := node.Dial(a.home); !errors.Is(err, node.ErrNotRunning) {
		return errors.Join(err, &node.Problem{Code: "CHIO-KEYS-NODE-UP", Message: "the node of " + a.home + " is up and uses this key",
			Hint: "stop it, rotate, and start it again", Exit: node.ExitFailure})
	}
	return nil
}

func (a *app) rotateKernel(cmd *cobra.Command, f *rotateFlags) error {
	if err := a.offline(); err != nil {
		return err
	}
	pass, err := a.passphrase(false)
	if err != nil {
		return err
	}
	done, err := node.RotateKernel(cmd.Context(), a.options(pass), node.RotateKernelRequest{Reissue: f.reissue, Preview: !f.yes})
	if err != nil {
		return err
	}
	return a.print(done, func(w io.Writer) {
		showKeys(w, done.Old, done.New)
		fmt.Fprintf(w, "final    %s, %d receipts, root %s\n", done.LogID, done.FinalSize, done.FinalRoot)
		showDying(w, done.Dying)
		for _, p := range done.Peers {
			fmt.Fprintf(w, "peer %s: federate again\n", p)
		}
		if done.Preview {
			fmt.Fprintln(a.Stderr, "hint: nothing was changed; add --yes to rotate, --reissue to keep the capabilities")
			return
		}
		fmt.Fprintln(a.Stderr, "hint: hand out a new trust set: chio-node export --out DIR")
	})
}

func (a *app) rotateTransport(cmd *cobra.Command, f *rotateFlags) error {
	if err := a.offline(); err != nil {
		return err
	}
	pass, err := a.passphrase(false)
	if err != nil {
		return err
	}
	done, err := node.RotateTransport(cmd.Context(), a.options(pass), node.RotateTransportRequest{Preview: !f.yes})
	if err != nil {
		return err
	}
	return a.print(done, func(w io.Writer) {
		showKeys(w, done.Old, done.New)
		fmt.Fprintf(w, "old peer id  %s\n", done.OldPeer)
		if done.NewPeer != "" {
			fmt.Fprintf(w, "new peer id  %s\n", done.NewPeer)
		}
		for _, p := range done.Peers {
			fmt.Fprintf(w, "peer %s: its treaty goes on\n", p)
		}
		if done.Preview {
			fmt.Fprintln(a.Stderr, "hint: nothing was changed; add --yes to rotate")
			return
		}
		fmt.Fprintln(a.Stderr, "hint: start the node, so that peers learn the new key: chio-node up")
	})
}

func (a *app) rotateAgent(cmd *cobra.Command, f *rotateFlags) error {
	if f.agent == "" {
		return usageProblem("which agent's key?", "say --agent NAME")
	}
	req := node.RotateAgentRequest{Agent: f.agent, Reissue: f.reissue}
	switch {
	case f.newKey != "":
		key, err := wire.ParsePublicKey(f.newKey)
		if err != nil {
			return usageProblem("--new-key: "+err.Error(), "give the new public key as 64 hex characters")
		}
		req.NewKey = &key
	case f.record != "":
		env, err := a.readEnvelope(f.record)
		if err != nil {
			return err
		}
		req.Record = env
	default:
		req.Preview = !f.yes
	}
	var done node.AgentRotation
	if err := a.call(cmd.Context(), "key/rotate/agent", req, &done); err != nil {
		return err
	}
	path, err := a.agentFiles(f, &done)
	if err != nil {
		return err
	}
	return a.print(struct {
		node.AgentRotation
		Path string `json:"path,omitempty"`
	}{done, path}, func(w io.Writer) { a.showAgentRotation(w, &done, path) })
}

// agentFiles writes the draft, or the new passport.
func (a *app) agentFiles(f *rotateFlags, done *node.AgentRotation) (string, error) {
	switch {
	case done.Draft != nil:
		return f.out, writeFile(f.out, done.Draft.Bytes())
	case len(done.File) > 0:
		path := f.file
		if path == "" {
			path = filepath.Join(a.home, "passports", done.Agent+".json")
		}
		return path, writeFile(path, done.File)
	}
	return "", nil
}

func (a *app) showAgentRotation(w io.Writer, done *node.AgentRotation, path string) {
	if done.Draft != nil {
		fmt.Fprintf(w, "draft    %s\n", path)
		fmt.Fprintf(a.Stderr, "hint: sign it: chio-node key sign %s --key NEW.key; then file it: chio-node key rotate agent --agent %s --record %s\n", path, done.Agent, path)
		return
	}
	showKeys(w, done.Old, done.New)
	if done.Passport != "" {
		fmt.Fprintf(w, "passport %s\nfile     %s\n", done.Passport, path)
	}
	for _, id := range done.Revoked {
		fmt.Fprintf(w, "revoked  %s\n", id)
	}
	showDying(w, done.Dying)
	if done.Preview {
		fmt.Fprintln(a.Stderr, "hint: nothing was changed; add --yes to rotate, --reissue to keep the capabilities")
	}
}

func showKeys(w io.Writer, old, next wire.PublicKey) {
	fmt.Fprintf(w, "old key  %s\n", old)
	if !next.IsZero() {
		fmt.Fprintf(w, "new key  %s\n", next)
	}
}

func showDying(w io.Writer, dying []node.DyingToken) {
	for _, d := range dying {
		what := "ends"
		switch {
		case d.NewID != "":
			what = "issued anew as " + d.NewID
		case d.Reissue:
			what = "will be issued anew"
		case d.Why != "":
			what = "ends: " + d.Why
		}
		fmt.Fprintf(w, "capability %s of %s: %s\n", d.ID, nameOr(d.Agent, d.Subject.String()), what)
	}
}

func (a *app) keySignCmd() *cobra.Command {
	var key string
	c := &cobra.Command{Use: "sign RECORD --key FILE", Short: "countersign the draft of a rotation with a key file",
		Long: "An agent that keeps its key signs the record of its change with the new key, and with the old one if it still has\n" +
			"it. The file is written in place; nothing else of it changes.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			env, err := a.readEnvelope(args[0])
			if err != nil {
				return err
			}
			signer, err := readKeyFile(key, "CHIO-AGENT-KEY", "capability keygen")
			if err != nil {
				return err
			}
			id, err := did.NamedDID(env)
			if err == nil {
				var r *did.Rotation
				if r, err = did.VerifyRotationDraft(env, id); err == nil && signer.Public() != r.New && signer.Public() != r.Old {
					err = fmt.Errorf("%w: it is about other keys than the one in %s", did.ErrRotation, key)
				}
			}
			if err != nil {
				return &node.Problem{Code: "CHIO-KEYS-RECORD", Message: err.Error(), Hint: "chio-node key rotate agent --new-key KEY drafts a record", Exit: node.ExitFailure}
			}
			if err := env.AddSignature(did.SchemaRotation, signer); err != nil {
				return err
			}
			if err := writeFile(args[0], env.Bytes()); err != nil {
				return err
			}
			return a.print(map[string]string{"record": args[0], "signed_by": signer.Public().String()}, func(w io.Writer) {
				fmt.Fprintf(w, "signed   %s\nby       %s\n", args[0], signer.Public())
			})
		}}
	c.Flags().StringVar(&key, "key", "", "key file of the agent")
	_ = c.MarkFlagRequired("key") // the flag exists: it is defined above
	return c
}

// readEnvelope reads a signed record of ours.
func (a *app) readEnvelope(path string) (*wire.Envelope, error) {
	doc, err := a.read(path)
	if err != nil {
		return nil, err
	}
	env := new(wire.Envelope)
	if err := wire.UnmarshalCanonical(doc, env, wire.DocumentLimits); err != nil {
		return nil, &node.Problem{Code: "CHIO-KEYS-RECORD", Message: path + ": " + err.Error(), Hint: "give the file as it was written", Exit: node.ExitFailure}
	}
	return env, nil
}

func (a *app) keyHistoryCmd() *cobra.Command {
	var role, out string
	c := &cobra.Command{Use: "history", Short: "when each key was in use, and the file that proves it",
		Long: "Every change of a key is a record that the organisation signs and that names the one before it. --out writes\n" +
			"the whole chain; chio-node verify FILE checks it on any machine.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var h node.KeyHistory
			if err := a.call(cmd.Context(), "key/history", node.KeyHistoryRequest{Role: role}, &h); err != nil {
				return err
			}
			if out != "" {
				if err := os.WriteFile(out, h.File, 0o644); err != nil {
					return fmt.Errorf("write %s: %w", out, err)
				}
			}
			return a.print(h, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, s := range h.Keys {
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", s.Role, s.Key, since(s.From), until(s.Until))
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
	c.Flags().StringVar(&role, "role", "", "show this role only: kernel, transport or agent")
	c.Flags().StringVar(&out, "out", "", "write the history file")
	return c
}

func since(at int64) string {
	if at == 0 {
		return "from before the first record"
	}
	return "from " + rfc3339(at)
}

func until(at int64) string {
	if at == 0 {
		return "in use"
	}
	return "until " + rfc3339(at)
}

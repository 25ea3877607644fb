package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// Env is everything a verb may touch of the outside world.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Environ        func() []string
	Now            func() time.Time
	Rand           io.Reader
	// Terminal reports whether a person sits at standard input.
	Terminal func() bool
	// Failpoint is handed to the node, for tests that end the process at a
	// named place; nil in production.
	Failpoint func(name string)
	// Self is the command line that starts this program again.
	Self func() ([]string, error)
	// Harden keeps other processes out of this one's memory, before it holds
	// keys; nil does nothing.
	Harden func() error
	// Guards are an embedding program's own; see node.Options.
	Guards []guard.Guard
	// Hangups returns a channel of hangups, on which up reads the policy again,
	// and how to stop them; nil leaves them to the system.
	Hangups func() (<-chan os.Signal, func())
	// Signals returns a channel of interrupts and how to stop them.
	Signals func() (<-chan os.Signal, func())
}

// System is the real environment.
func System() *Env {
	return &Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Environ: os.Environ, Now: time.Now, Rand: rand.Reader,
		Terminal: isTerminal, Harden: harden,
		Self: func() ([]string, error) {
			path, err := os.Executable()
			return []string{path}, err
		},
		Signals: func() (<-chan os.Signal, func()) {
			c := make(chan os.Signal, 2)
			signal.Notify(c, os.Interrupt, syscall.SIGTERM)
			return c, func() { signal.Stop(c) }
		},
		Hangups: func() (<-chan os.Signal, func()) {
			c := make(chan os.Signal, 1)
			signal.Notify(c, syscall.SIGHUP)
			return c, func() { signal.Stop(c) }
		},
	}
}

// app is one run of the program.
type app struct {
	*Env
	home string
	json bool
}

// Main runs one command line and returns the exit code.
func Main(args []string, env *Env) int {
	if len(args) == 1 && args[0] == confinedVerb {
		return mcp.RunConfined()
	}
	a := &app{Env: env}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	err := root.ExecuteContext(context.Background())
	if err == nil {
		return node.ExitOK
	}
	return a.fail(err)
}

// exit ends a verb with a code after it has printed its own answer.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// fail prints an error the way the documentation promises and picks its code.
func (a *app) fail(err error) int {
	var code exit
	if errors.As(err, &code) {
		return int(code)
	}
	p := &node.Problem{Code: "CHIO-FAILED", Message: err.Error(), Exit: node.ExitFailure}
	if !errors.As(err, &p) && isUsage(err) {
		p.Code, p.Exit, p.Hint = "CHIO-USAGE", node.ExitUsage, "chio-node help shows the verbs, chio-node VERB --help its flags"
	}
	if p.Exit == 0 {
		p.Exit = node.ExitFailure
	}
	if a.json {
		fmt.Fprintf(a.Stdout, "%s\n", wire.MustMarshal(struct {
			Error *node.Problem `json:"error"`
		}{p}))
		return p.Exit
	}
	fmt.Fprintf(a.Stderr, "chio-node: %s\n", p.Message)
	if p.Hint != "" {
		fmt.Fprintf(a.Stderr, "hint: %s\n", p.Hint)
	}
	return p.Exit
}

// isUsage recognises cobra's complaints about the command line itself.
func isUsage(err error) bool {
	for _, prefix := range []string{"unknown command", "unknown flag", "unknown shorthand", "flag needs", "invalid argument", "accepts ", "requires ", "required flag", "bad flag",
		"if any flags in the group", "at least one of the flags"} {
		if strings.HasPrefix(err.Error(), prefix) {
			return true
		}
	}
	return false
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:               "chio-node",
		Short:             "trust node for AI agents: identity, authorization, federation, settlement",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.PersistentFlags().StringVar(&a.home, "home", "", "the node's home (default $CHIO_HOME, then ~/.chio)")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if a.Harden != nil {
			if err := a.Harden(); err != nil {
				a.warn("other processes of this user may be able to read this one's memory: %v", err)
			}
		}
		return a.findHome()
	}
	root.AddCommand(a.initCmd(), a.upCmd(), a.statusCmd(), a.didCmd(), a.passportCmd(), a.openidCmd(), a.capabilityCmd(), a.mcpCmd(), a.federateCmd(),
		a.callCmd(), a.approveCmd(), a.receiptCmd(), a.settleCmd(), a.ledgerCmd(), a.x402Cmd(), a.disputeCmd(), a.quoteCmd(), a.contractCmd(), a.oracleCmd(), a.budgetCmd(), a.policyCmd(), a.guardCmd(), a.verifyCmd(), a.exportCmd(), a.doctorCmd(), a.keyCmd(), a.replayCmd(),
		a.doctorStoreCmd(), a.stopCmd(), a.resumeCmd(), a.sessionCmd(), a.explainCmd(), a.certificationCmd(), a.reputationCmd(), a.vcCmd())
	needVerb(root)
	setExamples(root, "")
	return root
}

// needVerb makes a command that only groups others ask for one of them, where
// cobra would print help and succeed.
func needVerb(c *cobra.Command) {
	for _, sub := range c.Commands() {
		needVerb(sub)
	}
	if c.Runnable() || !c.HasSubCommands() {
		return
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		hint := c.CommandPath() + " --help lists them"
		if len(args) > 0 {
			return usageProblem(fmt.Sprintf("unknown command %q for %q", args[0], c.CommandPath()), hint)
		}
		return usageProblem(c.CommandPath()+" needs a verb", hint)
	}
}

func (a *app) findHome() error {
	if a.home == "" {
		a.home = a.Getenv("CHIO_HOME")
	}
	if a.home == "" {
		dir := a.Getenv("HOME")
		if dir == "" {
			return &node.Problem{Code: "CHIO-USAGE", Message: "no home: HOME is not set", Hint: "pass --home DIR", Exit: node.ExitUsage}
		}
		a.home = filepath.Join(dir, ".chio")
	}
	abs, err := filepath.Abs(a.home)
	a.home = abs
	return err
}

// caller runs operations: the running node, or one opened for this command.
type caller interface {
	Call(ctx context.Context, op string, body []byte) ([]byte, error)
}

// call runs one operation wherever the node is and decodes its answer.
func (a *app) call(ctx context.Context, op string, req, res any) error {
	c, done, err := a.connect(ctx)
	if err != nil {
		return err
	}
	return errors.Join(callOn(ctx, c, op, req, res), done())
}

// callOn is call on a node that is connected already.
func callOn(ctx context.Context, c caller, op string, req, res any) error {
	body, err := wire.Marshal(req)
	if err != nil {
		return err
	}
	answer, err := c.Call(ctx, op, body)
	if err != nil {
		return err
	}
	return wire.Unmarshal(answer, res, wire.BundleLimits)
}

func (a *app) connect(ctx context.Context) (caller, func() error, error) {
	client, err := node.Dial(a.home)
	if err == nil {
		return client, func() error { return nil }, nil
	}
	if !errors.Is(err, node.ErrNotRunning) {
		return nil, nil, err
	}
	n, err := a.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	return n, func() error { return n.Stop(context.WithoutCancel(ctx)) }, nil
}

// open opens the home in this process, without the network.
func (a *app) open(ctx context.Context) (*node.Node, error) {
	pass, err := a.passphrase(false)
	if err != nil {
		return nil, err
	}
	return node.Open(ctx, a.options(pass))
}

func (a *app) options(passphrase []byte) node.Options {
	return node.Options{Home: a.home, Passphrase: passphrase, Now: a.Now, Rand: a.Rand, Environ: a.Environ(), Failpoint: a.Failpoint, Guards: a.Guards,
		Log: slog.New(slog.NewTextHandler(a.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

// passphrase is asked for only where the keys are, or are to be, sealed by one.
func (a *app) passphrase(create bool) ([]byte, error) {
	if p := a.Getenv("CHIO_PASSPHRASE"); p != "" {
		return []byte(p), nil
	}
	if create || !node.NeedsPassphrase(a.home) {
		return nil, nil
	}
	if !a.Terminal() {
		return nil, &node.Problem{Code: "CHIO-KEYS-PASSPHRASE", Message: "the keys in " + a.home + " are sealed by a passphrase",
			Hint: "set CHIO_PASSPHRASE, or run this at a terminal", Exit: node.ExitFailure}
	}
	return a.prompt("passphrase: ")
}

// print writes an answer: the JSON object, or what human writes.
func (a *app) print(answer any, human func(w io.Writer)) error {
	if a.json {
		_, err := fmt.Fprintf(a.Stdout, "%s\n", wire.MustMarshal(answer))
		return err
	}
	human(a.Stdout)
	return nil
}

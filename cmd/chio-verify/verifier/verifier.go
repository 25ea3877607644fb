package verifier

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// The exit codes. 3, denied, belongs to the node.
const (
	exitOK           = 0
	exitFailure      = 1
	exitUsage        = 2
	exitUnverifiable = 4
)

const usageText = `usage: chio-verify VERB [FLAGS] [FILE…]

  receipt FILE       a receipt, or an array: intact? signer known? authorised?
  bundle FILE        receipts with their log heads and proofs, as a whole
  checkpoint FILE    a signed log head and its witness cosignatures
  consistency OLD NEW PROOF
                     the log behind head NEW only added to that behind OLD
  equivocation FILE  evidence that a log signed two histories
  lineage FILE…      receipts of several organisations, arrays or bundles: one
                     chain of calls from the first caller to the last host?
  capability FILE    a token, or a chain of tokens as an array, root first
  canonical          JSON on standard input to canonical bytes
  version

  --trust FILE       trust set (chio.trust_set.v1): whose keys count
  --kernel-root HEX  receipt, capability: trust this kernel key instead
  --agent-key HEX    receipt: only calls of this agent count as authorised
  --proof FILE       bundle: its head, by a kernel key retired since, to that
                     key's final checkpoint (chio-node key prove)
  --at UNIX          capability: the time to judge it at (required)
  --max-depth N      capability: delegations allowed (default 4)
  --json             one JSON object on standard output

FILE may be -, standard input. Flags stand before or after files.
Exit: 0 ok, 1 cannot read, 2 usage, 4 unverifiable (the cause is JSON "code").
A single receipt or capability of an unknown signer exits 0 if it is intact,
and says so.
`

// errUsage marks what the caller typed wrong.
var errUsage = errors.New("usage")

// env is what a verb may touch.
type env struct {
	stdin  io.Reader
	stdout io.Writer
	opt    options
	files  []string
}

// options are the flags of every verb; each verb refuses those it ignores.
type options struct {
	trust, kernelRoot, agentKey, proof string
	at                                 int64
	maxDepth                           int
	json                               bool
	set                                map[string]bool
}

// verb is one entry of the table.
type verb struct {
	files int // how many, or oneOrMore
	flags []string
	run   func(*env) (*answer, error)
}

const oneOrMore = -1

func verbs() map[string]verb {
	return map[string]verb{
		"receipt":      {1, []string{"trust", "kernel-root", "agent-key"}, verifyReceipt},
		"bundle":       {1, []string{"trust", "proof"}, verifyBundle},
		"checkpoint":   {1, []string{"trust"}, verifyCheckpoint},
		"consistency":  {3, []string{"trust"}, verifyConsistency},
		"equivocation": {1, []string{"trust"}, verifyEquivocation},
		"lineage":      {oneOrMore, []string{"trust"}, verifyLineage},
		"capability":   {1, []string{"trust", "kernel-root", "at", "max-depth"}, verifyCapability},
		"canonical":    {0, nil, canonical},
		"version":      {0, nil, version},
	}
}

// Main runs one command line, without the program's name, and returns the exit
// code: 0 ok, 1 cannot read, 2 usage, 4 unverifiable.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usageText)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usageText)
		return exitOK
	}
	v, ok := verbs()[args[0]]
	if !ok {
		return usageError(stderr, fmt.Errorf("%w: unknown verb %q", errUsage, args[0]))
	}
	e := &env{stdin: stdin, stdout: stdout}
	if err := e.parse(args[0], v, args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(stdout, usageText)
			return exitOK
		}
		return usageError(stderr, err)
	}
	a, err := v.run(e)
	if errors.Is(err, errUsage) {
		return usageError(stderr, err)
	}
	if err != nil {
		a = failure(err)
	}
	return a.print(e, stdout, stderr)
}

func usageError(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "chio-verify: %v\nhint: chio-verify help\n", err)
	return exitUsage
}

// parse reads flags and files in any order and refuses what the verb ignores.
func (e *env) parse(name string, v verb, args []string) error {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	o := &e.opt
	fs.StringVar(&o.trust, "trust", "", "")
	fs.StringVar(&o.kernelRoot, "kernel-root", "", "")
	fs.StringVar(&o.agentKey, "agent-key", "", "")
	fs.StringVar(&o.proof, "proof", "", "")
	fs.Int64Var(&o.at, "at", 0, "")
	fs.IntVar(&o.maxDepth, "max-depth", defaultMaxDepth, "")
	fs.BoolVar(&o.json, "json", false, "")
	for {
		if err := fs.Parse(args); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		if fs.NArg() == 0 {
			break
		}
		e.files = append(e.files, fs.Arg(0))
		args = fs.Args()[1:]
	}
	o.set = make(map[string]bool)
	fs.Visit(func(f *flag.Flag) { o.set[f.Name] = true })
	allowed := map[string]bool{"json": true}
	for _, f := range v.flags {
		allowed[f] = true
	}
	for f := range o.set {
		if !allowed[f] {
			return fmt.Errorf("%w: %s takes no --%s", errUsage, name, f)
		}
	}
	if v.files == oneOrMore && len(e.files) > 0 {
		return nil
	}
	if len(e.files) != v.files {
		if v.files == oneOrMore {
			return fmt.Errorf("%w: %s takes at least one file", errUsage, name)
		}
		return fmt.Errorf("%w: %s takes %d files, got %d", errUsage, name, v.files, len(e.files))
	}
	return nil
}

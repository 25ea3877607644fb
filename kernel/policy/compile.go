package policy

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/wire"
)

// CompileOptions is what a policy needs of the node. Nil members are allowed.
type CompileOptions struct {
	// ReadFile reads a file that the policy names (threat_intel.pattern_db),
	// relative to the policy. Nil: a policy that names one does not compile.
	ReadFile func(name string) ([]byte, error)
	// Observe puts guards into observe mode besides those the document names:
	// guard names, or "all".
	Observe []string
	// Custom are guards that an embedding program registered, by name. All of
	// them run, after the eighteen, in the order of their names.
	Custom map[string]guard.Guard
	// Hooks are hooks on results that an embedding program registered; they run
	// after the policy's own, in this order.
	Hooks []guard.Hook
	// Panic reports that everything must be denied; asked on every call.
	Panic func() bool
	// Postures are the records of the sessions. Nil: a policy with a posture, or
	// with budgets of origins, denies every call.
	Postures PostureStore
	// PostureScope tells the sessions of one policy from those of another that
	// judges the same calls; the node's own policy has none.
	PostureScope string
}

// Configurable is a custom guard that extensions.chio.custom can configure.
type Configurable interface {
	guard.Guard
	Configure(config wire.Raw) (guard.Guard, error)
}

// Compiled is a policy in force. It is immutable and safe for concurrent use.
type Compiled struct {
	Guard      kernel.Guard
	Hash       wire.Digest // SHA-256 of Canonical
	Canonical  []byte      // the resolved document, defaults filled in
	GuardNames []string    // in the order in which they run, without an origin's own
	// Scope is what a capability issued under this policy asks for when nobody
	// says otherwise: the allow-listed tools by name, or every tool.
	Scope    capability.Scope
	Output   []kernel.OutputGuard // in the order in which they run
	Warnings []Problem            // what the document says and is not enforced
	Observed []string             // names of the guards in observe mode
	Parts    []Part               // one for each of GuardNames and Output

	evaluator *evaluator // what Guard runs
	suites    *evaluator // the same guards, with the posture the action states
	custom    bool       // custom actions are allowed
}

// Part is one guard of a compiled policy, for people.
type Part struct {
	Name     string `json:"name"`
	Block    string `json:"block"`  // the part of the document that configures it
	Config   string `json:"config"` // one line
	Output   bool   `json:"output,omitzero"`
	Observed bool   `json:"observed,omitzero"`
	When     bool   `json:"conditional,omitzero"`
}

// Compile turns a resolved document into one pipeline: panic, posture, the
// eighteen guards of the catalogue in its order, human-in-loop,
// runtime-assurance, custom guards. A document without a rule in force
// compiles to a guard that denies everything. What cannot be enforced is an
// error, or a warning where leaving it out allows nothing more.
func Compile(d *Document, o CompileOptions) (*Compiled, error) {
	if err := Validate(d); err != nil {
		return nil, err
	}
	if d.Extends != "" {
		return nil, fmt.Errorf("%w: %s extends %s", ErrUnresolved, nameOf(d), d.Extends)
	}
	full := withDefaults(d)
	if err := observeAlso(full, o.Observe); err != nil {
		return nil, fmt.Errorf("compiling policy %s: %w", nameOf(d), err)
	}
	canonical, err := wire.Marshal(full)
	if err != nil {
		return nil, fmt.Errorf("encoding policy %s: %w", nameOf(d), err)
	}
	b := &builder{d: full, o: o, c: &Compiled{Hash: wire.Hash(canonical), Canonical: canonical}}
	if err := b.build(); err != nil {
		return nil, fmt.Errorf("compiling policy %s: %w", nameOf(d), err)
	}
	return b.c, nil
}

// builder collects the parts of one policy while it is compiled.
type builder struct {
	d *Document
	o CompileOptions
	c *Compiled

	conditions map[string]*condition // by block
	used       map[string]bool       // conditions that belong to a part
	forbidden  *guards.ForbiddenPath // shared with shell-command
	machine    *PostureMachine       // nil: no posture and no budgets of origins
	slots      []slot
	hooks      []hook
}

// slot is one guard in its place.
type slot struct {
	guard.Guard
	block  string
	config string
	rule   bool // a rule of the document: without one the policy denies
	strict bool // never observed
	when   *condition
}

// hook is one output guard in its place.
type hook struct {
	kernel.OutputGuard
	block, config string
}

func (b *builder) build() error {
	var err error
	if b.conditions, err = compileConditions(b.d.Extensions.Chio); err != nil {
		return err
	}
	b.used = map[string]bool{}
	for _, step := range []func() error{b.files, b.rates, b.network, b.tools, b.content, b.desktop, b.detection, b.people, b.customs, b.outputs} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := b.posture(); err != nil {
		return err
	}
	if err := b.assemble(); err != nil {
		return err
	}
	b.unused()
	b.c.Scope = defaultScope(&b.d.Rules, b.globs())
	b.c.custom = b.chio().CustomActions == DefaultAllow
	return nil
}

// add appends a guard; the error is that of its constructor.
func (b *builder) add(g guard.Guard, err error, block, config string) error {
	if err != nil {
		return err
	}
	if g == nil {
		return fmt.Errorf("%s: the guard of this block is nil", block)
	}
	b.slots = append(b.slots, slot{Guard: g, block: block, config: config, rule: true, when: b.condition(block)})
	return nil
}

func (b *builder) warn(path, format string, args ...any) {
	b.c.Warnings = append(b.c.Warnings, Problem{File: nameOf(b.d), Path: path, Message: fmt.Sprintf(format, args...)})
}

// chio returns the extension, or an empty one.
func (b *builder) chio() Chio {
	if c := b.d.Extensions.Chio; c != nil {
		return *c
	}
	return Chio{}
}

// globs reports whether tool names are read as globs.
func (b *builder) globs() bool { return b.chio().ToolNames == toolNamesGlob }

// toolNamesGlob is the value of extensions.chio.tool_names that is not exact.
const toolNamesGlob = "glob"

package budget

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of a tree.
const (
	MaxNodes       = 256
	MaxDepth       = 8 // a root has depth 1
	maxNodeIDBytes = 64
	maxConditions  = 256 // names in one condition of a node

	minRollingSeconds = 60
	maxRollingSeconds = 31 * daySeconds
)

// ErrTree: the configuration of a tree is not one.
var ErrTree = errors.New("budget tree")

// NodeConfig is one node of the tree as an operator writes it. It counts the
// calls for which every condition that is present holds, and every call that a
// node below it counts.
type NodeConfig struct {
	ID             string
	Parent         string // "" for a root
	Window         Window
	WindowSeconds  int64 // rolling only: 60 s to 31 days
	MaxInvocations *uint64
	MaxCost        *wire.MonetaryAmount // nil counts no money
	Agents         []string             // names, or subject keys in hex
	Servers        []string             // as addressed
	Tools          []string
}

// TreeConfig is what a Tree is made of. AgentName names the agent that owns a
// key, "" if it has no name here; it is needed once a node names agents.
type TreeConfig struct {
	Nodes     []NodeConfig
	AgentName func(wire.PublicKey) (string, error)
}

// Tree decides which nodes count a call. It is immutable; nil is the empty
// tree.
type Tree struct {
	nodes     []node // parents first, then by id
	byID      map[string]int
	agentName func(wire.PublicKey) (string, error)
}

// node is a checked NodeConfig.
type node struct {
	id             string
	parent         int // index, -1 for a root
	depth          int
	rule           rule
	maxInvocations *uint64
	maxCost        *wire.MonetaryAmount
	agents         map[string]bool // nil: no condition
	servers, tools map[string]bool
}

var nodeIDPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// NewTree checks a configuration: ids unique, parents known and without
// cycles, depth and size within bounds, windows and caps sound. Errors wrap
// ErrTree.
func NewTree(cfg TreeConfig) (*Tree, error) {
	if len(cfg.Nodes) > MaxNodes {
		return nil, fmt.Errorf("%w: %d nodes, the limit is %d", ErrTree, len(cfg.Nodes), MaxNodes)
	}
	configs := make(map[string]*NodeConfig, len(cfg.Nodes))
	for i := range cfg.Nodes {
		c := &cfg.Nodes[i]
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("%w: node %d (%.64q): %w", ErrTree, i+1, c.ID, err)
		}
		if configs[c.ID] != nil {
			return nil, fmt.Errorf("%w: two nodes are named %q", ErrTree, c.ID)
		}
		if len(c.Agents) > 0 && cfg.AgentName == nil {
			return nil, fmt.Errorf("%w: node %q names agents, and nothing names the agent of a call", ErrTree, c.ID)
		}
		configs[c.ID] = c
	}
	order, err := parentsFirst(cfg.Nodes, configs)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTree, err)
	}
	t := &Tree{byID: make(map[string]int, len(order)), agentName: cfg.AgentName}
	for _, o := range order {
		n := o.config.node(o.depth)
		n.parent = -1
		if o.config.Parent != "" {
			n.parent = t.byID[o.config.Parent]
		}
		t.byID[n.id] = len(t.nodes)
		t.nodes = append(t.nodes, n)
	}
	return t, nil
}

func (c *NodeConfig) check() error {
	switch {
	case !nodeIDPattern.MatchString(c.ID):
		return errors.New("id: use 1 to 64 letters, digits, '.', '_' or '-'")
	case !c.Window.valid():
		return fmt.Errorf("window %.20q: use daily, monthly, rolling or total", c.Window)
	case c.Window == Rolling && (c.WindowSeconds < minRollingSeconds || c.WindowSeconds > maxRollingSeconds):
		return fmt.Errorf("window_seconds is %d, a rolling window has %d to %d", c.WindowSeconds, minRollingSeconds, maxRollingSeconds)
	case c.Window != Rolling && c.WindowSeconds != 0:
		return errors.New("window_seconds is for rolling windows only")
	case c.MaxInvocations == nil && c.MaxCost == nil:
		return errors.New("it limits nothing: set max_invocations or max_cost")
	}
	if c.MaxCost != nil {
		if _, err := amountOf(c.MaxCost); err != nil {
			return fmt.Errorf("max_cost: %w", err)
		}
	}
	for _, names := range [...][]string{c.Agents, c.Servers, c.Tools} {
		if names != nil && len(names) == 0 || len(names) > maxConditions {
			return fmt.Errorf("agents, servers and tools name 1 to %d each, or are left out", maxConditions)
		}
		for _, name := range names {
			if name == "" || len(name) > kernel.MaxNameBytes {
				return fmt.Errorf("agents, servers and tools: a name has 1 to %d bytes", kernel.MaxNameBytes)
			}
		}
	}
	return nil
}

func (c *NodeConfig) node(depth int) node {
	n := node{id: c.ID, depth: depth, rule: rule{window: c.Window, seconds: c.WindowSeconds},
		agents: set(c.Agents), servers: set(c.Servers), tools: set(c.Tools)}
	if c.MaxInvocations != nil {
		limit := *c.MaxInvocations
		n.maxInvocations = &limit
	}
	if c.MaxCost != nil {
		limit := *c.MaxCost
		n.maxCost, n.rule.currency = &limit, limit.Currency
	}
	return n
}

func set(names []string) map[string]bool {
	if names == nil {
		return nil
	}
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

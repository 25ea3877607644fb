package authority

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	agentRows    = "a/agent/"
	agentKeyRows = "a/agentkey/"
	maxAgentName = 64
)

// Agent is one principal this node knows by name.
type Agent struct {
	Name      string              `json:"name"`
	Key       wire.PublicKey      `json:"key"`
	Passport  *kernel.PassportRef `json:"passport,omitempty"`
	Custodial bool                `json:"custodial,omitzero"` // the node holds its sealed key
	CreatedAt int64               `json:"created_at"`         // unix seconds
}

// CheckAgentName accepts 1 to 64 of a-z, 0-9, '-', '_' and '.', not beginning
// with '.': a name is a row key and a file name.
func CheckAgentName(name string) error {
	if name == "" || len(name) > maxAgentName || name[0] == '.' {
		return fmt.Errorf("%w: agent name %.80q must be 1 to %d characters and not begin with a dot", ErrRequest, name, maxAgentName)
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return fmt.Errorf("%w: agent name %.80q may hold a-z, 0-9, '-', '_' and '.' only", ErrRequest, name)
		}
	}
	return nil
}

// PutAgent registers an agent or updates its passport and custody. A name
// keeps its key and a key its name: anything else is ErrExists.
func PutAgent(tx store.Tx, a Agent) error {
	if err := CheckAgentName(a.Name); err != nil {
		return err
	}
	if err := a.Key.Check(); err != nil {
		return fmt.Errorf("%w: key of agent %s: %w", ErrRequest, a.Name, err)
	}
	have, err := AgentByName(tx, a.Name)
	switch {
	case err == nil && have.Key != a.Key:
		return fmt.Errorf("agent %s: %w", a.Name, ErrExists)
	case err == nil:
		a.CreatedAt = have.CreatedAt
	case !errors.Is(err, ErrUnknown):
		return err
	}
	name, err := tx.Get(agentKeyRows + a.Key.String())
	if err == nil && string(name) != a.Name {
		return fmt.Errorf("key of agent %s belongs to agent %.64s: %w", a.Name, name, ErrExists)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	tx.Set(agentKeyRows+a.Key.String(), []byte(a.Name))
	return put(tx, agentRows+a.Name, a)
}

// RekeyAgent gives an agent another key, with the passport issued on it, if
// any. The old key stays the agent's in what it signed: AgentByKey goes on
// finding the agent by it, and no other agent can take it.
func RekeyAgent(tx store.Tx, old, next wire.PublicKey, passport *kernel.PassportRef) (Agent, error) {
	a, err := AgentByKey(tx, old)
	if err != nil {
		return Agent{}, err
	}
	if a.Key != old {
		return Agent{}, fmt.Errorf("%w: agent %s left key %s before", ErrRequest, a.Name, old)
	}
	if err := next.Check(); err != nil {
		return Agent{}, fmt.Errorf("%w: new key of agent %s: %w", ErrRequest, a.Name, err)
	}
	if _, err := tx.Get(agentKeyRows + next.String()); err == nil {
		return Agent{}, fmt.Errorf("new key of agent %s: %w", a.Name, ErrExists)
	} else if !errors.Is(err, store.ErrNotFound) {
		return Agent{}, err
	}
	a.Key, a.Passport = next, passport
	tx.Set(agentKeyRows+next.String(), []byte(a.Name))
	return a, put(tx, agentRows+a.Name, a)
}

// AgentByName returns one agent, or ErrUnknown.
func AgentByName(r store.Reader, name string) (Agent, error) {
	b, err := r.Get(agentRows + name)
	if errors.Is(err, store.ErrNotFound) {
		return Agent{}, fmt.Errorf("agent %.80q: %w", name, ErrUnknown)
	}
	if err != nil {
		return Agent{}, err
	}
	return decodeAgent(b)
}

// AgentByKey returns the agent that owns or owned a key, or ErrUnknown.
func AgentByKey(r store.Reader, key wire.PublicKey) (Agent, error) {
	name, err := r.Get(agentKeyRows + key.String())
	if errors.Is(err, store.ErrNotFound) {
		return Agent{}, fmt.Errorf("agent with key %s: %w", key, ErrUnknown)
	}
	if err != nil {
		return Agent{}, err
	}
	return AgentByName(r, string(name))
}

// Agents lists every agent by name.
func Agents(r store.Reader) ([]Agent, error) {
	var out []Agent
	err := r.Scan(agentRows, "", func(_ string, value []byte) error {
		a, err := decodeAgent(value)
		out = append(out, a)
		return err
	})
	return out, err
}

func decodeAgent(b []byte) (Agent, error) {
	var a Agent
	if err := wire.UnmarshalCanonical(b, &a, wire.DocumentLimits); err != nil {
		return Agent{}, fmt.Errorf("%w: agent: %w", ErrCorrupt, err)
	}
	return a, nil
}

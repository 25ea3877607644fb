package keys

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrUnknownAgent: no key is held for an agent of that name.
var ErrUnknownAgent = errors.New("no key is held for this agent")

// Agent is a name and the public key the node holds for it.
type Agent struct {
	Name string         `json:"name"`
	Key  wire.PublicKey `json:"key"`
}

// Agent returns the custodial key of an agent, drawn and sealed on first use.
func (k *Keyring) Agent(ctx context.Context, name string) (key *wire.Key, created bool, err error) {
	if err := CheckName(name); err != nil {
		return nil, false, err
	}
	if held := k.heldInMemory(name); held != nil {
		return held, false, nil
	}
	var seed secret
	err = k.db.Update(ctx, func(tx store.Tx) (err error) {
		seed, created, err = k.sealer.obtain(tx, rowOf(did.RoleAgent, name), validFor(did.RoleAgent))
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("key of agent %s: %w", name, err)
	}
	if key, err = wire.KeyFromSeed(seed[:]); err != nil {
		return nil, false, err
	}
	return k.remember(name, key), created, nil
}

// heldInMemory and remember take the lock for themselves. It is never held over
// a transaction: what a rotation does after its commit waits for it, and every
// other transaction waits for that.
func (k *Keyring) heldInMemory(name string) *wire.Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.agents[name]
}

// remember keeps a key that was read, unless a rotation has put another there
// since.
func (k *Keyring) remember(name string, key *wire.Key) *wire.Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	if held := k.agents[name]; held != nil {
		return held
	}
	k.agents[name] = key
	return key
}

// AgentIn is Agent inside a transaction of the caller, for many at once.
func (k *Keyring) AgentIn(tx store.Tx, name string) (key *wire.Key, created bool, err error) {
	if err := CheckName(name); err != nil {
		return nil, false, err
	}
	seed, created, err := k.sealer.obtain(tx, rowOf(did.RoleAgent, name), validFor(did.RoleAgent))
	if err != nil {
		return nil, false, fmt.Errorf("key of agent %s: %w", name, err)
	}
	key, err = wire.KeyFromSeed(seed[:])
	return key, created, err
}

// HeldAgent returns the custodial key of an agent that has one, or
// ErrUnknownAgent. It creates nothing.
func (k *Keyring) HeldAgent(name string) (*wire.Key, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if held := k.heldInMemory(name); held != nil {
		return held, nil
	}
	row := rowOf(did.RoleAgent, name)
	var seed secret
	err := k.db.View(func(r store.Reader) error {
		value, err := r.Get(row)
		if err != nil {
			return err
		}
		seed, err = k.sealer.open(row, value)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrUnknownAgent, name)
	}
	if err != nil {
		return nil, err
	}
	key, err := wire.KeyFromSeed(seed[:])
	if err != nil {
		return nil, err
	}
	return k.remember(name, key), nil
}

// Agents lists the agents whose keys the node holds, by name.
func (k *Keyring) Agents() ([]Agent, error) {
	prefix := rowOf(did.RoleAgent, "")
	var out []Agent
	err := k.db.View(func(r store.Reader) error {
		return r.Scan(prefix, "", func(row string, value []byte) error {
			seed, err := k.sealer.open(row, value)
			if err != nil {
				return err
			}
			key, err := wire.KeyFromSeed(seed[:])
			if err != nil {
				return err
			}
			out = append(out, Agent{Name: strings.TrimPrefix(row, prefix), Key: key.Public()})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	return out, nil
}

package passport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/status"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of a registry.
const (
	passportPrefix = "v/passport/" // + uuid: record
	agentPrefix    = "v/agent/"    // + key / uuid: a mark
)

// ErrUnknown: the registry has issued no passport of that id.
var ErrUnknown = errors.New("no passport of this id was issued here")

// Config says what a registry issues with.
type Config struct {
	DB             store.DB
	Org            wire.Signer
	Rand           io.Reader
	ListTTLSeconds int64  // validity of a signed status list; 0 means 7 days
	StatusBase     string // URL before the list number; "" means <did>/status/
}

// Registry keeps the passports an organisation has issued and its status
// lists. Rows, bit and signature change in one transaction.
type Registry struct {
	cfg   Config
	lists *status.Lists
}

// NewRegistry checks the configuration and touches nothing.
func NewRegistry(cfg Config) (*Registry, error) {
	if cfg.DB == nil || cfg.Rand == nil {
		return nil, errors.New("passport: DB and Rand are required")
	}
	lists, err := status.New(status.Config{Org: cfg.Org, Rand: cfg.Rand, TTLSeconds: cfg.ListTTLSeconds, Base: cfg.StatusBase})
	if err != nil {
		return nil, err
	}
	return &Registry{cfg, lists}, nil
}

// Issue allocates a status bit, signs a passport and files it. It returns the
// passport and the passport file to hand over.
func (g *Registry) Issue(ctx context.Context, req Request, now int64) (p *Passport, file []byte, err error) {
	err = g.cfg.DB.Update(ctx, func(tx store.Tx) (err error) {
		p, file, err = g.IssueIn(tx, req, now)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("issue a passport: %w", err)
	}
	return p, file, nil
}

// IssueIn is Issue inside a transaction of the caller, so that a passport and
// what rests on it become durable together.
func (g *Registry) IssueIn(tx store.Tx, req Request, now int64) (*Passport, []byte, error) {
	p, r, err := g.issue(tx, req, now)
	if err != nil {
		return nil, nil, err
	}
	file, err := g.file(tx, r, now)
	return p, file, err
}

func (g *Registry) issue(tx store.Tx, req Request, now int64) (*Passport, *Record, error) {
	bits, err := g.allocate(tx, 1)
	if err != nil {
		return nil, nil, err
	}
	doc, p, err := Issue(g.cfg.Org, req, bits[0].entries, now, g.cfg.Rand)
	if err != nil {
		return nil, nil, err
	}
	r := bits[0].record(doc)
	return p, r, putNew(tx, p, r)
}

// allotted are the status entries of one passport, and their indexes.
type allotted struct {
	entries            vc.StatusEntries
	revoked, suspended uint64
}

func (a *allotted) record(doc []byte) *Record {
	return &Record{Passport: doc, Index: a.revoked, Suspension: a.suspended}
}

// allocate takes the status entries of n passports.
func (g *Registry) allocate(tx store.Tx, n int) ([]allotted, error) {
	var of [len(purposes)][]status.Allotted
	for i, purpose := range purposes {
		var err error
		if of[i], err = g.lists.AllocateMany(tx, status.Kind{Purpose: purpose}, n); err != nil {
			return nil, err
		}
	}
	out := make([]allotted, n)
	for i := range out {
		out[i] = allotted{vc.StatusEntries{of[0][i].Entry, of[1][i].Entry}, of[0][i].Index, of[1][i].Index}
	}
	return out, nil
}

// putNew files a passport that was just made, by its id and by its agent.
func putNew(tx store.Tx, p *Passport, r *Record) error {
	tx.Set(agentPrefix+p.Subject.ID.Key().String()+"/"+uuidOf(p.ID), []byte{1})
	return putRecord(tx, uuidOf(p.ID), r)
}

// Get returns the record of a passport, or ErrUnknown. The id is
// urn:uuid:… or the bare UUID.
func (g *Registry) Get(id string) (*Record, error) {
	var r *Record
	err := g.cfg.DB.View(func(v store.Reader) (err error) {
		r, err = g.get(v, id)
		return err
	})
	return r, err
}

// GetIn is Get inside a transaction of the caller.
func (g *Registry) GetIn(v store.Reader, id string) (*Record, error) { return g.get(v, id) }

// List calls fn for every record, oldest first, until it returns an error;
// store.ErrStop ends the list early. With agent "" it lists all agents.
func (g *Registry) List(agent did.DID, fn func(*Record) error) error {
	return g.cfg.DB.View(func(v store.Reader) error { return g.ListIn(v, agent, fn) })
}

// ListIn is List inside a transaction of the caller, so that what is done to
// the passports is done to those that were listed.
func (g *Registry) ListIn(v store.Reader, agent did.DID, fn func(*Record) error) error {
	if agent == "" {
		return v.Scan(passportPrefix, "", func(_ string, value []byte) error {
			var r Record
			if err := wire.Unmarshal(value, &r, wire.DocumentLimits); err != nil {
				return err
			}
			return fn(&r)
		})
	}
	prefix := agentPrefix + agent.Key().String() + "/"
	return v.Scan(prefix, "", func(key string, _ []byte) error {
		r, err := g.get(v, strings.TrimPrefix(key, prefix))
		if err != nil {
			return err
		}
		return fn(r)
	})
}

// File returns the passport file of a passport with its lists as of now, each
// signed anew if an entry has changed or half its validity has passed.
func (g *Registry) File(ctx context.Context, id string, now int64) ([]byte, error) {
	var file []byte
	err := g.cfg.DB.Update(ctx, func(tx store.Tx) error {
		r, err := g.get(tx, id)
		if err != nil {
			return err
		}
		file, err = g.file(tx, r, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write a passport file: %w", err)
	}
	return file, nil
}

func (g *Registry) file(tx store.Tx, r *Record, now int64) ([]byte, error) {
	return r.file(func(index uint64) ([]byte, error) { return g.lists.For(tx, index, now) })
}

// file puts a passport together with the lists it names.
func (r *Record) file(list func(index uint64) ([]byte, error)) ([]byte, error) {
	lists := make([][]byte, 0, len(purposes))
	for _, index := range []uint64{r.Index, r.Suspension} {
		if index == 0 && len(lists) > 0 { // issued without
			continue
		}
		doc, err := list(index)
		if err != nil {
			return nil, err
		}
		lists = append(lists, doc)
	}
	return NewFile(r.Passport, lists...)
}

// LastFile is File with the lists as they were signed last, however long ago:
// nothing is signed. It wraps status.ErrUnsigned if an entry of one has
// changed since.
func (g *Registry) LastFile(id string) ([]byte, error) {
	var file []byte
	err := g.cfg.DB.View(func(v store.Reader) error {
		r, err := g.get(v, id)
		if err != nil {
			return err
		}
		file, err = r.file(func(index uint64) ([]byte, error) { return g.lists.Last(v, index) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write a passport file: %w", err)
	}
	return file, nil
}

// SignListsIn signs every list that has changed since it was signed.
func (g *Registry) SignListsIn(tx store.Tx, now int64) error {
	_, err := g.lists.Flush(tx, now)
	return err
}

// StatusList returns the signed list of a number, fresh as of now: what an
// organisation publishes.
func (g *Registry) StatusList(ctx context.Context, number uint64, now int64) ([]byte, error) {
	var list []byte
	err := g.cfg.DB.Update(ctx, func(tx store.Tx) (err error) {
		list, err = g.lists.Document(tx, number, now)
		return err
	})
	return list, err
}

func (g *Registry) get(v store.Reader, id string) (*Record, error) {
	if err := wire.CheckUUIDv7(uuidOf(id)); err != nil {
		return nil, fmt.Errorf("%w: %.60q: %w", ErrUnknown, id, err)
	}
	value, err := v.Get(passportPrefix + uuidOf(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	if err != nil {
		return nil, err
	}
	var r Record
	if err := wire.Unmarshal(value, &r, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("read passport %s: %w", id, err)
	}
	return &r, nil
}

func putRecord(tx store.Tx, uuid string, r *Record) error {
	value, err := wire.Marshal(r)
	if err != nil {
		return err
	}
	tx.Set(passportPrefix+uuid, value)
	return nil
}

func uuidOf(id string) string { return strings.TrimPrefix(id, "urn:uuid:") }

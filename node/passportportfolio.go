package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// heldPrefix + agent key / issuer key / uuid: a passport file of another
// organisation about that agent, as it was imported.
const heldPrefix = "v/held/"

// maxHeld bounds the imported passports of one agent.
const maxHeld = 16

// withAll stands for every active passport of an agent.
const withAll = "all"

// formerKey is the state of an imported passport about a key that no agent has
// any more.
const formerKey passport.State = "former_key"

// ImportPassport asks "passport/import".
type ImportPassport struct {
	Agent string   `json:"agent"`
	File  wire.Raw `json:"file"`
}

// HeldPassport names an imported passport, for "passport/forget".
type HeldPassport struct {
	Agent string `json:"agent"`
	ID    string `json:"id"`
}

// held is an imported passport, as it stands at this moment.
type held struct {
	row    string
	file   []byte
	report *passport.Report
	state  passport.State
}

// importPassport keeps a passport of another organisation for its agent:
//
//	1 the agent is known here
//	2 it is a whole passport file, with the status lists of its passport
//	3 another organisation issued it, which has not ended, and not under an id
//	  of ours
//	4 it is about the key that the agent has
//	5 it is current, neither revoked nor suspended, by its lists and by what the
//	  issuer told this node
//	6 what is kept of it already is not newer, and is not revoked
//	7 the agent has fewer than 16, not counting those whose time is over: these
//	  are removed
//
// Whether its issuer counts is for whoever it is shown to. A file of a passport
// that is kept already takes the place of the older file, also if 5 refuses it
// for what its lists say: what was seen to be withdrawn is not shown.
func (n *Node) importPassport(ctx context.Context, req ImportPassport) (*PassportInfo, error) {
	key, err := n.agentKey(req.Agent) // 1
	if err != nil {
		return nil, err
	}
	h := n.readHeld("", req.File)
	if err := n.importable(h, key); err != nil {
		return nil, err
	}
	h.row = heldRow(h.report.Passport)
	var refused error
	err = n.db.Update(ctx, func(tx store.Tx) error {
		refused = h.counts() // 5
		kept, err := n.heldBy(tx, key)
		if err != nil {
			return err
		}
		known, count := false, 0
		for _, k := range kept {
			switch {
			case k.row == h.row:
				known = true
				if err := h.replaces(k); err != nil { // 6
					return err
				}
			case k.state == passport.Expired:
				tx.Delete(k.row)
			default:
				count++
			}
		}
		if refused != nil {
			if known && h.report.Status != vc.StatusUnknown {
				tx.Set(h.row, req.File)
			}
			return nil
		}
		if count >= maxHeld { // 7
			return refusedPassport(ExitFailure, "chio-node passport forget removes one", "agent %q holds %d passports of others already", req.Agent, count)
		}
		tx.Set(h.row, req.File)
		return nil
	})
	if err = cmp.Or(err, refused); err != nil {
		return nil, err
	}
	return n.describeHeld(h, req.Agent), nil
}

// replaces is rule 6: a copy with older lists takes nothing back.
func (h *held) replaces(kept *held) error {
	if kept.report.Status == vc.StatusRevoked {
		return notActive(kept.report.ID, passport.Revoked)
	}
	if h.report.Status == vc.StatusRevoked {
		return nil
	}
	for i, at := range h.report.ListsAt {
		if i < len(kept.report.ListsAt) && at < kept.report.ListsAt[i] {
			return refusedPassport(ExitDenied, "ask its issuer for a current file", "the file of passport %s that is kept has newer status lists", h.report.ID)
		}
	}
	return nil
}

// counts is rule 5.
func (h *held) counts() error {
	if h.state != passport.Active {
		return notActive(h.report.ID, h.state)
	}
	if err := h.report.Err(); err != nil {
		return refusedPassport(ExitDenied, "ask its issuer for a current file", "%v", err)
	}
	return nil
}

// importable is rules 2 to 4.
func (n *Node) importable(h *held, key wire.PublicKey) error {
	r := h.report
	if !r.Integrity || r.Passport == nil { // 2
		return refusedPassport(ExitUnverifiable, "only passport files of chio organisations are kept: nothing here can judge other credentials",
			"not an intact passport file: %v", r.Err())
	}
	if r.Passport.Issuer == n.DID() { // 3
		return refusedPassport(ExitUsage, "chio-node passport present shows it as it is", "this organisation issued passport %s itself", r.ID)
	}
	if at, ended := n.deactivated(r.Passport.Issuer); ended { // 3
		return refusedPassport(ExitDenied, "its word counts no more", "%s was deactivated at %s", r.Issuer, stamp(at))
	}
	if r.Passport.Subject.ID != did.FromKey(key) { // 4
		return refusedPassport(ExitDenied, "ask its issuer for one about the agent's key", "passport %s is about %s, the agent is %s", r.ID, r.Passport.Subject.ID, did.FromKey(key))
	}
	if _, err := n.passports.Get(r.ID); !errors.Is(err, passport.ErrUnknown) { // 3
		return cmp.Or(err, error(refusedPassport(ExitDenied, "ask its issuer for one with an id of its own", "passport %s has the id of one that was issued here", r.ID)))
	}
	return nil
}

func refusedPassport(exit int, hint, format string, args ...any) *Problem {
	return &Problem{Code: "CHIO-PASSPORT-REFUSED", Message: fmt.Sprintf(format, args...), Hint: hint, Exit: exit}
}

func heldRow(p *passport.Passport) string {
	return heldPrefix + p.Subject.ID.Key().String() + "/" + p.Issuer.Key().String() + "/" + strings.TrimPrefix(p.ID, "urn:uuid:")
}

// readHeld verifies a file and judges its state.
func (n *Node) readHeld(row string, file []byte) *held {
	h := &held{row: row, file: file, state: passport.Active,
		report: passport.VerifyFile(file, vc.Gate{Now: n.now(), SkewSeconds: bindingBackdateSeconds,
			TrustedIssuer: func(string) bool { return true }})} // whether it counts is for who is shown it
	p := h.report.Passport
	if p == nil {
		return h
	}
	d := n.revocations.Check(nil, &kernel.PassportRef{Issuer: h.report.Issuer, ID: h.report.ID}, p.Subject.ID.Key(), nil, n.now())
	_, ended := n.deactivated(p.Issuer) // its word counts no more
	switch {
	case ended, h.report.Status == vc.StatusRevoked, d != nil && d.Code != authority.CodePassportSuspended:
		h.state = passport.Revoked
	case n.now() >= int64(p.ValidUntil):
		h.state = passport.Expired
	case h.report.Status == vc.StatusSuspended, d != nil:
		h.state = passport.Suspended
	}
	return h
}

// heldBy is what was imported about a key, in the order of the issuers.
func (n *Node) heldBy(r store.Reader, key wire.PublicKey) (list []*held, err error) {
	err = r.Scan(heldPrefix+key.String()+"/", "", func(row string, file []byte) error {
		list = append(list, n.readHeld(row, slices.Clone(file)))
		return nil
	})
	return list, err
}

func (n *Node) describeHeld(h *held, agent string) *PassportInfo {
	p := h.report.Passport
	return &PassportInfo{ID: p.ID, Agent: agent, AgentDID: p.Subject.ID.String(), Issuer: h.report.Issuer, Imported: true, Status: h.state,
		ValidFrom: p.ValidFrom.String(), ValidUntil: p.ValidUntil.String()}
}

// listHeld describes every imported passport.
func (n *Node) listHeld(r store.Reader, fn func(*PassportInfo)) error {
	return r.Scan(heldPrefix, "", func(row string, file []byte) error {
		h := n.readHeld(row, file)
		name, err := n.holderOf(r, h)
		if err == nil {
			fn(n.describeHeld(h, name))
		}
		return err
	})
}

// forgetPassport removes an imported passport.
func (n *Node) forgetPassport(ctx context.Context, req HeldPassport) (*Empty, error) {
	return &Empty{}, n.db.Update(ctx, func(tx store.Tx) error {
		var rows []string
		err := tx.Scan(heldPrefix, "", func(row string, file []byte) error {
			if !strings.HasSuffix(row, "/"+strings.TrimPrefix(req.ID, "urn:uuid:")) {
				return nil
			}
			name, err := n.holderOf(tx, n.readHeld(row, file))
			if err == nil && name == req.Agent {
				rows = append(rows, row)
			}
			return err
		})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return unknownHeld(req.ID, req.Agent)
		}
		for _, row := range rows {
			tx.Delete(row)
		}
		return nil
	})
}

// holderOf is the name of the agent that an imported passport is about. If the
// agent has another key by now, it is the name the passport gives it.
func (n *Node) holderOf(r store.Reader, h *held) (string, error) {
	p := h.report.Passport
	if p == nil {
		return "", fmt.Errorf("imported passport %s: %w", strings.TrimPrefix(h.row, heldPrefix), h.report.Err())
	}
	a, err := authority.AgentByKey(r, p.Subject.ID.Key())
	if errors.Is(err, authority.ErrUnknown) {
		h.state = formerKey
		return p.Subject.Name, nil
	}
	return a.Name, err
}

func unknownHeld(id, agent string) *Problem {
	return &Problem{Code: "CHIO-PASSPORT-UNKNOWN", Message: fmt.Sprintf("agent %q has no passport %.80q here", agent, id),
		Hint: "chio-node passport list shows them", Exit: ExitFailure}
}

// portfolio is the files of the passports an agent chose: by id, its own and
// imported ones, or all that are active. What is not active refuses; of all, it
// is left out.
func (n *Node) portfolio(ctx context.Context, agent string, key wire.PublicKey, with []string) ([][]byte, error) {
	var imported []*held
	var own []string
	err := n.db.View(func(r store.Reader) (err error) {
		if imported, err = n.heldBy(r, key); err != nil {
			return err
		}
		return n.passports.ListIn(r, did.FromKey(key), func(rec *passport.Record) error {
			p, err := rec.Parse()
			if err == nil && (!slices.Contains(with, withAll) || rec.State(p, n.now()) == passport.Active) {
				own = append(own, p.ID)
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	if slices.Contains(with, withAll) {
		if len(with) > 1 {
			return nil, usage("%s stands for every active passport: name no other", withAll)
		}
		with = own
		for _, h := range imported {
			if h.state == passport.Active {
				with = append(with, h.report.ID)
			}
		}
	}
	var files [][]byte
	seen := make(map[string]bool, len(with))
	for _, id := range with {
		id = "urn:uuid:" + strings.TrimPrefix(id, "urn:uuid:")
		if seen[id] {
			return nil, usage("passport %.80q is named twice", id)
		}
		seen[id] = true
		file, err := n.chosen(ctx, id, own, imported)
		if err != nil {
			return nil, err
		}
		if file == nil {
			return nil, unknownHeld(id, agent)
		}
		files = append(files, file)
	}
	return files, nil
}

// chosen is the file of one passport of a portfolio, nil if there is none.
func (n *Node) chosen(ctx context.Context, id string, own []string, imported []*held) (file []byte, err error) {
	if slices.Contains(own, id) {
		return n.passportFile(ctx, id)
	}
	for _, h := range imported {
		if h.report.ID != id {
			continue
		}
		if file != nil {
			return nil, refusedPassport(ExitDenied, "chio-node passport forget removes them", "two issuers gave a passport the id %s", id)
		}
		if h.state != passport.Active {
			return nil, notActive(id, h.state)
		}
		file = h.file
	}
	return file, nil
}

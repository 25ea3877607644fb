package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ProtocolDeactivation carries deactivation records. It is open to strangers:
// an organisation that ended says no hello any more, and who asks about one
// may not know us.
const ProtocolDeactivation = "/chio/fed/deactivation/1.0.0"

// The bounds of one list: records, and their bytes.
const (
	maxEndedPage      = 64
	maxEndedPageBytes = 192 << 10
)

// endedRequest is one frame; the fields are those of its type.
type endedRequest struct {
	Type   string         `json:"type"` // push: a record · get: those of one organisation · since: those after a place in our list
	Record *wire.Envelope `json:"record,omitempty"`
	DID    did.DID        `json:"did,omitempty"`
	After  uint64         `json:"after,omitzero"`
}

type endedAnswer struct {
	Status  string           `json:"status"`
	Records []*wire.Envelope `json:"records,omitempty"`
	Place   uint64           `json:"place,omitzero"` // since: of the last one in our list
}

// serveEnded answers one request. Of a stranger a record is taken only if it is
// about ourselves or an organisation we have to do with.
func (s *Service) serveEnded(ctx context.Context, from p2p.Peer, stream *p2p.Stream) error {
	doc, err := stream.Request(ctx)
	if err != nil {
		return err
	}
	var q endedRequest
	if err := wire.UnmarshalCanonical(doc, &q, wire.DocumentLimits); err != nil {
		return stream.Write(ctx, errorFrame(refusal(refusedMalformed, "%v", err)))
	}
	answer, err := s.answerEnded(ctx, from, &q)
	if err != nil {
		s.complain("deactivation request refused", from.ID, "type", q.Type, "error", err.Error())
		return stream.Write(ctx, errorFrame(err))
	}
	return send(ctx, stream, answer)
}

func (s *Service) answerEnded(ctx context.Context, from p2p.Peer, q *endedRequest) (*endedAnswer, error) {
	a := &endedAnswer{Status: statusOK}
	switch {
	case q.Type == "push" && q.DID == "" && q.After == 0:
		id, err := did.NamedDID(q.Record)
		if err != nil {
			return nil, refusal(refusedMalformed, "%v", err)
		}
		if !s.concerns(id) && !s.inForce(from.ID) {
			return nil, refusal(refusedNotAParty, "%s is nobody we have to do with", id)
		}
		if _, _, err := s.Deactivate(ctx, q.Record); err != nil {
			return nil, refusal(refusedMismatch, "%v", err)
		}
		return a, nil
	case q.Type == "get" && q.Record == nil && q.After == 0:
		if e, ok := s.cfg.Directory.Deactivation(q.DID); ok {
			a.Records = e.records()
		}
		return a, nil
	case q.Type == "since" && q.Record == nil && q.DID == "":
		if !s.inForce(from.ID) {
			return nil, refusal(refusedNotActive, "the list is for treaty peers")
		}
		return a, s.endedAfter(q.After, a)
	}
	return nil, refusal(refusedUnsupported, "no request is of type %.40q with these fields", q.Type)
}

func (e *Ended) records() []*wire.Envelope {
	if e.Other == nil {
		return []*wire.Envelope{e.Record}
	}
	return []*wire.Envelope{e.Record, e.Other}
}

// concerns reports whether an organisation is ourselves, a peer, or one whose
// passports count here.
func (s *Service) concerns(id did.DID) bool {
	if _, err := s.cfg.Directory.Peer(id); err == nil || id == s.did {
		return true
	}
	return s.cfg.Concerns != nil && s.cfg.Concerns(id)
}

func (s *Service) inForce(id p2p.PeerID) bool {
	rec, err := s.cfg.Directory.ByTransport(id)
	return err == nil && rec.inForce(s.cfg.Now()) == nil
}

// endedAfter fills in one page of our list.
func (s *Service) endedAfter(after uint64, a *endedAnswer) error {
	size := 0
	return s.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(prefixEndedOrder, orderKey(after), func(key string, id []byte) error {
			e, ok := s.cfg.Directory.Deactivation(did.DID(id))
			if !ok {
				return store.ErrStop // committed and not yet in memory: the next request has it
			}
			records := e.records()
			for _, env := range records {
				size += len(env.Body) + 1024
			}
			if len(a.Records) > 0 && (size > maxEndedPageBytes || len(a.Records)+len(records) > maxEndedPage) {
				return store.ErrStop
			}
			place, err := strconv.ParseUint(strings.TrimPrefix(key, prefixEndedOrder), 10, 64)
			if err != nil {
				return fmt.Errorf("%w: row %.120q: %w", store.ErrCorrupt, key, err)
			}
			a.Records, a.Place = append(a.Records, records...), place
			return nil
		})
	})
}

// askEnded sends one request and returns the records of the answer.
func (s *Service) askEnded(ctx context.Context, to p2p.PeerID, q endedRequest) (*endedAnswer, error) {
	doc, err := wire.Marshal(q)
	if err != nil {
		return nil, err
	}
	if doc, err = s.cfg.Host.Call(ctx, to, ProtocolDeactivation, doc); err != nil {
		return nil, err
	}
	var a endedAnswer
	return &a, readAnswer(doc, &a)
}

// whyNoHello asks a node that did not complete a hello whether its organisation
// has ended, and takes its word only as that organisation's signature.
func (s *Service) whyNoHello(ctx context.Context, to p2p.PeerID, named did.DID, cause error) error {
	if named == "" || errors.Is(cause, ErrDeactivated) {
		return cause
	}
	a, err := s.askEnded(ctx, to, endedRequest{Type: "get", DID: named})
	if err != nil {
		return cause
	}
	for _, env := range a.Records {
		if id, err := did.NamedDID(env); err != nil || id != named {
			continue
		}
		if _, _, err := s.Deactivate(ctx, env); err != nil {
			s.cfg.Log.Info("deactivation record refused", slog.String("did", named.String()), slog.String("error", err.Error()))
		}
	}
	if at, ended := s.cfg.Directory.Deactivated(named); ended {
		return fmt.Errorf("%w: %s: since %d", ErrPeerDeactivated, named, at)
	}
	return cause
}

// pullEnded reads on in a peer's list. What does not verify is passed over: it
// is the peer's mistake and nobody's deactivation.
func (s *Service) pullEnded(ctx context.Context, rec Record) error {
	key := prefixEndedRead + rec.DID.String()
	var after uint64
	err := s.cfg.DB.View(func(r store.Reader) error {
		row, err := r.Get(key)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			after, err = strconv.ParseUint(string(row), 10, 64)
		}
		return err
	})
	if err != nil {
		return err
	}
	for range MaxEnded {
		a, err := s.askEnded(ctx, rec.PeerID, endedRequest{Type: "since", After: after})
		if err != nil {
			return err
		}
		if a.Place <= after || len(a.Records) > maxEndedPage {
			return nil
		}
		for _, env := range a.Records {
			if _, _, err := s.Deactivate(ctx, env); err != nil {
				s.cfg.Log.Info("deactivation record refused", slog.String("from", rec.DID.String()), slog.String("error", err.Error()))
			}
		}
		after = a.Place
		err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			tx.Set(key, []byte(strconv.FormatUint(after, 10)))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// TellDeactivation hands this organisation's own record to every peer that
// does not hold it, each over a direct stream. The error names those that were
// not reached: call it again.
func (s *Service) TellDeactivation(ctx context.Context) (told int, err error) {
	e, ended := s.cfg.Directory.Deactivation(s.did)
	if !ended {
		return 0, nil
	}
	var failed []error
	for _, rec := range s.cfg.Directory.List() {
		if rec.State == Revoked || rec.State == Deactivated {
			continue
		}
		fresh, err := s.tell(ctx, rec, e.Record)
		if err != nil {
			failed = append(failed, fmt.Errorf("tell %s: %w", rec.DID, err))
		}
		if fresh {
			told++
		}
	}
	return told, errors.Join(failed...)
}

func (s *Service) tell(ctx context.Context, rec Record, env *wire.Envelope) (fresh bool, err error) {
	key := prefixEndedTold + rec.DID.String()
	err = s.cfg.DB.View(func(r store.Reader) error {
		_, err := r.Get(key)
		return err
	})
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, endedLimits.MessageTimeout)
	defer cancel()
	if err := s.dial(ctx, rec); err != nil {
		return false, err
	}
	if _, err := s.askEnded(ctx, rec.PeerID, endedRequest{Type: "push", Record: env}); err != nil {
		return false, err
	}
	return true, s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		tx.Set(key, []byte{1})
		return nil
	})
}

// dial makes sure of a connection to a peer's transport key, without a hello.
func (s *Service) dial(ctx context.Context, rec Record) error {
	if s.cfg.Host.Connected(rec.PeerID) {
		return nil
	}
	failed := []error{fmt.Errorf("%w: %s", p2p.ErrNotConnected, rec.DID)}
	for _, addr := range rec.Addresses {
		id, err := s.cfg.Host.Connect(ctx, addr)
		if err == nil && id == rec.PeerID {
			return nil
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// spread has every treaty peer read our list soon.
func (s *Service) spread() {
	if fn := s.onEnded.Load(); fn != nil {
		(*fn)()
	}
}

// spreadEnded schedules an exchange with every treaty peer, who is asked to do
// the same and so reads our list.
func (x *Exchange) spreadEnded() {
	for _, rec := range x.s.cfg.Directory.List() {
		if rec.State == Active {
			x.nudge(rec.DID)
		}
	}
}

package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/backbay-labs/chio-node/oracle"
	pricefeed "github.com/backbay-labs/chio-node/oracle/feed"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of what pairs remember.
const (
	latchRows   = "o/latch/"   // + pair: canonical oracle.Latch
	groundsRows = "o/grounds/" // + source of an observation: canonical oracle.Grounds
)

// codeOracleTripped: the pair is latched or paused.
const codeOracleTripped = "CHIO-ORACLE-TRIPPED"

// errTripped: no price of a latched or paused pair is used.
var errTripped = errors.New("the pair is stopped")

func readLatch(r store.Reader, pair oracle.Pair) (oracle.Latch, error) {
	row, err := r.Get(latchRows + pair.String())
	if errors.Is(err, store.ErrNotFound) {
		return oracle.Latch{Pair: pair}, nil
	}
	if err != nil {
		return oracle.Latch{}, err
	}
	l, err := oracle.ParseLatch(row)
	if err != nil || l.Pair != pair {
		return oracle.Latch{}, fmt.Errorf("%w: latch of %s: %w", store.ErrCorrupt, pair, err)
	}
	return l, nil
}

// stopped reports why no price of a pair may be used, or nil.
func stopped(l *oracle.Latch) error {
	switch {
	case l.Trip != nil:
		return fmt.Errorf("%w: %s is tripped, %s: %s", errTripped, l.Pair, l.Trip.Reason, l.Trip.Detail)
	case l.Paused != "":
		return fmt.Errorf("%w: %s is paused: %s", errTripped, l.Pair, l.Paused)
	}
	return nil
}

func trippedProblem(err error) *Problem {
	return &Problem{Code: codeOracleTripped, Message: err.Error(), Exit: ExitDenied,
		Hint: "find out why; then chio-node oracle reset PAIR --word \"what was found\""}
}

// judgeRound is what importing a round latches: operators that disagree, a
// price outside its band, and one apart from its cross-check. What is stale or too few only fails, and heals itself.
func (n *Node) judgeRound(r *oracle.Round, p oracle.Price, err error) *oracle.Trip {
	peg := n.cfg.Oracle.pair(r.Pair).peg()
	switch {
	case errors.Is(err, oracle.ErrDiverged):
		return &oracle.Trip{Reason: oracle.TripDiverged, Detail: err.Error(), At: n.now()}
	case err == nil && peg != nil && !peg.Holds(p.Median):
		return &oracle.Trip{Reason: oracle.TripDepegged, At: n.now(),
			Detail: fmt.Sprintf("%s is outside %d … %d bps", p.Median.FloatString(8), peg.LowBps, peg.HighBps)}
	case err == nil:
		_, _, trip := n.money.lookout.judge(r.Pair, p.Median, n.now())
		return trip
	}
	return nil
}

// observed is what the sources of a pair said.
type observed struct {
	readings []oracle.Reading
	payloads map[string]oracle.Payload // by source
	problems []string
}

// observe reads the sources of a pair. It may wait for the network, and so is
// never called where a call is decided.
func (n *Node) observe(ctx context.Context, c *PricePairConfig, pair oracle.Pair) (*observed, error) {
	doc, err := os.ReadFile(n.cfg.Oracle.Signers)
	if err != nil {
		return nil, usage("oracle.signers: %v", err)
	}
	signers, err := pricefeed.ParseSigners(doc)
	if err != nil {
		return nil, usage("oracle.signers: %v", err)
	}
	out := &observed{payloads: make(map[string]oracle.Payload)}
	for i := range c.Sources {
		s := &c.Sources[i]
		raw, err := s.fetch(ctx)
		var sample oracle.Sample
		if err == nil {
			sample, err = signers.Sample(pair, s.Feed, raw)
		}
		if err != nil {
			out.problems = append(out.problems, s.Name+": "+err.Error())
			continue
		}
		out.readings = append(out.readings, oracle.Reading{Source: s.Name, Sample: sample})
		out.payloads[s.Name] = oracle.NewPayload(s.Feed, raw)
	}
	return out, nil
}

// sourceTimeout bounds fetching one payload.
const sourceTimeout = 10 * time.Second

// maxPayloadBytes bounds one payload that an observation rests on, so that
// evidence stays a document.
const maxPayloadBytes = 16 << 10

// fetch reads a payload. Redirects are not followed: the address is configured.
func (s *PriceSourceConfig) fetch(ctx context.Context) ([]byte, error) {
	var in io.ReadCloser
	if s.File != "" {
		f, err := os.Open(s.File)
		if err != nil {
			return nil, err
		}
		in = f
	} else {
		ctx, cancel := context.WithTimeout(ctx, sourceTimeout)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
		if err != nil {
			return nil, err
		}
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		if in = resp.Body; resp.StatusCode != http.StatusOK {
			_ = in.Close() // nothing of it is used
			return nil, fmt.Errorf("%s answered %s", req.URL.Host, resp.Status)
		}
	}
	defer func() { _ = in.Close() }() // only read from
	raw, err := io.ReadAll(io.LimitReader(in, maxPayloadBytes+1))
	if err == nil && len(raw) > maxPayloadBytes {
		err = fmt.Errorf("the payload is over %d bytes", maxPayloadBytes)
	}
	return raw, err
}

// observePrice signs what the configured sources of a pair say:
//
//	1 every source is read and verified, off any path that decides
//	2 oracle.Judge says whether that is a price, and what was read of chains
//	  whether it may be one now; what is to be remembered is stored with the
//	  sequence number, before anything is signed
//	3 the observation names the payloads as its source, which are kept
func (n *Node) observePrice(ctx context.Context, req ObservePrice) (*Observation, error) {
	pair, err := parsePair(req.Pair)
	if err != nil {
		return nil, usage("pair: %v", err)
	}
	c := n.cfg.Oracle.pair(pair)
	if c == nil || len(c.Sources) == 0 {
		return nil, usage("oracle.pairs in the config has no sources of %s", pair)
	}
	w, err := n.cfg.Oracle.watch(c)
	if err != nil {
		return nil, usage("oracle.pairs: %v", err)
	}
	seen, err := n.observe(ctx, c, pair) // 1
	if err != nil {
		return nil, err
	}
	now, reading := n.now(), signed.Reading{}
	var out oracle.Outcome
	err = n.db.Update(ctx, func(tx store.Tx) error { // 2
		latch, err := readLatch(tx, pair)
		if err != nil {
			return err
		}
		if out, latch, err = oracle.Judge(w, latch, seen.readings, nil, now); err != nil {
			return err
		}
		n.overrule(pair, &out, &latch, now)
		tx.Set(latchRows+pair.String(), latch.Bytes())
		if out.Price == nil {
			return nil
		}
		reading, err = reasoned(tx, pair, &out, seen, now)
		return err
	})
	out.Problems = append(out.Problems, seen.problems...)
	switch {
	case err != nil:
		return nil, err
	case out.State == oracle.StateTripped || out.State == oracle.StatePaused:
		if out.State == oracle.StateTripped {
			n.alarms.raise(alarmPrice, pair.String(), out.Err().Error())
		}
		return nil, trippedProblem(out.Err())
	case out.Price == nil:
		return nil, &Problem{Code: "CHIO-ORACLE-SOURCES", Message: out.Err().Error(), Exit: ExitFailure,
			Hint: "it heals when the sources have newer payloads"}
	}
	s, err := n.money.oracleKey.Sign(reading)
	if err != nil {
		return nil, fmt.Errorf("observation of %s: %w", pair, err)
	}
	return &Observation{Observation: s.Bytes(), State: string(out.State), Problems: out.Problems}, nil
}

// overrule takes a price back that something read of a chain is against.
func (n *Node) overrule(pair oracle.Pair, out *oracle.Outcome, latch *oracle.Latch, now int64) {
	if out.Price == nil {
		return
	}
	state, problem, trip := n.money.lookout.judge(pair, out.Price, now)
	if state == "" {
		return
	}
	*out = oracle.Outcome{State: state, Problems: []string{problem}}
	if trip != nil {
		latch.Trip = trip
	}
}

// reasoned stores the grounds of an observation and returns it unsigned.
func reasoned(tx store.Tx, pair oracle.Pair, out *oracle.Outcome, seen *observed, now int64) (signed.Reading, error) {
	value, err := oracle.GroundsValue(out.Price)
	if err != nil {
		return signed.Reading{}, err
	}
	g := oracle.Grounds{Schema: oracle.GroundsSchema, Pair: pair}
	for _, name := range out.Counted {
		g.Payloads = append(g.Payloads, seen.payloads[name])
	}
	source := wire.Hash(g.Bytes())
	tx.Set(groundsRows+source.String(), g.Bytes())
	sequence, err := tx.Next(observationSeq)
	return signed.Reading{Pair: pair, Value: value, Expo: oracle.GroundsExpo, ObservedAt: now, ValidUntil: now + defaultObservationTTLSeconds,
		Source: source, Sequence: sequence}, err
}

// withGrounds adds to evidence what is known here of what its observations
// rest on.
func withGrounds(r store.Reader, e *oracle.Evidence) (*oracle.Evidence, error) {
	var known []oracle.Grounds
	for _, o := range e.Body.Round.Observations {
		doc, err := r.Get(groundsRows + o.Source.String())
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		g, err := oracle.ParseGrounds(doc)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", store.ErrCorrupt, err)
		}
		known = append(known, *g)
	}
	if len(known) == 0 {
		return e, nil
	}
	return e.WithGrounds(known...)
}

// resetPair ends a trip or a pause with the operator's word, or pauses a pair.
func (n *Node) resetPair(ctx context.Context, req ResetPair) (*PairState, error) {
	pair, err := parsePair(req.Pair)
	if err != nil {
		return nil, usage("pair: %v", err)
	}
	if req.Word == "" || len(req.Word) > maxWordBytes {
		return nil, usage("word: say in 1 to %d bytes why; it is logged", maxWordBytes)
	}
	var latch oracle.Latch
	err = n.db.Update(ctx, func(tx store.Tx) (err error) {
		if latch, err = readLatch(tx, pair); err != nil {
			return err
		}
		if latch.Paused = ""; req.Pause {
			latch.Paused = req.Word
		} else {
			latch = latch.Reset()
			tx.AfterCommit(func() { n.alarms.ended(alarmPrice, pair.String()) })
		}
		tx.Set(latchRows+pair.String(), latch.Bytes())
		return nil
	})
	if err != nil {
		return nil, err
	}
	n.log.Warn("an operator set the state of a pair", "pair", pair.String(), "pause", req.Pause, "word", req.Word)
	return pairState(&latch), nil
}

const maxWordBytes = 400

func pairState(l *oracle.Latch) *PairState {
	return &PairState{Pair: l.Pair.String(), Trip: l.Trip, Paused: l.Paused}
}

// listRounds walks the rounds of a pair back from the one in use, and says
// where the chain breaks.
func (n *Node) listRounds(_ context.Context, req ListRounds) (*Rounds, error) {
	pair, err := parsePair(req.Pair)
	if err != nil {
		return nil, usage("pair: %v", err)
	}
	out, limit := &Rounds{Rounds: []ListedRound{}}, req.Limit
	if limit <= 0 || limit > maxListedRounds {
		limit = maxListedRounds
	}
	err = n.db.View(func(r store.Reader) error {
		latch, err := readLatch(r, pair)
		if err != nil {
			return err
		}
		out.State = *pairState(&latch)
		last, err := currentOf(r, pair)
		var chain []*oracle.Round
		for ; last != nil && len(chain) < limit; last, err = previousOf(r, last) {
			chain = append(chain, last)
			doc := last.Bytes()
			l := ListedRound{ID: last.ID(), Previous: last.Previous, Round: doc}
			for _, o := range last.Observations {
				l.ObservedAt, l.Operators = max(l.ObservedAt, o.ObservedAt), append(l.Operators, o.Operator)
			}
			out.Rounds = append(out.Rounds, l)
		}
		slices.Reverse(chain)
		if err = errors.Join(err, oracle.VerifyChain(chain)); err != nil {
			out.Broken = err.Error()
		}
		return nil
	})
	return out, err
}

const maxListedRounds = 1000

// currentOf is the newest round of a pair, usable or not, or nil.
func currentOf(r store.Reader, pair oracle.Pair) (*oracle.Round, error) {
	text, err := r.Get(currentRoundRow + pair.String())
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := wire.ParseDigest(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w: current round of %s: %w", store.ErrCorrupt, pair, err)
	}
	return readRound(r, id)
}

// previousOf is the round before, or nil before the first.
func previousOf(r store.Reader, round *oracle.Round) (*oracle.Round, error) {
	if round.Previous.IsZero() {
		return nil, nil
	}
	before, err := readRound(r, round.Previous)
	if err != nil {
		return nil, fmt.Errorf("round %s: %w", round.ID(), err)
	}
	if before.ID() != round.Previous {
		return nil, fmt.Errorf("round %s: %w: the round before it was changed", round.ID(), oracle.ErrChain)
	}
	return before, nil
}

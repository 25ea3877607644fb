package reputation_test

import (
	"bytes"
	"errors"
	"math/rand"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// history is n different calls over a number of days.
func history(n, days int) []deed {
	out := times(n, deed{})
	for i := range out {
		out[i].age = int64(i%days) * day
	}
	return out
}

// TestMinimumHistoryIsAGate: one receipt, day or distinct call below the
// minimum there is no composite, and at it there is.
func TestMinimumHistoryIsAGate(t *testing.T) {
	k := keys(t)
	p := reputation.DefaultParams()
	p.MinReceipts, p.MinActiveDays, p.MinDistinctCalls, p.FullReceipts, p.FullActiveDays = 12, 4, 6, 24, 8
	same := history(12, 4)
	for i := range same {
		same[i].args = string(rune('a' + i%6))
	}
	five := slices.Clone(same)
	for i := range five {
		five[i].args = string(rune('a' + i%5))
	}
	for name, c := range map[string]struct {
		deeds []deed
		open  bool
	}{
		"at it": {same, true}, "a receipt less": {same[1:], false}, "a day less": {history(12, 3), false}, "a call less": {five, false},
		"nothing": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			card := k.card(t, k.corpus(k.log(t, "acme", c.deeds...)), p)
			if card.Gate.Open != c.open || (card.CompositePPM != nil) != c.open || (card.RawPPM != nil) != c.open {
				t.Fatalf("%+v", card.Gate)
			}
			if len(card.Metrics) != 8 {
				t.Fatal("metrics are there all the same")
			}
		})
	}
}

// TestConfidenceHoldsDown: however good, a composite with half the history is
// at most three quarters.
func TestConfidenceHoldsDown(t *testing.T) {
	k := keys(t)
	p := easy()
	p.FullReceipts, p.FullActiveDays = 40, 10
	for n, want := range map[int]uint64{10: 625_000, 20: 750_000, 40: ppm, 41: ppm} {
		card := k.card(t, k.corpus(k.log(t, "acme", history(n, 10)...)), p)
		if card.CeilingPPM != want || *card.CompositePPM != min(*card.RawPPM, want) {
			t.Errorf("%d receipts: ceiling %d, want %d; composite %d of %d", n, card.CeilingPPM, want, *card.CompositePPM, *card.RawPPM)
		}
	}
}

// TestWeightsRenormalise: unknown metrics drop out, exactly.
func TestWeightsRenormalise(t *testing.T) {
	k := keys(t)
	card := k.card(t, k.corpus(k.log(t, "acme", join(times(3, deed{}), times(1, deed{verdict: receipt.Deny}))...)), easy())
	// known: boundary .20 · .75, history .10 · h, diversity .05 · 0, reliability .15 · 1
	h := uint64(read(card, reputation.HistoryDepth))
	if want := (200_000*750_000 + 100_000*h + 150_000*ppm) / 500_000; *card.RawPPM != want {
		t.Fatalf("%d, want %d", *card.RawPPM, want)
	}
	sum := uint64(0)
	for _, m := range card.Metrics {
		sum += m.EffectivePPM
	}
	if sum != ppm {
		t.Fatalf("weights sum to %d", sum)
	}
}

// randomDeeds draws a history of every kind of receipt.
func randomDeeds(t *rapid.T) []deed {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) deed {
		return deed{
			verdict: rapid.SampledFrom([]string{receipt.Allow, receipt.Allow, receipt.Deny, receipt.Cancelled, receipt.Incomplete, receipt.PendingApproval}).Draw(t, "verdict"),
			age:     rapid.Int64Range(0, 100*day).Draw(t, "age"), tool: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "tool"),
			args: rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "args"), policy: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "policy"),
			charged: rapid.Uint64Range(0, 10).Draw(t, "charged"), total: ptr(uint64(100)), grant: rapid.IntRange(0, 2).Draw(t, "grant"),
		}
	}), 1, 12).Draw(t, "deeds")
}

// TestI10_OrderDoesNotMatter: the same receipts in two orders give equal bytes.
func TestI10_OrderDoesNotMatter(t *testing.T) {
	k := keys(t)
	rapid.Check(t, func(rt *rapid.T) {
		leaves := k.leaves(t, randomDeeds(rt))
		foreign := k.leaves(t, []deed{{signer: k.globexKernel, verdict: receipt.Deny}, {signer: k.globexKernel}})
		there := source("globex", foreign)
		one := k.card(t, k.corpus(source("acme", leaves), there), easy())
		shuffled := slices.Clone(leaves)
		rand.New(rand.NewSource(rapid.Int64().Draw(rt, "seed"))).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		two := k.card(t, k.corpus(there, source("acme", shuffled)), easy())
		if a, b := wire.MustMarshal(one), wire.MustMarshal(two); !bytes.Equal(a, b) {
			rt.Fatalf("%s\n%s", a, b)
		}
	})
}

func (c *cast) leaves(t testing.TB, deeds []deed) []reputation.Leaf {
	t.Helper()
	out := make([]reputation.Leaf, 0, len(deeds))
	for i, d := range deeds {
		out = append(out, reputation.Leaf{Index: uint64(i), Doc: c.make(t, d)})
	}
	return out
}

// TestMoreAllowsNeverLowerReliability: nor raise boundary pressure.
func TestMoreAllowsNeverLowerReliability(t *testing.T) {
	k := keys(t)
	rapid.Check(t, func(rt *rapid.T) {
		deeds := randomDeeds(rt)
		foreign := randomDeeds(rt)
		for i := range foreign {
			foreign[i].signer = k.globexKernel
		}
		p := easy()
		p.IssuerCapReceipts = rapid.Uint64Range(0, 8).Draw(rt, "cap")
		card := func(own, theirs []deed) *reputation.Card {
			return k.card(t, k.corpus(k.log(t, "acme", own...), k.log(t, "globex", theirs...)), p)
		}
		before := card(deeds, foreign)
		more := deed{age: rapid.Int64Range(0, 100*day).Draw(rt, "age"), tool: "a", policy: "p"}
		after := card(append(slices.Clone(deeds), more), foreign)
		there := more
		there.signer = k.globexKernel
		abroad := card(deeds, append(slices.Clone(foreign), there))
		for _, c := range []*reputation.Card{after, abroad} {
			if a, b := read(before, reputation.Reliability), read(c, reputation.Reliability); a >= 0 && b < a {
				rt.Fatalf("reliability fell from %d to %d", a, b)
			}
		}
	})
}

// TestAnothersDeedsChangeNothing: receipts and incidents of another agent.
func TestAnothersDeedsChangeNothing(t *testing.T) {
	k := keys(t)
	rapid.Check(t, func(rt *rapid.T) {
		mine := k.leaves(t, randomDeeds(rt))
		others := randomDeeds(rt)
		all := slices.Clone(mine)
		for i, d := range others {
			d.agent = k.other
			all = append(all, reputation.Leaf{Index: uint64(len(mine) + i), Doc: k.make(t, d)})
		}
		with := func(leaves []reputation.Leaf, in ...reputation.Incident) []byte {
			s := source("acme", leaves)
			s.Size = uint64(len(all))
			corpus := k.corpus(s)
			corpus.Incidents = each(in)
			return wire.MustMarshal(k.card(t, corpus, easy()))
		}
		if a, b := with(mine), with(all, reputation.Incident{ID: "x", Subject: k.other.Public(), At: now}); !bytes.Equal(a, b) {
			rt.Fatalf("%s\n%s", a, b)
		}
	})
}

// TestSplittingKernelsChangesNothing: an organisation that signs with two
// kernels is one issuer, here and abroad, so that splitting cannot raise what
// it weighs above one.
func TestSplittingKernelsChangesNothing(t *testing.T) {
	k := keys(t)
	second := seedKey(t, 9)
	rapid.Check(t, func(rt *rapid.T) {
		own, theirs := randomDeeds(rt), randomDeeds(rt)
		p := easy()
		p.IssuerCapReceipts = rapid.Uint64Range(0, 8).Draw(rt, "cap")
		scores := func(split bool) string {
			for i := range own {
				if own[i].signer = k.acmeKernel; split && i%2 == 0 {
					own[i].signer = k.acmeSecond
				}
			}
			for i := range theirs {
				if theirs[i].signer = k.globexKernel; split && i%2 == 0 {
					theirs[i].signer = second
				}
			}
			corpus := k.corpus(k.log(t, "acme", own...), k.log(t, "globex", theirs...))
			corpus.Trust.Kernels = append(corpus.Trust.Kernels, receipt.TrustedKernel{Key: second.Public(), DID: did.FromKey(k.globex.Public()).String(), Logs: []string{"globex"}})
			card := k.card(t, corpus, p)
			for i := range card.Metrics {
				card.Metrics[i].Movers = nil // their ids differ with the key
			}
			return string(wire.MustMarshal(card))
		}
		if a, b := scores(false), scores(true); a != b {
			rt.Fatalf("%s\n%s", a, b)
		}
	})
}

// TestOthersNeverRaiseReliability: whatever others sign, it is at most what one's
// own receipts say, and the agent's own organisation does not move it at all.
func TestOthersNeverRaiseReliability(t *testing.T) {
	k := keys(t)
	rapid.Check(t, func(rt *rapid.T) {
		own, theirs := randomDeeds(rt), randomDeeds(rt)
		for i := range theirs {
			theirs[i].signer = k.globexKernel
		}
		p := easy()
		p.IssuerCapReceipts = rapid.Uint64Range(0, 8).Draw(rt, "cap")
		alone := read(k.card(t, k.corpus(k.log(t, "acme", own...)), p), reputation.Reliability)
		both := k.corpus(k.log(t, "acme", own...), k.log(t, "globex", theirs...))
		if got := read(k.card(t, both, p), reputation.Reliability); got > alone {
			rt.Fatalf("reliability rose from %d to %d", alone, got)
		}
		both.Organization = did.FromKey(k.globex.Public())
		if got := read(k.card(t, both, p), reputation.Reliability); got != alone {
			rt.Fatalf("the agent's own organisation moved reliability from %d to %d", alone, got)
		}
	})
}

// TestPraiseDoesNotOutlastHistory: a bad record of half a year, and fresh praise
// of more than the cap.
func TestPraiseDoesNotOutlastHistory(t *testing.T) {
	k := keys(t)
	old := join(times(20, deed{age: 180 * day}), times(80, deed{age: 180 * day, verdict: receipt.Incomplete}))
	praise := k.log(t, "globex", times(60, deed{signer: k.globexKernel})...)
	for name, home := range map[string]*wire.Key{"of a third": k.acme, "of its organisation": k.globex} {
		corpus := k.corpus(k.log(t, "acme", old...), praise)
		corpus.Organization = did.FromKey(home.Public())
		if got := read(k.card(t, corpus, easy()), reputation.Reliability); got != 200_000 {
			t.Errorf("praise %s: reliability %d, want 200000", name, got)
		}
	}
}

// TestPraiseAtHomeHidesNoBlame: the agent's own organisation does not dilute
// what a third one saw.
func TestPraiseAtHomeHidesNoBlame(t *testing.T) {
	k := keys(t)
	corpus := k.corpus(k.log(t, "acme", times(5, deed{})...),
		k.log(t, "globex", times(5, deed{signer: k.globexKernel, verdict: receipt.Incomplete})...),
		k.log(t, "initech", times(40, deed{signer: k.initech})...))
	corpus.Organization = did.FromKey(k.other.Public())
	corpus.Trust.Kernels = append(corpus.Trust.Kernels, receipt.TrustedKernel{Key: k.initech.Public(), DID: corpus.Organization.String(), Logs: []string{"initech"}})
	if got := read(k.card(t, corpus, easy()), reputation.Reliability); got != 500_000 {
		t.Errorf("reliability %d, want 500000", got)
	}
}

// TestColludingKernelIsCapped: whatever another organisation signs, it weighs
// no more than the cap, and makes no history.
func TestColludingKernelIsCapped(t *testing.T) {
	k := keys(t)
	p := easy()
	p.IssuerCapReceipts = 5
	own := join(times(5, deed{}), times(5, deed{verdict: receipt.Deny}), times(5, deed{verdict: receipt.Incomplete}))
	alone := k.card(t, k.corpus(k.log(t, "acme", own...)), p)
	for _, n := range []int{5, 60} {
		praised := k.card(t, k.corpus(k.log(t, "acme", own...), k.log(t, "globex", times(n, deed{signer: k.globexKernel})...)), p)
		if got, want := read(praised, reputation.Reliability), int64(500_000); got != want { // what is known here
			t.Errorf("%d receipts: reliability %d, want %d", n, got, want)
		}
		blamed := k.card(t, k.corpus(k.log(t, "acme", own...), k.log(t, "globex", times(n, deed{signer: k.globexKernel, verdict: receipt.Incomplete})...)), p)
		if got, want := read(blamed, reputation.Reliability), int64(333_333); got != want { // 5 of 15 with the cap full
			t.Errorf("%d failures abroad: reliability %d, want %d", n, got, want)
		}
		if got := read(praised, reputation.BoundaryPressure); got != 333_333 { // its own policies alone still say so
			t.Errorf("%d receipts: pressure %d", n, got)
		}
		if praised.Gate != alone.Gate || praised.ConfidencePPM != alone.ConfidencePPM || read(praised, reputation.HistoryDepth) != read(alone, reputation.HistoryDepth) {
			t.Error("another's receipts made history")
		}
	}
	only := k.card(t, k.corpus(k.log(t, "globex", times(200, deed{signer: k.globexKernel})...)), p)
	if only.CompositePPM != nil || only.Gate.Open {
		t.Error("another's receipts alone made a composite")
	}
}

// TestSelfIssuedIsMarked: receipts by the organisation whose agent it is.
func TestSelfIssuedIsMarked(t *testing.T) {
	k := keys(t)
	corpus := k.corpus(k.log(t, "acme", times(3, deed{})...), k.log(t, "globex", times(2, deed{signer: k.globexKernel})...))
	corpus.Organization = did.FromKey(k.globex.Public())
	e := k.card(t, corpus, easy()).Evidence
	if e.SelfIssued != 2 || e.Receipts != 5 || len(e.Issuers) != 2 {
		t.Fatalf("%+v", e)
	}
	for _, i := range e.Issuers {
		if i.SelfIssued != (i.Issuer == corpus.Organization.String()) || i.Own == i.SelfIssued {
			t.Errorf("%+v", i)
		}
	}
}

// TestEvidenceNamesTheReceipts: the digest is over the indexes that count.
func TestEvidenceNamesTheReceipts(t *testing.T) {
	k := keys(t)
	s := k.log(t, "acme", deed{}, deed{agent: k.other}, deed{}, deed{kind: receipt.AdvisoryEvaluation}, deed{})
	e := k.card(t, k.corpus(s), easy()).Evidence.Logs[0]
	want := wire.Hash([]byte("\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x02" + "\x00\x00\x00\x00\x00\x00\x00\x04"))
	if e.IndexesSHA256 != want || e.Receipts != 3 || e.FirstIndex != 0 || e.LastIndex != 4 || e.TreeSize != 5 || e.RootSHA256 != s.Root || e.LogID != "acme" {
		t.Fatalf("%+v", e)
	}
}

// TestCorpusIsChecked: what cannot be counted safely is refused.
func TestCorpusIsChecked(t *testing.T) {
	k := keys(t)
	good := k.log(t, "acme", deed{}, deed{})
	leaves := k.leaves(t, []deed{{}, {}})
	broken := errors.New("disk")
	for name, c := range map[string]struct {
		edit func(*reputation.Corpus)
		want error
	}{
		"no trust set":      {func(c *reputation.Corpus) { c.Trust = nil }, reputation.ErrCorpus},
		"empty trust set":   {func(c *reputation.Corpus) { c.Trust.Kernels = nil }, reputation.ErrCorpus},
		"nobody computes":   {func(c *reputation.Corpus) { c.Own = "" }, reputation.ErrCorpus},
		"no log":            {func(c *reputation.Corpus) { c.Sources = nil }, reputation.ErrCorpus},
		"too many logs":     {func(c *reputation.Corpus) { c.Sources = make([]reputation.Source, 17) }, reputation.ErrCorpus},
		"a log twice":       {func(c *reputation.Corpus) { c.Sources = []reputation.Source{good, good} }, reputation.ErrCorpus},
		"a log without end": {func(c *reputation.Corpus) { c.Sources[0].Size = reputation.MaxLogSize + 1 }, reputation.ErrCorpus},
		"a log of nothing":  {func(c *reputation.Corpus) { c.Sources[0].Receipts = nil }, reputation.ErrCorpus},
		"an unnamed log":    {func(c *reputation.Corpus) { c.Sources[0].Log = "" }, reputation.ErrCorpus},
		"an index twice": {func(c *reputation.Corpus) {
			leaves[1].Index = 0
			c.Sources[0] = source("acme", slices.Clone(leaves))
		}, reputation.ErrCorpus},
		"an index outside the tree": {func(c *reputation.Corpus) { c.Sources[0].Size = 1 }, reputation.ErrCorpus},
		"a kernel in two logs": {func(c *reputation.Corpus) {
			c.Sources = append(c.Sources, k.log(t, "acme2"))
		}, reputation.ErrCorpus},
		"a kernel of two organisations": {func(c *reputation.Corpus) {
			c.Trust.Kernels = append(c.Trust.Kernels, receipt.TrustedKernel{Key: k.acmeKernel.Public(), DID: did.FromKey(k.globex.Public()).String(), Logs: []string{"x"}})
		}, reputation.ErrCorpus},
		"a disk that fails": {func(c *reputation.Corpus) {
			c.Sources[0].Receipts = func(yield func(reputation.Leaf, error) bool) { yield(reputation.Leaf{}, broken) }
		}, broken},
	} {
		t.Run(name, func(t *testing.T) {
			corpus := k.corpus(good)
			c.edit(corpus)
			if _, err := reputation.Scorecard(corpus, did.FromKey(k.agent.Public()), easy(), now); !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
		})
	}
	if _, err := reputation.Scorecard(k.corpus(good), "did:chio:x", easy(), now); !errors.Is(err, reputation.ErrCorpus) {
		t.Error(err)
	}
}

func TestParamsAreChecked(t *testing.T) {
	p := reputation.DefaultParams()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*reputation.Params){
		"no receipts": func(p *reputation.Params) { p.MinReceipts = 0 }, "no days": func(p *reputation.Params) { p.MinActiveDays = 0 },
		"no calls": func(p *reputation.Params) { p.MinDistinctCalls = 0 }, "more calls than are told apart": func(p *reputation.Params) { p.MinDistinctCalls = 4097 },
		"full below minimum": func(p *reputation.Params) { p.FullReceipts = p.MinReceipts - 1 }, "full days below": func(p *reputation.Params) { p.FullActiveDays = 6 },
		"amplified imports": func(p *reputation.Params) { p.AttenuationPPM = ppm + 1 }, "imports are half": func(p *reputation.Params) { p.SharePPM = 500_000 },
		"endless imports": func(p *reputation.Params) { p.ImportMaxAge = 1 << 60 }, "a cap without bound": func(p *reputation.Params) { p.IssuerCapReceipts = 1 << 60 },
		"too many imports": func(p *reputation.Params) { p.MaxImports = 65 }, "clocks far apart": func(p *reputation.Params) { p.FutureSkewSeconds = 3601 },
	} {
		p := reputation.DefaultParams()
		if edit(&p); !errors.Is(p.Validate(), reputation.ErrParams) {
			t.Errorf("%s is accepted", name)
		}
	}
}

package reputation_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// statement is what globex says of the agent.
func (c *cast) statement(t testing.TB, edit func(*reputation.Statement)) *reputation.Statement {
	t.Helper()
	corpus := c.corpus(c.log(t, "globex", history(5, 3)...))
	corpus.Own, corpus.Organization = did.FromKey(c.globex.Public()), ""
	corpus.Trust = &receipt.TrustSet{Schema: receipt.TrustSchema, Kernels: []receipt.TrustedKernel{
		{Key: c.acmeKernel.Public(), DID: corpus.Own.String(), Logs: []string{"globex"}}}}
	s, err := c.card(t, corpus, easy()).Statement(30 * day)
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(s)
	}
	return s
}

// seal signs whatever it is given.
func seal(t testing.TB, s *reputation.Statement, signers ...wire.Signer) []byte {
	t.Helper()
	env, err := wire.Seal(s.Schema, s, signers...)
	if err != nil {
		t.Fatal(err)
	}
	return env.Bytes()
}

// TestStatementRules: each rule of Check and Verify refuses what breaks it.
func TestStatementRules(t *testing.T) {
	k := keys(t)
	for name, c := range map[string]struct {
		edit func(*reputation.Statement)
		want error
	}{
		"as it is":                      {func(*reputation.Statement) {}, nil},
		"without a composite":           {func(s *reputation.Statement) { s.CompositePPM = nil }, nil},
		"of 90 days":                    {func(s *reputation.Statement) { s.ExpiresAt = s.ComputedAt + 90*day }, nil},
		"issued to itself":              {func(s *reputation.Statement) { s.Subject = s.Issuer }, reputation.ErrSummary},
		"about nobody":                  {func(s *reputation.Statement) { s.Subject = "did:chio:00" }, reputation.ErrSummary},
		"of 90 days and a second":       {func(s *reputation.Statement) { s.ExpiresAt = s.ComputedAt + 90*day + 1 }, reputation.ErrSummary},
		"expired when made":             {func(s *reputation.Statement) { s.ExpiresAt = s.ComputedAt }, reputation.ErrSummary},
		"before 1970":                   {func(s *reputation.Statement) { s.ComputedAt = -1 }, reputation.ErrSummary},
		"a composite over one":          {func(s *reputation.Statement) { s.CompositePPM = ptr(uint64(ppm + 1)) }, reputation.ErrSummary},
		"a confidence over one":         {func(s *reputation.Statement) { s.ConfidencePPM = ppm + 1 }, reputation.ErrSummary},
		"a metric over one":             {func(s *reputation.Statement) { s.Metrics[0].ValuePPM = ppm + 1 }, reputation.ErrSummary},
		"an unknown metric":             {func(s *reputation.Statement) { s.Metrics[0].Metric = "charm" }, reputation.ErrSummary},
		"a metric twice":                {func(s *reputation.Statement) { s.Metrics[1] = s.Metrics[0] }, reputation.ErrSummary},
		"metrics out of order":          {func(s *reputation.Statement) { s.Metrics[0], s.Metrics[1] = s.Metrics[1], s.Metrics[0] }, reputation.ErrSummary},
		"a composite of nothing":        {func(s *reputation.Statement) { s.Metrics = nil }, reputation.ErrSummary},
		"a composite of no receipts":    {func(s *reputation.Statement) { s.Receipts, s.Logs[0].Receipts, s.ActiveDays = 0, 0, 0 }, reputation.ErrSummary},
		"more days than receipts":       {func(s *reputation.Statement) { s.ActiveDays = s.Receipts + 1 }, reputation.ErrSummary},
		"more self-issued than all":     {func(s *reputation.Statement) { s.SelfIssued = s.Receipts + 1 }, reputation.ErrSummary},
		"an end before the begin":       {func(s *reputation.Statement) { s.LastAt = s.FirstAt - 1 }, reputation.ErrSummary},
		"no log":                        {func(s *reputation.Statement) { s.Logs = nil }, reputation.ErrSummary},
		"a log twice":                   {func(s *reputation.Statement) { s.Logs = append(s.Logs, s.Logs[0]); s.Receipts *= 2 }, reputation.ErrSummary},
		"receipts that do not add up":   {func(s *reputation.Statement) { s.Receipts++ }, reputation.ErrSummary},
		"more receipts than the tree":   {func(s *reputation.Statement) { s.Logs[0].TreeSize = 4 }, reputation.ErrSummary},
		"more receipts than the span":   {func(s *reputation.Statement) { s.Logs[0].LastIndex-- }, reputation.ErrSummary},
		"a log with an endless name":    {func(s *reputation.Statement) { s.Logs[0].LogID = string(make([]byte, 257)) }, reputation.ErrSummary},
		"a log without a name":          {func(s *reputation.Statement) { s.Logs[0].LogID = "" }, reputation.ErrSummary},
		"a tree that nobody could have": {func(s *reputation.Statement) { s.Logs[0].TreeSize = 1 << 40 }, reputation.ErrSummary},
	} {
		t.Run(name, func(t *testing.T) {
			s := k.statement(t, c.edit)
			if err := s.Check(); !errors.Is(err, c.want) {
				t.Fatalf("Check: %v", err)
			}
			if _, _, err := reputation.Verify(seal(t, s, k.globex)); !errors.Is(err, c.want) {
				t.Fatalf("Verify: %v", err)
			}
			_, err := s.Seal(k.globex)
			if !errors.Is(err, c.want) {
				t.Fatalf("Seal: %v", err)
			}
		})
	}
}

// TestSignersOfASummary: its issuer, and nobody else.
func TestSignersOfASummary(t *testing.T) {
	k := keys(t)
	s := k.statement(t, nil)
	if _, err := s.Seal(k.acme); !errors.Is(err, reputation.ErrSummary) {
		t.Errorf("sealed by another: %v", err)
	}
	for name, c := range map[string]struct {
		doc  []byte
		want error
	}{
		"another":      {seal(t, s, k.acme), wire.ErrNoSigner},
		"two":          {seal(t, s, k.globex, k.acme), wire.ErrSignerSet},
		"a kernel key": {seal(t, s, k.globexKernel), wire.ErrNoSigner},
		"white space":  {append([]byte(" "), seal(t, s, k.globex)...), wire.ErrNotCanonical},
	} {
		if _, _, err := reputation.Verify(c.doc); !errors.Is(err, c.want) || !errors.Is(err, reputation.ErrSummary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	doc := seal(t, s, k.globex)
	for i := range doc {
		bad := bytes.Clone(doc)
		if bad[i] ^= 1; bytes.Equal(bad, doc) {
			continue
		}
		if _, _, err := reputation.Verify(bad); !errors.Is(err, reputation.ErrSummary) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

// TestVerifyImport: each rule.
func TestVerifyImport(t *testing.T) {
	k := keys(t)
	all := reputation.ImportPolicy{Own: did.FromKey(k.acme.Public()), Allowed: func(did.DID) bool { return true }}
	p := reputation.DefaultParams()
	for name, c := range map[string]struct {
		edit   func(*reputation.Statement)
		policy reputation.ImportPolicy
		at     int64
		want   error
	}{
		"as it is":                   {nil, all, now, nil},
		"before it expires":          {nil, all, now + 30*day - 1, nil},
		"when it expires":            {nil, all, now + 30*day, reputation.ErrAge},
		"older than the rules allow": {func(s *reputation.Statement) { s.ExpiresAt += 30 * day }, all, now + 30*day + 1, reputation.ErrAge},
		"within the skew":            {nil, all, now - 300, nil},
		"from the future":            {nil, all, now - 301, reputation.ErrAge},
		"our own":                    {nil, reputation.ImportPolicy{Own: did.FromKey(k.globex.Public()), Allowed: all.Allowed}, now, reputation.ErrOwn},
		"nobody allowed":             {nil, reputation.ImportPolicy{Own: all.Own}, now, reputation.ErrIssuer},
		"not allowed":                {nil, reputation.ImportPolicy{Own: all.Own, Allowed: func(d did.DID) bool { return d == all.Own }}, now, reputation.ErrIssuer},
		"no composite":               {func(s *reputation.Statement) { s.CompositePPM = nil }, all, now, reputation.ErrNothing},
	} {
		t.Run(name, func(t *testing.T) {
			doc := seal(t, k.statement(t, c.edit), k.globex)
			in, s, err := reputation.VerifyImport(doc, c.policy, p, c.at)
			if !errors.Is(err, c.want) || (in != nil) != (c.want == nil) {
				t.Fatalf("%v", err)
			}
			if in != nil && (in.Issuer() != s.Issuer || in.Subject() != s.Subject || in.ComputedAt() != s.ComputedAt || in.ID().IsZero()) {
				t.Fatalf("%+v", in)
			}
		})
	}
	if _, _, err := reputation.VerifyImport(seal(t, k.statement(t, nil), k.globex), all, reputation.Params{}, now); !errors.Is(err, reputation.ErrParams) {
		t.Error(err)
	}
}

// imported is a summary with a composite of our choice.
func (c *cast) imported(t testing.TB, issuer *wire.Key, composite uint64, at int64) reputation.Import {
	t.Helper()
	doc := seal(t, c.statement(t, func(s *reputation.Statement) {
		s.Issuer, s.CompositePPM, s.ComputedAt, s.ExpiresAt = did.FromKey(issuer.Public()), &composite, at, at+30*day
	}), issuer)
	in, _, err := reputation.VerifyImport(doc, reputation.ImportPolicy{Own: "x", Allowed: func(did.DID) bool { return true }}, reputation.DefaultParams(), at)
	if err != nil {
		t.Fatal(err)
	}
	return *in
}

// TestImportsAreBounded: they move a composite by a tenth of the difference at
// most, and never make one.
func TestImportsAreBounded(t *testing.T) {
	k := keys(t)
	p := easy()
	card := func(p reputation.Params, imports ...reputation.Import) *reputation.Card {
		corpus := k.corpus(k.log(t, "acme", join(times(3, deed{}), times(3, deed{verdict: receipt.Deny}))...))
		corpus.Imports = imports
		return k.card(t, corpus, p)
	}
	alone := *card(p).CompositePPM
	pull := func(d uint64) uint64 { return d / 10 * 2 / 5 } // one alone weighs two fifths of all
	best := k.imported(t, k.globex, ppm, now)
	worst := k.imported(t, k.initech, 0, now)
	for name, c := range map[string]struct {
		imports []reputation.Import
		want    uint64
	}{
		"praise":   {[]reputation.Import{best}, alone + pull(ppm-alone)},
		"blame":    {[]reputation.Import{worst}, alone - pull(alone)},
		"both":     {[]reputation.Import{best, worst}, 0},
		"too old":  {[]reputation.Import{k.imported(t, k.globex, ppm, now-30*day-1)}, alone},
		"just not": {[]reputation.Import{k.imported(t, k.globex, ppm, now-30*day)}, alone + pull(ppm-alone)},
		"our own":  {[]reputation.Import{k.imported(t, k.acme, ppm, now)}, alone},
	} {
		got := card(p, c.imports...)
		low, high := alone-alone/10, alone+(ppm-alone)/10
		if name == "both" && (*got.CompositePPM < low || *got.CompositePPM > high || len(got.Imports) != 2) ||
			name != "both" && *got.CompositePPM != c.want {
			t.Errorf("%s: %d, want %d", name, *got.CompositePPM, c.want)
		}
		if got.RawPPM == nil || *got.RawPPM != alone {
			t.Errorf("%s: what our receipts say changed", name)
		}
	}
	home := k.corpus(k.log(t, "acme", join(times(3, deed{}), times(3, deed{verdict: receipt.Deny}))...))
	home.Organization, home.Imports = did.FromKey(k.globex.Public()), []reputation.Import{best}
	if got := k.card(t, home, p); *got.CompositePPM != alone || !got.Imports[0].SelfIssued {
		t.Errorf("the agent's own organisation raised it: %d, was %d", *got.CompositePPM, alone)
	}
	home.Imports = []reputation.Import{k.imported(t, k.globex, 0, now)}
	if got := k.card(t, home, p); *got.CompositePPM != alone-pull(alone) {
		t.Errorf("the agent's own organisation could not lower it: %d, was %d", *got.CompositePPM, alone)
	}
	gated := p
	gated.MinReceipts, gated.FullReceipts = 7, 7
	if got := card(gated, best); got.CompositePPM != nil || len(got.Imports) != 0 {
		t.Error("an import made a composite below the minimum history")
	}
	corpus := k.corpus(k.log(t, "acme", deed{}))
	corpus.Imports = []reputation.Import{best, best}
	if _, err := reputation.Scorecard(corpus, did.FromKey(k.agent.Public()), p, now); !errors.Is(err, reputation.ErrCorpus) {
		t.Errorf("one organisation spoke twice: %v", err)
	}
	few := p
	few.MaxImports = 1
	corpus.Imports = []reputation.Import{best, worst}
	if _, err := reputation.Scorecard(corpus, did.FromKey(k.agent.Public()), few, now); !errors.Is(err, reputation.ErrLimit) {
		t.Errorf("more imports than allowed: %v", err)
	}
	other, err := reputation.Scorecard(corpus, did.FromKey(k.other.Public()), p, now)
	if err != nil || len(other.Imports) != 0 {
		t.Errorf("a summary about one agent counted for another: %v", err)
	}
	if _, err := card(p, best).Statement(day); !errors.Is(err, reputation.ErrSummary) {
		t.Errorf("what others said was signed as our own: %v", err)
	}
}

// TestShelf: newer replaces older, and an older one does not.
func TestShelf(t *testing.T) {
	k := keys(t)
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	keep := func(issuer *wire.Key, at int64) error {
		doc := seal(t, k.statement(t, func(s *reputation.Statement) {
			s.Issuer, s.ComputedAt, s.ExpiresAt = did.FromKey(issuer.Public()), at, at+day
		}), issuer)
		in, _, err := reputation.VerifyImport(doc, reputation.ImportPolicy{Allowed: func(did.DID) bool { return true }}, reputation.DefaultParams(), at)
		if err != nil {
			t.Fatal(err)
		}
		return db.Update(t.Context(), func(tx store.Tx) error { return reputation.Keep(tx, in, doc) })
	}
	for i, c := range []struct {
		issuer *wire.Key
		at     int64
		want   error
	}{{k.globex, now, nil}, {k.globex, now, reputation.ErrOlder}, {k.globex, now - 1, reputation.ErrOlder}, {k.initech, now - 1, nil}, {k.globex, now + 1, nil}} {
		if err := keep(c.issuer, c.at); !errors.Is(err, c.want) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	var got []int64
	err := db.View(func(r store.Reader) error {
		return reputation.Kept(r, did.FromKey(k.agent.Public()), func(doc []byte) error {
			s, _, err := reputation.Verify(doc)
			if err == nil {
				got = append(got, s.ComputedAt)
			}
			return err
		})
	})
	if err != nil || len(got) != 2 || got[0]+got[1] != 2*now {
		t.Fatalf("%v %v", got, err)
	}
}

func FuzzStatement(f *testing.F) {
	k := keys(f)
	f.Add(seal(f, k.statement(f, nil), k.globex))
	f.Fuzz(func(t *testing.T, doc []byte) {
		s, env, err := reputation.Verify(doc)
		if err == nil && (s.Check() != nil || !bytes.Equal(env.Bytes(), doc)) {
			t.Fatalf("%s", doc)
		}
		if err != nil && !errors.Is(err, reputation.ErrSummary) {
			t.Fatal(err)
		}
	})
}

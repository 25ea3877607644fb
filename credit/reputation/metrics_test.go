package reputation_test

import (
	"math"
	"testing"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

func join(lists ...[]deed) (out []deed) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// TestMetricsOfReceipts: what each metric that needs only receipts comes to.
func TestMetricsOfReceipts(t *testing.T) {
	allow, deny := deed{}, deed{verdict: receipt.Deny}
	lax := deed{policy: wire.Hash([]byte("lax")).String()}
	for name, c := range map[string]struct {
		deeds []deed
		want  map[reputation.Metric]int64
	}{
		"one allow": {times(1, allow), map[reputation.Metric]int64{reputation.BoundaryPressure: 0, reputation.Reliability: ppm,
			reputation.ToolDiversity: 0, reputation.HistoryDepth: (1000 + 0 + 500_000) / 3,
			reputation.ResourceStewardship: -1, reputation.LeastPrivilege: -1, reputation.DelegationHygiene: -1, reputation.IncidentCorrelation: -1}},
		"nothing": {nil, map[reputation.Metric]int64{reputation.BoundaryPressure: -1, reputation.Reliability: -1,
			reputation.ToolDiversity: -1, reputation.HistoryDepth: -1}},
		"a denial of two": {join(times(1, allow), times(1, deny)), map[reputation.Metric]int64{reputation.BoundaryPressure: 500_000,
			reputation.Reliability: ppm}},
		"only denials": {times(3, deny), map[reputation.Metric]int64{reputation.BoundaryPressure: ppm, reputation.Reliability: -1,
			reputation.ToolDiversity: -1}},
		"a denial a half-life ago": {join(times(1, allow), times(1, deed{verdict: receipt.Deny, age: 30 * day})),
			map[reputation.Metric]int64{reputation.BoundaryPressure: 333_333}},
		"cheap calls under a lax policy hide nothing": {join(times(1, allow), times(1, deny), times(98, lax)),
			map[reputation.Metric]int64{reputation.BoundaryPressure: 250_000}},
		"single calls under many policies hide nothing": {join(times(5, allow), times(5, deny), times(1, lax), times(1, deed{policy: "p2"}), times(1, deed{policy: "p3"})),
			map[reputation.Metric]int64{reputation.BoundaryPressure: 384_615}},
		"cancelled and incomplete are failures": {join(times(2, allow), times(1, deed{verdict: receipt.Cancelled}), times(1, deed{verdict: receipt.Incomplete})),
			map[reputation.Metric]int64{reputation.Reliability: 500_000, reputation.BoundaryPressure: 0}},
		"two tools alike":   {join(times(8, allow), times(8, deed{tool: "write"})), map[reputation.Metric]int64{reputation.ToolDiversity: ppm}},
		"two tools, 3 to 1": {join(times(3, allow), times(1, deed{tool: "write"})), map[reputation.Metric]int64{reputation.ToolDiversity: 811_278}},
		"denied tools are not used tools": {join(times(3, allow), times(3, deed{tool: "write", verdict: receipt.Deny})),
			map[reputation.Metric]int64{reputation.ToolDiversity: 0}},
		"thirty-one days, each": {thirtyDays(), map[reputation.Metric]int64{reputation.HistoryDepth: (31_000 + ppm + ppm) / 3}},
	} {
		t.Run(name, func(t *testing.T) {
			k := keys(t)
			card := k.card(t, k.corpus(k.log(t, "acme", c.deeds...)), easy())
			for m, want := range c.want {
				if got := read(card, m); got != want {
					t.Errorf("%s is %d, want %d", m, got, want)
				}
			}
		})
	}
}

func thirtyDays() (out []deed) {
	for i := range 31 {
		out = append(out, deed{age: int64(i) * day})
	}
	return out
}

// TestWhatCounts: only what a trusted kernel decided about what the agent asked.
func TestWhatCounts(t *testing.T) {
	for name, c := range map[string]struct {
		deed deed
		why  reputation.Reason
	}{
		"an allow":                     {deed{}, ""},
		"a denial by a guard":          {deed{verdict: receipt.Deny, step: 8}, ""},
		"a denial of scope":            {deed{verdict: receipt.Deny, step: 6}, ""},
		"a denial by an unknown step":  {deed{verdict: receipt.Deny, edit: func(_ *receipt.Receipt, m *receipt.Metadata) { m.Step = 0 }}, ""},
		"a denial before the proof":    {deed{verdict: receipt.Deny, step: 5}, reputation.NotItsDoing},
		"a denial by the tool server":  {deed{verdict: receipt.Deny, step: 11}, reputation.NotItsDoing},
		"a denial for a full disk":     {deed{verdict: receipt.Deny, step: 7, code: string(kernel.CodeNotReady)}, reputation.NotItsDoing},
		"a denial by a broken guard":   {deed{verdict: receipt.Deny, step: 8, code: string(kernel.CodeGuardError)}, reputation.NotItsDoing},
		"without a holder proof":       {deed{edit: func(_ *receipt.Receipt, m *receipt.Metadata) { m.Holder = nil }}, reputation.NotProven},
		"an advisory evaluation":       {deed{kind: receipt.AdvisoryEvaluation}, reputation.NotADecision},
		"an observation":               {deed{kind: receipt.TraceObservation}, reputation.NotADecision},
		"a pending approval":           {deed{verdict: receipt.PendingApproval}, reputation.NotTerminal},
		"unlogged":                     {deed{edit: func(_ *receipt.Receipt, m *receipt.Metadata) { m.Unlogged = true }}, reputation.NotTerminal},
		"at the edge of the skew":      {deed{age: -300}, ""},
		"from the future":              {deed{age: -301}, reputation.NotYet},
		"by a kernel of another log":   {deed{signer: seedKey(t, 5)}, reputation.NotTrusted},
		"by a kernel nobody knows":     {deed{signer: seedKey(t, 6)}, reputation.NotTrusted},
		"by the second kernel of acme": {deed{signer: seedKey(t, 3)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := keys(t)
			card := k.card(t, k.corpus(k.log(t, "acme", c.deed)), easy())
			counted := card.Evidence.Receipts == 1 && len(card.Evidence.Uncounted) == 0
			refused := card.Evidence.Receipts == 0 && card.Evidence.Uncounted[c.why] == 1 && card.CompositePPM == nil
			if counted != (c.why == "") || refused != (c.why != "") {
				t.Fatalf("%+v", card.Evidence)
			}
		})
	}
}

// TestTamperedReceipts: one changed byte and it does not count.
func TestTamperedReceipts(t *testing.T) {
	k := keys(t)
	doc := k.make(t, deed{})
	for i := 0; i < len(doc); i += 3 {
		bad := append([]byte(nil), doc...)
		bad[i] ^= 1
		card := k.card(t, k.corpus(source("acme", []reputation.Leaf{{Doc: bad}})), easy())
		if card.Evidence.Receipts != 0 {
			t.Fatalf("byte %d: %s", i, bad)
		}
	}
}

// TestRetiredKernels: a retired key counts for what is in its final tree.
func TestRetiredKernels(t *testing.T) {
	k := keys(t)
	s := k.log(t, "acme", times(4, deed{})...)
	for name, c := range map[string]struct {
		final receipt.FinalTree
		want  uint64
	}{
		"half":         {receipt.FinalTree{Log: "acme", Size: 2}, 2},
		"all":          {receipt.FinalTree{Log: "acme", Size: 4}, 4},
		"none":         {receipt.FinalTree{Log: "acme"}, 0},
		"another log":  {receipt.FinalTree{Log: "acme2", Size: 4}, 0},
		"a later tree": {receipt.FinalTree{Log: "acme", Size: 5}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			corpus := k.corpus(s)
			corpus.Trust.Kernels = append(corpus.Trust.Kernels[:1:1], corpus.Trust.Kernels[2])
			corpus.Trust.Kernels[0].Logs = []string{"acme", c.final.Log}[:1:1]
			if c.final.Log != "acme" {
				corpus.Trust.Kernels[0].Logs = []string{"acme", c.final.Log}
			}
			corpus.Trust.Kernels[0].Final = &c.final
			if card := k.card(t, corpus, easy()); card.Evidence.Receipts != c.want {
				t.Fatalf("%d count, want %d: %v", card.Evidence.Receipts, c.want, card.Evidence.Uncounted)
			}
		})
	}
}

// TestKernelsCountInTheirWindow: at its ends and one second beyond.
func TestKernelsCountInTheirWindow(t *testing.T) {
	k := keys(t)
	for age, want := range map[int64]uint64{0: 0, 1: 1, day: 1, day + 1: 0} {
		corpus := k.corpus(k.log(t, "acme", deed{age: age}))
		corpus.Trust.Kernels[0].ValidFrom, corpus.Trust.Kernels[0].ValidUntil = now-day, now
		if e := k.card(t, corpus, easy()).Evidence; e.Receipts != want || e.Uncounted[reputation.NotTrusted] != 1-want {
			t.Errorf("%d s old: %+v", age, e)
		}
	}
}

func TestResourceStewardship(t *testing.T) {
	k := keys(t)
	total := ptr(uint64(1000))
	for name, c := range map[string]struct {
		deeds []deed
		token *capability.ToolGrant
		want  int64
	}{
		"three quarters are best": {times(3, deed{charged: 250, total: total}), nil, ppm},
		"a quarter":               {times(1, deed{charged: 250, total: total}), nil, 500_000},
		"all of it":               {times(4, deed{charged: 250, total: total}), nil, 750_000},
		"nothing of it":           {times(1, deed{total: total}), nil, 250_000},
		"the mean of two":         {join(times(4, deed{charged: 250, total: total}), times(2, deed{charged: 250, total: total, grant: 1})), nil, ppm},
		"two caps on one grant":   {join(times(1, deed{charged: 250, total: total}), times(1, deed{charged: 1, total: ptr(uint64(2))})), nil, -1},
		"no cap":                  {times(2, deed{charged: 5}), nil, -1},
		"calls of a cap on calls": {times(3, deed{}), &capability.ToolGrant{ServerID: "files", ToolName: "read", Operations: []capability.Operation{capability.Invoke}, MaxInvocations: ptr(uint32(4))}, ppm},
	} {
		t.Run(name, func(t *testing.T) {
			corpus := k.corpus(k.log(t, "acme", c.deeds...))
			if c.token != nil {
				tok := k.token(t, "cap", *c.token)
				corpus.Tokens = func(string) ([]capability.Token, error) { return []capability.Token{tok}, nil }
			}
			if got := read(k.card(t, corpus, easy()), reputation.ResourceStewardship); got != c.want {
				t.Fatalf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestLeastPrivilege(t *testing.T) {
	k := keys(t)
	plain := capability.ToolGrant{ServerID: "files", ToolName: "read", Operations: []capability.Operation{capability.Invoke}}
	bound := plain
	bound.Constraints = []capability.Constraint{capability.NewPathPrefix("/notes")}
	passable := plain
	passable.Operations = []capability.Operation{capability.Invoke, capability.Delegate}
	other := plain
	other.ToolName = "write"
	for name, c := range map[string]struct {
		grants []capability.ToolGrant
		deeds  []deed
		want   int64
	}{
		"one bound grant":              {[]capability.ToolGrant{bound}, times(1, deed{}), ppm},
		"one plain grant":              {[]capability.ToolGrant{plain}, times(1, deed{}), 500_000},
		"one passable grant":           {[]capability.ToolGrant{passable}, times(1, deed{}), 250_000},
		"one of two":                   {[]capability.ToolGrant{bound, other}, times(1, deed{}), 375_000},
		"two of two":                   {[]capability.ToolGrant{bound, other}, join(times(1, deed{}), times(1, deed{grant: 1})), 750_000},
		"a denied call uses nothing":   {[]capability.ToolGrant{bound, other}, join(times(1, deed{}), times(1, deed{grant: 1, verdict: receipt.Deny})), 375_000},
		"most of the use is not known": {[]capability.ToolGrant{bound}, join(times(1, deed{age: 31 * day}), times(1, deed{capability: "another"})), -1},
		"half of the use is known":     {[]capability.ToolGrant{bound}, join(times(1, deed{}), times(1, deed{capability: "another", age: day})), ppm},
	} {
		t.Run(name, func(t *testing.T) {
			corpus := k.corpus(k.log(t, "acme", c.deeds...))
			tok := k.token(t, "cap", c.grants...)
			corpus.Tokens = func(id string) ([]capability.Token, error) {
				if id != "cap" {
					return nil, nil
				}
				return []capability.Token{tok}, nil
			}
			if got := read(k.card(t, corpus, easy()), reputation.LeastPrivilege); got != c.want {
				t.Fatalf("%d, want %d", got, c.want)
			}
		})
	}
}

// TestForeignTokens: a token that is not the one named, is about another, is
// by a stranger, or was changed, says nothing.
func TestForeignTokens(t *testing.T) {
	k := keys(t)
	grant := capability.ToolGrant{ServerID: "files", ToolName: "read", Operations: []capability.Operation{capability.Invoke}}
	sign := func(id string, subject, signer *wire.Key) capability.Token {
		tok, err := capability.Sign(capability.Token{ID: id, Subject: subject.Public(), Scope: capability.Scope{Grants: []capability.ToolGrant{grant}}, IssuedAt: 1, ExpiresAt: 2}, signer)
		if err != nil {
			t.Fatal(err)
		}
		return *tok
	}
	changed := sign("cap", k.agent, k.acmeKernel)
	changed.ExpiresAt++
	for name, tok := range map[string]capability.Token{
		"another id": sign("cap2", k.agent, k.acmeKernel), "another subject": sign("cap", k.other, k.acmeKernel),
		"a stranger's": sign("cap", k.agent, k.initech), "changed": changed,
	} {
		corpus := k.corpus(k.log(t, "acme", deed{}))
		corpus.Tokens = func(string) ([]capability.Token, error) { return []capability.Token{tok}, nil }
		if got := read(k.card(t, corpus, easy()), reputation.LeastPrivilege); got != -1 {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func TestDelegationHygiene(t *testing.T) {
	k := keys(t)
	all := []capability.Operation{capability.Invoke, capability.Delegate}
	root := k.token(t, "root", capability.ToolGrant{ServerID: "files", ToolName: "*", Operations: all, MaxInvocations: ptr(uint32(100))})
	child := func(id string, g capability.ToolGrant, expires int64) []capability.Token {
		tok, err := capability.Attenuate(&root, capability.AttenuateRequest{ID: id, Subject: k.other.Public(), IssuedAt: now - day, ExpiresAt: expires,
			Scope: capability.Scope{Grants: []capability.ToolGrant{g}}}, k.agent)
		if err != nil {
			t.Fatal(err)
		}
		return []capability.Token{root, *tok}
	}
	same := child("same", root.Scope.Grants[0], root.ExpiresAt)
	narrow := child("narrow", capability.ToolGrant{ServerID: "files", ToolName: "read", Operations: all, MaxInvocations: ptr(uint32(100))}, root.ExpiresAt)
	short := child("short", root.Scope.Grants[0], root.ExpiresAt-1)
	poor := child("poor", capability.ToolGrant{ServerID: "files", ToolName: "*", Operations: all, MaxInvocations: ptr(uint32(99))}, root.ExpiresAt)
	best := child("best", capability.ToolGrant{ServerID: "files", ToolName: "read", Operations: []capability.Operation{capability.Invoke}, MaxInvocations: ptr(uint32(1))}, now)
	forged := []capability.Token{root, best[1]}
	forged[1].ExpiresAt--
	for name, c := range map[string]struct {
		chains [][]capability.Token
		want   int64
	}{
		"nothing delegated":          {nil, -1},
		"everything passed on":       {[][]capability.Token{same}, 0},
		"narrower":                   {[][]capability.Token{narrow}, 333_333},
		"shorter":                    {[][]capability.Token{short}, 333_333},
		"poorer":                     {[][]capability.Token{poor}, 333_333},
		"all three":                  {[][]capability.Token{best}, ppm},
		"half":                       {[][]capability.Token{best, same}, 500_000},
		"the same one twice":         {[][]capability.Token{best, best, same}, 500_000},
		"forged":                     {[][]capability.Token{forged}, -1},
		"without its parent":         {[][]capability.Token{best[1:]}, -1},
		"what the root's issuer did": {[][]capability.Token{best[:1]}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			corpus := k.corpus(k.log(t, "acme", deed{}))
			corpus.Delegations = each(c.chains)
			if got := read(k.card(t, corpus, easy()), reputation.DelegationHygiene); got != c.want {
				t.Fatalf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestIncidents(t *testing.T) {
	k := keys(t)
	mine := reputation.Incident{ID: "1", Subject: k.agent.Public(), At: now, Kind: "passport_revoked"}
	with := func(id string, edit func(*reputation.Incident)) reputation.Incident {
		in := mine
		in.ID = id
		edit(&in)
		return in
	}
	foreign := with("2", func(in *reputation.Incident) { in.Subject = k.other.Public() })
	old := with("3", func(in *reputation.Incident) { in.At = now - 30*day })
	future := with("4", func(in *reputation.Incident) { in.At = now + 301 })
	many := make([]reputation.Incident, 9)
	for i := range many {
		many[i] = with(string(rune('a'+i)), func(*reputation.Incident) {})
	}
	for name, c := range map[string]struct {
		list []reputation.Incident
		want int64
	}{
		"none":          {[]reputation.Incident{}, ppm},
		"one":           {[]reputation.Incident{mine}, 800_000},
		"the same one":  {[]reputation.Incident{mine, mine}, 800_000},
		"an old one":    {[]reputation.Incident{old}, 900_000},
		"both":          {[]reputation.Incident{mine, old}, 700_000},
		"another's":     {[]reputation.Incident{foreign}, ppm},
		"from tomorrow": {[]reputation.Incident{future}, ppm},
		"many":          {many, 0},
	} {
		corpus := k.corpus(k.log(t, "acme", deed{}))
		corpus.Incidents = each(c.list)
		if got := read(k.card(t, corpus, easy()), reputation.IncidentCorrelation); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := read(k.card(t, k.corpus(k.log(t, "acme", deed{})), easy()), reputation.IncidentCorrelation); got != -1 {
		t.Errorf("no feed: %d", got)
	}
}

// TestEntropyIsExact: within 2 ppm of the real number.
func TestEntropyIsExact(t *testing.T) {
	k := keys(t)
	deeds := join(times(7, deed{}), times(5, deed{tool: "b"}), times(2, deed{tool: "c"}), times(1, deed{tool: "d"}))
	h := 0.0
	for _, c := range []float64{7, 5, 2, 1} {
		h -= c / 15 * math.Log2(c/15)
	}
	got, want := float64(read(k.card(t, k.corpus(k.log(t, "acme", deeds...)), easy()), reputation.ToolDiversity)), h/2*ppm
	if math.Abs(got-want) > 2 {
		t.Fatalf("%v, want %v", got, want)
	}
}

package spider

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
	"pgregory.net/rapid"
)

const header = `{"schema":"chio.pattern_db.v1","version":"2026.1","created_at":1000,"dimension":3,"patterns":`

const list = `[{"id":"p1","category":"injection","stage":"input","label":"override","embedding":[1,0,0]},
{"id":"p2","category":"exfiltration","stage":"output","label":"leak","embedding":[0,2,0]},
{"id":"p3","category":"probe","stage":"input","label":"probe","embedding":[0,0,-5e-1]}]`

func database(t testing.TB, doc string) *Database {
	t.Helper()
	db, err := Parse([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func sense(t testing.TB, c Config) *Sense {
	t.Helper()
	if c.Database == nil {
		c.Database = database(t, header+list+"}")
	}
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func request(args string, now int64) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Server: "s", Tool: "search", Arguments: wire.Raw(args)}, Now: now}
	return &guard.Request{Call: c, Action: guard.Extract(c)}
}

func judge(t testing.TB, g *Sense, r *guard.Request) kernel.Decision {
	t.Helper()
	d, err := g.Judge(r)
	if err != nil || len(d.Evidence) != 1 || d.Evidence[0].Guard != Name || d.Evidence[0].Verdict != d.Verdict {
		t.Fatalf("%+v %v", d, err)
	}
	return d
}

func TestParse(t *testing.T) {
	db := database(t, header+list+"}")
	if db.Len() != 3 || db.Dimension() != 3 || db.Version() != "2026.1" || db.CreatedAt() != 1000 || db.Digest() != wire.Hash([]byte(header+list+"}")) {
		t.Errorf("%+v", db)
	}
	bare := database(t, " "+list)
	if bare.Len() != 3 || bare.Dimension() != 3 || bare.Version() != "" || bare.CreatedAt() != 0 {
		t.Errorf("%+v", bare)
	}
	one := func(fields string) string {
		return `[{"id":"a","category":"c","stage":"s","label":"l",` + fields + `}]`
	}
	for name, doc := range map[string]string{
		"empty": "", "null": "null", "no patterns": header + "[]}", "empty list": "[]", "trailing": header + list + "} 1",
		"unknown member": strings.Replace(header, `"version"`, `"x":1,"version"`, 1) + list + "}",
		"double member":  strings.Replace(header, `"version"`, `"dimension":3,"version"`, 1) + list + "}",
		"schema":         strings.Replace(header, "v1", "v2", 1) + list + "}",
		"no version":     strings.Replace(header, "2026.1", "", 1) + list + "}",
		"no date":        strings.Replace(header, "1000", "0", 1) + list + "}",
		"dimension":      strings.Replace(header, `"dimension":3`, `"dimension":2`, 1) + list + "}",
		"dimension 0":    strings.Replace(header, `"dimension":3`, `"dimension":0`, 1) + list + "}",
		"no embedding":   one(`"embedding":[]`),
		"zero norm":      one(`"embedding":[0,-0.0]`),
		"overflow":       one(`"embedding":[1e999]`),
		"not a number":   one(`"embedding":["1"]`),
		"null number":    one(`"embedding":null`),
		"no id":          strings.Replace(one(`"embedding":[1]`), `"a"`, `""`, 1),
		"long id":        strings.Replace(one(`"embedding":[1]`), `"a"`, `"`+strings.Repeat("a", maxWordBytes+1)+`"`, 1),
		"control":        strings.Replace(one(`"embedding":[1]`), `"a"`, `"a\n"`, 1),
		"same id":        `[` + one(`"embedding":[1]`)[1:len(one(`"embedding":[1]`))-1] + `,` + one(`"embedding":[1]`)[1:],
		"ragged":         `[{"id":"a","category":"","stage":"","label":"","embedding":[1]},{"id":"b","category":"","stage":"","label":"","embedding":[1,2]}]`,
		"too wide":       one(`"embedding":[` + strings.Repeat("1,", maxDimension) + `1]`),
	} {
		if db, err := Parse([]byte(doc)); !errors.Is(err, ErrDatabase) || db != nil {
			t.Errorf("%s: %v %v", name, db, err)
		}
	}
}

func TestJudge(t *testing.T) {
	g := sense(t, Config{ThresholdMicros: 700_000, BandMicros: 100_000, TopK: 2})
	ask := sense(t, Config{ThresholdMicros: 700_000, BandMicros: 100_000, AmbiguousConfirm: true, Rule: "r"})
	for args, want := range map[string]struct {
		verdict, asked kernel.Verdict
		code           kernel.Code
	}{
		`{}`:                                      {kernel.Allow, kernel.Allow, ""},
		`{"text":"embedding"}`:                    {kernel.Allow, kernel.Allow, ""},
		`{"embedding":[1,0,0]}`:                   {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embedding":[1e300,1e299,0]}`:           {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"vector":[0,1e-300,0]}`:                 {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embedding":[-1,0,0.0]}`:                {kernel.Allow, kernel.Allow, ""},
		`{"embedding":[1,1,0]}`:                   {kernel.Allow, kernel.PendingApproval, CodeSpiderSense}, // 0.707107
		`{"embedding":[3,0,4]}`:                   {kernel.Allow, kernel.PendingApproval, CodeSpiderSense}, // 0.6, the lower bound
		`{"embedding":[4,0,3]}`:                   {kernel.Deny, kernel.Deny, CodeSpiderSense},             // 0.8, the upper bound
		`{"embedding":[-1,0,0],"vector":[0,9,0]}`: {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embeddings":[[-1,-1,0],[-1,-1,1]]}`:    {kernel.Allow, kernel.Allow, ""},
		`{"embeddings":[[1,0,0],[-1,-1,9]]}`:      {kernel.Deny, kernel.Deny, CodeSpiderSense}, // one of them
		`{"embeddings":[[0.6,0.6,1],[1,0.6,-1]]}`: {kernel.Deny, kernel.Deny, CodeSpiderSense}, // their mean
		`{"embedding":[1,0]}`:                     {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embedding":[0,0,0]}`:                   {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embedding":[]}`:                        {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embedding":"1"}`:                       {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embedding":null}`:                      {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embedding":["1",0,0]}`:                 {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"vector":{"a":1}}`:                      {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embeddings":[]}`:                       {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embeddings":[1,2,3]}`:                  {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embeddings":[[1,0]]}`:                  {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embeddings":[[0,0,0],[-1,0,0]]}`:       {kernel.Deny, kernel.Deny, CodeSpiderSense},
		`{"embeddings":[[-1,0,0],[1,0,0]]}`:       {kernel.Deny, kernel.Deny, CodeSpiderSense}, // a mean of norm zero
		`{"embeddings":[` + strings.Repeat("[-1,0,0],", maxVectors) + `[-1,0,0]]}`: {kernel.Deny, kernel.Deny, CodeSpiderSense},
	} {
		if d := judge(t, g, request(args, 2000)); d.Verdict != want.verdict || d.Evidence[0].Code != want.code {
			t.Errorf("%.80s: %+v", args, d)
		}
		if d := judge(t, ask, request(args, 2000)); d.Verdict != want.asked {
			t.Errorf("%.80s, asked: %+v", args, d)
		}
	}
	d := judge(t, g, request(`{"embedding":[1,1,0]}`, 2000))
	want := `similarity_micros=707107 threshold_micros=700000 band_micros=100000 database=sha256:` + g.c.Database.digest.String() + ` version="2026.1" top="p1":707107,"p2":707107`
	if d.Evidence[0].Details != want || d.Evidence[0].Rule != "extensions.detection.threat_intel.similarity_threshold" {
		t.Errorf("%+v", d.Evidence)
	}
}

func TestAge(t *testing.T) {
	limit := int64(500)
	g := sense(t, Config{ThresholdMicros: 700_000, MaxAgeSeconds: &limit})
	for now, want := range map[int64]kernel.Verdict{699: kernel.Deny, 700: kernel.Allow, 1500: kernel.Allow, 1501: kernel.Deny} {
		if d := judge(t, g, request(`{"embedding":[-1,0,0]}`, now)); d.Verdict != want {
			t.Errorf("at %d: %+v", now, d)
		}
		if d := judge(t, g, request(`{}`, now)); d.Verdict != kernel.Allow {
			t.Errorf("at %d without an embedding: %+v", now, d)
		}
	}
	undated := sense(t, Config{Database: database(t, list), ThresholdMicros: 700_000, MaxAgeSeconds: &limit})
	if d := judge(t, undated, request(`{"embedding":[-1,0,0]}`, 1)); d.Verdict != kernel.Deny || d.Evidence[0].Rule != "extensions.detection.threat_intel.pattern_db" {
		t.Errorf("undated: %+v", d)
	}
}

// TestEveryThresholdWorks: HushSpec permits 0 … 1, whatever the band.
func TestEveryThresholdWorks(t *testing.T) {
	for _, at := range []int64{0, 1, 50_000, 500_000, 950_000, micros} {
		g := sense(t, Config{ThresholdMicros: at, BandMicros: 100_000})
		if d := judge(t, g, request(`{"embedding":[1,0,0]}`, 1)); d.Verdict != kernel.Deny {
			t.Errorf("%d: %+v", at, d)
		}
	}
}

func TestBadConfigIsRefused(t *testing.T) {
	db, zero := database(t, list), int64(0)
	for name, c := range map[string]Config{
		"no database": {}, "empty database": {Database: &Database{}}, "threshold": {Database: db, ThresholdMicros: micros + 1},
		"negative": {Database: db, ThresholdMicros: -1}, "band": {Database: db, BandMicros: micros + 1}, "negative band": {Database: db, BandMicros: -1},
		"top": {Database: db, TopK: maxTopK + 1}, "negative top": {Database: db, TopK: -1}, "age": {Database: db, MaxAgeSeconds: &zero},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestI5_SenseDeniesWhatItCannotRead(t *testing.T) {
	g := sense(t, Config{})
	for name, r := range map[string]*guard.Request{
		"nil": nil, "no call": {}, "no mandate": {Call: &kernel.Call{}},
		"not extracted": {Call: &kernel.Call{Mandate: &kernel.Mandate{}}}, "malformed": request("[", 1),
	} {
		if d := judge(t, g, r); d.Verdict != kernel.Deny || d.Evidence[0].Code != guard.CodeMalformed {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestI4_AddingAPatternNeverLoosens.
func TestI4_AddingAPatternNeverLoosens(t *testing.T) {
	vector := rapid.SliceOfN(rapid.Float64Range(-1, 1), 3, 3).Filter(func(v []float64) bool { return slices.ContainsFunc(v, func(x float64) bool { return x != 0 }) })
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "patterns")
		var rows []string
		for i := range n + 1 {
			v := vector.Draw(t, "pattern")
			rows = append(rows, fmt.Sprintf(`{"id":"p%d","category":"","stage":"","label":"","embedding":[%g,%g,%g]}`, i, v[0], v[1], v[2]))
		}
		v := vector.Draw(t, "vector")
		at := rapid.Int64Range(0, micros).Draw(t, "threshold")
		verdict := func(rows []string) kernel.Verdict {
			db, err := Parse([]byte("[" + strings.Join(rows, ",") + "]"))
			if err != nil {
				t.Fatal(err)
			}
			g, err := New(Config{Database: db, ThresholdMicros: at, BandMicros: 50_000, AmbiguousConfirm: true})
			if err != nil {
				t.Fatal(err)
			}
			d, err := g.Judge(request(fmt.Sprintf(`{"vector":[%g,%g,%g]}`, v[0], v[1], v[2]), 1))
			if err != nil {
				t.Fatal(err)
			}
			return d.Verdict
		}
		if verdict(rows) > verdict(rows[:n]) {
			t.Fatal("one more pattern allowed more")
		}
	})
}

func TestNormaliseRefusesWhatIsNotFinite(t *testing.T) {
	for _, v := range [][]float64{{math.NaN()}, {math.Inf(1)}, {1, math.Inf(-1)}} {
		if err := normalise(v); !errors.Is(err, errNotFinite) {
			t.Errorf("%v: %v", v, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{header + list + "}", list, "[]", "{}", `[{"id":"a","category":"","stage":"","label":"","embedding":[1e-320,1e308]}]`, `[{"id":"a","embedding":[0]}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		db, err := Parse(doc)
		if err != nil {
			return
		}
		for _, p := range db.patterns {
			if s := similarity(p.unit, p.unit); len(p.unit) != db.dimension || s < micros-1 || s > micros {
				t.Fatalf("pattern %q is like itself by %d", p.id, s)
			}
		}
	})
}

func FuzzVectors(f *testing.F) {
	for _, s := range []string{`{"embedding":[1,0,0]}`, `{"embeddings":[[1,0,0],[1e308,-1e308,1e-308]]}`, `{"vector":null}`} {
		f.Add(s)
	}
	g := sense(f, Config{ThresholdMicros: 700_000, BandMicros: 100_000})
	f.Fuzz(func(t *testing.T, args string) { judge(t, g, request(args, 1)) })
}

func benchmarkSense(b *testing.B, patterns, dimension int) {
	row := strings.TrimSuffix(strings.Repeat("0.25,-0.5,", dimension/2), ",")
	var rows []string
	for i := range patterns {
		rows = append(rows, fmt.Sprintf(`{"id":"p%d","category":"c","stage":"s","label":"l","embedding":[%s]}`, i, row))
	}
	g := sense(b, Config{Database: database(b, "["+strings.Join(rows, ",")+"]"), ThresholdMicros: 900_000, BandMicros: 50_000})
	r := request(`{"embedding":[`+strings.TrimSuffix(strings.Repeat("-0.25,-0.5,", dimension/2), ",")+`]}`, 1)
	b.ReportAllocs()
	for b.Loop() {
		if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Allow {
			b.Fatal(d, err)
		}
	}
}

func BenchmarkSense100x768(b *testing.B) { benchmarkSense(b, 100, 768) }

func BenchmarkNoEmbedding(b *testing.B) {
	g, r := sense(b, Config{ThresholdMicros: 700_000}), request(`{"path":"a.txt"}`, 1)
	b.ReportAllocs()
	for b.Loop() {
		if d, _ := g.Judge(r); d.Verdict != kernel.Allow {
			b.Fatal(d)
		}
	}
}

// A database beyond its bounds is refused before it is normalised.
func TestDatabaseIsBounded(t *testing.T) {
	many := func(n int, embedding string) []byte {
		doc := []byte("[")
		for i := range n {
			if i > 0 {
				doc = append(doc, ',')
			}
			doc = fmt.Appendf(doc, `{"id":"%d","category":"","stage":"","label":"","embedding":[%s]}`, i, embedding)
		}
		return append(doc, ']')
	}
	wide := strings.TrimSuffix(strings.Repeat("1,", maxDimension), ",")
	for name, doc := range map[string][]byte{"patterns": many(maxPatterns+1, "1"), "components": many(maxComponents/maxDimension+1, wide)} {
		if _, err := Parse(doc); !errors.Is(err, ErrDatabase) || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

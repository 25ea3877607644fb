package log_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/wire"
)

// The synthetic log: receipts of signed shape, one a second, of a hundred
// agents in turn.
const (
	agents    = 100
	firstTime = int64(1_750_000_000)
)

// synthetic makes leaf i in its canonical form by hand, because a million of
// them are needed: the members and the size of an allowed call's receipt.
func synthetic(i int) (id string, leaf []byte) {
	id = wire.Hash(strconv.AppendInt(nil, int64(i), 10)).String()
	hash, sig := id, id+id
	return id, fmt.Appendf(nil, `{"action":{"parameter_hash":%q,"parameters":{"path":"workspace/notes/%d.txt"}},"boundary_class":"prevent",`+
		`"capability_id":"0198c7a2-0000-7000-8000-%012d","content_hash":%q,"decision":{"verdict":"allow"},`+
		`"evidence":[{"guard_name":"forbidden-path","verdict":true},{"guard_name":"mcp-tool","verdict":true}],"id":%q,"kernel_key":%q,`+
		`"metadata":{"args_sha256":%q,"attribution":{"delegation_depth":0,"grant_index":0,"subject_key":%q},"call_id":"0198c7a2-0000-7000-8000-%012d",`+
		`"financial":{"budget_remaining":99997,"budget_total":100000,"cost_charged":%d,"currency":"USD","delegation_depth":0,"grant_index":0,`+
		`"root_budget_holder":%q,"settlement_status":"not_applicable"},"holder":{"kind":"agent"},"policy":{"bound_by":"local","local":%q},"revocation_epoch":7},`+
		`"policy_hash":%q,"receipt_kind":"mediated_decision","redaction_mode":"summary","signature":%q,"timestamp":%d,"tool_name":"read_file",`+
		`"tool_origin":"caller_executed","tool_server":"files","trust_level":"mediated"}`,
		hash, i, i%agents, hash, id, hash, hash, agentKey(i%agents).String(), i, i%7, hash, hash, hash, sig, firstTime+int64(i))
}

// bigLog opens a badger store that holds n synthetic receipts. With
// CHIO_BENCH_DIR set the stores are kept there and used again.
func bigLog(b *testing.B, n int) (db *store.Engine, opening time.Duration) {
	b.Helper()
	dir := os.Getenv("CHIO_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	dir = filepath.Join(dir, fmt.Sprint(n))
	start := time.Now()
	db, err := badger.Open(dir, badger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	opening = time.Since(start)
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	have := uint64(0)
	view(b, db, func(r store.Reader) (err error) { have, err = log.Size(r); return err })
	const batch = 400
	for from := int(have); from < n; from += batch {
		update(b, db, func(tx store.Tx) error {
			for i := from; i < min(n, from+batch); i++ {
				id, leaf := synthetic(i)
				if _, err := log.Append(tx, id, leaf); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if have == 0 { // opened empty: open once more to see what a check costs
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		start = time.Now()
		if db, err = badger.Open(dir, badger.Options{}); err != nil {
			b.Fatal(err)
		}
		opening = time.Since(start)
	}
	return db, opening
}

func sizes(b *testing.B) []int {
	all := []int{1000, 100_000}
	if s := os.Getenv("CHIO_BENCH_SIZES"); s != "" {
		all = nil
		for _, f := range strings.Split(s, ",") {
			n, err := strconv.Atoi(f)
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, n)
		}
	}
	return all
}

// BenchmarkLogAtSize is the curve: what opening, appending, proving and asking
// cost at each size of the log (CHIO_BENCH_SIZES=1000,100000,1000000). Appends
// are rolled back, so that the size stays and no fsync is timed: the durable
// transaction around them has its own benchmark in store/badger.
func BenchmarkLogAtSize(b *testing.B) {
	for _, n := range sizes(b) {
		db, opening := bigLog(b, n)
		b.Run(fmt.Sprint("open/", n), func(b *testing.B) {
			for b.Loop() { // opened once, before
			}
			b.ReportMetric(opening.Seconds(), "s/open")
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapInuse)/(1<<20), "heap-MiB")
		})
		b.Run(fmt.Sprint("append/", n), func(b *testing.B) { benchmarkAppend(b, db) })
		b.Run(fmt.Sprint("inclusion/", n), func(b *testing.B) {
			benchmarkView(b, db, func(r store.Reader, i int) error {
				_, err := log.InclusionProof(r, uint64(i*7919%n), uint64(n))
				return err
			})
		})
		b.Run(fmt.Sprint("consistency/", n), func(b *testing.B) {
			benchmarkView(b, db, func(r store.Reader, i int) error {
				_, err := log.ConsistencyProof(r, uint64(i*7919%n), uint64(n))
				return err
			})
		})
		end := firstTime + int64(n)
		for name, f := range map[string]log.Filter{
			"an-agent-in-the-last-hour": {Agent: agentKey(1), Since: end - 3600},
			"an-agent-in-an-hour-past":  {Agent: agentKey(1), Since: end - int64(n)/2 - 3600, Until: end - int64(n)/2},
			"an-agent-ever":             {Agent: agentKey(1)},
			"nothing-at-all":            {Server: "none"},
		} {
			b.Run(fmt.Sprint("select/", name, "/", n), func(b *testing.B) {
				benchmarkView(b, db, func(r store.Reader, _ int) error {
					_, err := log.Select(r, f, 0, n+1, func(c log.Card) error {
						_, err := log.Leaf(r, c.Index) // what a listing does next
						return err
					})
					return err
				})
			})
		}
	}
}

func benchmarkView(b *testing.B, db store.DB, fn func(store.Reader, int) error) {
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		view(b, db, func(r store.Reader) error { return fn(r, i) })
	}
}

func benchmarkAppend(b *testing.B, db store.DB) {
	const batch = 200
	leaves := make([][]byte, batch)
	ids := make([]string, batch)
	for i := range leaves {
		ids[i], leaves[i] = synthetic(1<<30 + i)
	}
	b.ReportAllocs()
	var spent time.Duration
	rolledBack := fmt.Errorf("rolled back")
	count := 0
	for b.Loop() {
		_ = db.Update(context.Background(), func(tx store.Tx) error {
			start := time.Now()
			for i := range leaves {
				if _, err := log.Append(tx, ids[i], leaves[i]); err != nil {
					b.Error(err)
				}
			}
			spent += time.Since(start)
			return rolledBack
		})
		count += batch
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(count), "ns/append")
}

// BenchmarkCard is what the index adds to an append besides its row.
func BenchmarkCard(b *testing.B) {
	_, leaf := synthetic(7)
	b.SetBytes(int64(len(leaf)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := receipt.Peek(leaf); err != nil {
			b.Fatal(err)
		}
	}
}

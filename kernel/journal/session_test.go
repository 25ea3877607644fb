package journal_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

func sessions(t testing.TB, c journal.SessionsConfig) *journal.Sessions {
	t.Helper()
	s, err := journal.NewSessions(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func entry(i int) kernel.SessionEntry {
	e := kernel.SessionEntry{At: now + int64(i), CallID: callID(i), Server: "files", Tool: "read_file", Ended: receipt.Allow,
		ReceiptID: wire.Hash([]byte(fmt.Sprint("receipt", i))).String(), BytesIn: 10, BytesOut: 100}
	if i%3 == 2 {
		e.Ended, e.BytesOut = receipt.Deny, 0
	}
	return e
}

func TestSessionTotalsCountAllAndEntriesAreTheNewest(t *testing.T) {
	s := sessions(t, journal.SessionsConfig{MaxEntries: 4})
	name := journal.SessionName(key(t, 1), "s")
	if v := s.View(name); v.Sequence != 0 || v.ID != "" || !v.Head.IsZero() {
		t.Fatalf("a session without entries: %+v", v)
	}
	var heads []journal.Head
	for i := range 9 {
		v := s.View(name)
		heads = append(heads, journal.Head{Sequence: v.Sequence, SHA256: v.Head})
		s.Record(name, entry(i))
	}
	v := s.View(name)
	if v.Calls != 9 || v.Denied != 3 || v.BytesIn != 90 || v.BytesOut != 600 || v.Sequence != 9 || len(v.Entries) != 4 || v.ID != name {
		t.Fatalf("view %+v", v)
	}
	if v.Entries[0] != entry(5) || v.Entries[3] != entry(8) {
		t.Fatalf("kept %+v", v.Entries)
	}
	j, ok := s.Show(name)
	if !ok || j.From != heads[5] || j.LastAt != now+8 || j.Restarted || j.Caller != key(t, 1).String() {
		t.Fatalf("journal %+v", j)
	}
	end, err := journal.Verify(j.From, j.Entries, heads[5:])
	if err != nil || end != (journal.Head{Sequence: 9, SHA256: v.Head}) {
		t.Fatalf("verify: %+v, %v", end, err)
	}
	s.Record("", entry(1))
	if all, dropped := s.List(); len(all) != 1 || dropped != 0 || all[0].Entries != nil || all[0].Kept != 4 {
		t.Fatalf("list %+v, dropped %d", all, dropped)
	}
	if _, ok := s.Show("nobody/x"); ok {
		t.Error("a session that never was is shown")
	}
}

func TestSessionTotalsSaturate(t *testing.T) {
	s := sessions(t, journal.SessionsConfig{})
	e := entry(0)
	e.BytesIn = math.MaxUint64 - 1
	for range 3 {
		s.Record("a/b", e)
	}
	if v := s.View("a/b"); v.BytesIn != math.MaxUint64 {
		t.Fatalf("bytes in %d", v.BytesIn)
	}
}

// TestSessionViewsNeverChange: a view taken at any moment still says the same
// after any number of later calls.
func TestSessionViewsNeverChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keep := rapid.IntRange(1, 5).Draw(t, "keep")
		s, err := journal.NewSessions(journal.SessionsConfig{MaxEntries: keep})
		if err != nil {
			t.Fatal(err)
		}
		var all []kernel.SessionEntry
		type held struct {
			view kernel.SessionView
			n    int
		}
		var views []held
		for i := range rapid.IntRange(0, 40).Draw(t, "calls") {
			s.Record("a/s", entry(i))
			all = append(all, entry(i))
			views = append(views, held{s.View("a/s"), i + 1})
		}
		for _, h := range views {
			first := max(0, h.n-keep)
			if !slices.Equal(h.view.Entries, all[first:h.n]) || h.view.Sequence != uint64(h.n) {
				t.Fatalf("the view after %d calls changed: %+v", h.n, h.view)
			}
			end, err := journal.Verify(journal.Head{}, all[:h.n], []journal.Head{{Sequence: uint64(h.n), SHA256: h.view.Head}})
			if err != nil || end.SHA256 != h.view.Head {
				t.Fatal(err)
			}
		}
	})
}

// TestSessionDroppedIsNeverSilentlyReused: what was forgotten is marked when it
// comes back, and one caller's flood costs its own sessions only.
func TestSessionDroppedIsNeverSilentlyReused(t *testing.T) {
	s := sessions(t, journal.SessionsConfig{MaxSessions: 8, MaxPerCaller: 3})
	victim := journal.SessionName(key(t, 1), "work")
	s.Record(victim, entry(0))
	flooder := key(t, 2)
	for i := range 50 {
		s.Record(journal.SessionName(flooder, fmt.Sprint(i)), entry(i))
	}
	if v := s.View(victim); v.Calls != 1 || len(v.Entries) != 1 {
		t.Fatalf("another caller's flood changed the session: %+v", v)
	}
	all, dropped := s.List()
	if len(all) != 4 || dropped != 47 {
		t.Fatalf("%d sessions, %d dropped", len(all), dropped)
	}
	again := journal.SessionName(flooder, "0")
	v := s.View(again)
	if v.Sequence != 1 || v.Calls != 0 || len(v.Entries) != 1 || v.Entries[0].Ended != journal.Restarted {
		t.Fatalf("a dropped session looks new: %+v", v)
	}
	s.Record(again, entry(60))
	after := s.View(again)
	if after.Sequence != 2 || after.Calls != 1 || after.Entries[0].Ended != journal.Restarted {
		t.Fatalf("after its first call: %+v", after)
	}
	if _, err := journal.Verify(journal.Head{}, after.Entries, []journal.Head{{1, v.Head}, {2, after.Head}}); err != nil {
		t.Fatal(err)
	}
	if v := s.View(journal.SessionName(key(t, 3), "0")); v.Sequence != 0 {
		t.Fatalf("a caller that lost nothing: %+v", v)
	}
}

// TestSessionLongestIdleGoes: a view is use, so a call under way keeps its
// session.
func TestSessionLongestIdleGoes(t *testing.T) {
	s := sessions(t, journal.SessionsConfig{MaxSessions: 3})
	for _, n := range []string{"a/1", "b/1", "c/1"} {
		s.Record(n, entry(0))
	}
	s.View("a/1")
	s.Record("d/1", entry(1))
	if v := s.View("a/1"); v.Calls != 1 {
		t.Errorf("the session in use was dropped: %+v", v)
	}
	if v := s.View("b/1"); len(v.Entries) != 1 || v.Entries[0].Ended != journal.Restarted {
		t.Errorf("the longest idle one: %+v", v)
	}
	// More callers lose a session than can be remembered: every new session is
	// marked from then on.
	for i := range 20 {
		s.Record(fmt.Sprintf("x%d/1", i), entry(i))
	}
	if v := s.View("never/seen"); len(v.Entries) != 1 || v.Entries[0].Ended != journal.Restarted {
		t.Errorf("an unknown caller after the marks ran out: %+v", v)
	}
	if v := s.View(""); v.Sequence != 0 {
		t.Errorf("no session: %+v", v)
	}
	s.Record("x99/1", entry(0))
}

func TestSessionLongNamesStayApart(t *testing.T) {
	s := sessions(t, journal.SessionsConfig{})
	long := strings.Repeat("x", 600)
	names := []string{"a/" + long, "a/" + long + "y", "b/" + long, long}
	for i, n := range names {
		for range i + 1 {
			s.Record(n, entry(0))
		}
	}
	for i, n := range names {
		if v := s.View(n); v.Calls != uint64(i+1) || len(v.ID) > 512 {
			t.Errorf("session %d: %d calls, a name of %d bytes", i, v.Calls, len(v.ID))
		}
	}
}

func TestSessionsConcurrently(t *testing.T) {
	s := sessions(t, journal.SessionsConfig{MaxSessions: 4, MaxPerCaller: 2, MaxEntries: 3})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 200 {
				name := fmt.Sprintf("%d/%d", w%3, i%4)
				v := s.View(name)
				s.Record(name, entry(i))
				for j := range v.Entries {
					_ = v.Entries[j].ReceiptID
				}
				if j, ok := s.Show(name); ok {
					if end, err := journal.Verify(j.From, j.Entries, nil); err != nil || end.SHA256 != j.Head {
						t.Errorf("journal %+v: %v", j, err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	if all, _ := s.List(); len(all) > 4 {
		t.Errorf("%d sessions, the limit is 4", len(all))
	}
}

func TestSessionsConfigFailsClosed(t *testing.T) {
	for _, c := range []journal.SessionsConfig{{MaxSessions: -1}, {MaxPerCaller: -1}, {MaxEntries: -1}, {MaxEntries: 1 << 20}} {
		if _, err := journal.NewSessions(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestSessionVerifyFailsClosed(t *testing.T) {
	var entries []kernel.SessionEntry
	var heads []journal.Head
	h := journal.Head{}
	for i := range 5 {
		heads = append(heads, h)
		e := entry(i)
		entries = append(entries, e)
		h = journal.Head{Sequence: uint64(i + 1), SHA256: journal.Link(h.SHA256, uint64(i), &e)}
	}
	if end, err := journal.Verify(journal.Head{}, entries, heads); err != nil || end != h {
		t.Fatalf("the honest journal: %+v, %v", end, err)
	}
	swapped := slices.Clone(entries)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	changed := slices.Clone(entries)
	changed[1].Ended = receipt.Allow + " "
	renamed := slices.Clone(entries)
	renamed[0].ReceiptID = "another"
	for name, bad := range map[string][]kernel.SessionEntry{"swapped": swapped, "changed": changed, "renamed": renamed,
		"one missing": append(slices.Clone(entries[:2]), entries[3:]...), "none": nil} {
		if _, err := journal.Verify(journal.Head{}, bad, heads); !errors.Is(err, journal.ErrSessionChain) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := journal.Verify(heads[2], entries[2:], heads[:1]); !errors.Is(err, journal.ErrSessionChain) {
		t.Errorf("a head before the entries: %v", err)
	}
	if _, err := journal.Verify(heads[2], entries[2:], heads[2:]); err != nil {
		t.Errorf("the end of a journal: %v", err)
	}
	e := kernel.SessionEntry{Ended: strings.Repeat("x", 300)}
	f := kernel.SessionEntry{Ended: strings.Repeat("x", 255)}
	if journal.Link(wire.Digest{}, 0, &e) != journal.Link(wire.Digest{}, 0, &f) {
		t.Error("the length of ended is one byte")
	}
}

// TestSessionFromReceipts: an auditor with receipts alone recomputes the chain.
func TestSessionFromReceipts(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		s := sessions(t, journal.SessionsConfig{MaxPerCaller: 1})
		name := journal.SessionName(key(t, 1), "s")
		if restarted {
			s.Record(name, entry(0))
			s.Record(journal.SessionName(key(t, 1), "other"), entry(1))
		}
		var rs []*receipt.Receipt
		for i := range 4 {
			v := s.View(name)
			md := receipt.Metadata{CallID: callID(i), Attribution: &receipt.Attribution{SubjectKey: key(t, 1)},
				Session: &receipt.Session{ID: "s", Sequence: v.Sequence, SHA256: v.Head}}
			e := entry(i)
			rs = append(rs, &receipt.Receipt{ID: e.ReceiptID, Timestamp: e.At, ToolServer: e.Server, ToolName: e.Tool,
				Decision: &receipt.Decision{Verdict: e.Ended}, Metadata: wire.MustMarshal(md)})
			md.Attribution = &receipt.Attribution{SubjectKey: key(t, 2)}
			rs = append(rs, &receipt.Receipt{ID: "another caller's", Decision: rs[len(rs)-1].Decision, Metadata: wire.MustMarshal(md)})
			rs = append(rs, &receipt.Receipt{ID: "other", Decision: &receipt.Decision{Verdict: receipt.Allow},
				Metadata: wire.MustMarshal(receipt.Metadata{CallID: callID(i)})})
			s.Record(name, e)
		}
		entries, heads, err := journal.FromReceipts(key(t, 1), "s", rs)
		if err != nil || len(heads) != 4 {
			t.Fatalf("%d heads, %v", len(heads), err)
		}
		end, err := journal.Verify(journal.Head{}, entries, heads)
		if v := s.View(name); err != nil || end.SHA256 != v.Head || end.Sequence != v.Sequence {
			t.Fatalf("restarted %v: %+v, %v, want %+v", restarted, end, err, v)
		}
	}
	if _, _, err := journal.FromReceipts(key(t, 1), "s", []*receipt.Receipt{{Metadata: wire.Raw(`{"session":1}`)}}); err == nil {
		t.Error("metadata that is not ours was accepted")
	}
}

func BenchmarkSession(b *testing.B) {
	s := sessions(b, journal.SessionsConfig{})
	name := journal.SessionName(key(b, 1), "s")
	b.ReportAllocs()
	for i := range b.N {
		s.View(name)
		s.Record(name, entry(i))
	}
}

package vc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

const listURL = "https://acme.example/status/0"

// list signs and opens a list whose content a test changes.
func list(t testing.TB, signer byte, bits []byte, change func(*vc.ListContent)) *vc.StatusList {
	t.Helper()
	c := vc.ListContent{ID: listURL, Purpose: vc.PurposeRevocation, ValidFrom: t0, ValidUntil: t0 + 7*day}
	if change != nil {
		change(&c)
	}
	doc, err := vc.UnsignedStatusList(didOf(t, signer).String(), c, bits)
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = vc.Sign(doc, key(t, signer), t0); err != nil {
		t.Fatal(err)
	}
	l, err := vc.OpenStatusList(doc, didOf(t, signer).String())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func bitsWith(values ...uint64) []byte {
	bits := vc.NewBits()
	for _, i := range values {
		vc.PutValue(bits, i, 1, 1)
	}
	return bits
}

func purposeOf(p string) func(*vc.ListContent) { return func(c *vc.ListContent) { c.Purpose = p } }

func twoBits(c *vc.ListContent) {
	c.Purpose, c.Size, c.Messages = vc.PurposeMessage, 2, messages
}

var messages = []vc.StatusMessage{{"0x0", "fine"}, {"0x1", "slow"}, {"0x2", "lost"}, {"0x3", "undefined"}}

func messageEntry(index uint32) vc.StatusEntry {
	e := vc.NewStatusEntryFor(vc.PurposeMessage, listURL, index)
	e.StatusSize, e.StatusMessage = 2, messages
	return e
}

// TestStatusOfEntries is rule 9, entry by entry.
func TestStatusOfEntries(t *testing.T) {
	entry := func(purpose string) vc.StatusEntry { return vc.NewStatusEntryFor(purpose, listURL, 5) }
	clear, set := bitsWith(4, 6), bitsWith(5)
	wide := make([]byte, 2*vc.ListBits/8)
	vc.PutValue(wide, 5, 2, 2)
	other := entry(vc.PurposeRevocation)
	other.StatusListIndex = "131072"
	wideRevocation := messageEntry(5)
	wideRevocation.StatusPurpose = vc.PurposeRevocation
	for name, c := range map[string]struct {
		entry vc.StatusEntry
		list  *vc.StatusList
		gate  func(*vc.Gate)
		want  vc.Status
		err   error
	}{
		"clear":               {entry(vc.PurposeRevocation), list(t, 7, clear, nil), nil, vc.StatusActive, nil},
		"revoked":             {entry(vc.PurposeRevocation), list(t, 7, set, nil), nil, vc.StatusRevoked, vc.ErrRevoked},
		"revoked, stale list": {entry(vc.PurposeRevocation), list(t, 7, set, nil), func(g *vc.Gate) { g.Now = t0 + 90*day }, vc.StatusRevoked, vc.ErrRevoked},
		"clear, stale list":   {entry(vc.PurposeRevocation), list(t, 7, clear, nil), func(g *vc.Gate) { g.Now = t0 + 7*day }, vc.StatusUnknown, vc.ErrStatusUnknown},
		"clear, last second":  {entry(vc.PurposeRevocation), list(t, 7, clear, nil), func(g *vc.Gate) { g.Now = t0 + 7*day - 1 }, vc.StatusActive, nil},
		"clear, too old":      {entry(vc.PurposeRevocation), list(t, 7, clear, nil), func(g *vc.Gate) { g.Now, g.MaxStatusAgeSeconds = t0+61, 60 }, vc.StatusUnknown, vc.ErrStatusUnknown},
		"clear, just so old":  {entry(vc.PurposeRevocation), list(t, 7, clear, nil), func(g *vc.Gate) { g.Now, g.MaxStatusAgeSeconds = t0+60, 60 }, vc.StatusActive, nil},
		"clear, future":       {entry(vc.PurposeRevocation), list(t, 7, clear, nil), func(g *vc.Gate) { g.Now = t0 - 1 }, vc.StatusUnknown, vc.ErrStatusUnknown},
		"clear, within skew":  {entry(vc.PurposeRevocation), list(t, 7, clear, nil), func(g *vc.Gate) { g.Now, g.SkewSeconds = t0-1, 1 }, vc.StatusActive, nil},
		"suspended":           {entry(vc.PurposeSuspension), list(t, 7, set, purposeOf(vc.PurposeSuspension)), nil, vc.StatusSuspended, vc.ErrSuspended},
		"suspended, stale":    {entry(vc.PurposeSuspension), list(t, 7, set, purposeOf(vc.PurposeSuspension)), func(g *vc.Gate) { g.Now = t0 + 7*day }, vc.StatusUnknown, vc.ErrStatusUnknown},
		"refresh":             {entry(vc.PurposeRefresh), list(t, 7, set, purposeOf(vc.PurposeRefresh)), nil, vc.StatusActive, nil},
		"other purpose":       {entry("holiday"), list(t, 7, clear, purposeOf("holiday")), nil, vc.StatusUnknown, vc.ErrStatusUnknown},
		"list for another":    {entry(vc.PurposeSuspension), list(t, 7, clear, nil), nil, vc.StatusUnknown, vc.ErrStatusUnknown},
		"other type":          {vc.StatusEntry{Type: "StatusList2021Entry"}, list(t, 7, clear, nil), nil, vc.StatusUnknown, vc.ErrStatusUnknown},
		"no lists":            {entry(vc.PurposeRevocation), nil, func(g *vc.Gate) { g.StatusList = nil }, vc.StatusUnknown, vc.ErrStatusUnknown},
		"no such list":        {entry(vc.PurposeRevocation), nil, nil, vc.StatusUnknown, vc.ErrStatusUnknown},
		"another list": {entry(vc.PurposeRevocation), list(t, 7, clear, func(c *vc.ListContent) { c.ID = "https://acme.example/status/1" }), nil,
			vc.StatusUnknown, vc.ErrStatusUnknown},
		"of another issuer": {entry(vc.PurposeRevocation), list(t, 11, clear, nil), nil, vc.StatusUnknown, vc.ErrStatusUnknown},
		"of a delegate": {entry(vc.PurposeRevocation), list(t, 11, clear, nil), func(g *vc.Gate) {
			g.StatusDelegate = func(issuer, d string) bool { return issuer == didOf(t, 7).String() && d == didOf(t, 11).String() }
		}, vc.StatusActive, nil},
		"of no delegate":  {entry(vc.PurposeRevocation), list(t, 11, clear, nil), func(g *vc.Gate) { g.StatusDelegate = func(_, d string) bool { return false } }, vc.StatusUnknown, vc.ErrStatusUnknown},
		"outside":         {other, list(t, 7, clear, nil), nil, vc.StatusUnknown, vc.ErrStatusUnknown},
		"message":         {messageEntry(5), list(t, 7, wide, twoBits), nil, vc.StatusUnknown, vc.ErrStatusUnknown},
		"message allowed": {messageEntry(5), list(t, 7, wide, twoBits), func(g *vc.Gate) { g.StatusMessage = func(f vc.Finding) error { return nil } }, vc.StatusActive, nil},
		"message refused": {messageEntry(5), list(t, 7, wide, twoBits), func(g *vc.Gate) { g.StatusMessage = func(f vc.Finding) error { return errors.New(f.Message) } }, vc.StatusUnknown, vc.ErrStatusUnknown},
		"message 0":       {messageEntry(4), list(t, 7, wide, twoBits), nil, vc.StatusActive, nil},
		"sizes differ":    {entry(vc.PurposeMessage), list(t, 7, wide, twoBits), nil, vc.StatusUnknown, vc.ErrStatusUnknown},
		"too short for its size": {messageEntry(4), list(t, 7, clear, purposeOf(vc.PurposeMessage+"s")), nil,
			vc.StatusUnknown, vc.ErrStatusUnknown},
	} {
		g := vc.Gate{Now: t0, StatusList: func(string) (*vc.StatusList, error) { return c.list, nil }}
		if c.gate != nil {
			c.gate(&g)
		}
		status, findings, err := vc.JudgeStatus([]vc.StatusEntry{c.entry}, didOf(t, 7).String(), g)
		if status != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %s, %v, want %s, %v", name, status, err, c.want, c.err)
		}
		if (err != nil) != (len(findings) == 1 && findings[0].Detail != "") || err != nil && findings[0].Status != c.want {
			t.Errorf("%s: findings %+v", name, findings)
		}
	}
}

// TestWorstEntryDecides: all entries are judged, in whatever order.
func TestWorstEntryDecides(t *testing.T) {
	lists := map[string]*vc.StatusList{}
	entries := map[string]vc.StatusEntry{}
	for name, purpose := range map[string]string{"clear": vc.PurposeRevocation, "revoked": vc.PurposeRevocation,
		"suspended": vc.PurposeSuspension, "refresh": vc.PurposeRefresh} {
		url, bits := "https://acme.example/status/"+name, bitsWith(5)
		if name == "clear" {
			bits = vc.NewBits()
		}
		lists[url] = list(t, 7, bits, func(c *vc.ListContent) { c.ID, c.Purpose = url, purpose })
		entries[name] = vc.NewStatusEntryFor(purpose, url, 5)
	}
	entries["unknown"] = vc.StatusEntry{Type: "X"}
	g := vc.Gate{Now: t0, StatusList: func(url string) (*vc.StatusList, error) { return lists[url], nil }}
	for names, want := range map[string]vc.Status{
		"clear": vc.StatusActive, "clear refresh": vc.StatusActive, "clear unknown": vc.StatusUnknown,
		"clear unknown suspended": vc.StatusSuspended, "unknown suspended revoked refresh clear": vc.StatusRevoked,
	} {
		list := strings.Fields(names)
		for range list {
			list = append(list[1:], list[0])
			var all []vc.StatusEntry
			for _, n := range list {
				all = append(all, entries[n])
			}
			status, findings, err := vc.JudgeStatus(all, didOf(t, 7).String(), g)
			if status != want || (err == nil) != (want == vc.StatusActive) {
				t.Errorf("%v: %s, %v, want %s", list, status, err, want)
			}
			if expected := len(list) - strings.Count(names, "clear"); len(findings) != expected {
				t.Errorf("%v: findings %+v", list, findings)
			}
		}
	}
	if _, _, err := vc.JudgeStatus(nil, "x", g); !errors.Is(err, vc.ErrStatusUnknown) {
		t.Errorf("without entries: %v", err)
	}
}

// TestEntryRules: E1 to E6, and how credentialStatus is spelt.
func TestEntryRules(t *testing.T) {
	const good = `{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"5","statusListCredential":"https://a.example/1"}`
	swap := func(from, to string) string {
		if !strings.Contains(good, from) {
			t.Fatalf("%q is not in the example", from)
		}
		return strings.Replace(good, from, to, 1)
	}
	with := func(member string) string { return swap(`{`, `{`+member+`,`) }
	m := func(size string, values ...string) string {
		for i, v := range values {
			values[i] = `{"status":"` + v + `","message":"m","x":1}`
		}
		return with(`"statusSize":` + size + `,"statusMessage":[` + strings.Join(values, ",") + `]`)
	}
	many := "[" + strings.Repeat(good+",", 16) + good + "]"
	for doc, want := range map[string]int{ // entries, 0 is refused
		good: 1, "[" + good + "]": 1, "[" + good + "," + good + "]": 2, many: 0, strings.Replace(many, good+",", "", 1): 16,
		"null": 0, "[]": 0, "[null]": 0, "[[]]": 0, `"x"`: 0, "5": 0, "{}": 0, `{"type":""}`: 0, `{"type":["BitstringStatusListEntry"]}`: 0, `{"type":5}`: 0,
		`{"type":"StatusList2021Entry","statusListIndex":7}`: 1, `{"id":"urn:x","type":"Other","deep":{"a":[1]}}`: 1,
		swap(`"5"`, `5`): 0, swap(`"5"`, `""`): 0, swap(`"5"`, `"05"`): 0, swap(`"5"`, `"+5"`): 0, swap(`"5"`, `"-5"`): 0, swap(`"5"`, `"5 "`): 0,
		swap(`"5"`, `"0x5"`): 0, swap(`"5"`, `"5.0"`): 0, swap(`"5"`, `"٥"`): 0, swap(`"5"`, `"1e1"`): 0, swap(`"5"`, `"4294967301"`): 0,
		swap(`"5"`, `"8388607"`): 1, swap(`"5"`, `"8388608"`): 0, swap(`"5"`, `"0"`): 1, swap(`"5"`, `"18446744073709551621"`): 0,
		swap(`"revocation"`, `""`): 0, swap(`"revocation"`, `["revocation"]`): 0, swap(`"revocation"`, `"anything"`): 1,
		swap(`"revocation"`, `"`+strings.Repeat("p", 65)+`"`): 0,
		swap(`https://a.example/1`, ``):                       0, swap(`https://a.example/1`, `/status/1`): 0, swap(`https://a.example/1`, `a b`): 0,
		swap(`https://a.example/1`, `did:chio:00/status/1`): 1, swap(`https://a.example/1`, `https:`): 0,
		swap(`https://a.example/1`, `https://a.example/`+strings.Repeat("a", 2048)): 0,
		with(`"id":"https://a.example/1"`):                                          0, with(`"id":"https://a.example/1#5"`): 1, with(`"id":"nothing"`): 0,
		with(`"extra":1`): 0, with(`"statusSize":0`): 0, with(`"statusSize":1`): 1, with(`"statusSize":2`): 0, with(`"statusSize":1.0`): 0,
		with(`"statusSize":"1"`): 0, with(`"statusSize":-1`): 0, with(`"statusSize":9`): 0, with(`"statusSize":null`): 0,
		m("1", "0x0", "0x1"): 1, m("1", "0x0", "0x0"): 0, m("1", "0x0", "0x2"): 0, m("1", "0x0", "1"): 0, m("1", "0x0", "0X1"): 0, m("1", "0x0", "0x001"): 0,
		m("1", "0x0"): 0, m("2", "0x0", "0x1", "0x2", "0x3"): 1, m("2", "0x3", "0x02", "0x1", "0x0"): 1, m("2", "0x0", "0x1", "0x2"): 0,
		m("2", "0x0", "0x1", "0x2", "0x3", "0x4"): 0, m("1", "0x0", "0xg"): 0, m("1", "0x0", "0x-1"): 0,
		with(`"statusReference":"https://a.example/r"`): 1, with(`"statusReference":["https://a.example/r","urn:x:y"]`): 1,
		with(`"statusReference":[]`): 0, with(`"statusReference":"r"`): 0, with(`"statusReference":{}`): 0, with(`"statusReference":[5]`): 0,
	} {
		var s vc.StatusEntries
		err := wire.Unmarshal([]byte(doc), &s, wire.ForeignLimits)
		if (err == nil) != (want > 0) || err == nil && len(s) != want {
			t.Errorf("%.300s: %d entries, %v, want %d", doc, len(s), err, want)
		}
		if err != nil || s[0].Type != vc.TypeStatusEntry || strings.Contains(doc, `"x":1`) {
			continue
		}
		var again vc.StatusEntries
		if err := wire.Unmarshal(wire.MustMarshal(s), &again, wire.ForeignLimits); err != nil || len(again) != len(s) {
			t.Errorf("%.300s does not come back: %v", doc, err)
		}
	}
}

// BenchmarkStatusCheck is the check of one credential's entry against a list
// at hand.
func BenchmarkStatusCheck(b *testing.B) {
	l := list(b, 7, vc.NewBits(), nil)
	g := vc.Gate{Now: t0, StatusList: func(string) (*vc.StatusList, error) { return l, nil }}
	entries, issuer := []vc.StatusEntry{vc.NewStatusEntryFor(vc.PurposeRevocation, listURL, 100_000)}, didOf(b, 7).String()
	b.ReportAllocs()
	for b.Loop() {
		if s, _, err := vc.JudgeStatus(entries, issuer, g); s != vc.StatusActive || err != nil {
			b.Fatal(err)
		}
	}
}

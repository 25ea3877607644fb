package status_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/status"
)

// TestListsAreWhatWasDone: whatever the history, every signed list says of
// every entry what was last made of it, and of all others nothing; no entry is
// allotted twice; a transaction that fails leaves no trace.
func TestListsAreWhatWasDone(t *testing.T) {
	kinds := []status.Kind{kind(vc.PurposeRevocation), kind(vc.PurposeSuspension), {Purpose: vc.PurposeMessage, Size: 3}}
	for v := range 8 {
		kinds[2].Messages = append(kinds[2].Messages, vc.StatusMessage{Status: "0x" + strconv.Itoa(v), Message: "m"})
	}
	rapid.Check(t, func(rt *rapid.T) {
		db := database(t)
		l := lists(t, func(c *status.Config) {
			c.Rand = rand.NewChaCha8([32]byte{byte(rapid.IntRange(0, 255).Draw(rt, "seed"))})
		})
		entries, values, owner := map[uint64]vc.StatusEntry{}, map[uint64]uint8{}, map[uint64]string{}
		places := map[string]bool{}
		var order []uint64
		now := int64(t0)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			abort := rapid.IntRange(0, 5).Draw(rt, "abort") == 0
			k := rapid.SampledFrom(kinds).Draw(rt, "kind")
			n := rapid.IntRange(0, 40).Draw(rt, "allocate")
			value := uint8(rapid.IntRange(0, 7).Draw(rt, "value"))
			var chosen []uint64
			if len(order) > 0 {
				chosen = rapid.SliceOfN(rapid.SampledFrom(order), 0, 10).Draw(rt, "chosen")
			}
			sign := rapid.Bool().Draw(rt, "sign")
			now += rapid.Int64Range(0, 5*day).Draw(rt, "later")
			var made []status.Allotted
			done := map[uint64]uint8{}
			err := db.Update(ctx, func(tx store.Tx) (err error) {
				if made, err = l.AllocateMany(tx, k, n); err != nil {
					return err
				}
				for _, i := range chosen {
					before, ok := done[i]
					if !ok {
						before = values[i]
					}
					v := value
					if owner[i] != vc.PurposeMessage {
						v = value & 1
					}
					switch err := l.SetMany(tx, []uint64{i}, v); {
					case err == nil:
						done[i] = v
					case !errors.Is(err, status.ErrIrreversible) || owner[i] != vc.PurposeRevocation || before == 0 || v != 0:
						return err
					}
				}
				if sign {
					if _, err := l.Flush(tx, now); err != nil {
						return err
					}
				}
				if abort {
					return errAbort
				}
				return nil
			})
			if abort != errors.Is(err, errAbort) || !abort && err != nil {
				rt.Fatal(err)
			}
			if abort {
				continue
			}
			for i, v := range done {
				values[i] = v
			}
			for _, a := range made {
				place := a.Entry.StatusListCredential + "#" + a.Entry.StatusListIndex
				if _, ok := entries[a.Index]; ok || places[place] {
					rt.Fatalf("%s was allotted twice", place)
				}
				places[place] = true
				entries[a.Index], owner[a.Index] = a.Entry, k.Purpose
				order = append(order, a.Index)
			}
		}
		sums := map[string]int{}
		signed := map[string]*vc.StatusList{}
		for _, i := range order {
			e := entries[i]
			list := signed[e.StatusListCredential]
			if list == nil {
				list, _ = open(t, db, l, i, now)
				signed[e.StatusListCredential] = list
			}
			if got := said(t, list, e); got != values[i] {
				rt.Fatalf("entry %+v says %d, want %d", e, got, values[i])
			}
			for v := values[i]; v != 0; v &= v - 1 {
				sums[e.StatusListCredential]++
			}
		}
		for url, list := range signed {
			if got := popcount(list.Bits()); got != sums[url] {
				rt.Fatalf("%s has %d bits set, want %d", url, got, sums[url])
			}
		}
	})
}

var errAbort = errors.New("abort")

func popcount(b []byte) (n int) {
	for _, x := range b {
		for ; x != 0; x &= x - 1 {
			n++
		}
	}
	return n
}

// TestAllotmentIsRandomAndExact: a list is filled to the last entry, each once,
// in an order that does not show, and the next begins.
func TestAllotmentIsRandomAndExact(t *testing.T) {
	db, l := database(t), lists(t, nil)
	first := orgDID(t) + "/status/0"
	var order []int
	seen := make([]bool, vc.ListBits)
	for range 4 {
		for _, a := range allocate(t, db, l, kind(vc.PurposeRevocation), vc.ListBits/4) {
			i, err := strconv.Atoi(a.Entry.StatusListIndex)
			if err != nil || seen[i] || a.Entry.StatusListCredential != first {
				t.Fatalf("%+v: %v", a.Entry, err)
			}
			seen[i] = true
			order = append(order, i)
		}
	}
	// Of a random order half the steps go up, with a deviation of 104.
	up := 0
	for i := 1; i < len(order); i++ {
		if order[i] > order[i-1] {
			up++
		}
	}
	if want := len(order) / 2; up < want-600 || up > want+600 {
		t.Errorf("%d of %d steps go up", up, len(order))
	}
	// And the first thousand lie all over the list: in sixteenths, 62 each.
	parts := make([]int, 16)
	for _, i := range order[:1000] {
		parts[i*16/vc.ListBits]++
	}
	if least, most := slices.Min(parts), slices.Max(parts); least < 25 || most > 115 {
		t.Errorf("the first thousand lie at %v", parts)
	}
	if next := allocate(t, db, l, kind(vc.PurposeRevocation), 1)[0]; next.Entry.StatusListCredential != orgDID(t)+"/status/1" {
		t.Errorf("after a full list: %+v", next.Entry)
	}
}

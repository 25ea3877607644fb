package status_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/iotest"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/status"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	t0  = 1_790_000_000
	day = 24 * 3600
)

var ctx = context.Background()

func org(t testing.TB) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func orgDID(t testing.TB) string { return did.FromKey(org(t).Public()).String() }

func database(t testing.TB) store.DB {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func lists(t testing.TB, change func(*status.Config)) *status.Lists {
	t.Helper()
	cfg := status.Config{Org: org(t), Rand: rand.NewChaCha8([32]byte{1})}
	if change != nil {
		change(&cfg)
	}
	l, err := status.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func update(t testing.TB, db store.DB, fn func(tx store.Tx) error) {
	t.Helper()
	if err := db.Update(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func kind(purpose string) status.Kind { return status.Kind{Purpose: purpose} }

func allocate(t testing.TB, db store.DB, l *status.Lists, k status.Kind, n int) (out []status.Allotted) {
	t.Helper()
	update(t, db, func(tx store.Tx) (err error) {
		out, err = l.AllocateMany(tx, k, n)
		return err
	})
	return out
}

// open gets a list signed and opens it.
func open(t testing.TB, db store.DB, l *status.Lists, index uint64, now int64) (*vc.StatusList, []byte) {
	t.Helper()
	var doc []byte
	update(t, db, func(tx store.Tx) (err error) {
		doc, err = l.For(tx, index, now)
		return err
	})
	list, err := vc.OpenStatusList(doc, orgDID(t))
	if err != nil {
		t.Fatal(err)
	}
	return list, doc
}

// said is what a signed list says of an entry.
func said(t testing.TB, list *vc.StatusList, e vc.StatusEntry) uint8 {
	t.Helper()
	i, err := strconv.ParseUint(e.StatusListIndex, 10, 32)
	if err != nil || list.ID() != e.StatusListCredential {
		t.Fatalf("entry %+v is not of list %s: %v", e, list.ID(), err)
	}
	v, ok := vc.Value(list.Bits(), i, e.StatusSize)
	if !ok {
		t.Fatalf("entry %+v is outside its list", e)
	}
	return v
}

func TestSetIsSignedAndLiftedOrNot(t *testing.T) {
	for purpose, reversible := range map[string]bool{vc.PurposeRevocation: false, vc.PurposeSuspension: true, vc.PurposeRefresh: false} {
		db, l := database(t), lists(t, nil)
		all := allocate(t, db, l, kind(purpose), 3)
		before, first := open(t, db, l, all[0].Index, t0)
		if said(t, before, all[1].Entry) != 0 || before.Purposes()[0] != purpose {
			t.Errorf("%s: a new list is not clear", purpose)
		}
		for range 2 {
			update(t, db, func(tx store.Tx) error { return l.Set(tx, all[1].Index) })
		}
		after, second := open(t, db, l, all[0].Index, t0+1)
		for i, want := range []uint8{0, 1, 0} {
			if said(t, after, all[i].Entry) != want {
				t.Errorf("%s: entry %d is not %d", purpose, i, want)
			}
		}
		if bytes.Equal(first, second) || after.ValidFrom() != t0+1 || after.ValidUntil() != t0+1+status.DefaultTTLSeconds {
			t.Errorf("%s: a list older than its bits was handed out", purpose)
		}
		err := db.Update(ctx, func(tx store.Tx) error { return l.Clear(tx, all[1].Index) })
		if (err == nil) != reversible || err != nil && !errors.Is(err, status.ErrIrreversible) {
			t.Errorf("%s: cleared: %v", purpose, err)
		}
		list, _ := open(t, db, l, all[1].Index, t0+2)
		if got := said(t, list, all[1].Entry); (got == 0) != reversible {
			t.Errorf("%s: after clearing it says %d", purpose, got)
		}
	}
}

func TestSignedOnlyWhenNeeded(t *testing.T) {
	db := database(t)
	signed := 0
	l := lists(t, func(c *status.Config) {
		key := c.Org
		c.Org, c.Issuer, c.RefreshSeconds = nil, orgDID(t), 60
		c.Sign = func(doc []byte, now int64) ([]byte, error) {
			signed++
			return vc.Sign(doc, key, vc.Time(now))
		}
	})
	all := allocate(t, db, l, kind(vc.PurposeRevocation), 100)
	flush := func(now int64) (n int) {
		update(t, db, func(tx store.Tx) (err error) {
			n, err = l.Flush(tx, now)
			return err
		})
		return n
	}
	if n := flush(t0); n != 1 || signed != 1 {
		t.Errorf("a new list: %d flushed, %d signed", n, signed)
	}
	for _, a := range all {
		update(t, db, func(tx store.Tx) error { return l.Set(tx, a.Index) })
	}
	if signed != 1 {
		t.Errorf("%d signatures before anybody asked", signed)
	}
	if err := db.View(func(r store.Reader) error {
		if doc, fresh, err := l.Peek(r, 0, t0); doc != nil || fresh || err != nil {
			t.Errorf("a changed list is handed out: %t %v", fresh, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n := flush(t0 + 1); n != 1 || signed != 2 || flush(t0+1) != 0 {
		t.Errorf("%d flushed, %d signed", n, signed)
	}
	_, doc := open(t, db, l, all[0].Index, t0+2)
	half := int64(t0 + 1 + status.DefaultTTLSeconds/2)
	if err := db.View(func(r store.Reader) error {
		if again, fresh, err := l.Peek(r, 0, half-1); !bytes.Equal(doc, again) || !fresh || err != nil {
			t.Errorf("a fresh list is not: %v", err)
		}
		if _, fresh, _ := l.Peek(r, 0, half); fresh {
			t.Error("an ageing list counts as fresh")
		}
		if _, fresh, err := l.Peek(r, 1, half); fresh || err != nil {
			t.Errorf("a list nobody has: %t %v", fresh, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if open(t, db, l, all[0].Index, half-1); signed != 2 {
		t.Error("a fresh list was signed anew")
	}
	renewed, _ := open(t, db, l, all[0].Index, half)
	if signed != 3 || renewed.ValidFrom() != half {
		t.Error("an ageing list was not signed anew")
	}
	update(t, db, func(tx store.Tx) error {
		_, another, err := l.Allocate(tx, kind(vc.PurposeRevocation))
		return errors.Join(err, l.Set(tx, another))
	})
	late, _ := open(t, db, l, all[0].Index, t0)
	if late.ValidFrom() != half {
		t.Errorf("a clock that went back made the list older: %d", late.ValidFrom())
	}
}

func TestMessagesOfEverySize(t *testing.T) {
	for size := vc.StatusSize(1); size <= 8; size++ {
		db, l := database(t), lists(t, nil)
		k := status.Kind{Purpose: vc.PurposeMessage, Size: size, References: vc.StatusReference{"https://acme.example/codes"}}
		for v := range 1 << size {
			k.Messages = append(k.Messages, vc.StatusMessage{Status: "0x" + strconv.FormatInt(int64(v), 16), Message: strconv.Itoa(v)})
		}
		all := allocate(t, db, l, k, 100)
		want := map[uint64]uint8{}
		for round := range 3 {
			update(t, db, func(tx store.Tx) error {
				for i, a := range all {
					want[a.Index] = uint8(i*7+round*5) & (1<<size - 1)
					if err := l.SetMany(tx, []uint64{a.Index}, want[a.Index]); err != nil {
						return err
					}
				}
				return nil
			})
		}
		list, _ := open(t, db, l, all[0].Index, t0)
		for _, a := range all {
			if said(t, list, a.Entry) != want[a.Index] || a.Entry.StatusSize != size || a.Entry.Check() != nil {
				t.Fatalf("size %d: entry %+v says %d, want %d", size, a.Entry, said(t, list, a.Entry), want[a.Index])
			}
			update(t, db, func(tx store.Tx) error {
				if v, err := l.Value(tx, a.Index); v != want[a.Index] || err != nil {
					t.Errorf("size %d: %d %v", size, v, err)
				}
				return nil
			})
		}
		if size < 8 {
			if err := db.Update(ctx, func(tx store.Tx) error { return l.SetMany(tx, []uint64{all[0].Index}, 1<<size) }); !errors.Is(err, status.ErrKind) {
				t.Errorf("a value too large: %v", err)
			}
		}
	}
}

func TestKindsAndIndexesRefused(t *testing.T) {
	db, l := database(t), lists(t, nil)
	two := []vc.StatusMessage{{Status: "0x0", Message: "a"}, {Status: "0x1", Message: "b"}}
	for name, k := range map[string]status.Kind{
		"none": {}, "unknown": {Purpose: "holiday"}, "wide revocation": {Purpose: vc.PurposeRevocation, Size: 2},
		"revocation with messages": {Purpose: vc.PurposeRevocation, Messages: two}, "no messages": {Purpose: vc.PurposeMessage},
		"few messages": {Purpose: vc.PurposeMessage, Size: 2, Messages: two}, "nine bits": {Purpose: vc.PurposeMessage, Size: 9, Messages: two},
		"reference": {Purpose: vc.PurposeMessage, Messages: two, References: vc.StatusReference{"x"}},
	} {
		if err := db.Update(ctx, func(tx store.Tx) error { _, _, err := l.Allocate(tx, k); return err }); !errors.Is(err, status.ErrKind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all := allocate(t, db, l, kind(vc.PurposeRevocation), 1)
	for name, index := range map[string]uint64{"not allotted": all[0].Index ^ 1, "no such list": all[0].Index + 1<<32, "beyond its end": 1<<32 | vc.ListBits, "far": 1 << 63} {
		for op, do := range map[string]func(tx store.Tx) error{
			"set":   func(tx store.Tx) error { return l.SetMany(tx, []uint64{all[0].Index, index}, 1) },
			"clear": func(tx store.Tx) error { return l.Clear(tx, index) },
			"value": func(tx store.Tx) error { _, err := l.Value(tx, index); return err },
		} {
			if err := db.Update(ctx, do); !errors.Is(err, status.ErrUnknown) {
				t.Errorf("%s %s: %v", op, name, err)
			}
		}
	}
	if list, _ := open(t, db, l, all[0].Index, t0); said(t, list, all[0].Entry) != 0 {
		t.Error("a refused batch has set an entry")
	}
	if err := db.Update(ctx, func(tx store.Tx) error { _, err := l.Document(tx, 1, t0); return err }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such document: %v", err)
	}
	for name, change := range map[string]func(*status.Config){
		"no signer": func(c *status.Config) { c.Org = nil }, "no randomness": func(c *status.Config) { c.Rand = nil },
		"ttl": func(c *status.Config) { c.TTLSeconds = -1 }, "refresh": func(c *status.Config) { c.RefreshSeconds = -1 },
		"small": func(c *status.Config) { c.Entries = 8192 }, "odd": func(c *status.Config) { c.Entries = vc.ListBits + 1 }, "large": func(c *status.Config) { c.Entries = 8 << 20 },
	} {
		cfg := status.Config{Org: org(t), Rand: rand.NewChaCha8([32]byte{})}
		change(&cfg)
		if _, err := status.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, n := range []int{-1, status.MaxAllocate + 1} {
		if err := db.Update(ctx, func(tx store.Tx) error { _, err := l.AllocateMany(tx, kind(vc.PurposeRevocation), n); return err }); err == nil {
			t.Errorf("%d at once", n)
		}
	}
}

// TestNothingOfAFailedTransactionStays: bit, allotment and mark are the
// caller's transaction, whichever way it ends.
func TestNothingOfAFailedTransactionStays(t *testing.T) {
	db, l := database(t), lists(t, nil)
	all := allocate(t, db, l, kind(vc.PurposeRevocation), 10)
	_, before := open(t, db, l, all[0].Index, t0)
	rows := dump(t, db)
	failed := errors.New("failed")
	if err := db.Update(ctx, func(tx store.Tx) error {
		if _, err := l.AllocateMany(tx, kind(vc.PurposeRevocation), 100); err != nil {
			return err
		}
		if _, _, err := l.Allocate(tx, kind(vc.PurposeSuspension)); err != nil {
			return err
		}
		if err := l.Set(tx, all[3].Index); err != nil {
			return err
		}
		if _, err := l.Flush(tx, t0+5); err != nil {
			return err
		}
		return failed
	}); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if got := dump(t, db); len(got) != len(rows) {
		t.Errorf("%d rows, want %d", len(got), len(rows))
	} else {
		for k, v := range rows {
			if !bytes.Equal(got[k], v) {
				t.Errorf("row %s has changed", k)
			}
		}
	}
	if _, after := open(t, db, l, all[0].Index, t0); !bytes.Equal(before, after) {
		t.Error("the list has changed")
	}
	broken := lists(t, func(c *status.Config) { c.Rand = iotest.ErrReader(failed) })
	if err := db.Update(ctx, func(tx store.Tx) error { _, _, err := broken.Allocate(tx, kind(vc.PurposeRevocation)); return err }); !errors.Is(err, failed) {
		t.Errorf("without randomness: %v", err)
	}
	mute := lists(t, func(c *status.Config) {
		c.Org, c.Issuer, c.Sign = nil, orgDID(t), func([]byte, int64) ([]byte, error) { return nil, failed }
	})
	update(t, db, func(tx store.Tx) error { return mute.Set(tx, all[0].Index) })
	for name, do := range map[string]func(tx store.Tx) error{
		"document": func(tx store.Tx) error { _, err := mute.For(tx, all[0].Index, t0); return err },
		"flush":    func(tx store.Tx) error { _, err := mute.Flush(tx, t0); return err },
	} {
		if err := db.Update(ctx, do); !errors.Is(err, failed) {
			t.Errorf("%s: unsigned bits are hidden by an older list: %v", name, err)
		}
	}
}

func dump(t testing.TB, db store.DB) map[string][]byte {
	t.Helper()
	rows := map[string][]byte{}
	if err := db.View(func(r store.Reader) error {
		return r.Scan("v/", "", func(key string, value []byte) error {
			rows[key] = bytes.Clone(value)
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestDamageIsNotSignedOver flips each row of a list in turn.
func TestDamageIsNotSignedOver(t *testing.T) {
	for key := range func() map[string][]byte {
		db, l := database(t), lists(t, nil)
		all := allocate(t, db, l, kind(vc.PurposeRevocation), 3)
		update(t, db, func(tx store.Tx) error { return l.Set(tx, all[0].Index) })
		return dump(t, db)
	}() {
		db, l := database(t), lists(t, nil)
		all := allocate(t, db, l, kind(vc.PurposeRevocation), 3)
		update(t, db, func(tx store.Tx) error { return l.Set(tx, all[0].Index) })
		if key == "v/lists" || key == "v/dirty/0" {
			continue // a counter the store checks; a mark without content
		}
		update(t, db, func(tx store.Tx) error {
			row, err := tx.Get(key)
			if err != nil {
				return err
			}
			row[len(row)/2] ^= 0x10
			tx.Set(key, row)
			return nil
		})
		err := db.Update(ctx, func(tx store.Tx) error {
			if _, err := l.AllocateMany(tx, kind(vc.PurposeRevocation), 100); err != nil {
				return err
			}
			for _, a := range all {
				if err := l.Set(tx, a.Index); err != nil {
					return err
				}
			}
			_, err := l.Flush(tx, t0)
			return err
		})
		if err == nil {
			t.Errorf("%s changed, and the list was signed", key)
		}
	}
	db, l := database(t), lists(t, nil)
	all := allocate(t, db, l, kind(vc.PurposeRevocation), 1)
	open(t, db, l, all[0].Index, t0)
	update(t, db, func(tx store.Tx) error { tx.Delete("v/list/0"); return nil })
	if err := db.Update(ctx, func(tx store.Tx) error { _, err := l.Document(tx, 0, t0); return err }); !errors.Is(err, status.ErrDamaged) {
		t.Errorf("signed document missing: %v", err)
	}
}

// TestListsOfEarlierVersions: lists whose bits are in their documents only,
// allotted one after the other.
func TestListsOfEarlierVersions(t *testing.T) {
	db := database(t)
	base := orgDID(t) + "/status/"
	used := uint64(vc.ListBits + 1000)
	revoked := []uint64{0, 5, 8192, vc.ListBits - 1, vc.ListBits, vc.ListBits + 999}
	update(t, db, func(tx store.Tx) error {
		for n := range uint64(2) {
			bits := vc.NewBits()
			for _, i := range revoked {
				if i/vc.ListBits == n {
					vc.PutValue(bits, i%vc.ListBits, 1, 1)
				}
			}
			tx.Set("v/list/"+strconv.FormatUint(n, 10), revocationList(t, org(t), base+strconv.FormatUint(n, 10), bits))
		}
		tx.Set("v/index", binary.BigEndian.AppendUint64(nil, used))
		return nil
	})
	l := lists(t, func(c *status.Config) { c.Base = "https://elsewhere.example/" })
	check := func(index uint64, want uint8) {
		t.Helper()
		update(t, db, func(tx store.Tx) error {
			if v, err := l.Value(tx, index); v != want || err != nil {
				t.Errorf("entry %d says %d, %v, want %d", index, v, err, want)
			}
			return nil
		})
	}
	list, _ := open(t, db, l, 5, t0+1)
	if list.ID() != base+"0" || list.ValidFrom() != t0 {
		t.Errorf("the old document is not handed out: %s of %d", list.ID(), list.ValidFrom())
	}
	for _, i := range revoked {
		check(i, 1)
	}
	check(6, 0)
	update(t, db, func(tx store.Tx) error { return l.Set(tx, vc.ListBits+6) })
	check(vc.ListBits+6, 1)
	list, _ = open(t, db, l, vc.ListBits, t0+2)
	if v, _ := vc.Value(list.Bits(), 6, 1); v != 1 || list.ID() != base+"1" {
		t.Error("the change is not signed")
	}
	if v, _ := vc.Value(list.Bits(), 999, 1); v != 1 {
		t.Error("an old revocation is lost")
	}
	if err := db.Update(ctx, func(tx store.Tx) error { return l.Set(tx, used) }); !errors.Is(err, status.ErrUnknown) {
		t.Errorf("beyond what was allotted: %v", err)
	}
	for _, a := range allocate(t, db, l, kind(vc.PurposeRevocation), vc.ListBits) {
		i, _ := strconv.ParseUint(a.Entry.StatusListIndex, 10, 32)
		switch a.Entry.StatusListCredential {
		case base + "1":
			if i < 1000 {
				t.Fatalf("entry %d was allotted twice", i)
			}
		case "https://elsewhere.example/2":
		default:
			t.Fatalf("entry of list %s", a.Entry.StatusListCredential)
		}
	}
}

func TestEarlierListThatDoesNotVerify(t *testing.T) {
	db, l := database(t), lists(t, nil)
	update(t, db, func(tx store.Tx) error {
		tx.Set("v/list/0", []byte(`{}`))
		tx.Set("v/index", binary.BigEndian.AppendUint64(nil, 3))
		return nil
	})
	for name, do := range map[string]func(tx store.Tx) error{
		"set":      func(tx store.Tx) error { return l.Set(tx, 1) },
		"allocate": func(tx store.Tx) error { _, _, err := l.Allocate(tx, kind(vc.PurposeRevocation)); return err },
		"document": func(tx store.Tx) error { _, err := l.Document(tx, 0, t0); return err },
	} {
		if err := db.Update(ctx, do); !errors.Is(err, vc.ErrStatusList) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One that was allotted and never asked for has no document, and is clear.
	update(t, db, func(tx store.Tx) error { tx.Delete("v/list/0"); return nil })
	update(t, db, func(tx store.Tx) error { return l.Set(tx, 1) })
	if list, _ := open(t, db, l, 0, t0); list.Bits()[0] != 0x40 {
		t.Errorf("it says %08b", list.Bits()[0])
	}
}

// revocationList is a list for revocation by org, to be found at url.
func revocationList(t testing.TB, org wire.Signer, url string, bits []byte) []byte {
	t.Helper()
	doc, err := vc.UnsignedStatusList(did.FromKey(org.Public()).String(), vc.ListContent{
		ID: url, Purpose: vc.PurposeRevocation, ValidFrom: t0, ValidUntil: t0 + 7*day}, bits)
	if err == nil {
		doc, err = vc.Sign(doc, org, t0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

package federation

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/p2p"
)

// zone answers for names in tests.
type zone map[string][]string

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	if r, ok := z[name]; ok {
		return r, nil
	}
	return nil, errors.New("no such host")
}

func TestMeetByName(t *testing.T) {
	b := newOrg(t, 20)
	at := b.address()
	place := at[strings.Index(at, "@")+1:]
	other := didOf(t, 77).String() + "@" + place
	many := make([]string, maxTXT+1)
	z := zone{
		"_chio.globex.example": {"v=spf1 -all", "chio=" + at}, "_chio.two.example": {"chio=" + at, "chio=" + other},
		"_chio.none.example": {"v=spf1 -all"}, "_chio.place.example": {"chio=" + place}, "_chio.case.example": {"Chio=" + at},
		"_chio.space.example": {"chio= " + at}, "_chio.liar.example": {"chio=" + other}, "_chio.many.example": many,
		"_chio.long.example": {"chio=" + at + strings.Repeat("x", 4096)},
	}
	a := newOrg(t, 10, func(c *Config) { c.Names = z })
	for name, want := range map[string]error{
		"globex.example":                          nil,
		b.did().String() + "@globex.example":      nil,
		didOf(t, 77).String() + "@globex.example": ErrWrongDID,
		"globex@globex.example":                   ErrWrongDID,
		"two.example":                             ErrName,
		"none.example":                            ErrName,
		"place.example":                           ErrName,
		"case.example":                            ErrName,
		"space.example":                           ErrName,
		"long.example":                            ErrName,
		"many.example":                            ErrName,
		"missing.example":                         ErrName,
		"liar.example":                            ErrWrongDID,
		"globex":                                  p2p.ErrAddress,
		"globex.example.":                         p2p.ErrAddress,
		"127.0.0.1":                               p2p.ErrAddress,
		"_chio.globex.example":                    p2p.ErrAddress,
		"-.example":                               p2p.ErrAddress,
		strings.Repeat("a", 64) + ".example":      p2p.ErrAddress,
		strings.Repeat("a.", maxNameBytes/2) + "aa.b": p2p.ErrAddress,
		"": p2p.ErrAddress,
	} {
		rec, err := a.service.Meet(t.Context(), name)
		if !errors.Is(err, want) || want == nil && (err != nil || rec.DID != b.did()) {
			t.Errorf("%.60q: %s, %v; want %v", name, rec.DID, err, want)
		}
	}
	a.service.cfg.Names = nil
	if _, err := a.service.Meet(t.Context(), "globex.example"); !errors.Is(err, ErrName) {
		t.Errorf("without a resolver: %v", err)
	}
}

// TestMeetByDID: a known peer is found at the addresses kept of it.
func TestMeetByDID(t *testing.T) {
	a, b := newOrg(t, 10), newOrg(t, 20)
	if _, err := a.service.Meet(t.Context(), b.did().String()); !errors.Is(err, ErrUnknownPeer) {
		t.Fatal(err)
	}
	if _, err := a.service.Meet(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	a.restart()
	a.clock.Add(60)
	if rec, err := a.service.Meet(t.Context(), b.did().String()); err != nil || rec.HelloAt != a.clock.Load() {
		t.Fatalf("%+v, %v", rec, err)
	}
}

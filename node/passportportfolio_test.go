package node

import (
	"bytes"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// TestI9_WithdrawnForeignPassportIsNotShown: a file that says that an imported
// passport was suspended or revoked is not imported, and is heeded; an older
// copy takes nothing of that back.
func TestI9_WithdrawnForeignPassportIsNotShown(t *testing.T) {
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load()) * time.Second) }
	ours, theirs := newHome(t), newHome(t)
	ours.Now, theirs.Now = now, now
	n, issuer := openNode(t, ours), openNode(t, theirs)
	mine := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "reader"})
	key, err := n.agentKey("reader")
	if err != nil {
		t.Fatal(err)
	}
	theirsOf := do[IssuedPassport](t, issuer, "passport/issue", IssuePassport{Agent: "guest", Key: &key})
	id := theirsOf.Passport.ID
	file := func() wire.Raw {
		t.Helper()
		return do[IssuedPassport](t, issuer, "passport/show", PassportRequest{ID: id}).File
	}
	change := func(operation string) {
		t.Helper()
		ahead.Add(10)
		do[Revoked](t, issuer, operation, PassportRequest{ID: id, Reason: "test"})
	}
	keep := func(file wire.Raw, code string) {
		t.Helper()
		if _, err := n.importPassport(t.Context(), ImportPassport{Agent: "reader", File: file}); code != "" {
			wantCode(t, "import", code, err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	shown := func(want int, code string) {
		t.Helper()
		if files, err := n.portfolio(t.Context(), "reader", key, []string{withAll}); err != nil || len(files) != want {
			t.Errorf("all: %d passports, %v, want %d", len(files), err, want)
		}
		if _, err := n.portfolio(t.Context(), "reader", key, []string{id}); code != "" {
			wantCode(t, "by its id", code, err)
		} else if err != nil {
			t.Error(err)
		}
	}
	first := file()
	keep(first, "")
	shown(2, "")
	change("passport/suspend")
	keep(file(), "CHIO-PASSPORT-STATE")
	shown(1, "CHIO-PASSPORT-STATE")
	keep(first, "CHIO-PASSPORT-REFUSED")
	shown(1, "CHIO-PASSPORT-STATE")
	change("passport/resume")
	resumed := file()
	keep(resumed, "")
	shown(2, "")
	change("passport/revoke")
	keep(file(), "CHIO-PASSPORT-STATE")
	shown(1, "CHIO-PASSPORT-STATE")
	keep(resumed, "CHIO-PASSPORT-STATE")
	shown(1, "CHIO-PASSPORT-STATE")

	bare := mine.Passport.ID[len("urn:uuid:"):]
	for _, with := range [][]string{{bare, bare}, {bare, mine.Passport.ID}, {mine.Passport.ID, bare}} {
		if _, err := n.portfolio(t.Context(), "reader", key, with); err == nil || problemOf(err).Exit != ExitUsage {
			t.Errorf("%v: %v", with, err)
		}
	}
	if s := do[PassportList](t, n, "passport/list", Empty{}).Passports; len(s) != 2 || s[1].Status != passport.Revoked {
		t.Errorf("%+v", s)
	}
}

// An issuer that gives a passport the id of one of ours does not take its place.
func TestForeignPassportUnderAnIDOfOurs(t *testing.T) {
	n := openNode(t, newHome(t))
	mine := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "reader"})
	key, err := n.agentKey("reader")
	if err != nil {
		t.Fatal(err)
	}
	id, err := hex.DecodeString(strings.ReplaceAll(strings.TrimPrefix(mine.Passport.ID, "urn:uuid:"), "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	var millis int64
	for _, b := range id[:6] {
		millis = millis<<8 | int64(b)
	}
	g, err := passport.NewRegistry(passport.Config{DB: openNode(t, newHome(t)).db, Org: seeded(t, 5),
		Rand: io.MultiReader(bytes.NewReader(make([]byte, 16)), bytes.NewReader(id[6:]), rand.NewChaCha8([32]byte{1}))})
	if err != nil {
		t.Fatal(err)
	}
	p, file, err := g.Issue(t.Context(), passport.Request{ValidFrom: millis / 1000, TTLSeconds: 3600,
		Subject: passport.Subject{ID: did.FromKey(key), Name: "reader", Organization: "evil", AutonomyTier: passport.TierDirect}}, millis/1000)
	if err != nil || p.ID != mine.Passport.ID {
		t.Fatal(p.ID, err)
	}
	_, err = n.importPassport(t.Context(), ImportPassport{Agent: "reader", File: file})
	wantCode(t, "an id of ours", "CHIO-PASSPORT-REFUSED", err)
}

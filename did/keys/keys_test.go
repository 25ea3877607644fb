package keys

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// fast is the cheapest passphrase cost; the default takes about a second.
const fast = 4

func config(t testing.TB, passphrase string) Config {
	return Config{DB: newRows(), Home: t.TempDir(), Passphrase: []byte(passphrase), Rand: rand.Reader, ScryptLogN: fast}
}

func create(t testing.TB, cfg Config) *Keyring {
	t.Helper()
	k, err := Create(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestCreateThenOpenGivesTheSameKeys(t *testing.T) {
	for _, passphrase := range []string{"", "correct horse"} {
		cfg := config(t, passphrase)
		a := create(t, cfg)
		agent, created, err := a.Agent(t.Context(), "researcher")
		if err != nil || !created {
			t.Fatal(created, err)
		}
		b, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if a.OrgDID() != b.OrgDID() || a.Kernel().Public() != b.Kernel().Public() || a.Transport().Public() != b.Transport().Public() {
			t.Error("keys changed")
		}
		again, created, err := b.Agent(t.Context(), "researcher")
		if err != nil || created || again.Public() != agent.Public() {
			t.Errorf("agent key changed: %v %v", created, err)
		}
		for _, r := range []did.Role{did.RoleSettlement, did.RoleOracle} {
			x, errX := a.Secp(r)
			y, errY := b.Secp(r)
			if errX != nil || errY != nil || !bytes.Equal(x, y) || !validScalar(x) {
				t.Errorf("%s key changed", r)
			}
		}
		if a.Sealed() != (passphrase != "") || b.Sealed() != a.Sealed() {
			t.Errorf("sealed = %v", a.Sealed())
		}
		if _, err := Create(t.Context(), cfg); !errors.Is(err, ErrExists) {
			t.Errorf("created twice: %v", err)
		}
	}
}

func TestOrgSignatureIsPlainEd25519(t *testing.T) {
	k := create(t, config(t, ""))
	org := k.Org()
	sig, err := org.Sign([]byte("message"))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.OrgDID().Key().Verify([]byte("message"), sig); err != nil {
		t.Fatal(err)
	}
	env, err := did.Bind(org, k.Transport(), did.Term{Role: did.RoleTransport, Sequence: 1, NotBefore: 1, NotAfter: 100})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := did.VerifyBinding(env, k.OrgDID(), did.RoleTransport, 50, nil); err != nil {
		t.Fatal(err)
	}
}

func TestEveryKeyIsItsOwn(t *testing.T) {
	k := create(t, config(t, ""))
	seen := map[string]string{string(k.OrgDID()): "org"}
	agent, _, err := k.Agent(t.Context(), "local")
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]*wire.Key{"kernel": k.Kernel(), "transport": k.Transport(), "agent": agent} {
		d := string(did.FromKey(key.Public()))
		if other := seen[d]; other != "" {
			t.Errorf("%s and %s share a key", name, other)
		}
		seen[d] = name
	}
	if _, err := k.Secp(did.RoleKernel); !errors.Is(err, ErrNoKeys) {
		t.Errorf("kernel key handed out as secp256k1: %v", err)
	}
}

func TestPassphraseRefusals(t *testing.T) {
	cfg := config(t, "correct horse")
	create(t, cfg)
	cfg.Passphrase = []byte("wrong horse")
	_, err := Open(cfg)
	if !errors.Is(err, ErrPassphrase) || !strings.Contains(err.Error(), "the passphrase does not open the keys in "+cfg.Home) {
		t.Errorf("wrong passphrase: %v", err)
	}
	cfg.Passphrase = nil
	if _, err = Open(cfg); !errors.Is(err, ErrPassphraseNeeded) {
		t.Errorf("no passphrase: %v", err)
	}
	if _, err := Create(t.Context(), cfg); !errors.Is(err, ErrExists) {
		t.Errorf("created over sealed keys: %v", err)
	}
}

func TestMasterFileRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, home string)
		want  error
	}{
		"group readable": {func(t *testing.T, home string) { must(t, os.Chmod(filepath.Join(home, PlainFile), 0o640)) }, ErrPermissions},
		"other readable": {func(t *testing.T, home string) { must(t, os.Chmod(filepath.Join(home, PlainFile), 0o604)) }, ErrPermissions},
		"gone":           {func(t *testing.T, home string) { must(t, os.Remove(filepath.Join(home, PlainFile))) }, ErrNoKeys},
		"truncated":      {func(t *testing.T, home string) { must(t, os.Truncate(filepath.Join(home, PlainFile), 10)) }, ErrMaster},
		"empty":          {func(t *testing.T, home string) { must(t, os.Truncate(filepath.Join(home, PlainFile), 0)) }, ErrMaster},
		"two files": {func(t *testing.T, home string) {
			must(t, os.WriteFile(filepath.Join(home, SealedFile), []byte("x"), 0o600))
		}, ErrMaster},
		"a folder": {func(t *testing.T, home string) {
			must(t, os.Remove(filepath.Join(home, PlainFile)))
			must(t, os.Mkdir(filepath.Join(home, PlainFile), 0o700))
		}, ErrMaster},
		"another key": {func(t *testing.T, home string) {
			must(t, os.WriteFile(filepath.Join(home, PlainFile), []byte(strings.Repeat("ab", 32)), 0o600))
		}, ErrSealed},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t, "")
			create(t, cfg)
			c.spoil(t, cfg.Home)
			if _, err := Open(cfg); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSealedFileTampered(t *testing.T) {
	cfg := config(t, "p")
	create(t, cfg)
	path := filepath.Join(cfg.Home, SealedFile)
	good, err := os.ReadFile(path)
	must(t, err)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x04
		must(t, os.WriteFile(path, bad, 0o600))
		if _, err := Open(cfg); !errors.Is(err, ErrMaster) && !errors.Is(err, ErrPassphrase) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

func TestAlteredOrMovedRowIsRefused(t *testing.T) {
	for _, row := range []string{"k/aries/org-1", "k/seal/kernel/1", "k/seal/transport/1", "k/seal/settlement/1", "k/seal/oracle/1"} {
		cfg := config(t, "")
		create(t, cfg)
		db := cfg.DB.(*rows)
		good := db.m[row]
		for i := range good {
			bad := bytes.Clone(good)
			bad[i] ^= 0x01
			db.m[row] = bad
			if k, err := Open(cfg); err == nil && !(row == "k/aries/org-1" && sameOrg(k, good, cfg)) {
				t.Fatalf("%s: byte %d altered and accepted", row, i)
			}
		}
		delete(db.m, row)
		if _, err := Open(cfg); !errors.Is(err, ErrNoKeys) {
			t.Errorf("%s missing: %v", row, err)
		}
	}
	cfg := config(t, "")
	create(t, cfg)
	db := cfg.DB.(*rows)
	db.m["k/seal/kernel/1"], db.m["k/seal/transport/1"] = db.m["k/seal/transport/1"], db.m["k/seal/kernel/1"]
	if _, err := Open(cfg); !errors.Is(err, ErrSealed) {
		t.Errorf("swapped rows: %v", err)
	}
}

// sameOrg allows a flip in the unsealed outer JSON of a tink key set (its key
// ids and whitespace), as long as the key that comes out is unchanged.
func sameOrg(k *Keyring, good []byte, cfg Config) bool {
	db := cfg.DB.(*rows)
	bad := db.m["k/aries/org-1"]
	defer func() { db.m["k/aries/org-1"] = bad }()
	db.m["k/aries/org-1"] = good
	want, err := Open(cfg)
	return err == nil && want.OrgDID() == k.OrgDID()
}

func TestCreateGoesOnAfterACrash(t *testing.T) {
	cfg := config(t, "p")
	cfg.Rand = io.LimitReader(rand.Reader, masterSize+10)
	if _, err := Create(t.Context(), cfg); err == nil {
		t.Fatal("created without randomness")
	}
	if len(cfg.DB.(*rows).m) != 0 {
		t.Fatal("rows of a failed creation stayed")
	}
	before, err := os.ReadFile(filepath.Join(cfg.Home, SealedFile))
	must(t, err)
	cfg.Rand = rand.Reader
	create(t, cfg)
	after, err := os.ReadFile(filepath.Join(cfg.Home, SealedFile))
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("master key was replaced")
	}
}

func TestAgents(t *testing.T) {
	k := create(t, config(t, ""))
	for _, bad := range []string{"", ".", "-x", "a/b", "a b", "ä", strings.Repeat("a", 65)} {
		if _, _, err := k.Agent(t.Context(), bad); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := k.HeldAgent("ghost"); !errors.Is(err, ErrUnknownAgent) {
		t.Errorf("ghost: %v", err)
	}
	var wg sync.WaitGroup
	got := make([]wire.PublicKey, 8)
	for i := range got {
		wg.Go(func() {
			if key, _, err := k.Agent(t.Context(), "local"); err == nil {
				got[i] = key.Public()
			}
		})
	}
	wg.Wait()
	for _, key := range got {
		if key != got[0] || key.IsZero() {
			t.Fatal("one name, several keys")
		}
	}
	if _, _, err := k.Agent(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	list, err := k.Agents()
	if err != nil || len(list) != 2 || list[0].Name != "a" || list[1].Name != "local" || list[1].Key != got[0] {
		t.Errorf("%v, %v", list, err)
	}
	held, err := k.HeldAgent("local")
	if err != nil || held.Public() != got[0] {
		t.Errorf("held: %v", err)
	}
}

func TestTermSequencesRise(t *testing.T) {
	k := create(t, config(t, ""))
	for want := uint64(1); want < 4; want++ {
		term, err := k.Term(t.Context(), did.RoleKernel, 100, 90*24*3600)
		if err != nil || term.Sequence != want || term.NotAfter-term.NotBefore != did.MaxBindingSeconds {
			t.Fatalf("%+v, %v", term, err)
		}
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	cfg := config(t, "")
	k := create(t, cfg)
	master, err := os.ReadFile(filepath.Join(cfg.Home, PlainFile))
	must(t, err)
	scalar, err := k.Secp(did.RoleSettlement)
	must(t, err)
	needles := []string{strings.TrimSpace(string(master)), hex.EncodeToString(scalar), fmt.Sprint([]byte(scalar)),
		hex.EncodeToString(k.Kernel().Seed()), fmt.Sprint(k.Kernel().Seed())}
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("x", "ring", k, "scalar", scalar, "kernel", k.Kernel(), "org", k.Org())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
		fmt.Fprintf(&out, verb+verb+"\n", k, scalar)
	}
	b, err := json.Marshal(map[string]any{"s": scalar})
	must(t, err)
	out.Write(b)
	for _, n := range needles {
		if strings.Contains(strings.ToLower(out.String()), strings.Trim(n, "[]")) {
			t.Errorf("printed a secret in %s", out.String())
		}
	}
}

func TestScalarRange(t *testing.T) {
	one := append(make([]byte, 31), 1)
	last := []byte(curveOrder)
	last[31]--
	for name, c := range map[string]struct {
		s    []byte
		want bool
	}{
		"zero": {make([]byte, 32), false}, "one": {one, true}, "n-1": {last, true},
		"n": {[]byte(curveOrder), false}, "all ones": {bytes.Repeat([]byte{0xff}, 32), false}, "short": {one[1:], false},
	} {
		if validScalar(c.s) != c.want {
			t.Errorf("%s", name)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := config(t, "")
	for name, change := range map[string]func(*Config){
		"no store": func(c *Config) { c.DB = nil }, "no home": func(c *Config) { c.Home = "" },
		"no rand": func(c *Config) { c.Rand = nil }, "cost": func(c *Config) { c.ScryptLogN = 40 },
	} {
		bad := good
		change(&bad)
		if _, err := Create(t.Context(), bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := Open(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Open(good); !errors.Is(err, ErrNoKeys) {
		t.Errorf("empty home: %v", err)
	}
}

// FuzzOpenSealedRow: whatever is in a row, only what was sealed comes out.
func FuzzOpenSealedRow(f *testing.F) {
	s, err := newSealer(secret{1}, bytes.NewReader(make([]byte, 64)))
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := s.seal("k/seal/kernel/1", secret{2})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add(sealed)
	f.Fuzz(func(t *testing.T, row []byte) {
		if got, err := s.open("k/seal/kernel/1", row); err == nil && (got != secret{2} || !bytes.Equal(row, sealed)) {
			t.Fatal("a forged row opened")
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var _ store.DB = (*rows)(nil)

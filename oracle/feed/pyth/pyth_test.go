package pyth_test

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/pyth"
	"github.com/backbay-labs/chio-node/oracle/feed/secp256k1"
)

const signedAt = 1_790_000_000

func key(t testing.TB, n byte) *ecdsa.PrivateKey {
	t.Helper()
	k, err := crypto.ToECDSA(append(make([]byte, 31), n))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func address(t testing.TB, n byte) string {
	return strings.ToLower(crypto.PubkeyToAddress(key(t, n).PublicKey).Hex())
}

// update is a payload with our own keys, made of its parts.
type update struct {
	head           []byte
	version        byte
	set            uint32
	signers        []byte // keys 1…, at index key-1
	timestamp      uint32
	chain          uint16
	emitter        byte
	magic          string
	messages       [][]byte
	proofs         [][][]byte
	root           []byte
	sign           func(i int, sig []byte) // changes a signature
	indexes        []byte
	tail, bodyTail []byte
}

func price(feed byte, value int64, at int64) []byte {
	m := make([]byte, 85)
	m[1] = feed
	binary.BigEndian.PutUint64(m[33:], uint64(value))
	binary.BigEndian.PutUint64(m[41:], 7)
	expo := int32(-8)
	binary.BigEndian.PutUint32(m[49:], uint32(expo))
	binary.BigEndian.PutUint64(m[53:], uint64(at))
	return m
}

func leaf(m []byte) []byte { return crypto.Keccak256([]byte{0}, m)[:20] }

func join(a, b []byte) []byte {
	if bytes.Compare(a, b) > 0 {
		a, b = b, a
	}
	return crypto.Keccak256([]byte{1}, a, b)[:20]
}

// sample is two prices under one root, signed by keys 1, 2 and 3.
func sample() *update {
	a, b := price(1, 99_990_000, signedAt-1), price(2, 7, signedAt)
	return &update{head: []byte("PNAU\x01\x00\x00\x00"), version: 1, set: 1, signers: []byte{1, 2, 3}, timestamp: signedAt, chain: 26, emitter: 'p', magic: "AUWV\x00",
		messages: [][]byte{a, b}, proofs: [][][]byte{{leaf(b)}, {leaf(a)}}, root: join(leaf(a), leaf(b))}
}

func (u *update) bytes(t testing.TB) []byte {
	t.Helper()
	be := binary.BigEndian
	body := be.AppendUint32(nil, u.timestamp)
	body = be.AppendUint32(body, 0)
	body = be.AppendUint16(body, u.chain)
	body = append(body, bytes.Repeat([]byte{u.emitter}, 32)...)
	body = be.AppendUint64(body, 9)
	body = append(body, 0)
	body = append(body, u.magic...)
	body = be.AppendUint64(body, 9)
	body = be.AppendUint32(body, 0)
	body = append(body, u.root...)
	body = append(body, u.bodyTail...)
	digest := crypto.Keccak256(crypto.Keccak256(body))
	vaa := append([]byte{u.version}, be.AppendUint32(nil, u.set)...)
	vaa = append(vaa, byte(len(u.signers)))
	for i, n := range u.signers {
		sig, err := crypto.Sign(digest, key(t, n))
		if err != nil {
			t.Fatal(err)
		}
		if u.sign != nil {
			u.sign(i, sig)
		}
		index := n - 1
		if u.indexes != nil {
			index = u.indexes[i]
		}
		vaa = append(append(vaa, index), sig...)
	}
	vaa = append(vaa, body...)
	out := append(bytes.Clone(u.head), be.AppendUint16(nil, uint16(len(vaa)))...)
	out = append(out, vaa...)
	out = append(out, byte(len(u.messages)))
	for i, m := range u.messages {
		out = be.AppendUint16(out, uint16(len(m)))
		out = append(append(out, m...), byte(len(u.proofs[i])))
		for _, node := range u.proofs[i] {
			out = append(out, node...)
		}
	}
	return append(out, u.tail...)
}

func sets(t testing.TB) []pyth.Set {
	return []pyth.Set{{EmitterChain: 26, Emitter: hex.EncodeToString(bytes.Repeat([]byte{'p'}, 32)), SetIndex: 1, Threshold: 3,
		Signers: []string{address(t, 1), address(t, 2), address(t, 3), "", address(t, 5)}, ValidFrom: signedAt - 100, ValidUntil: signedAt + 100}}
}

func TestVerify(t *testing.T) {
	got, err := pyth.Verify(sample().bytes(t), sets(t))
	if err != nil {
		t.Fatal(err)
	}
	if s := got[0]; len(got) != 2 || s.Decimal() != "0.9999" || s.Confidence != 7 || s.PublishedAt != signedAt-1 || s.Sequence != 9 || len(s.Signers) != 3 || s.Signers[2] != address(t, 3) {
		t.Fatalf("%+v", got)
	}
}

func TestVerifyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*update)
		want   error
	}{
		"another magic":            {func(u *update) { u.head[0] = 'Q' }, oracle.ErrPayload},
		"major version":            {func(u *update) { u.head[4] = 2 }, oracle.ErrPayload},
		"minor version":            {func(u *update) { u.head[5] = 1 }, oracle.ErrPayload},
		"a trailing header":        {func(u *update) { u.head = append(u.head[:6:6], 1, 0, 0) }, oracle.ErrPayload},
		"update type":              {func(u *update) { u.head[7] = 1 }, oracle.ErrPayload},
		"VAA version":              {func(u *update) { u.version = 2 }, oracle.ErrPayload},
		"a root of another kind":   {func(u *update) { u.magic = "AUWX\x00" }, oracle.ErrPayload},
		"bytes after the root":     {func(u *update) { u.bodyTail = []byte{0} }, oracle.ErrPayload},
		"bytes after the update":   {func(u *update) { u.tail = []byte{0} }, oracle.ErrPayload},
		"unknown set":              {func(u *update) { u.set = 2 }, oracle.ErrSigners},
		"another emitter":          {func(u *update) { u.emitter = 'q' }, oracle.ErrSigners},
		"another emitter chain":    {func(u *update) { u.chain = 1 }, oracle.ErrSigners},
		"set not yet valid":        {func(u *update) { u.timestamp = signedAt - 101 }, oracle.ErrSigners},
		"set expired":              {func(u *update) { u.timestamp = signedAt + 101 }, oracle.ErrSigners},
		"two of three":             {func(u *update) { u.signers = []byte{1, 2} }, oracle.ErrUnsigned},
		"nobody":                   {func(u *update) { u.signers = nil }, oracle.ErrUnsigned},
		"signer not trusted":       {func(u *update) { u.signers = []byte{1, 2, 9} }, oracle.ErrUnsigned},
		"a signer that is unknown": {func(u *update) { u.signers = []byte{1, 2, 4} }, oracle.ErrUnsigned},
		"an unknown signer beside": {func(u *update) { u.signers = []byte{1, 2, 3, 4} }, oracle.ErrUnsigned},
		"another's place":          {func(u *update) { u.indexes = []byte{0, 1, 4} }, oracle.ErrUnsigned},
		"one signer three times":   {func(u *update) { u.signers = []byte{1, 1, 1} }, oracle.ErrPayload},
		"one key at three places":  {func(u *update) { u.signers, u.indexes = []byte{1, 1, 1}, []byte{0, 1, 2} }, oracle.ErrUnsigned},
		"indexes that fall":        {func(u *update) { u.signers = []byte{3, 2, 1} }, oracle.ErrPayload},
		"an upper s":               {func(u *update) { u.sign = malleate }, secp256k1.ErrSignature},
		"v of 27":                  {func(u *update) { u.sign = func(_ int, s []byte) { s[64] += 27 } }, secp256k1.ErrSignature},
		"a zero signature":         {func(u *update) { u.sign = func(_ int, s []byte) { clear(s) } }, secp256k1.ErrSignature},
		"price not under the root": {func(u *update) { u.messages[0][40]++ }, oracle.ErrPayload},
		"proof of another price":   {func(u *update) { u.proofs[0] = u.proofs[1] }, oracle.ErrPayload},
		"no proof":                 {func(u *update) { u.proofs[0] = nil }, oracle.ErrPayload},
		"too deep a proof":         {func(u *update) { u.proofs[0] = deep(33) }, oracle.ErrPayload},
		"no price":                 {func(u *update) { u.messages, u.proofs = nil, nil }, oracle.ErrPayload},
		"a feed twice":             {func(u *update) { u.messages[1], u.proofs[1] = u.messages[0], u.proofs[0] }, oracle.ErrPayload},
		"a message that is long":   {func(u *update) { u.alone(append(price(1, 1, signedAt), 0)) }, oracle.ErrPayload},
		"a message of another kind": {func(u *update) {
			m := price(1, 1, signedAt)
			m[0] = 1
			u.alone(m)
		}, oracle.ErrPayload},
		"published after signing": {func(u *update) { u.alone(price(1, 1, signedAt+1)) }, oracle.ErrPayload},
		"zero":                    {func(u *update) { u.alone(price(1, 0, signedAt)) }, oracle.ErrMalformed},
		"negative":                {func(u *update) { u.alone(price(1, -1, signedAt)) }, oracle.ErrMalformed},
		"over 2^53":               {func(u *update) { u.alone(price(1, 1<<53, signedAt)) }, oracle.ErrMalformed},
		"no publish time":         {func(u *update) { u.alone(price(1, 1, 0)) }, oracle.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			u := sample()
			c.change(u)
			if _, err := pyth.Verify(u.bytes(t), sets(t)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// alone makes one message the whole tree.
func (u *update) alone(m []byte) {
	u.messages, u.proofs, u.root = [][]byte{m}, [][][]byte{nil}, leaf(m)
}

func deep(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = make([]byte, 20)
	}
	return out
}

// malleate makes the other signature of the same key.
func malleate(_ int, s []byte) {
	new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(s[32:64])).FillBytes(s[32:64])
	s[64] ^= 1
}

// TestProofDepth: at the bound a proof is followed.
func TestProofDepth(t *testing.T) {
	u := sample()
	m := price(1, 1, signedAt)
	u.alone(m)
	u.proofs[0] = deep(pyth.MaxDepth)
	for _, node := range u.proofs[0] {
		u.root = join(u.root, node)
	}
	if _, err := pyth.Verify(u.bytes(t), sets(t)); err != nil {
		t.Fatal(err)
	}
}

// TestEveryByteCounts: no byte of an update is free, and none may be missing.
func TestEveryByteCounts(t *testing.T) {
	doc := sample().bytes(t)
	for i := range doc {
		bad := bytes.Clone(doc)
		bad[i] ^= 1
		if _, err := pyth.Verify(bad, sets(t)); err == nil {
			t.Errorf("byte %d changed and it still verifies", i)
		}
		if _, err := pyth.Parse(doc[:i]); err == nil {
			t.Errorf("cut at %d it still parses", i)
		}
	}
	if _, err := pyth.Parse(make([]byte, pyth.MaxBytes+1)); !errors.Is(err, oracle.ErrPayload) {
		t.Errorf("too large: %v", err)
	}
}

func TestSetRefuses(t *testing.T) {
	for name, change := range map[string]func(*pyth.Set){
		"emitter":          func(s *pyth.Set) { s.Emitter = "70" },
		"upper-case":       func(s *pyth.Set) { s.Emitter = strings.ToUpper(strings.Repeat("ab", 32)) },
		"no threshold":     func(s *pyth.Set) { s.Threshold = 0 },
		"threshold of all": func(s *pyth.Set) { s.Threshold = 5 }, // one of the five is not known
		"twice":            func(s *pyth.Set) { s.Signers[1] = s.Signers[0] },
		"no address":       func(s *pyth.Set) { s.Signers[1] = "0x12" },
		"window":           func(s *pyth.Set) { s.ValidUntil = s.ValidFrom },
		"too many":         func(s *pyth.Set) { s.Signers = append(s.Signers, make([]string, 28)...) },
	} {
		s := sets(t)[0]
		change(&s)
		if err := s.Check(); !errors.Is(err, oracle.ErrSigners) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := pyth.Verify(sample().bytes(t), []pyth.Set{s}); !errors.Is(err, oracle.ErrSigners) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// recorded is the update of a public chain, and the signers that are public.
func recorded(t testing.TB) ([]byte, []pyth.Set) {
	t.Helper()
	doc, err := os.ReadFile("testdata/pyth_core_2026-09-12_arbitrum.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ Hex string }
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return raw, []pyth.Set{{EmitterChain: 26, Emitter: hex.EncodeToString([]byte("PythnetPythnetPythnetPythnetPyth")), SetIndex: 1, Threshold: 3,
		Signers:   []string{"0x41534bb176e461a3fb30479400f210549ecce638", "0x6502987b62f21cab7eb5ccd8f0173084b60d5b41", "0x44a3e8f6a382412cf6bb90a3f8106e68977476c9", "", ""},
		ValidFrom: 1_785_456_000}}
}

func TestRecordedUpdate(t *testing.T) {
	doc, sets := recorded(t)
	got, err := pyth.Verify(doc, sets)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || got[0].Decimal() != "77173.60161297" || got[1].Decimal() != "2523.58659107" || got[0].PublishedAt != 1_789_248_348 ||
		!strings.HasPrefix(got[0].Feed, "e62df6c8") || len(got[0].Signers) != 3 {
		t.Fatalf("%+v", got)
	}
}

func FuzzVerify(f *testing.F) {
	doc, known := recorded(f)
	f.Add(doc)
	f.Add(sample().bytes(f))
	sets := append(sets(f), known...)
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, err := pyth.Verify(doc, sets)
		if err == nil && (len(got) == 0 || got[0].Check() != nil || len(got[0].Signers) < 3) {
			t.Fatalf("accepted %x as %+v", doc, got)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	doc, sets := recorded(b)
	m := unit.Start(b)
	for b.Loop() {
		if _, err := pyth.Verify(doc, sets); err != nil {
			b.Fatal(err)
		}
	}
	m.Report()
}

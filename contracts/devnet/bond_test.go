package devnet_test

import (
	"bytes"
	"crypto/ecdsa"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/contracts"
	"github.com/backbay-labs/chio-node/contracts/bindings/bondvault"
	"github.com/backbay-labs/chio-node/contracts/devnet"
)

// vault is a bond vault with one bond that two of three arbiters judge.
type vault struct {
	*bed
	at       common.Address
	abi      *bondvault.ChioBondVault
	terms    bondvault.ChioBondVaultTerms
	arbiters []*ecdsa.PrivateKey // in the order of the terms
	domain   [32]byte
}

const hour = 3600

func newVault(t *testing.T) *vault {
	t.Helper()
	return newVaultOn(t, devnet.Config{})
}

func newVaultOn(t *testing.T, config devnet.Config) *vault {
	t.Helper()
	b := newBedOn(t, config)
	v := &vault{bed: b, abi: bondvault.NewChioBondVault()}
	v.at, _ = b.deployArtifact(load(t, contracts.Bonds))
	v.arbiters = []*ecdsa.PrivateKey{key("judge 1"), key("judge 2"), key("judge 3")}
	slices.SortFunc(v.arbiters, func(x, y *ecdsa.PrivateKey) int { return bytes.Compare(addr(x).Bytes(), addr(y).Bytes()) })
	v.terms = bondvault.ChioBondVaultTerms{Principal: addr(b.payer), Token: b.chain.Token(), Amount: big.NewInt(100 * usdc),
		ExpiresAt: b.headTime() + 100*24*hour, AppealSeconds: 24 * hour, Threshold: 2}
	for _, k := range v.arbiters {
		v.terms.Arbiters = append(v.terms.Arbiters, addr(k))
	}
	b.send(b.payer, b.chain.Token(), b.tok.PackApprove(v.at, big.NewInt(1000*usdc)))
	var err error
	if v.domain, err = v.abi.UnpackDOMAINSEPARATOR(b.call(v.at, v.abi.PackDOMAINSEPARATOR())); err != nil {
		t.Fatal(err)
	}
	return v
}

func load(t *testing.T, name string) contracts.Artifact {
	t.Helper()
	a, err := contracts.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (v *vault) id() [32]byte {
	v.t.Helper()
	id, err := v.abi.UnpackBondId(v.call(v.at, v.abi.PackBondId(v.terms)))
	if err != nil {
		v.t.Fatal(err)
	}
	return id
}

func (v *vault) state() bondvault.BondsOutput {
	v.t.Helper()
	s, err := v.abi.UnpackBonds(v.call(v.at, v.abi.PackBonds(v.id())))
	if err != nil {
		v.t.Fatal(err)
	}
	return s
}

func (v *vault) credit(of common.Address) int64 {
	v.t.Helper()
	n, err := v.abi.UnpackCredits(v.call(v.at, v.abi.PackCredits(v.terms.Token, of)))
	if err != nil {
		v.t.Fatal(err)
	}
	return n.Int64()
}

// approve signs a decision, given as the words after its type, by the arbiters
// with these places.
func (v *vault) approve(kind string, words [][32]byte, places ...uint8) []bondvault.ChioBondVaultApproval {
	v.t.Helper()
	encoded := crypto.Keccak256([]byte(kind))
	for _, w := range words {
		encoded = append(encoded, w[:]...)
	}
	digest := [32]byte(crypto.Keccak256([]byte{0x19, 0x01}, v.domain[:], crypto.Keccak256(encoded)))
	var out []bondvault.ChioBondVaultApproval
	for _, p := range places {
		out = append(out, bondvault.ChioBondVaultApproval{Arbiter: p, Signature: v.sign(v.arbiters[p], digest, false)})
	}
	return out
}

func word(n uint64) [32]byte {
	return [32]byte(common.LeftPadBytes(new(big.Int).SetUint64(n).Bytes(), 32))
}

var evidence = [32]byte{0xee}

func (v *vault) hold(sequence uint16, amount int64, until uint64, places ...uint8) []byte {
	approvals := v.approve("Hold(bytes32 bond,uint16 sequence,uint96 amount,uint64 until,bytes32 evidence)",
		[][32]byte{v.id(), word(uint64(sequence)), word(uint64(amount)), word(until), evidence}, places...)
	return v.abi.PackHold(v.terms, big.NewInt(amount), until, evidence, approvals)
}

func (v *vault) shares(amounts ...int64) (out []bondvault.ChioBondVaultShare) {
	for i, n := range amounts {
		out = append(out, bondvault.ChioBondVaultShare{Beneficiary: addr(key("victim " + string(rune('a'+i)))), Amount: big.NewInt(n)})
	}
	return out
}

func (v *vault) propose(sequence uint16, shares []bondvault.ChioBondVaultShare, places ...uint8) []byte {
	v.t.Helper()
	hash, err := v.abi.UnpackDistributionHash(v.call(v.at, v.abi.PackDistributionHash(shares)))
	if err != nil {
		v.t.Fatal(err)
	}
	var sum uint64
	for _, s := range shares {
		sum += s.Amount.Uint64()
	}
	approvals := v.approve("Slash(bytes32 bond,uint16 sequence,uint96 amount,bytes32 distribution,bytes32 evidence)",
		[][32]byte{v.id(), word(uint64(sequence)), word(sum), hash, evidence}, places...)
	return v.abi.PackProposeSlash(v.terms, shares, evidence, approvals)
}

func (v *vault) overturn(sequence uint16, places ...uint8) []byte {
	approvals := v.approve("Overturn(bytes32 bond,uint16 sequence,bytes32 evidence)", [][32]byte{v.id(), word(uint64(sequence)), evidence}, places...)
	return v.abi.PackOverturn(v.terms, evidence, approvals)
}

func (v *vault) early(sequence uint16, amount int64, places ...uint8) []byte {
	approvals := v.approve("Release(bytes32 bond,uint16 sequence,uint96 amount)", [][32]byte{v.id(), word(uint64(sequence)), word(uint64(amount))}, places...)
	return v.abi.PackReleaseEarly(v.terms, big.NewInt(amount), approvals)
}

func (v *vault) later(d time.Duration) {
	v.t.Helper()
	if err := v.chain.AdjustTime(d); err != nil {
		v.t.Fatal(err)
	}
}

func TestBondLife(t *testing.T) {
	v := newVault(t)
	v.refused(v.payee, v.at, v.abi.PackLock(v.terms), "NotPrincipal")
	v.refused(v.payer, v.at, v.abi.PackRelease(v.terms), "NotLocked")
	v.send(v.payer, v.at, v.abi.PackLock(v.terms))
	v.refused(v.payer, v.at, v.abi.PackLock(v.terms), "AlreadyLocked")
	v.refused(v.payer, v.at, v.abi.PackRelease(v.terms), "BadTime")

	// Arbiters decide by exactly two different signatures, each once.
	until := v.terms.ExpiresAt + 24*hour
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"one arbiter":       {v.hold(0, 60*usdc, until, 1), "NotEnoughArbiters"},
		"all three":         {v.hold(0, 60*usdc, until, 0, 1, 2), "NotEnoughArbiters"},
		"one twice":         {v.hold(0, 60*usdc, until, 1, 1), "BadArbiter"},
		"in another order":  {v.hold(0, 60*usdc, until, 2, 1), "BadArbiter"},
		"another sequence":  {v.hold(1, 60*usdc, until, 0, 1), "BadArbiter"},
		"more than locked":  {v.hold(0, 100*usdc+1, until, 0, 1), "BadAmount"},
		"past the bound":    {v.hold(0, 60*usdc, v.terms.ExpiresAt+90*24*hour+1, 0, 1), "BadTime"},
		"in the past":       {v.hold(0, 60*usdc, v.headTime()-1, 0, 1), "BadTime"},
		"slash of too much": {v.propose(0, v.shares(100*usdc, 1), 0, 1), "BadAmount"},
		"slash of nothing":  {v.propose(0, v.shares(0), 0, 1), "BadAmount"},
		"nothing proposed":  {v.overturn(0, 0, 1), "NothingProposed"},
	} {
		t.Run(name, func(t *testing.T) { v.refused(v.payee, v.at, c.data, c.want) })
	}
	nobody := []bondvault.ChioBondVaultShare{{Amount: big.NewInt(1)}}
	v.refused(v.payee, v.at, v.propose(0, nobody, 0, 1), "BadDistribution")
	itself := []bondvault.ChioBondVaultShare{{Beneficiary: v.at, Amount: big.NewInt(1)}}
	v.refused(v.payee, v.at, v.propose(0, itself, 0, 1), "BadDistribution")
	held := v.hold(0, 60*usdc, until, 0, 2)
	v.send(v.payee, v.at, held)
	v.refused(v.payee, v.at, held, "BadArbiter") // replayed

	// A slash waits for its window; the principal doubles it once.
	shares := v.shares(30*usdc, 20*usdc)
	v.send(v.payee, v.at, v.propose(1, shares, 1, 2))
	v.refused(v.payee, v.at, v.propose(2, shares, 1, 2), "SlashUnderWay")
	v.refused(v.payee, v.at, v.abi.PackFinalizeSlash(v.terms, shares), "WindowOpen")
	v.refused(v.payee, v.at, v.abi.PackAppeal(v.terms), "NotPrincipal")
	v.send(v.payer, v.at, v.abi.PackAppeal(v.terms))
	v.refused(v.payer, v.at, v.abi.PackAppeal(v.terms), "NothingProposed")
	v.later(25 * time.Hour)
	v.refused(v.payee, v.at, v.abi.PackFinalizeSlash(v.terms, shares), "WindowOpen")
	v.send(v.payee, v.at, v.overturn(2, 0, 1))
	v.refused(v.payee, v.at, v.abi.PackFinalizeSlash(v.terms, shares), "NothingProposed")

	v.send(v.payee, v.at, v.propose(3, shares, 0, 1))
	v.later(25 * time.Hour)
	v.refused(v.payee, v.at, v.overturn(4, 0, 1), "NothingProposed") // too late
	v.refused(v.payee, v.at, v.abi.PackFinalizeSlash(v.terms, v.shares(20*usdc, 30*usdc)), "BadDistribution")
	v.send(v.payee, v.at, v.abi.PackFinalizeSlash(v.terms, shares))
	v.refused(v.payee, v.at, v.abi.PackFinalizeSlash(v.terms, shares), "NothingProposed")
	if s := v.state(); s.Remaining.Int64() != 50*usdc || s.Held.Int64() != 10*usdc {
		t.Fatalf("%+v", s)
	}

	// Early, then at the expiry, then when the hold has ended.
	v.refused(v.payee, v.at, v.early(4, 40*usdc+1, 0, 1), "BadAmount")
	v.send(v.payee, v.at, v.early(4, 15*usdc, 0, 1))
	v.later(98 * 24 * time.Hour)
	v.send(v.payee, v.at, v.abi.PackRelease(v.terms))
	if got := v.credit(addr(v.payer)); got != 40*usdc {
		t.Fatalf("principal may take %d", got)
	}
	v.refused(v.payee, v.at, v.abi.PackRelease(v.terms), "NothingDue")
	v.later(2 * 24 * time.Hour)
	v.send(v.payee, v.at, v.abi.PackRelease(v.terms))
	v.refused(v.payer, v.at, v.abi.PackLock(v.terms), "BadTerms") // and never again: it has expired

	// Each takes its own; a frozen beneficiary is in nobody's way, and may take
	// its credit elsewhere.
	before := v.balance(addr(v.payer))
	v.send(v.payer, v.at, v.abi.PackWithdraw(v.terms.Token, addr(v.payer)))
	v.refused(v.payer, v.at, v.abi.PackWithdraw(v.terms.Token, addr(v.payer)), "NothingDue")
	if got := v.balance(addr(v.payer)) - before; got != 50*usdc || v.balance(v.at) != 50*usdc {
		t.Fatalf("principal took %d, the vault has %d", got, v.balance(v.at))
	}
	if v.credit(addr(key("victim a"))) != 30*usdc || v.credit(addr(key("victim b"))) != 20*usdc {
		t.Fatal("beneficiaries are not credited what was decided")
	}
}

func TestBondTermsAreBounded(t *testing.T) {
	v := newVault(t)
	for name, change := range map[string]func(*bondvault.ChioBondVaultTerms){
		"no amount":            func(t *bondvault.ChioBondVaultTerms) { t.Amount = new(big.Int) },
		"no arbiter":           func(t *bondvault.ChioBondVaultTerms) { t.Arbiters = nil },
		"no threshold":         func(t *bondvault.ChioBondVaultTerms) { t.Threshold = 0 },
		"threshold above":      func(t *bondvault.ChioBondVaultTerms) { t.Threshold = 4 },
		"an arbiter twice":     func(t *bondvault.ChioBondVaultTerms) { t.Arbiters = append(t.Arbiters, t.Arbiters[2]) },
		"its own judge":        func(t *bondvault.ChioBondVaultTerms) { t.Arbiters = []common.Address{t.Principal}; t.Threshold = 1 },
		"window of minutes":    func(t *bondvault.ChioBondVaultTerms) { t.AppealSeconds = 60 },
		"window of months":     func(t *bondvault.ChioBondVaultTerms) { t.AppealSeconds = 31 * 24 * hour },
		"expired":              func(t *bondvault.ChioBondVaultTerms) { t.ExpiresAt = 1 },
		"for longer than life": func(t *bondvault.ChioBondVaultTerms) { t.ExpiresAt += 20 * 366 * 24 * hour },
		"seventeen arbiters": func(t *bondvault.ChioBondVaultTerms) {
			for i := range 17 {
				t.Arbiters = append(t.Arbiters, common.BytesToAddress(bytes.Repeat([]byte{0xff}, 19)), common.BytesToAddress([]byte{byte(i)}))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			terms := v.terms
			terms.Arbiters = slices.Clone(terms.Arbiters)
			change(&terms)
			v.refused(v.payer, v.at, v.abi.PackLock(terms), "BadTerms")
		})
	}
}

// Whatever arbiters, principals and strangers do in whatever order, the vault
// holds exactly what is locked and what is credited, and a bond always ends.
func TestBondsConserve(t *testing.T) {
	v := newVault(t)
	var round byte
	rapid.Check(t, func(r *rapid.T) {
		round++
		v.terms.Salt = [32]byte{1, round}
		v.terms.Amount = big.NewInt(20)
		v.terms.ExpiresAt = v.headTime() + 5*24*hour
		others := v.balance(v.at)
		v.send(v.payer, v.at, v.abi.PackLock(v.terms))
		credited := func() (n int64) {
			for _, of := range []common.Address{addr(v.payer), addr(key("victim a")), addr(key("victim b"))} {
				n += v.credit(of)
			}
			return n
		}
		start := credited()
		shares := v.shares(3, 4)
		try := func(data []byte) bool { return v.attemptAt(v.at, data) }
		for range rapid.IntRange(1, 5).Draw(r, "steps") {
			s := v.state()
			n := rapid.Int64Range(0, 21).Draw(r, "amount")
			switch rapid.SampledFrom([]string{"hold", "propose", "appeal", "overturn", "finalize", "release", "early", "wait", "wait"}).Draw(r, "step") {
			case "hold":
				try(v.hold(s.Sequence, n, v.headTime()+uint64(n)*12*hour, 0, 1))
			case "propose":
				if next := v.shares(n/3, n-n/3); try(v.propose(s.Sequence, next, 0, 2)) {
					shares = next
				}
			case "appeal":
				try(v.abi.PackAppeal(v.terms))
			case "overturn":
				try(v.overturn(s.Sequence, 1, 2))
			case "finalize":
				try(v.abi.PackFinalizeSlash(v.terms, shares))
			case "release":
				try(v.abi.PackRelease(v.terms))
			case "early":
				try(v.early(s.Sequence, n, 0, 1))
			case "wait":
				v.later(time.Duration(1+n) * time.Hour)
			}
			s = v.state()
			if have := int64(v.balance(v.at) - others); have != 20 || s.Remaining.Int64()+credited()-start != 20 {
				r.Fatalf("the vault has %d, %v remain, %d are credited", have, s.Remaining, credited()-start)
			}
		}
		v.later(200 * 24 * time.Hour)
		try(v.abi.PackFinalizeSlash(v.terms, shares))
		try(v.abi.PackRelease(v.terms))
		if s := v.state(); s.Remaining.Sign() != 0 || credited()-start != 20 {
			r.Fatalf("the bond does not end: %+v", s)
		}
	})
}

package devnet_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"pgregory.net/rapid"
)

// model is what a channel should be, in the fewest lines.
type model struct {
	deposited, settled int64
	closing, graceOver bool
	sequence           int64
	epoch              uint32
}

func (m *model) fund(amount int64) bool {
	if m.closing || amount == 0 {
		return false
	}
	m.deposited += amount
	return true
}

func (m *model) redeem(cumulative int64) bool {
	if cumulative <= m.settled || cumulative > m.deposited {
		return false
	}
	m.settled = cumulative
	return true
}

func (m *model) close() bool {
	if m.closing || m.deposited == m.settled {
		return false
	}
	m.closing, m.graceOver = true, false
	return true
}

func (m *model) withdraw() bool {
	if !m.closing || !m.graceOver {
		return false
	}
	m.deposited, m.closing, m.graceOver = m.settled, false, false
	m.epoch++
	return true
}

// redeemMany pays each voucher that adds something, or none of them.
func (m *model) redeemMany(cumulative ...int64) bool {
	settled := m.settled
	for _, c := range cumulative {
		if c > settled && c > m.deposited {
			return false
		}
		settled = max(settled, c)
	}
	paid := settled > m.settled
	m.settled = settled
	return paid
}

// consent ends the channel at what the payee agreed to in an epoch.
func (m *model) consent(cumulative int64, epoch uint32) bool {
	if cumulative < m.settled || cumulative > m.deposited || m.deposited == m.settled || epoch != m.epoch {
		return false
	}
	m.deposited, m.settled, m.closing, m.graceOver = cumulative, cumulative, false, false
	m.epoch++
	return true
}

// TestI7_ChannelFollowsItsModel drives random operations against the contract
// and the model: both accept the same, and at every step the contract holds
// exactly what was deposited and not settled.
func TestI7_ChannelFollowsItsModel(t *testing.T) {
	b := newBed(t)
	at := b.chain.Channel()
	var round uint16
	rapid.Check(t, func(r *rapid.T) {
		round++
		b.params.Salt = [32]byte{2, byte(round >> 8), byte(round)}
		id, err := b.ch.UnpackChannelId(b.call(at, b.ch.PackChannelId(b.params)))
		if err != nil {
			r.Fatal(err)
		}
		b.id = id
		m := model{}
		held := b.balance(at)
		for range rapid.IntRange(1, 8).Draw(r, "steps") {
			amount := rapid.Int64Range(0, 5).Draw(r, "amount")
			var data []byte
			var accepted bool
			switch rapid.SampledFrom([]string{"fund", "redeem", "redeem", "batch", "consent", "close", "wait", "withdraw"}).Draw(r, "operation") {
			case "fund":
				m.sequence++
				data, accepted = b.authorization(amount, m.sequence, b.id), m.fund(amount)
			case "redeem":
				data, accepted = b.voucher(b.payer, amount, amount%2 == 0), m.redeem(amount)
			case "batch":
				next := rapid.Int64Range(0, 5).Draw(r, "next")
				data, accepted = b.redeemMany(b.claim(b.payer, b.params, b.id, amount), b.claim(b.payer, b.params, b.id, next)), m.redeemMany(amount, next)
			case "consent":
				epoch := uint32(rapid.IntRange(0, 2).Draw(r, "epoch"))
				data, accepted = b.consent(b.payee, amount, epoch, b.headTime()+3600), m.consent(amount, epoch)
			case "close":
				data, accepted = b.ch.PackClose(b.params), m.close()
			case "withdraw":
				data, accepted = b.ch.PackWithdraw(b.params), m.withdraw()
			case "wait":
				if err := b.chain.AdjustTime(25 * time.Hour); err != nil {
					r.Fatal(err)
				}
				m.graceOver = m.closing
				continue
			}
			if done := b.attempt(data); done != accepted {
				r.Fatalf("contract accepted: %v, model: %v", done, accepted)
			}
			s := b.state()
			if s.Deposited.Int64() != m.deposited || s.Settled.Int64() != m.settled || (s.CloseAt != 0) != m.closing || s.Epoch != m.epoch {
				r.Fatalf("contract %+v, model %+v", s, m)
			}
			if int64(b.balance(at)-held) != m.deposited-m.settled {
				r.Fatalf("contract holds %d more, model %+v", b.balance(at)-held, m)
			}
		}
	})
}

// attempt sends a call of the payer if the chain would accept it.
func (b *bed) attempt(data []byte) bool {
	b.t.Helper()
	return b.attemptAt(b.chain.Channel(), data)
}

func (b *bed) attemptAt(at common.Address, data []byte) bool {
	b.t.Helper()
	if _, err := b.chain.Client().EstimateGas(b.t.Context(), ethereum.CallMsg{From: addr(b.payer), To: &at, Data: data}); err != nil {
		return false
	}
	opts := bind.NewKeyedTransactor(b.payer, new(big.Int).SetUint64(b.chain.ChainID()))
	if _, err := bind.Transact(b.ch.Instance(b.chain.Client(), at), opts, data); err != nil {
		b.t.Fatal(err)
	}
	b.chain.Commit()
	return true
}

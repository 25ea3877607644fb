package x402_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const given = 1_000_000 // what the buyer has, in token units

// shop is a seller on a development chain, and a client with a key.
type shop struct {
	t      *testing.T
	net    *devnet.Chain
	chain  *evm.Chain
	seller *x402.Seller
	price  x402.Price
	now    uint64 // the chain's clock
	ran    int
}

func newShop(t *testing.T) *shop {
	t.Helper()
	net, err := devnet.Start(t.Context(), devnet.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := net.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := &shop{t: t, net: net}
	for name, units := range map[string]uint64{"seller": 0, "buyer": given} {
		if err := net.Fund(t.Context(), [20]byte(key(t, name).Address()), units); err != nil {
			t.Fatal(err)
		}
	}
	db := newDB(t)
	s.chain, err = evm.Dial(t.Context(), evm.Config{Name: "devnet", ChainID: net.ChainID(), RPC: net.RPC(), Token: evm.Address(net.Token()),
		Channel: evm.Address(net.Channel()), Key: key(t, "seller"), DB: db, MaxFeeGwei: 1000, Now: s.clock,
		Wait: s.wait})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.chain.Close)
	domain, err := s.chain.TokenDomain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, s.now, err = s.chain.AuthorizationUsed(t.Context(), s.chain.Address(), wire.Hash(nil), evm.Latest); err != nil {
		t.Fatal(err)
	}
	s.price = x402.Price{Domain: domain, PayTo: s.chain.Address(), Amount: 2500, Timeout: 300}
	s.restart(db)
	return s
}

func newDB(t *testing.T) store.DB {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func (s *shop) clock() int64 { return int64(s.now) }

func (s *shop) wait(ctx context.Context) error {
	s.net.Commit()
	return ctx.Err()
}

// restart is what is left of a seller after it errDied.
func (s *shop) restart(db store.DB) {
	s.seller = &x402.Seller{DB: db, Chain: s.chain, Domain: s.price.Domain, Currency: "USDC", Now: s.clock, Margin: 30, Skew: 5}
}

// pay is the header of a paid request.
func (s *shop) pay(nonce string, who string) string {
	s.t.Helper()
	a := evm.Authorization{From: key(s.t, who).Address(), To: s.price.PayTo, Value: s.price.Amount, ValidAfter: s.now - 600,
		ValidBefore: s.now + s.price.Timeout, Nonce: wire.Hash([]byte(nonce))}
	sig, err := evm.SignAuthorization(key(s.t, who), s.price.Domain, a)
	if err != nil {
		s.t.Fatal(err)
	}
	return x402.Encode(x402.NewPayment(x402.Resource{URL: "http://127.0.0.1/tool"}, s.price.Requirements(), a, sig))
}

func (s *shop) run(context.Context, evm.Address) ([]byte, error) {
	s.ran++
	return []byte("result"), nil
}

func (s *shop) sell(header, request string) (x402.Sale, error) {
	return s.seller.Sell(s.t.Context(), header, s.price, []byte("{}"), wire.Hash([]byte(request)), s.run)
}

func (s *shop) earned() uint64 {
	s.t.Helper()
	n, err := s.chain.Balance(s.t.Context(), s.chain.Address())
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *shop) want(ran int, earned uint64) {
	s.t.Helper()
	if s.ran != ran || s.earned() != earned {
		s.t.Fatalf("ran %d times and earned %d, want %d and %d", s.ran, s.earned(), ran, earned)
	}
}

// errDied unwinds a seller at a failpoint.
var errDied = errors.New("errDied")

func (s *shop) dieAt(point, header, request string) {
	s.t.Helper()
	db := s.seller.DB
	s.seller.Failpoint = func(name string) {
		if name == point {
			panic(errDied)
		}
	}
	func() {
		defer func() {
			if recover() != errDied {
				s.t.Fatalf("%s was not reached", point)
			}
		}()
		_, _ = s.sell(header, request)
	}()
	s.restart(db)
}

func TestI7_PaidCallRunsAndIsChargedOnce(t *testing.T) {
	s := newShop(t)
	h := s.pay("one", "buyer")
	sale, err := s.sell(h, "a")
	if err != nil || sale.State != x402.SaleSettled || string(sale.Result) != "result" {
		t.Fatalf("%+v, %v", sale, err)
	}
	if r := sale.Settlement(s.price); !r.Success || len(r.Transaction) != 66 {
		t.Fatalf("%+v", r)
	}
	s.want(1, 2500)
	s.now += 10_000 // the payment is long over: the answer is still there
	again, err := s.sell(h, "a")
	if err != nil || again.Tx != sale.Tx || string(again.Result) != "result" {
		t.Fatalf("%+v, %v", again, err)
	}
	if _, err := s.sell(h, "b"); !errors.Is(err, x402.ErrSpent) {
		t.Fatalf("the same payment for another request: %v", err)
	}
	s.want(1, 2500)
}

func TestSaleThatIsNotServedIsNotCharged(t *testing.T) {
	s := newShop(t)
	if _, err := s.sell(s.pay("p", "pauper"), "a"); !errors.Is(err, x402.ErrFunds) {
		t.Fatalf("a payer without money: %v", err)
	}
	s.want(0, 0)

	h := s.pay("denied", "buyer")
	for range 2 {
		_, err := s.seller.Sell(t.Context(), h, s.price, nil, wire.Hash(nil), func(context.Context, evm.Address) ([]byte, error) {
			s.ran++
			return nil, x402.ErrDenied
		})
		if !errors.Is(err, x402.ErrDenied) {
			t.Fatal(err)
		}
	}
	s.want(1, 0)

	h = s.pay("late", "buyer")
	s.now += 280
	if _, err := s.sell(h, "a"); !errors.Is(err, x402.ErrExpired) {
		t.Fatalf("no time to settle: %v", err)
	}
	forged := s.pay("forged", "buyer")
	s.price.Amount++
	if _, err := s.sell(forged, "a"); !errors.Is(err, x402.ErrMismatch) {
		t.Fatalf("a payment of yesterday's price: %v", err)
	}
	s.want(1, 0)
}

// TestTokensArePromisedOnce: what pays for a call under way pays for no other.
func TestTokensArePromisedOnce(t *testing.T) {
	s := newShop(t)
	s.price.Amount = given/2 + 1
	s.dieAt("sale.accepted", s.pay("one", "buyer"), "a")
	if _, err := s.sell(s.pay("two", "buyer"), "a"); !errors.Is(err, x402.ErrFunds) {
		t.Fatal(err)
	}
	s.want(0, 0)
}

func TestPaymentThatTheChainHasSeenBuysNothing(t *testing.T) {
	s := newShop(t)
	a := evm.Authorization{From: key(t, "buyer").Address(), To: s.price.PayTo, Value: s.price.Amount, ValidAfter: s.now - 600,
		ValidBefore: s.now + s.price.Timeout, Nonce: wire.Hash([]byte("relayed"))}
	sig, err := evm.SignAuthorization(key(t, "buyer"), s.price.Domain, a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.chain.SubmitAuthorization(t.Context(), a, sig); err != nil {
		t.Fatal(err)
	}
	if _, err := s.sell(s.pay("relayed", "buyer"), "a"); !errors.Is(err, x402.ErrSpent) {
		t.Fatal(err)
	}
	s.want(0, 2500)
}

func TestResultIsWithheldIfTheTokenRefuses(t *testing.T) {
	s := newShop(t)
	h := s.pay("broke", "buyer")
	for range 2 {
		sale, err := s.seller.Sell(t.Context(), h, s.price, nil, wire.Hash(nil), func(context.Context, evm.Address) ([]byte, error) {
			s.ran++
			if err := s.net.AdjustTime(3600e9); err != nil { // the chain's clock passes the window meanwhile
				t.Fatal(err)
			}
			return []byte("result"), nil
		})
		if !errors.Is(err, x402.ErrUnpaid) || sale.State != x402.SaleUnpaid || sale.Settlement(s.price).Success {
			t.Fatalf("%+v, %v", sale, err)
		}
	}
	s.want(1, 0)
}

func TestI7_SellerThatDiesChargesAtMostOnceAndRunsAtMostOnce(t *testing.T) {
	for point, c := range map[string]struct {
		ran    int
		earned uint64
		want   error
	}{
		"sale.accepted": {0, 0, x402.ErrIncomplete},
		"sale.executed": {1, 0, x402.ErrIncomplete},
		"sale.mined":    {1, 2500, nil},
	} {
		t.Run(strings.ReplaceAll(point, ".", "_"), func(t *testing.T) {
			s := newShop(t)
			h := s.pay("one", "buyer")
			s.dieAt(point, h, "a")
			for range 2 {
				if _, err := s.sell(h, "a"); !errors.Is(err, c.want) {
					t.Fatalf("%v, want %v", err, c.want)
				}
			}
			s.want(c.ran, c.earned)
		})
	}
}

// TestResultWaitsForTheDepthOfItsAmount: a small payment is taken in one block, a
// larger one in three, and above the tiers it must be final; until then the
// result stays here, and the call runs and is charged once.
func TestResultWaitsForTheDepthOfItsAmount(t *testing.T) {
	s := newShop(t)
	s.seller.Tiers = []x402.Tier{{UpTo: 2499, Confirmations: 1}, {UpTo: 2500, Confirmations: 3}}
	for i, amount := range []uint64{2499, 2500, 2501} {
		s.price.Amount = amount
		before := s.earned()
		h := s.pay(strings.Repeat("x", i+1), "buyer")
		for blocks := 1; ; blocks++ {
			sale, err := s.sell(h, "a")
			if s.ran != i+1 || s.earned() != before+amount {
				t.Fatalf("%d: ran %d times, earned %d", amount, s.ran, s.earned()-before)
			}
			if err == nil {
				if want := []int{1, 3, 6}[i]; blocks != want || string(sale.Result) != "result" {
					t.Fatalf("%d was taken %d blocks deep: %+v", amount, blocks, sale)
				}
				break
			}
			if !errors.Is(err, x402.ErrShallow) || blocks > 6 {
				t.Fatalf("%d, %d blocks deep: %v", amount, blocks, err)
			}
			s.net.Commit()
			if blocks == 5 {
				s.finalize()
			}
		}
	}
	// Without tiers one block is enough, and with Wait the client need not ask again.
	s.seller.Tiers, s.price.Amount = nil, 3000
	if _, err := s.sell(s.pay("without", "buyer"), "a"); err != nil {
		t.Fatal(err)
	}
	s.seller.Tiers, s.seller.Wait = []x402.Tier{{UpTo: 3000, Confirmations: 4}}, s.wait
	if _, err := s.sell(s.pay("waits", "buyer"), "a"); err != nil {
		t.Fatal(err)
	}
}

// TestI7_ReorganisedSaleGivesNothingAway: the block with a payment that is not
// deep enough is replaced. The transfer is made again, once, and then the result
// is given; where that is too late it is not.
func TestI7_ReorganisedSaleGivesNothingAway(t *testing.T) {
	for name, late := range map[string]bool{"mined again": false, "its time is over": true} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.seller.Tiers = []x402.Tier{{UpTo: 2500, Confirmations: 3}}
			h := s.pay("one", "buyer")
			parent := s.net.Commit()
			if _, err := s.sell(h, "a"); !errors.Is(err, x402.ErrShallow) {
				t.Fatal(err)
			}
			if err := s.net.Fork(parent); err != nil {
				t.Fatal(err)
			}
			if late {
				if err := s.net.AdjustTime(time.Hour); err != nil {
					t.Fatal(err)
				}
			}
			for range 4 { // longer than what it replaces
				s.net.Commit()
			}
			var err error
			shallow := 0
			for ; shallow < 8; shallow++ {
				if _, err = s.sell(h, "a"); err == nil || errors.Is(err, x402.ErrUnpaid) {
					break
				}
				if !errors.Is(err, x402.ErrShallow) {
					t.Fatal(err)
				}
				if _, err := s.chain.Track(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.net.Commit()
			}
			if late {
				if !errors.Is(err, x402.ErrUnpaid) || s.earned() != 0 || s.ran != 1 {
					t.Fatalf("given away: %v, earned %d, ran %d times", err, s.earned(), s.ran)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if shallow < 2 { // it is mined anew, and waits for its depth anew
				t.Fatalf("the result was given %d blocks after the reorganisation", shallow)
			}
			s.want(1, 2500)
		})
	}
}

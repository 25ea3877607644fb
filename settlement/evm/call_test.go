package evm_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/internal/shop"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const buy = "buy(uint256 item, uint256 maxPrice)"

// customer is a shop on a chain, and what is called there.
type customer struct {
	*bed
	at evm.Address
	f  *evm.Function
}

func newCustomer(t *testing.T) *customer {
	t.Helper()
	b := newBed(t)
	f, err := evm.ParseFunction(buy)
	if err != nil {
		t.Fatal(err)
	}
	return &customer{bed: b, at: shop.Deploy(t, b.net, filepath.Join("..", "..", "contracts", "devnet", "testdata", "Shop.json")), f: f}
}

func (c *customer) call(id, args string, spends uint64) evm.ContractCall {
	c.t.Helper()
	data, err := c.f.Encode(wire.Raw(args))
	if err != nil {
		c.t.Fatal(err)
	}
	return evm.ContractCall{ID: id, To: c.at, Data: data, Spends: spends, GasMax: 300_000}
}

// allowed is what the shop may still take.
func (c *customer) allowed() string {
	c.t.Helper()
	return c.ask("allowance(address owner, address spender) returns (uint256 units)", evm.Address(c.net.Token()),
		`{"owner":"`+c.payer.Address().String()+`","spender":"`+c.at.String()+`"}`, "units")
}

func (c *customer) sold() string {
	return c.ask("sold() returns (uint256 n)", c.at, `{}`, "n")
}

func (c *customer) ask(signature string, to evm.Address, args, name string) string {
	c.t.Helper()
	f, err := evm.ParseFunction(signature)
	if err != nil {
		c.t.Fatal(err)
	}
	data, err := f.Encode(wire.Raw(args))
	if err != nil {
		c.t.Fatal(err)
	}
	out, at, err := c.payer.View(c.t.Context(), to, f, data)
	if err != nil || at.Number == 0 {
		c.t.Fatal(out, at, err)
	}
	return out[name].(string)
}

func (c *customer) paid() uint64 {
	c.t.Helper()
	n, err := c.payer.Balance(c.t.Context(), c.at)
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

// closes brings a call to its end and returns it with the expense in the ledger.
func (c *customer) closes(caller *evm.Caller) (rec evm.CallRecord, expense uint64) {
	c.t.Helper()
	for range 50 {
		if err := c.net.Finalize(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
		if _, err := caller.Chain.Track(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
		if err := caller.Continue(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
		if open, err := evm.OpenCalls(c.payerDB); err != nil {
			c.t.Fatal(err)
		} else if !open {
			break
		}
	}
	err := c.payerDB.View(func(r store.Reader) error {
		if _, err := ledger.Verify(r); err != nil {
			return err
		}
		missing, _, err := evm.UnpostedCalls(r)
		if err != nil || len(missing) > 0 {
			return errors.Join(err, errors.New("unposted"))
		}
		if err := ledger.Scan(r, 0, func(p ledger.Record) error {
			mine, problem, err := evm.ExplainCalls("USDC")(r, &p)
			if !mine || problem != "" {
				c.t.Errorf("posting %q: %v %s", p.Posting.Memo, mine, problem)
			}
			return err
		}); err != nil {
			return err
		}
		list, err := ledger.BalancesOf(r, ledger.Expense)
		for _, b := range list {
			expense += b.Balance.Debits
		}
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, ledger.ErrAccount) {
			err = nil
		}
		return errors.Join(err, evm.Calls(r, "", func(_ string, got *evm.CallRecord) error { rec = *got; return nil }))
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return rec, expense
}

// TestI7_ContractCalls: whatever a contract does, the account loses what the
// call moved and no more than it may, and nobody is left with an allowance.
func TestI7_ContractCalls(t *testing.T) {
	c := newCustomer(t)
	caller := evm.NewCaller(c.payer, "USDC")
	kind, err := evm.ParseEvent("Bought(address indexed buyer, uint256 indexed item, uint256 price)")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := caller.Execute(t.Context(), c.call("one", `{"item":7,"maxPrice":"10"}`, 10))
	if err != nil || rec.State != evm.CallMined || rec.Spent != 7 || rec.Granted || c.paid() != 7 || c.allowed() != "0" {
		t.Fatalf("%+v, %v; paid %d, allowed %s", rec, err, c.paid(), c.allowed())
	}
	if err := c.payerDB.View(func(r store.Reader) error { // nothing is posted that may be undone
		n, err := ledger.Sequence(r)
		if n != 0 {
			t.Errorf("%d postings", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	events, err := caller.Events(t.Context(), rec, []*evm.EventType{kind})
	if err != nil || len(events) != 1 || events[0].Arguments["price"] != "7" || events[0].Arguments["buyer"] != c.payer.Address().String() {
		t.Fatalf("%+v, %v", events, err)
	}
	if again, err := caller.Execute(t.Context(), c.call("one", `{"item":7,"maxPrice":"10"}`, 10)); err != nil || again.Tx != rec.Tx || c.sold() != "1" {
		t.Fatalf("%+v, %v", again, err)
	}
	if _, err := caller.Execute(t.Context(), c.call("one", `{"item":8,"maxPrice":"10"}`, 10)); !errors.Is(err, evm.ErrConflict) {
		t.Fatal(err)
	}
	if got, expense := c.closes(caller); got.State != evm.CallFinal || expense != 7 {
		t.Fatalf("%+v, expense %d", got, expense)
	}

	for id, args := range map[string]string{"sold out": `{"item":13,"maxPrice":20}`, "dear": `{"item":21,"maxPrice":20}`, "greedy": `{"item":99,"maxPrice":100}`} {
		rec, err := caller.Execute(t.Context(), c.call(id, args, 100))
		if err != nil || !rec.Reverted || rec.State != evm.CallVoid || rec.Reason == "" || rec.Spent != 0 {
			t.Fatalf("%s: %+v, %v", id, rec, err)
		}
		if id == "sold out" && rec.Reason != "sold out" {
			t.Errorf("reason %q", rec.Reason)
		}
	}
	if c.allowed() != "0" || c.paid() != 7 {
		t.Fatalf("allowed %s, paid %d", c.allowed(), c.paid())
	}
	low := c.call("gas", `{"item":1,"maxPrice":1}`, 1)
	low.GasMax = 30_000
	if _, err := caller.Execute(t.Context(), low); !errors.Is(err, evm.ErrGasMax) || c.allowed() != "0" {
		t.Fatal(err, c.allowed())
	}
	if _, err := caller.Execute(t.Context(), low); !errors.Is(err, evm.ErrVoided) {
		t.Fatal(err)
	}
	for _, to := range []evm.Address{{}, evm.Address(c.net.Token()), evm.Address(c.net.Channel()), c.payer.Address()} {
		bad := c.call("to "+to.String(), `{"item":1,"maxPrice":1}`, 1)
		bad.To = to
		if _, err := caller.Execute(t.Context(), bad); !errors.Is(err, evm.ErrConfig) {
			t.Errorf("to %s: %v", to, err)
		}
	}
	if _, expense := c.closes(caller); expense != 7 {
		t.Fatalf("expense %d", expense)
	}
}

// TestI7_ContractCallCrashes: wherever a process dies, the call happens at most
// once, the ledger says what the chain says, and nothing stays allowed.
func TestI7_ContractCallCrashes(t *testing.T) {
	for point, happens := range map[string]bool{"call.recorded": false, "call.allowed": false, "call.mined": true} {
		t.Run(point, func(t *testing.T) {
			c := newCustomer(t)
			crashed := c.dial("payer", c.payerDB, func(name string) {
				if name == point {
					panic(crash{})
				}
			})
			func() {
				defer func() {
					if p := recover(); p != (crash{}) {
						t.Fatalf("%s was not reached: %v", point, p)
					}
				}()
				_, _ = evm.NewCaller(crashed, "USDC").Execute(context.Background(), c.call("x", `{"item":5,"maxPrice":5}`, 6))
			}()
			caller := evm.NewCaller(c.dial("payer", c.payerDB, nil), "USDC")
			if happens { // its allowance of 6 is withdrawn before the next is given
				if rec, err := caller.Execute(t.Context(), c.call("y", `{"item":3,"maxPrice":3}`, 3)); err != nil || rec.Spent != 3 {
					t.Fatalf("%+v, %v", rec, err)
				}
			}
			_, expense := c.closes(caller)
			want := uint64(0)
			if happens {
				want = 8
			}
			if expense != want || c.paid() != want || c.allowed() != "0" {
				t.Fatalf("expense %d, paid %d, want %d; allowed %s", expense, c.paid(), want, c.allowed())
			}
			_, err := caller.Execute(t.Context(), c.call("x", `{"item":5,"maxPrice":5}`, 6))
			if (err == nil) != happens || !happens && !errors.Is(err, evm.ErrVoided) || c.paid() != want {
				t.Fatal(err)
			}
		})
	}
}

// TestI8_ReorganisedContractCall: the blocks with allowance, call and withdrawal
// are replaced by others. All three are made again, once, and then the ledger
// has what the contract took.
func TestI8_ReorganisedContractCall(t *testing.T) {
	c := newCustomer(t)
	caller := evm.NewCaller(c.payer, "USDC")
	parent := c.net.Commit()
	if rec, err := caller.Execute(t.Context(), c.call("x", `{"item":5,"maxPrice":5}`, 6)); err != nil || rec.Spent != 5 || rec.State != evm.CallMined {
		t.Fatalf("%+v, %v", rec, err)
	}
	if err := c.net.Fork(parent); err != nil {
		t.Fatal(err)
	}
	for range 6 { // longer than what it replaces
		c.net.Commit()
	}
	if c.paid() != 0 {
		t.Fatal("the reorganisation undid nothing")
	}
	for range 3 { // what was sent is sent again, and mined in the order of its nonces
		if _, err := c.payer.Track(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.net.Commit()
		if err := caller.Continue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	rec, expense := c.closes(caller)
	if rec.State != evm.CallFinal || rec.Spent != 5 || expense != 5 || c.paid() != 5 || c.allowed() != "0" || c.sold() != "1" {
		t.Fatalf("%+v; expense %d, paid %d, allowed %s, sold %s", rec, expense, c.paid(), c.allowed(), c.sold())
	}
}

// TestContractArguments: an argument has one form, and what does not fit is
// refused before anything is signed.
func TestContractArguments(t *testing.T) {
	f, err := evm.ParseFunction("f(uint8 a, int16 b, address c, bool d, bytes4 e, bytes g, uint256[] h, string i, address[2] j)")
	if err != nil {
		t.Fatal(err)
	}
	const good = `{"a":255,"b":-32768,"c":"0x00000000000000000000000000000000000000ff","d":true,"e":"0x01020304","g":"0x","h":[1,"2"],"i":"x","j":["0x00000000000000000000000000000000000000ff","0x00000000000000000000000000000000000000ff"]}`
	if data, err := f.Encode(wire.Raw(good)); err != nil || len(data) < 4+9*32 {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{`"a":255`, `"a":256`}, {`"a":255`, `"a":-1`}, {`"a":255`, `"a":1.5`}, {`"a":255`, `"a":"0xff"`}, {`"a":255`, `"a":null`},
		{`"a":255`, `"a":9007199254740993`}, {`"a":255`, `"a":"01"`}, {`"b":-32768`, `"b":-32769`}, {`"b":-32768`, `"b":32768`}, {`"d":true`, `"d":1`},
		{`"e":"0x01020304"`, `"e":"0x0102"`}, {`"g":"0x"`, `"g":"0xAB"`}, {`"g":"0x"`, `"g":""`}, {`"h":[1,"2"]`, `"h":[[1]]`}, {`"h":[1,"2"]`, `"h":1`},
		{`"i":"x"`, `"i":7`}, {`"i":"x"`, `"k":"x"`}, {`"i":"x",`, ``}, {`"i":"x"`, `"i":"x","z":1`}, {`"c":"0x00000000000000000000000000000000000000ff"`, `"c":"0x00000000000000000000000000000000000000fF1"`}} {
		if _, err := f.Encode(wire.Raw(replaceOnce(t, good, c[0], c[1]))); !errors.Is(err, evm.ErrArguments) {
			t.Errorf("%s: %v", c[1], err)
		}
	}
	for _, bad := range []string{"", "f", "f(uint256)", "f(uint256 a, uint256 a)", "f((uint256 a) b)", "f(uint256[][] a)", "f(uint7 a)", "f(uint256 indexed a)", "f(bytes33 a)", "f(int512 a)", "f(function a)"} {
		if _, err := evm.ParseFunction(bad); !errors.Is(err, evm.ErrFunction) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func replaceOnce(t *testing.T, s, old, with string) string {
	t.Helper()
	for i := 0; i+len(old) <= len(s); i++ {
		if s[i:i+len(old)] == old {
			return s[:i] + with + s[i+len(old):]
		}
	}
	t.Fatalf("%s is not in %s", old, s)
	return ""
}

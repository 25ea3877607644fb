package x402_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/wire"
)

// recorded is the paid request that the specification of the protocol prints.
const recorded = `{"x402Version":2,"resource":{"url":"https://api.example.com/premium-data","description":"Access to premium market data","mimeType":"application/json"},
"accepted":{"scheme":"exact","network":"eip155:84532","amount":"10000","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x209693Bc6afc0C5328bA36FaF03C514EF312287C","maxTimeoutSeconds":60,"extra":{"name":"USDC","version":"2"}},
"payload":{"signature":"0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c",
"authorization":{"from":"0x857b06519E91e3A54538791bDbb0E22373e36b66","to":"0x209693Bc6afc0C5328bA36FaF03C514EF312287C","value":"10000","validAfter":"1740672089","validBefore":"1740672154","nonce":"0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480"}}}`

var recordedWindow = x402.Window{Now: 1740672090, Until: 1740672100, Latest: 1740672154}

func recordedPrice(t testing.TB) x402.Price {
	return x402.Price{
		Domain: evm.TokenDomain{Name: "USDC", Version: "2", ChainID: 84532, Token: address(t, "0x036cbd53842c5426634e7929541ec2318f3dcf7e")},
		PayTo:  address(t, "0x209693bc6afc0c5328ba36faf03c514ef312287c"), Amount: 10000, Timeout: 60,
	}
}

func address(t testing.TB, s string) evm.Address {
	t.Helper()
	a, err := evm.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func key(t testing.TB, name string) *evm.Key {
	t.Helper()
	scalar := sha256.Sum256([]byte(name))
	k, err := evm.KeyFromScalar(scalar[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func header(doc string) string { return base64.StdEncoding.EncodeToString([]byte(doc)) }

func TestPaymentOfTheSpecificationVerifies(t *testing.T) {
	p, raw, err := x402.DecodePayment(header(recorded))
	if err != nil || string(raw) != recorded {
		t.Fatalf("%v, %d bytes", err, len(raw))
	}
	a, _, err := x402.Verify(p, recordedPrice(t), recordedWindow)
	if err != nil || a.From.String() != "0x857b06519e91e3a54538791bdbb0e22373e36b66" || a.Value != 10000 {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, name := range []string{"USD Coin", "usdc", ""} {
		price := recordedPrice(t)
		price.Domain.Name = name
		p.Accepted.Extra = x402.Extra{}
		if _, _, err := x402.Verify(p, price, recordedWindow); !errors.Is(err, evm.ErrSignature) {
			t.Errorf("under the domain name %q: %v", name, err)
		}
	}
}

func TestPaymentThatDiffersIsRefused(t *testing.T) {
	other := "0x00000000000000000000000000000000000000aa"
	for name, c := range map[string]struct {
		old, new string
		want     error
	}{
		"version 1":               {`"x402Version":2`, `"x402Version":1`, x402.ErrMalformed},
		"scheme":                  {`"scheme":"exact"`, `"scheme":"upto"`, x402.ErrMismatch},
		"network":                 {"eip155:84532", "eip155:8453", x402.ErrMismatch},
		"network by name":         {"eip155:84532", "base-sepolia", x402.ErrMismatch},
		"asset":                   {"0x036CbD53842c5426634e7929541eC2318f3dCF7e", other, x402.ErrMismatch},
		"payee accepted":          {`"payTo":"0x209693Bc6afc0C5328bA36FaF03C514EF312287C"`, `"payTo":"` + other + `"`, x402.ErrMismatch},
		"payee signed":            {`"to":"0x209693Bc6afc0C5328bA36FaF03C514EF312287C"`, `"to":"` + other + `"`, x402.ErrMismatch},
		"amount accepted":         {`"amount":"10000"`, `"amount":"9999"`, x402.ErrMismatch},
		"amount padded":           {`"amount":"10000"`, `"amount":"010000"`, x402.ErrMismatch},
		"amount signed less":      {`"value":"10000"`, `"value":"9999"`, x402.ErrMismatch},
		"amount signed more":      {`"value":"10000"`, `"value":"10001"`, x402.ErrMismatch},
		"amount a number":         {`"value":"10000"`, `"value":10000`, x402.ErrMalformed},
		"amount too large":        {`"value":"10000"`, `"value":"9007199254740992"`, x402.ErrMalformed},
		"amount negative":         {`"value":"10000"`, `"value":"-1"`, x402.ErrMalformed},
		"domain name":             {`"name":"USDC"`, `"name":"USD Coin"`, x402.ErrMismatch},
		"domain version":          {`"version":"2"`, `"version":"1"`, x402.ErrMismatch},
		"transfer method":         {`"version":"2"`, `"version":"2","assetTransferMethod":"permit2"`, x402.ErrMismatch},
		"payer":                   {"0x857b06519E91e3A54538791bDbb0E22373e36b66", other, evm.ErrSignature},
		"payer is payee":          {"0x857b06519E91e3A54538791bDbb0E22373e36b66", "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", x402.ErrMismatch},
		"nonce":                   {"0xf3746613", "0xf3746614", evm.ErrSignature},
		"nonce without 0x":        {"0xf3746613", "f3746613", x402.ErrMalformed},
		"nonce short":             {"0xf3746613", "0x", x402.ErrMalformed},
		"signature flipped":       {"0x2d6a", "0x2d6b", evm.ErrSignature},
		"signature v":             {`571c"`, `571b"`, evm.ErrSignature},
		"signature v 0":           {`571c"`, `5701"`, evm.ErrSignature},
		"signature short":         {`571c"`, `57"`, evm.ErrSignature},
		"not valid yet":           {`"validAfter":"1740672089"`, `"validAfter":"1740672090"`, x402.ErrExpired},
		"no time to settle":       {`"validBefore":"1740672154"`, `"validBefore":"1740672100"`, x402.ErrExpired},
		"valid beyond the quote":  {`"validBefore":"1740672154"`, `"validBefore":"1740672155"`, x402.ErrExpired},
		"window moved by a relay": {`"validBefore":"1740672154"`, `"validBefore":"1740672153"`, evm.ErrSignature},
		"a member twice":          {`"scheme":"exact"`, `"scheme":"exact","scheme":"exact"`, x402.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			doc := strings.Replace(recorded, c.old, c.new, 1)
			if doc == recorded {
				t.Fatal("changes nothing")
			}
			p, _, err := x402.DecodePayment(header(doc))
			if err == nil {
				_, _, err = x402.Verify(p, recordedPrice(t), recordedWindow)
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestHighSIsRefused(t *testing.T) {
	p, _, err := x402.DecodePayment(header(recorded))
	if err != nil {
		t.Fatal(err)
	}
	sig := p.Payload.Signature
	p.Payload.Signature = sig[:66] + strings.Repeat("f", 62) + "00" + "1b"
	if _, _, err := x402.Verify(p, recordedPrice(t), recordedWindow); !errors.Is(err, evm.ErrSignature) || !strings.Contains(err.Error(), "low s") {
		t.Fatal(err)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	for name, h := range map[string]string{
		"none":        "",
		"too long":    strings.Repeat("A", x402.MaxHeader+4),
		"not base64":  "{}",
		"url base64":  strings.ReplaceAll(header(recorded+"???>>>"), "/", "_"),
		"not JSON":    header("x"),
		"trailing":    header(recorded + "{}"),
		"deep":        header(`{"x402Version":2,"e":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`),
		"a fraction":  header(strings.Replace(recorded, `:2,`, `:2.5,`, 1)),
		"no accepts":  header(`{"x402Version":2,"resource":{"url":"x"},"accepts":[]}`),
		"v1 required": header(`{"x402Version":1,"resource":{"url":"x"},"accepts":[{"scheme":"exact"}]}`),
	} {
		if _, _, err := x402.DecodeRequired(h); !errors.Is(err, x402.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	unknown := strings.Replace(recorded, `"payload":`, `"extensions":{"a":[1,2]},"payload":`, 1)
	if _, _, err := x402.DecodePayment(header(unknown)); err != nil {
		t.Errorf("an extension: %v", err)
	}
}

func TestRequirementsRoundTrip(t *testing.T) {
	price := recordedPrice(t)
	r := x402.Required{X402Version: x402.Version, Resource: x402.Resource{URL: "http://x/"}, Accepts: []x402.Requirements{price.Requirements()}}
	got, raw, err := x402.DecodeRequired(x402.Encode(r))
	if err != nil || string(raw) != string(wire.MustMarshal(r)) || got.Accepts[0] != price.Requirements() {
		t.Fatalf("%+v, %v", got, err)
	}
}

// FuzzPayment: nothing a stranger sends panics, and what verifies is exactly
// what was asked for.
func FuzzPayment(f *testing.F) {
	f.Add([]byte(recorded))
	f.Add([]byte(`{"x402Version":2}`))
	f.Add([]byte(`{"x402Version":1e400}`))
	price := recordedPrice(f)
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, _, err := x402.DecodePayment(base64.StdEncoding.EncodeToString(doc))
		if err != nil {
			return
		}
		a, _, err := x402.Verify(p, price, recordedWindow)
		if err == nil && (a.To != price.PayTo || a.Value != price.Amount || a.ValidBefore > recordedWindow.Latest) {
			t.Fatalf("%+v verifies", a)
		}
	})
}

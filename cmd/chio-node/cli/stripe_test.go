package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/internal/stripedouble"
	"github.com/backbay-labs/chio-node/settlement/stripe"
)

// serveStripeDouble plays Stripe's API until its input ends or it is
// interrupted: stripedouble KEY EVENT_NAME CUSTOMER. A file named "lose" in its
// folder has the next answer get lost; "counted" lists what was counted.
func serveStripeDouble(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: stripedouble KEY EVENT_NAME CUSTOMER")
	}
	d := &stripedouble.Double{Key: args[0], EventName: args[1], Customers: map[string]bool{args[2]: true},
		Lose: func() bool { return os.Remove("lose") == nil }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			counted, asked := d.Counted()
			_ = os.WriteFile("counted", fmt.Appendf(nil, "%d asked %+v\n", asked, counted), 0o600)
		}()
		d.ServeHTTP(w, r)
	}))
	defer server.Close()
	fmt.Printf("{\"url\":%q}\n", server.URL)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// sayAsStripe sends one signed event and prints the status of the answer:
// stripesay URL SECRET EVENT TYPE SHAPE NAME=VALUE…
func sayAsStripe(args []string) error {
	if len(args) < 5 {
		return errors.New("usage: stripesay URL SECRET EVENT TYPE SHAPE NAME=VALUE…")
	}
	values := map[string]string{"INVOICE": "in_1", "CUSTOMER": "cus_acme", "CHARGE": "ch_1", "INTENT": "pi_1", "REFUND": "re_1", "DISPUTE": "du_1",
		"PAID": "6", "CURRENCY": "usd", "REASON": "fraudulent", "STATUS": "failed"}
	for _, arg := range args[5:] {
		name, value, _ := strings.Cut(arg, "=")
		values[name] = value
	}
	now := time.Now().Unix()
	doc, err := stripedouble.Event(args[2], args[3], args[4], now, values)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, args[0], bytes.NewReader(doc))
	if err != nil {
		return err
	}
	req.Header.Set(stripe.SignatureHeader, stripe.Sign(args[1], doc, now))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	fmt.Println(res.StatusCode)
	return res.Body.Close()
}

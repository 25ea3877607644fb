package stripedouble

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// shapes are objects as the public reference shows them, with $NAME for what a
// test says.
//
//go:embed shapes/*.json
var shapes embed.FS

// Event is the body of an event whose object has a recorded shape; values
// replace $NAME in it.
func Event(id, kind, shape string, created int64, values map[string]string) ([]byte, error) {
	object, err := shapes.ReadFile("shapes/" + shape + ".json")
	if err != nil {
		return nil, err
	}
	envelope, err := shapes.ReadFile("shapes/event.json")
	if err != nil {
		return nil, err
	}
	pairs := []string{"$ID", id, "$TYPE", kind, "$CREATED", strconv.FormatInt(created, 10)}
	doc := strings.NewReplacer(pairs...).Replace(string(envelope))
	pairs = pairs[:0]
	for name, value := range values {
		pairs = append(pairs, "$"+name+"$", value)
	}
	return []byte(strings.Replace(doc, "$OBJECT", strings.NewReplacer(pairs...).Replace(string(object)), 1)), nil
}

// Counted is one meter event.
type Counted struct{ EventName, Identifier, Customer, Value, Timestamp string }

// Double is the endpoint. Its fields may be set before a request.
type Double struct {
	Key       string
	EventName string          // of the one meter
	Customers map[string]bool // that exist

	Lose   func() bool // cut the connection after it was counted
	Refuse func() int  // answer this status instead, 0 for none
	Now    func() int64

	mu      sync.Mutex
	counted []Counted
	asked   int
	replays map[string]string // answers by Idempotency-Key
	bodies  map[string]string // what the key came with
}

// Counted lists what was counted, and how often the endpoint was asked.
func (d *Double) Counted() ([]Counted, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Counted(nil), d.counted...), d.asked
}

// ServeHTTP implements http.Handler.
func (d *Double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	fail := func(status int, kind, message string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, "{\n  \"error\": {\n    \"message\": %s,\n    \"request_log_url\": \"https://dashboard.stripe.com/test/logs/req_1\",\n    \"type\": %q\n  }\n}\n", wire.MustMarshal(message), kind)
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer "+d.Key:
		fail(http.StatusUnauthorized, "invalid_request_error", "Invalid API Key provided: "+r.Header.Get("Authorization"))
		return
	case r.Method != http.MethodPost || r.URL.Path != "/v1/billing/meter_events":
		fail(http.StatusNotFound, "invalid_request_error", "Unrecognized request URL ("+r.Method+": "+r.URL.Path+").")
		return
	case r.Header.Get("Stripe-Version") == "":
		fail(http.StatusBadRequest, "invalid_request_error", "no version")
		return
	}
	if d.Refuse != nil {
		if status := d.Refuse(); status != 0 {
			fail(status, "api_error", "Sorry, there was an error.")
			return
		}
	}
	if err := r.ParseForm(); err != nil {
		fail(http.StatusBadRequest, "invalid_request_error", "Invalid body")
		return
	}
	c := Counted{EventName: r.PostForm.Get("event_name"), Identifier: r.PostForm.Get("identifier"), Timestamp: r.PostForm.Get("timestamp"),
		Customer: r.PostForm.Get("payload[stripe_customer_id]"), Value: r.PostForm.Get("payload[value]")}
	if status, message := d.judge(&c, r.PostForm, r.Header.Get("Idempotency-Key")); status != http.StatusOK {
		fail(status, "invalid_request_error", message)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if d.replays == nil {
		d.replays, d.bodies = make(map[string]string), make(map[string]string)
	}
	answer, again := d.replays[key]
	if !again {
		shape, _ := shapes.ReadFile("shapes/meter_event.json") // embedded
		answer = strings.NewReplacer("$EVENT_NAME$", c.EventName, "$IDENTIFIER$", c.Identifier, "$CUSTOMER$", c.Customer, "$VALUE$", c.Value,
			"$TIMESTAMP$", c.Timestamp).Replace(string(shape))
		d.counted = append(d.counted, c)
		d.replays[key], d.bodies[key] = answer, r.PostForm.Encode()
	}
	if d.Lose != nil && d.Lose() {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, answer)
}

// judge is what the real one refuses.
func (d *Double) judge(c *Counted, form url.Values, key string) (int, string) {
	now := time.Now().Unix
	if d.Now != nil {
		now = d.Now
	}
	at, err := strconv.ParseInt(c.Timestamp, 10, 64)
	value, valueErr := strconv.ParseUint(c.Value, 10, 64)
	switch {
	case c.EventName != d.EventName:
		return http.StatusBadRequest, "No active meter found for event name: " + c.EventName
	case !d.Customers[c.Customer]:
		return http.StatusBadRequest, "No such customer: '" + c.Customer + "'"
	case err != nil || at > now()+300 || at < now()-35*24*3600:
		return http.StatusBadRequest, "The timestamp must be within the past 35 calendar days or up to 5 minutes in the future."
	case valueErr != nil || value == 0 || c.Identifier == "" || len(c.Identifier) > 100:
		return http.StatusBadRequest, "Invalid value or identifier"
	}
	if body, ok := d.bodies[key]; ok {
		if body != form.Encode() {
			return http.StatusBadRequest, "Keys for idempotent requests can only be used with the same parameters they were first used with."
		}
		return http.StatusOK, ""
	}
	for _, have := range d.counted {
		if have.Identifier == c.Identifier {
			return http.StatusBadRequest, "An event already exists with identifier " + c.Identifier + "."
		}
	}
	return http.StatusOK, ""
}

package node

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// TestAlarmsAreTold: what stands still reaches the webhook once, signed, also if
// it fails at first; a webhook that is down holds nothing up.
func TestAlarmsAreTold(t *testing.T) {
	told := make(chan []byte, 8)
	fail := true // of the handler only, which is asked one thing at a time
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || fail {
			fail = false
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		told <- body
	}))
	defer hook.Close()
	o, cfg := shortHome(t, "alarmed"), defaultConfig()
	cfg.Policy, cfg.Alarms.Webhook = "builtin:default", hook.URL
	o.Config = cfg
	n, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopNode(t, n) })
	n.alarms.first = time.Millisecond
	for range 2 { // the second is no news
		n.alarms.raise(alarmChain, "devnet", "deep reorganisation")
	}
	channel := wire.Hash([]byte("c"))
	n.money.alarm(settlement.Alarm{Peer: did.DID(n.DID()), Channel: channel, Reason: "they differ"})
	n.money.alarm(settlement.Alarm{Peer: did.DID(n.DID()), Reason: "a voucher is not delivered"})
	if _, err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range [][2]string{{alarmChain, "devnet"}, {alarmChannel, channel.String()}, {alarmPayment, n.DID().String()}} {
		select {
		case body := <-told:
			var got alarmNotice
			if _, err := wire.OpenEnvelope(body, alarmSchema, &got, []wire.PublicKey{n.KernelKey()}, nil); err != nil || got.Kind != want[0] || got.Subject != want[1] || got.Node != n.DID().String() {
				t.Fatalf("%+v, %v", got, err)
			}
		case <-time.After(time.Minute):
			t.Fatal("no alarm arrived")
		}
	}
	full := newAlarms(n)
	for i := range 2 * alarmQueue { // nobody delivers: raise does not wait
		full.raise(alarmPayment, time.Duration(i).String(), "down")
	}
	if len(full.queue) != alarmQueue || len(told) != 0 {
		t.Fatalf("%d wait, %d told", len(full.queue), len(told))
	}
}

func TestAlarmsConfig(t *testing.T) {
	for hook, ok := range map[string]bool{"": true, "https://alarm.example/x": true, "http://127.0.0.1:80/x": true, "http://alarm.example/x": false, "ftp://x": false} {
		if err := (&AlarmsConfig{Webhook: hook}).validate(); (err == nil) != ok {
			t.Errorf("%q: %v", hook, err)
		}
	}
}

package stripe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	// SignatureHeader carries the time and the signatures of an event.
	SignatureHeader = "Stripe-Signature"
	// Tolerance is how far the time of a signature may be from ours, in seconds.
	Tolerance = 300

	maxSignatureHeader = 2048
	maxSignatures      = 8
)

// ErrSignature refuses an event that the endpoint's secret has not signed, or
// not now.
var ErrSignature = errors.New("event is not signed by Stripe for this endpoint")

// CheckSignature judges the header of an event over the bytes that came. Several
// secrets and several signatures are for their rotation: one pair is enough.
//
//	1 the header has one time and a signature of version 1
//	2 the time is within Tolerance, before or after
//	3 a secret makes a signature; every pair is compared, in constant time
func CheckSignature(header string, body []byte, secrets []string, now int64) error {
	at, given, err := parseSignature(header)
	if err != nil {
		return err
	}
	if at < now-Tolerance || at > now+Tolerance { // 2
		return fmt.Errorf("%w: signed at %d, now is %d: is the clock right?", ErrSignature, at, now)
	}
	good := false
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%d.", at)
		mac.Write(body)
		want := mac.Sum(nil)
		for _, sig := range given { // 3
			good = hmac.Equal(sig, want) || good
		}
	}
	if !good {
		return fmt.Errorf("%w: no signature fits", ErrSignature)
	}
	return nil
}

// Sign makes the header of an event, as Stripe does; for whoever plays Stripe.
func Sign(secret string, body []byte, at int64) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.", at)
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%x", at, mac.Sum(nil))
}

func parseSignature(header string) (at int64, given [][]byte, err error) {
	if len(header) > maxSignatureHeader {
		return 0, nil, fmt.Errorf("%w: header of %d bytes", ErrSignature, len(header))
	}
	times := 0
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			times++
			if at, err = strconv.ParseInt(value, 10, 64); err != nil || at <= 0 || value != strconv.FormatInt(at, 10) {
				return 0, nil, fmt.Errorf("%w: time %.24q", ErrSignature, value)
			}
		case "v1":
			if sig, err := hex.DecodeString(value); err == nil && len(sig) == sha256.Size {
				given = append(given, sig)
			}
		}
	}
	if times != 1 || len(given) == 0 || len(given) > maxSignatures { // 1
		return 0, nil, fmt.Errorf("%w: %d times, %d signatures of version 1", ErrSignature, times, len(given))
	}
	return at, given, nil
}

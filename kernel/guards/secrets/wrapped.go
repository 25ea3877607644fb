package secrets

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// minBlobBytes is the shortest run that is decoded: shorter ones cannot wrap a
// credential with the name that announces it.
const minBlobBytes = 32

// blobs calls fn for each run of base64 or hexadecimal characters that is long
// enough to wrap a secret, until fn answers false. It looks at every
// minBlobBytes-th byte only, and at the rest where that one belongs to a run.
func blobs(text string, fn func(at span) bool) {
	for i := minBlobBytes - 1; i < len(text); {
		if !blobSet[text[i]] {
			i += minBlobBytes
			continue
		}
		start := runBack(text, i, blobSet)
		stop := run(text, i, blobSet)
		// Lines of one blob: a break of at most two bytes between long runs.
		for stop-start >= 60 && stop+2 < len(text) && (text[stop] == '\n' || text[stop] == '\r') {
			again := stop + 1
			if text[again] == '\n' {
				again++
			}
			end := run(text, again, blobSet)
			if end == again {
				break
			}
			stop = end
		}
		if stop-start >= minBlobBytes && !fn(span{start, stop}) {
			return
		}
		i = stop + minBlobBytes
	}
}

// unwrap decodes a run that holds text, or answers "".
func unwrap(blob string) string {
	if strings.ContainsAny(blob, "\r\n") {
		blob = strings.NewReplacer("\r", "", "\n", "").Replace(blob)
	}
	if len(blob)%2 == 0 && run(blob, 0, hexDigits) == len(blob) {
		if b, err := hex.DecodeString(blob); err == nil && printable(b) {
			return string(b)
		}
		return ""
	}
	// The run may begin with something else, as in key=base64: try behind the
	// last sign that cannot be part of it.
	body := strings.TrimRight(blob, "=")
	if i := strings.LastIndexByte(body, '='); i >= 0 {
		body = body[i+1:]
	}
	if len(body) < minBlobBytes/2 || !mayHoldText(body) {
		return ""
	}
	enc := base64.RawStdEncoding
	if strings.ContainsAny(body, "-_") {
		enc = base64.RawURLEncoding
	}
	b, err := enc.DecodeString(body[:len(body)-len(body)%4])
	if err != nil || !printable(b) {
		return ""
	}
	if tail, err := enc.DecodeString(body[len(body)-len(body)%4:]); err == nil {
		b = append(b, tail...)
	}
	return string(b)
}

// mayHoldText decodes the first characters only: text is told from noise
// before anything is allocated.
func mayHoldText(body string) bool {
	var buf [24]byte
	head := []byte(body[:min(len(body)-len(body)%4, 32)])
	enc := base64.RawStdEncoding
	if strings.ContainsAny(body, "-_") {
		enc = base64.RawURLEncoding
	}
	n, err := enc.Decode(buf[:], head)
	return err == nil && printable(buf[:n])
}

// printable reports bytes that are text: no controls but blanks, and at most
// one byte in eight outside ASCII.
func printable(b []byte) bool {
	high := 0
	for _, c := range b {
		switch {
		case c >= 0x80:
			high++
		case c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f:
			return false
		}
	}
	return len(b) > 0 && high*8 <= len(b)
}

package prompt

import "unicode/utf8"

// The shortest runs that are decoded, and the shortest text kept of what comes
// out. What is shorter cannot carry an instruction.
const (
	minBase64  = 16 // characters
	minBase32  = 24
	minPairs   = 8 // hex pairs, character codes
	minEscapes = 2
	minText    = 8 // bytes
)

// decodings appends to dst what the encoded parts of raw say, each on its own
// line: base64 in both alphabets, and bytes written in hex, in decimal and in
// binary. Work and output are linear in raw.
func decodings(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		if !codeChar[c] {
			i++
			continue
		}
		end := codeEnd(raw, i)
		if end-i >= minBase64 && !allHex(raw[i:end]) {
			dst = unbase64(dst, raw[i:end])
		}
		if end-i >= minBase32 {
			dst = unbase32(dst, raw[i:end])
		}
		// Bytes written one by one may go on beyond this run.
		if (digit16[c] >= 0 || c == 'x') && i+1 < len(raw) && (digit16[raw[i+1]] >= 0 || raw[i+1]|0x20 == 'x') {
			var n int
			dst, n = codes(dst, raw[i:])
			end = max(end, i+n)
		}
		i = end
	}
	return dst
}

// codeChar are the characters of both base64 alphabets.
var codeChar = func() (t [256]bool) {
	for c := range t {
		t[c] = value64(byte(c)) >= 0
	}
	return t
}()

func value64(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}

// codeEnd returns the end of a run of base64, which may be wrapped in lines.
func codeEnd(raw []byte, i int) int {
	line := i
	for ; i < len(raw); i++ {
		switch c := raw[i]; {
		case codeChar[c]:
		case (c == '\n' || c == '\r') && i-line >= minBase64 && i+1 < len(raw):
			line = i + 1
		default:
			return i
		}
	}
	return i
}

// allHex reports whether a run is an identifier or digest rather than base64.
func allHex(run []byte) bool {
	for _, c := range run {
		if digit16[c] < 0 && c != '-' {
			return false
		}
	}
	return true
}

// unbase64 decodes a run at each of the four alignments, since what stands
// before the encoded text may be of the same alphabet.
func unbase64(dst, run []byte) []byte {
	for skip := range 4 {
		if skip >= len(run) {
			break
		}
		var keep keeper
		keep.dst = dst
		acc, bits := 0, 0
		for _, c := range run[skip:] {
			v := value64(c)
			if v < 0 {
				continue // a line's end
			}
			acc, bits = (acc<<6|v)&0xffffff, bits+6
			if bits >= 8 {
				bits -= 8
				keep.byte(byte(acc >> bits))
			}
		}
		dst = keep.end()
	}
	return dst
}

// unbase32 decodes a run of the upper-case alphabet of RFC 4648.
func unbase32(dst, run []byte) []byte {
	keep := keeper{dst: dst}
	acc, bits := 0, 0
	for _, c := range run {
		v := 0
		switch {
		case c >= 'A' && c <= 'Z':
			v = int(c - 'A')
		case c >= '2' && c <= '7':
			v = int(c-'2') + 26
		case c == '\n' || c == '\r':
			continue
		default:
			return keep.end()
		}
		acc, bits = (acc<<5|v)&0xffff, bits+5
		if bits >= 8 {
			bits -= 8
			keep.byte(byte(acc >> bits))
		}
	}
	return keep.end()
}

var digit16 = func() (t [256]int8) {
	for c := range t {
		t[c] = -1
	}
	for c := byte('0'); c <= '9'; c++ {
		t[c] = int8(c - '0')
	}
	for c := byte('a'); c <= 'f'; c++ {
		t[c], t[c-'a'+'A'] = int8(c-'a'+10), int8(c-'a'+10)
	}
	return t
}()

// codes decodes a row of bytes that begins raw, in whichever notation reads
// the most of them. It returns how much of raw they are.
func codes(dst, raw []byte) ([]byte, int) {
	best, length := dst, 0
	for _, read := range [...]func([]byte) (byte, int){hexPair, decimalCode, binaryCode} {
		var keep keeper
		keep.dst = dst
		i, count := 0, 0
		for {
			c, n := read(raw[i:])
			if n == 0 {
				break
			}
			keep.byte(c)
			count++
			i += n
			i += gap(raw[i:])
		}
		if out := keep.end(); count >= minPairs && len(out) > len(best) {
			best, length = append(best[:len(dst):len(dst)], out[len(dst):]...), i
		} else if count >= minPairs && length == 0 {
			length = i
		}
	}
	return best, length
}

// gap is the length of what stands between two codes.
func gap(b []byte) int {
	for n := range 3 {
		if n == len(b) {
			return n
		}
		switch b[n] {
		case ' ', ',', ':', ';', '\n', '-', '\\', '%', '&', '#':
		default:
			return n
		}
	}
	return min(3, len(b))
}

func hexPair(b []byte) (byte, int) {
	at := 0
	if len(b) > 1 && b[0] == '0' && b[1]|0x20 == 'x' {
		at = 2
	} else if len(b) > 0 && b[0]|0x20 == 'x' {
		at = 1
	}
	if len(b) < at+2 || digit16[b[at]] < 0 || digit16[b[at+1]] < 0 {
		return 0, 0
	}
	return byte(digit16[b[at]]<<4 | digit16[b[at+1]]), at + 2
}

func decimalCode(b []byte) (byte, int) {
	v, n := 0, 0
	for n < len(b) && n < 3 && b[n] >= '0' && b[n] <= '9' {
		v = v*10 + int(b[n]-'0')
		n++
	}
	if n < 2 || v > 126 || v < 32 && v != 10 && v != 13 || n < len(b) && codeChar[b[n]] && b[n] != '-' {
		return 0, 0
	}
	return byte(v), n
}

func binaryCode(b []byte) (byte, int) {
	if len(b) < 8 {
		return 0, 0
	}
	v := byte(0)
	for _, c := range b[:8] {
		if c != '0' && c != '1' {
			return 0, 0
		}
		v = v<<1 | (c - '0')
	}
	return v, 8
}

// keeper keeps the parts of decoded bytes that read as text.
type keeper struct {
	dst   []byte
	run   int // length of the text at the end of dst
	words int // letters and spaces of it
}

func (k *keeper) byte(c byte) {
	switch {
	case c == 0: // UTF-16 has one beside every letter
		return
	case c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7f:
		k.cut()
		return
	case c >= utf8.RuneSelf, c == ' ', c|0x20 >= 'a' && c|0x20 <= 'z':
		k.words++
	}
	k.dst = append(k.dst, c)
	k.run++
}

// cut ends a text: what is too short or is mostly no letters is dropped.
func (k *keeper) cut() {
	if k.run < minText || k.words*4 < k.run*3 {
		k.dst = k.dst[:len(k.dst)-k.run]
	} else {
		k.dst = append(k.dst, '\n')
	}
	k.run, k.words = 0, 0
}

func (k *keeper) end() []byte {
	k.cut()
	return k.dst
}

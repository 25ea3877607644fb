package network

import (
	"net/netip"
	"strings"
)

// endsInNumber reports a host that resolvers take for an IPv4 address: its
// last label is a number in decimal or hexadecimal. The host is canonical.
func endsInNumber(s string) bool {
	last := s[strings.LastIndexByte(s, '.')+1:]
	if last == "" || last[0] < '0' || last[0] > '9' {
		return false
	}
	if digits(last) {
		return true
	}
	if !strings.HasPrefix(last, "0x") {
		return false
	}
	for i := 2; i < len(last); i++ {
		if unhex(last[i]) > 15 {
			return false
		}
	}
	return true
}

// parseIPv4 reads every form that inet_aton reads: one to four parts in
// decimal, octal or hexadecimal, the last of which fills what is left.
func parseIPv4(s string) (netip.Addr, error) {
	var parts [4]uint64
	n := 0
	for part := range strings.SplitSeq(s, ".") {
		if n == len(parts) {
			return netip.Addr{}, hostError("a number with more than four parts is no address")
		}
		v, err := parsePart(part)
		if err != nil {
			return netip.Addr{}, err
		}
		parts[n] = v
		n++
	}
	var v uint64
	for i := range n - 1 {
		if parts[i] > 255 {
			return netip.Addr{}, hostError("a part of the address is over 255")
		}
		v |= parts[i] << (24 - 8*i)
	}
	if last := parts[n-1]; last < 1<<(8*(5-n)) {
		v |= last
		return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), nil
	}
	return netip.Addr{}, hostError("the last part of the address is too large")
}

// parsePart reads one number. A leading zero is octal to some and decimal to
// others: both must agree.
func parsePart(s string) (uint64, error) {
	if strings.HasPrefix(s, "0x") {
		return number(s[2:], 16)
	}
	v, err := number(s, 10)
	if err == nil && len(s) > 1 && s[0] == '0' {
		if octal, err := number(s, 8); err != nil || octal != v {
			return 0, hostError("a part of the address reads differently in octal and in decimal")
		}
	}
	return v, err
}

// number reads digits of a base; none are zero, as in "0x".
func number(s string, base uint64) (uint64, error) {
	var v uint64
	for i := range len(s) {
		d := uint64(unhex(s[i]))
		if d >= base {
			return 0, hostError("a part of the address is not a number")
		}
		if v = v*base + d; v > 1<<32-1 {
			return 0, hostError("a part of the address is over 32 bits")
		}
	}
	return v, nil
}

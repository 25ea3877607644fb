package secrets

import (
	"net/netip"
	"strings"
)

// personal calls fn for each identity number, payment card, bank account,
// address of mail, telephone number and private address in a text, until fn
// answers false. Each is checked by the rules of its kind, so that an order
// number is not taken for a card.
func personal(name, text string, fn func(id string, at span) bool) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '@':
			if at, ok := email(text, i); ok {
				if !fn("email", at) {
					return
				}
				i = at.end - 1
			}
			continue
		case c >= '0' && c <= '9' || c == '+' || c == '(':
		case c >= 'A' && c <= 'Z' || c == 'f':
		default:
			continue
		}
		if is(alnum, text, i-1) || is(set1Dot, text, i-1) && is(alnum, text, i-2) {
			continue
		}
		if id, at, ok := numbered(name, text, i); ok {
			if !fn(id, at) {
				return
			}
			i = at.end - 1
		}
	}
}

// numbered judges what begins at i.
func numbered(name, text string, i int) (string, span, bool) {
	switch c := text[i]; {
	case c >= 'A' && c <= 'Z':
		if at, ok := iban(text, i); ok {
			return "iban", at, true
		}
		if c == 'F' {
			at, ok := privateIPv6(text, i)
			return "private_ip", at, ok
		}
	case c == 'f':
		at, ok := privateIPv6(text, i)
		return "private_ip", at, ok
	case c == '+' || c == '(':
		at, ok := phone(text, i)
		return "phone", at, ok
	default:
		if at, ok := privateIPv4(text, i); ok {
			return "private_ip", at, true
		}
		if at, ok := ssn(name, text, i); ok {
			return "us_ssn", at, true
		}
		if at, ok := card(text, i); ok {
			return "payment_card", at, true
		}
		at, ok := phone(text, i)
		return "phone", at, ok
	}
	return "", span{}, false
}

var (
	localSet  = set("A-Za-z0-9._%+\x2d")
	domainSet = set("A-Za-z0-9.\x2d")
)

// email: a name, @, and a domain with a dot and a top level of letters.
func email(text string, at int) (span, bool) {
	from := max(0, at-64)
	start := from + runBack(text[from:], at-from, localSet)
	stop := run(text[:min(len(text), at+254)], at+1, domainSet)
	for stop > at && (text[stop-1] == '.' || text[stop-1] == '-') {
		stop--
	}
	domain := text[at+1 : max(stop, at+1)]
	dot := strings.LastIndexByte(domain, '.')
	if start == at || dot < 1 || len(domain)-dot-1 < 2 || run(domain, dot+1, lettersSet) != len(domain) {
		return span{}, false
	}
	for start < at && text[start] == '.' {
		start++
	}
	return span{start, stop}, start < at
}

// numberRun reads up to most digits with single separators between them, "" if
// there are fewer than nine.
func numberRun(text string, i, most int, separators string) (number string, end int) {
	var buf [20]byte
	n := 0
	for j := i; j < len(text) && n < most; j++ {
		c := text[j]
		if c >= '0' && c <= '9' {
			buf[n] = c
			n++
			end = j + 1
			continue
		}
		if j == i || strings.IndexByte(separators, c) < 0 || j+1 >= len(text) || text[j+1] < '0' || text[j+1] > '9' {
			break
		}
	}
	if n < 9 {
		return "", end // shorter than anything that is looked for
	}
	return string(buf[:n]), end
}

// card: 13 to 19 digits, in groups or not, of a known scheme, with a right
// check digit.
func card(text string, i int) (span, bool) {
	number, end := numberRun(text, i, 20, " -")
	if len(number) < 13 || len(number) > 19 || is(alnum, text, end) || fewDistinct(number) && number[0] == number[1] && number[1] == number[2] {
		return span{}, false
	}
	if !strings.ContainsRune("23456", rune(number[0])) || !luhn(number) {
		return span{}, false
	}
	return span{i, end}, scheme(number)
}

// scheme reports the length and first digits of a card scheme.
func scheme(n string) bool {
	two := int(n[0]-'0')*10 + int(n[1]-'0')
	switch {
	case n[0] == '4':
		return len(n) == 13 || len(n) == 16 || len(n) == 19
	case two >= 51 && two <= 55 || two >= 22 && two <= 27:
		return len(n) == 16
	case two == 34 || two == 37:
		return len(n) == 15
	case two == 35:
		return len(n) >= 16
	case two == 30 || two == 36 || two == 38 || two == 39:
		return len(n) >= 14
	case two == 60 || two == 62 || two == 64 || two == 65:
		return len(n) >= 16
	}
	return false
}

func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// ssn: area, group and serial in the ranges that are given out, written with
// dashes or blanks; without, where the member's name says what it is.
func ssn(name, text string, i int) (span, bool) {
	end := i + 11
	var d string
	if end <= len(text) && (text[i+3] == '-' || text[i+3] == ' ') && text[i+6] == text[i+3] {
		d = text[i:i+3] + text[i+4:i+6] + text[i+7:end]
	} else {
		var buf [64]byte
		end = i + 9
		if end > len(text) || len(name) > 64 || !announces(lowered(name, buf[:0]), ssnNames) {
			return span{}, false
		}
		d = text[i:end]
	}
	if run(d, 0, digits) != 9 || is(alnum, text, end) || is(set8Dash, text, end) && is(digits, text, end+1) {
		return span{}, false
	}
	area := d[:3]
	return span{i, end}, area != "000" && area != "666" && area[0] != '9' && d[3:5] != "00" && d[5:] != "0000"
}

var (
	ssnNames = []string{"ssn", "social_security", "socialsecurity", "social-security"}
	set8Dash = set("\x2d")
)

// iban: country, check digits, 11 to 30 letters and digits, modulo 97.
func iban(text string, i int) (span, bool) {
	if i+15 > len(text) || text[i+1] < 'A' || text[i+1] > 'Z' || !digits[text[i+2]] || !digits[text[i+3]] {
		return span{}, false
	}
	var buf [34]byte
	n, end := 0, i
	for j := i; j < len(text) && n < len(buf); j++ {
		switch {
		case upperNum[text[j]]:
			buf[n] = text[j]
			n++
			end = j + 1
			continue
		case text[j] == ' ' && j+1 < len(text) && upperNum[text[j+1]]:
			if mod97(buf[:n]) && n >= 15 && (j-i)%5 != 4 {
				return span{i, end}, true
			}
			continue
		}
		break
	}
	for ; n >= 15; n-- { // what follows may be no part of it
		if mod97(buf[:n]) {
			return span{i, end}, true
		}
		if text[end-1] == ' ' || end < i+15 {
			break
		}
		end--
		for end > i && text[end-1] == ' ' {
			end--
		}
		if is(upperNum, text, end) {
			break // in the middle of a group
		}
	}
	return span{}, false
}

func mod97(b []byte) bool {
	if len(b) < 15 {
		return false
	}
	rest := 0
	for k := range b {
		c := b[(k+4)%len(b)]
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}

// phone is conservative: an international number with its plus sign, or ten
// digits written as numbers of North America are, (555) 010-0199.
func phone(text string, i int) (span, bool) {
	switch {
	case text[i] == '+':
		number, end := numberRun(text, i+1, 16, " -.()")
		if number == "" {
			return span{}, false
		}
		return span{i, end}, len(number) <= 15 && number[0] != '0' && !is(alnum, text, end) && strings.IndexAny(text[i:end], " -.()") > 0 ||
			len(number) >= 11 && len(number) <= 13 && number[0] != '0' && !is(alnum, text, end)
	case text[i] == '(':
		if i+14 > len(text) || text[i+4] != ')' || text[i+5] != ' ' || text[i+9] != '-' {
			return span{}, false
		}
		ok := run(text, i+1, digits) == i+4 && run(text, i+6, digits) == i+9 && run(text, i+10, digits) == i+14
		return span{i, i + 14}, ok && text[i+1] >= '2'
	default:
		if i+12 > len(text) || text[i+3] != '-' || text[i+7] != '-' || is(alnum, text, i+12) || is(set8Dash, text, i+12) || is(set8Dash, text, i-1) {
			return span{}, false
		}
		ok := run(text, i, digits) == i+3 && run(text, i+4, digits) == i+7 && run(text, i+8, digits) == i+12
		return span{i, i + 12}, ok && text[i] >= '2' && text[i+4] >= '2'
	}
}

var (
	ipv4Set = set("0-9.")
	ipv6Set = set("0-9a-fA-F:")
)

func privateIPv4(text string, i int) (span, bool) {
	stop := run(text[:min(len(text), i+16)], i, ipv4Set)
	for stop > i && text[stop-1] == '.' {
		stop--
	}
	if stop-i < 7 || is(alnum, text, stop) {
		return span{}, false
	}
	ip, err := netip.ParseAddr(text[i:stop])
	return span{i, stop}, err == nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

func privateIPv6(text string, i int) (span, bool) {
	stop := run(text[:min(len(text), i+46)], i, ipv6Set)
	if stop-i < 6 || is(alnum, text, stop) || strings.Count(text[i:stop], ":") < 2 || is(set9Colon, text, i-1) {
		return span{}, false
	}
	ip, err := netip.ParseAddr(text[i:stop])
	return span{i, stop}, err == nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

var set9Colon = set(":")

package vc

import (
	"fmt"
	"strings"
	"time"
)

// layout is RFC 3339 in UTC with whole seconds, the only spelling we write.
const layout = "2006-01-02T15:04:05Z"

// Time is unix seconds; in JSON "2026-01-02T03:04:05Z".
type Time int64

func (t Time) String() string { return time.Unix(int64(t), 0).UTC().Format(layout) }

// MarshalText writes the RFC 3339 form; years outside 0 to 9999 have none.
func (t Time) MarshalText() ([]byte, error) {
	s := t.String()
	if len(s) != len(layout) {
		return nil, fmt.Errorf("%w: time %d has no RFC 3339 form", ErrMalformed, int64(t))
	}
	return []byte(s), nil
}

// UnmarshalText parses it.
func (t *Time) UnmarshalText(b []byte) error {
	i, err := parseInstant(string(b))
	if err != nil || !i.plain {
		return fmt.Errorf("%w: time %.40q: write UTC whole seconds, %s", ErrMalformed, b, layout)
	}
	*t = i.floor()
	return nil
}

// instant is a time as somebody wrote it.
type instant struct {
	seconds  int64
	fraction string // decimal digits of a second, without trailing zeros
	plain    bool   // UTC whole seconds, as we write them
}

const maxFraction = 24 // digits of a fraction of a second

// parseInstant reads an XML Schema 1.1 dateTimeStamp of the years 0001 to
// 9999: RFC 3339 with an offset of at most 14 hours, without leap seconds.
func parseInstant(s string) (instant, error) {
	const whole = len("2006-01-02T15:04:05")
	if len(s) <= whole || len(s) > whole+1+maxFraction+len("+00:00") {
		return instant{}, errInstant(s)
	}
	base, ok := civil(s[:whole])
	if !ok {
		return instant{}, errInstant(s)
	}
	fraction, rest := "", s[whole:]
	if rest[0] == '.' {
		n := 1
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
		if n == 1 || n > maxFraction+1 {
			return instant{}, errInstant(s)
		}
		fraction, rest = strings.TrimRight(rest[1:n], "0"), rest[n:]
	}
	var offset int64
	offset, ok = parseOffset(rest)
	if !ok {
		return instant{}, errInstant(s)
	}
	return instant{base - offset, fraction, len(s) == whole+1 && s[whole] == 'Z'}, nil
}

// civil reads yyyy-mm-ddThh:mm:ss of the years 0001 to 9999, in UTC.
func civil(s string) (seconds int64, ok bool) {
	for i := range len(s) {
		if sep := "    -  -  T  :  :  "[i]; sep == ' ' && !isDigit(s[i]) || sep != ' ' && s[i] != sep {
			return 0, false
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	year, month, day := two(0)*100+two(2), time.Month(two(5)), two(8)
	hour, minute, second := two(11), two(14), two(17)
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	// What is no date becomes another one.
	return t.Unix(), year > 0 && t.Month() == month && t.Day() == day && hour < 24 && minute < 60 && second < 60
}

func errInstant(s string) error {
	return fmt.Errorf("%.40q is not a time with an offset, such as %s", s, layout)
}

// parseOffset reads Z or ±hh:mm, up to 14:00, in seconds.
func parseOffset(s string) (int64, bool) {
	if s == "Z" {
		return 0, true
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' ||
		!isDigit(s[1]) || !isDigit(s[2]) || !isDigit(s[4]) || !isDigit(s[5]) {
		return 0, false
	}
	hours, minutes := int64(s[1]-'0')*10+int64(s[2]-'0'), int64(s[4]-'0')*10+int64(s[5]-'0')
	if minutes > 59 || hours*60+minutes > 14*60 {
		return 0, false
	}
	seconds := (hours*60 + minutes) * 60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// floor and ceil are the whole seconds on either side. A window is cut to the
// whole seconds inside it: the beginning is rounded up, the end down.
func (i instant) floor() Time { return Time(i.seconds) }

func (i instant) ceil() Time {
	if i.fraction != "" {
		return Time(i.seconds + 1)
	}
	return Time(i.seconds)
}

// after reports whether i lies after j. Fractions are compared as text: digits
// after the point, without trailing zeros.
func (i instant) after(j instant) bool {
	return i.seconds > j.seconds || i.seconds == j.seconds && i.fraction > j.fraction
}

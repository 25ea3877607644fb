package network

import "strings"

// label is one label of a pattern.
type label struct {
	many bool   // "**": any number of labels, none included
	text string // with "*" for any run and "?" for one character of the label
}

// matchLabels matches the labels of a name, "" for none. Only the last "**" is
// ever retried.
func matchLabels(pattern []label, name string) bool {
	next, at, star, retry := 0, 0, -1, 0
	for at < len(name) {
		if next < len(pattern) && pattern[next].many {
			star, retry = next, at
			next++
			continue
		}
		text, after := cutLabel(name, at)
		if next < len(pattern) && matchText(pattern[next].text, text) {
			next, at = next+1, after
			continue
		}
		if star < 0 {
			return false
		}
		_, retry = cutLabel(name, retry)
		next, at = star+1, retry
	}
	for next < len(pattern) && pattern[next].many {
		next++
	}
	return next == len(pattern)
}

func cutLabel(name string, at int) (text string, after int) {
	if i := strings.IndexByte(name[at:], '.'); i >= 0 {
		return name[at : at+i], at + i + 1
	}
	return name[at:], len(name)
}

// matchText matches one label; only the last "*" is retried.
func matchText(pattern, s string) bool {
	next, at, star, retry := 0, 0, -1, 0
	for at < len(s) {
		switch {
		case next < len(pattern) && pattern[next] == '*':
			star, retry = next, at
			next++
		case next < len(pattern) && (pattern[next] == '?' || pattern[next] == s[at]):
			next, at = next+1, at+1
		case star < 0:
			return false
		default:
			retry++
			next, at = star+1, retry
		}
	}
	for next < len(pattern) && pattern[next] == '*' {
		next++
	}
	return next == len(pattern)
}

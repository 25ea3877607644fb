package mcp

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// The bounds of what a child may print.
const (
	stderrLineBytes      = 4096
	stderrLinesPerSecond = 50
)

// relayLines hands each line of r to emit, cut at stderrLineBytes and limited
// to stderrLinesPerSecond; what is over is counted and told in one line. It
// always reads to the end, so that the child never blocks on what it prints.
func relayLines(r io.Reader, emit func(string), now func() time.Time) {
	if emit == nil {
		_, _ = io.Copy(io.Discard, r)
		return
	}
	lines := bufio.NewReaderSize(r, stderrLineBytes)
	window, printed, suppressed := now(), 0, 0
	for {
		line, more, err := lines.ReadLine()
		if err != nil {
			break
		}
		text := printable(string(line))
		for more && err == nil { // the rest of a long line is dropped
			_, more, err = lines.ReadLine()
		}
		if t := now(); t.Sub(window) >= time.Second {
			window, printed = t, 0
			if suppressed > 0 {
				emit(fmt.Sprintf("%d lines suppressed", suppressed))
				suppressed = 0
			}
		}
		if printed++; printed > stderrLinesPerSecond {
			suppressed++
			continue
		}
		emit(text)
	}
	if suppressed > 0 {
		emit(fmt.Sprintf("%d lines suppressed", suppressed))
	}
}

// printable keeps a hostile server from driving the operator's terminal: what
// is no text, control and format characters with it, becomes U+FFFD.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(line, "\uFFFD"))
}

package code

import (
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guard"
)

// asksNetwork reports an argument that switches the network on. Anything but
// false, zero, null and their spellings does.
func asksNetwork(a *guard.Action) bool {
	for _, name := range [...]string{
		"network_access", "networkAccess", "allow_network", "allowNetwork", "network", "enable_network", "enableNetwork",
		"network_enabled", "networkEnabled", "internet", "internet_access", "internetAccess", "allow_internet", "allowInternet",
	} {
		raw := a.Arg(name)
		if len(raw) == 0 {
			continue
		}
		switch strings.ToLower(strings.Trim(string(raw), `"`)) {
		case "false", "0", "null", "", "none", "no", "off", "disabled", "{}", "[]":
		default:
			return true
		}
	}
	return false
}

// asksTime compares every member that sets a limit of time. A plain "timeout"
// is in seconds, as most tools have it: the reading that is longer.
func asksTime(a *guard.Action, limit int64) string {
	for _, m := range [...]struct {
		name string
		unit int64 // milliseconds
	}{
		{"execution_time_ms", 1}, {"executionTimeMs", 1}, {"timeout_ms", 1}, {"timeoutMs", 1}, {"timeoutMillis", 1}, {"timeout_millis", 1},
		{"max_execution_time_ms", 1}, {"maxExecutionTimeMs", 1}, {"time_limit_ms", 1}, {"timeLimitMs", 1},
		{"timeout", 1000}, {"timeout_seconds", 1000}, {"timeoutSeconds", 1000}, {"timeout_secs", 1000}, {"timeout_sec", 1000}, {"timeout_s", 1000},
		{"execution_time", 1000}, {"max_execution_time", 1000}, {"maxExecutionTime", 1000}, {"time_limit", 1000}, {"timeLimit", 1000},
		{"time_limit_seconds", 1000}, {"max_execution_seconds", 1000}, {"timeout_minutes", 60_000}, {"timeoutMinutes", 60_000},
	} {
		raw := string(a.Arg(m.name))
		if raw == "" || raw == "null" {
			continue
		}
		n, ok := whole(strings.Trim(raw, `"`))
		switch {
		case !ok:
			return "the argument " + m.name + " is not a plain number"
		case n > limit/m.unit:
			return "the argument " + m.name + " is over the limit of " + strconv.FormatInt(limit, 10) + " ms"
		}
	}
	return ""
}

// whole reads a decimal number of at least 0, rounded up.
func whole(text string) (int64, bool) {
	head, tail, fraction := strings.Cut(text, ".")
	if head == "" || len(head) > 18 || strings.Trim(head, "0123456789") != "" || strings.Trim(tail, "0123456789") != "" || fraction && tail == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(head, 10, 64)
	if err != nil {
		return 0, false
	}
	if strings.Trim(tail, "0") != "" {
		n++
	}
	return n, true
}

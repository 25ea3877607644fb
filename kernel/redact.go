package kernel

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// The bounds of a parameter summary.
const (
	summaryStringBytes = 256
	redactedText       = "[redacted]"
)

// summarize returns what a receipt shows of the arguments by default: values
// under secret-like keys and secret-looking values are masked, and a string
// over 256 bytes is replaced by {sha256, length}; what the configured masker
// finds in the rest, names included, is hidden; nil if there is no summary, as
// of arguments too deep, or in which the masker finds something that is in no
// single member. The real arguments are bound by args_sha256.
func (k *Kernel) summarize(args wire.Raw) wire.Raw {
	if len(args) <= summaryStringBytes && !mayHoldSecret(args) {
		if text := string(args); k.mask("", text) == text {
			return args
		}
	}
	dec := json.NewDecoder(bytes.NewReader(args))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil
	}
	out, err := wire.Marshal(k.summarizeValue("", v))
	if err != nil {
		return nil
	}
	if text := string(out); k.mask("", text) != text {
		return nil
	}
	return out
}

func (k *Kernel) summarizeValue(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if secretKey(key) {
			return redactedText
		}
		out := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) { // names that look alike once masked keep one order
			member, at := v[name], name
			if label, ok := v["name"].(string); ok && name == "value" {
				at = label // {"name": "DB_PASSWORD", "value": "…"}
			}
			out[free(out, k.mask("", name))] = k.summarizeValue(at, member)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = k.summarizeValue(key, e)
		}
		return out
	case json.Number:
		if secretKey(key) {
			return redactedText
		}
		return wire.Raw(v.String())
	case string:
		return k.summarizeString(key, v)
	default:
		return v
	}
}

// free is the name under which a masked member is shown: none is lost because
// two look alike once masked.
func free(taken map[string]any, masked string) string {
	shown := masked
	for n := 2; ; n++ {
		if _, used := taken[shown]; !used {
			return shown
		}
		shown = masked + "#" + strconv.Itoa(n)
	}
}

func (k *Kernel) summarizeString(key, s string) any {
	if secretKey(key) || secretValue(s) {
		return redactedText
	}
	if len(s) > summaryStringBytes {
		return digested{wire.Hash([]byte(s)), len(s)}
	}
	return k.mask(key, s)
}

// digested stands for something too long to repeat.
type digested struct {
	SHA256 wire.Digest `json:"sha256"`
	Length int         `json:"length"` // bytes
}

// secretMarks are the key fragments and value prefixes that are masked whatever
// masker is configured. This is a courtesy to whoever reads receipts, not a
// guard: secret-leak is.
var (
	secretKeyMarks   = []string{"password", "passwd", "secret", "token", "api_key", "apikey", "authorization", "credential", "private_key"}
	secretValueMarks = []string{"AKIA", "ghp_", "ghs_", "github_pat_", "glpat-", "sk-", "xoxb-", "xoxp-", "sk_live_", "rk_live_", "npm_", "-----BEGIN", "Bearer ", "eyJ"}
)

func mayHoldSecret(args []byte) bool {
	for _, m := range secretValueMarks {
		if bytes.Contains(args, []byte(m)) {
			return true
		}
	}
	lower := bytes.ToLower(args)
	for _, m := range secretKeyMarks {
		if bytes.Contains(lower, []byte(m)) {
			return true
		}
	}
	return false
}

func secretKey(key string) bool {
	key = strings.ToLower(key)
	for _, m := range secretKeyMarks {
		if strings.Contains(key, m) {
			return true
		}
	}
	return false
}

func secretValue(s string) bool {
	for _, m := range secretValueMarks {
		if strings.Contains(s, m) {
			return true
		}
	}
	return false
}

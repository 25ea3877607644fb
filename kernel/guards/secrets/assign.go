package secrets

import "strings"

// assignments lists the detectors of named values: a name that announces a
// secret, something that assigns, and a value that could be one.
func assignments() []detector {
	return []detector{
		{id: "aws_secret_key", words: []string{"aws_secret", "secret_access_key", "secretaccesskey", "secret-access-key", "aws_sec", "awssecret"}, find: valueOf(awsSecret)},
		{id: "npm_auth", words: []string{"_authtoken", "_auth"}, find: valueOf(opaque)},
		{id: "generic_secret", words: []string{"passw", "passwd", "pwd", "passphrase", "secret", "password", "_pass", "dbpass", "userpass", "psk", "pass"}, find: valueOf(chosen)},
		{id: "generic_api_key", words: []string{"api_key", "apikey", "api-key", "api key", "access_key", "accesskey", "access-key", "access key", "auth_key", "authkey", "auth-key",
			"private_key", "privatekey", "private-key", "encryption_key", "encryptionkey", "signing_key", "signingkey", "signing-key", "master_key", "masterkey", "account_key", "app_key", "appkey",
			"license_key", "service_key", "license-key", "session_key", "_key", "token", "credential", "auth_code", "clientsecret", "webhook_secret", "signature_key", "sessionid", "session_id", "_pat", "_sid", "_auth", "licence", "pat:"}, find: valueOf(opaque)},
		{id: "authorization_header", words: []string{"bearer", "ssws", "basic", "x-api-key", "x-auth-token", "x-vault-token", "private-token", "authorization"}, find: findHeader, reach: 2048},
		{id: "cookie", words: []string{"cookie"}, find: findCookie, reach: 2048},
	}
}

// valueOf finds an assignment whose value satisfies judge. The span is the
// value alone.
func valueOf(judge func(v value) bool) func(string, int, int) (span, bool) {
	return func(text string, _, end int) (span, bool) {
		at, v, ok := assignment(text, end)
		return at, ok && judge(v)
	}
}

// value is what is assigned, as written.
type value struct {
	text   string
	quoted bool
	spaced bool // only blanks stand between name and value
}

// maxNameTail bounds what may follow an announcing word within a name.
const maxNameTail = 40

// assigned is assignment without judgement of the value.
func assigned(text string, end int) (span, bool) {
	at, _, ok := assignment(text, end)
	return at, ok
}

// assignment reads, behind the announcing word that ends at end:
//
//  1. the rest of the name, and what closes it: quotes, a bracket, blanks
//  2. what assigns: = : := => == ? > (of a tag) "is", or blanks
//  3. a type or a wrapping quote
//  4. the value, to its closing quote or to the end of the word
func assignment(text string, end int) (span, value, bool) {
	i := run(text[:min(len(text), end+maxNameTail+1)], end, nameTail) // 1
	if i-end > maxNameTail {
		return span{}, value{}, false
	}
	for i < len(text) && (text[i] == '"' || text[i] == '\'' || text[i] == '`' || text[i] == ']' || text[i] == '\\' || text[i] == '*') {
		i++
	}
	j := valueMember(text, blanks(text, i))
	v := value{}
	op := j
	for op < len(text) && op < j+3 && strings.IndexByte("=:>?~", text[op]) >= 0 { // 2
		op++
	}
	switch {
	case op > j:
		j = op
	case j > i && (strings.HasPrefix(text[j:], "is ") || strings.HasPrefix(text[j:], "as ")):
		j += 3
		v.spaced = true
	case j < len(text) && text[j] == ',' && j > 0 && (text[j-1] == '"' || text[j-1] == '\''): // ("password", "…")
		j++
		v.spaced = true
	case j > i:
		v.spaced = true
	default:
		return span{}, value{}, false
	}
	j = blanks(text, j)
	for j < len(text) && (text[j] == '\\' || text[j] == '(' || text[j] == '[' && is(quotes, text, j+1)) {
		j++
	}
	if j >= len(text) {
		return span{}, value{}, false
	}
	if j+1 < len(text) && quotes[text[j+1]] && strings.IndexByte("bruf@L", text[j]) >= 0 { // 3: b"…", r"…"
		j++
	}
	if c := text[j]; quotes[c] { // 4
		v.quoted = true
		for j < len(text) && text[j] == c {
			j++
		}
		stop := j
		for stop < len(text) && text[stop] != c && text[stop] != '\n' {
			stop++
		}
		if stop < len(text) && stop > j && text[stop-1] == '\\' {
			stop--
		}
		v.text = text[j:stop]
		return span{j, stop}, v, stop > j
	}
	stop := j
	for stop < len(text) && !valueEnd[text[stop]] {
		stop++
	}
	v.text = text[j:stop]
	return span{j, stop}, v, stop > j
}

// valueMember skips to the value where name and value are members of one
// object or attributes of one tag: "name": "DB_PASSWORD", "value": "…".
func valueMember(text string, i int) int {
	j := i
	for j < len(text) && j < i+40 && (text[j] == ',' || text[j] == ' ' || text[j] == '\n' || text[j] == '\t' || text[j] == '\r' || quotes[text[j]] || text[j] == '\\') {
		j++
	}
	const member = "value"
	if j == 0 || alnum[text[j-1]] || len(text)-j <= len(member) || !equalFold(text[j:j+len(member)], member) {
		return i
	}
	j += len(member)
	for j < len(text) && (quotes[text[j]] || text[j] == '\\') {
		j++
	}
	if k := blanks(text, j); k < len(text) && (text[k] == ':' || text[k] == '=') {
		return k
	}
	return i
}

func equalFold(s, low string) bool {
	for i := range len(s) {
		if fold(s[i]) != low[i] {
			return false
		}
	}
	return true
}

var (
	nameTail = set("A-Za-z0-9_.\x2d")
	quotes   = set("\"'`")
	valueEnd = func() *class {
		c := set(" \t\r\n,;<>\"'`|\\)}]")
		c['&'] = true
		c[0] = true
		return c
	}()
)

func blanks(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	return i
}

// named judges a value by the name of the member that holds it: the pair is
// read as the assignment that it is.
func (e *engine) named(name, v string) (string, bool) {
	if len(v) < minSecretBytes || len(name) == 0 || len(name) > 128 {
		return "", false
	}
	var buf [128]byte
	low := lowered(name, buf[:0])
	switch {
	case announces(low, awsNames):
		if awsSecret(value{text: v, quoted: true}) {
			return "aws_secret_key", true
		}
		fallthrough
	case announces(low, chosenNames) && !describes(low):
		if chosen(value{text: v, quoted: true}) {
			return "generic_secret", true
		}
	}
	if announces(low, opaqueNames) && opaque(value{text: v, quoted: true}) {
		return "generic_api_key", true
	}
	if authNames(low) {
		if _, ok := credential(v); ok {
			return "authorization_header", true
		}
	}
	return "", false
}

var (
	awsNames    = []string{"secret_access_key", "secretaccesskey", "aws_secret"}
	chosenNames = []string{"passw", "passwd", "pwd", "passphrase", "secret"}
	opaqueNames = []string{"key", "token", "credential", "auth", "session", "secret"}
)

func authNames(low string) bool {
	return low == "authorization" || low == "proxy-authorization" || low == "auth" || low == "cookie" || low == "set-cookie"
}

// describes reports a name that is about a secret and does not hold one.
func describes(low string) bool {
	for _, s := range [...]string{"_name", "name", "_id", "_ref", "_path", "_file", "_policy", "_length", "_hint", "_url", "_arn", "_type", "_field", "_env"} {
		if strings.HasSuffix(low, s) {
			return true
		}
	}
	return false
}

func announces(low string, words []string) bool {
	for _, w := range words {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

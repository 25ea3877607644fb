package secrets

import "strings"

// lines lists the credentials that are known by the line they stand in: of a
// command, of a password file, of a wallet.
func lines() []detector {
	return []detector{
		{id: "command_password", words: []string{" -p", " -w ", " -u ", "--user ", " -a "}, find: findFlag},
		{id: "pgpass", words: []string{":5432:", ":5433:", ":6432:", ":*:"}, find: findPgpass},
		{id: "password_hash", words: []string{"$apr1$", "$6$", "$5$", "$1$", "$2a$", "$2b$", "$2y$", "$y$", "$7$", "$argon2", "$pbkdf2", "$scrypt$", "{ssha}", "pbkdf2_sha256$"}, find: findHash},
		{id: "vault_token", words: []string{"vault"}, find: findLegacyVault},
		{id: "wallet_key", words: []string{"wif", "wallet", "privkey", "private key", "priv key"}, find: findWallet},
		{id: "jwk_private", words: []string{`"kty"`, `'kty'`}, find: findJWK, reach: 4096},
		{id: "docker_auth", words: []string{"auth\"", "auth'", "auth:", "auth =", "auth="}, find: findAuth},
		{id: "query_code", words: []string{"?code=", "&code=", "x-functions-key"}, find: findCode},
		{id: "seed_phrase", words: []string{"mnemonic", "seed phrase", "recovery phrase", "seed words"}, find: findMnemonic},
	}
}

// commandsWith take a password behind the flag.
var commandsWith = map[byte][]string{
	'p': {"mysql", "maria", "sshpass", "7z ", "7za", "unrar", "zip ", "mongo", "sqlcmd", "docker login", "podman login", "htpasswd", "influx", "expect", "rar ", "-p "},
	'w': {"ldap", "vncviewer", "asterisk"},
	'u': {"curl", "http", "wget", "elastic", "smbclient", "rpcclient", "-u"},
	'a': {"redis"},
}

// findFlag finds mysql -pPASSWORD, curl -u name:PASSWORD, ldapsearch -w, redis-cli -a.
func findFlag(text string, start, end int) (span, bool) {
	flag := fold(text[end-1])
	if flag == ' ' {
		flag = fold(text[end-2])
	}
	if flag == 'r' { // --user
		flag = 'u'
	}
	line := text[max(strings.LastIndexByte(text[:start], '\n')+1, start-512):start]
	var buf [512]byte
	if !announces(lowered(line, buf[:0]), commandsWith[flag]) {
		return span{}, false
	}
	at := blanks(text, end)
	if at > end && flag == 'p' && strings.Contains(line, "mysql") {
		return span{}, false // mysql asks; what follows is a database
	}
	for at < len(text) && quotes[text[at]] {
		at++
	}
	stop := at
	for stop < len(text) && !shellEnd[text[stop]] {
		stop++
	}
	if flag == 'u' {
		colon := strings.IndexByte(text[at:stop], ':')
		if colon < 1 {
			return span{}, false
		}
		at += colon + 1
	}
	if stop-at < 6 {
		return span{}, false
	}
	v := text[at:stop]
	k := kindsOf(v)
	return span{at, stop}, !variable(v) && !placeholder(v) && !common(v) && k.letters() > 0 && k.digit+k.other > 0 && !pathLike(v) && !strings.Contains(v, "://")
}

var shellEnd = set(" \t\r\n\"'`;|<>&")

// findPgpass: host:port:database:user:password on a line of its own.
func findPgpass(text string, start, end int) (span, bool) {
	first := strings.LastIndexByte(text[:start], '\n') + 1
	stop := strings.IndexByte(text[end:], '\n')
	if stop < 0 {
		stop = len(text)
	} else {
		stop += end
	}
	if stop-first > 512 {
		return span{}, false
	}
	line := strings.TrimSuffix(text[first:stop], "\r")
	if strings.Count(line, ":") < 4 || strings.ContainsAny(line, " \t/") {
		return span{}, false
	}
	at := first
	for range 4 {
		at += strings.IndexByte(text[at:stop], ':') + 1
	}
	v := text[at : first+len(line)]
	return span{at, first + len(line)}, len(v) >= 6 && !placeholder(v) && !variable(v) && !common(v)
}

// findHash wants salt and hash of a crypt scheme.
func findHash(text string, start, end int) (span, bool) {
	stop := run(text, end, cryptSet)
	body := text[end:stop]
	hash := body
	if i := strings.LastIndexByte(body, '$'); i >= 0 {
		hash = body[i+1:]
	}
	return span{start, stop}, len(hash) >= 22 && !placeholder(hash) && bitsOver(hash, 3000)
}

var cryptSet = set("A-Za-z0-9./+=,$*_\x2d")

func findLegacyVault(text string, _, end int) (span, bool) {
	near := text[end:min(len(text), end+96)]
	for i := 0; i+26 <= len(near); i++ {
		if near[i] != 's' || near[i+1] != '.' || is(wordChars, near, i-1) {
			continue
		}
		if stop := run(near, i+2, alnum); stop == i+26 && kindsOf(near[i+2:stop]).digit > 0 && kindsOf(near[i+2:stop]).upper > 0 && !placeholder(near[i+2:stop]) {
			return span{end + i, end + stop}, true
		}
	}
	return span{}, false
}

// findWallet: a Bitcoin private key in wallet import format, or an extended one.
func findWallet(text string, _, end int) (span, bool) {
	near := text[end:min(len(text), end+96)]
	for i := range len(near) {
		if is(alnum, near, i-1) || !base58[near[i]] {
			continue
		}
		stop := run(text, end+i, base58)
		n := stop - end - i
		if (n == 51 || n == 52) && strings.IndexByte("5KL9c", near[i]) >= 0 && !is(alnum, text, stop) || n > 100 && (strings.HasPrefix(near[i:], "xprv") || strings.HasPrefix(near[i:], "yprv") || strings.HasPrefix(near[i:], "zprv") || strings.HasPrefix(near[i:], "tprv")) {
			return span{end + i, stop}, !placeholder(text[end+i : stop])
		}
	}
	return span{}, false
}

var base58 = set("1-9A-HJ-NP-Za-km-z")

// findJWK: a JSON web key with its private part.
func findJWK(text string, start, end int) (span, bool) {
	from, to := max(0, start-2048), min(len(text), end+4096)
	for _, member := range [...]string{`"d"`, `'d'`, `"k"`, `"p"`} {
		i := strings.Index(text[from:to], member)
		if i < 0 {
			continue
		}
		if at, ok := assigned(text, from+i+len(member)-1); ok && at.end-at.start >= 20 && run(text, at.start, urlSafe) == at.end && !placeholder(text[at.start:at.end]) {
			return at, true
		}
	}
	return span{}, false
}

// findAuth: the auth of a registry's configuration, base64 of name:password.
func findAuth(text string, _, end int) (span, bool) {
	at, v, ok := assignment(text, end-1)
	return at, ok && basic(v.text)
}

func findCode(text string, _, end int) (span, bool) {
	at := end
	for at < len(text) && (text[at] == ':' || text[at] == ' ' || text[at] == '=' || quotes[text[at]]) {
		at++
	}
	stop := run(text, at, set3SAS)
	return span{at, stop}, stop-at >= 40 && bitsOver(text[at:stop], 3500) && !placeholder(text[at:stop])
}

// findMnemonic: twelve words or more of three to eight letters behind the name.
func findMnemonic(text string, _, end int) (span, bool) {
	i := end
	for i < len(text) && i < end+24 && text[i] != ':' && text[i] != '=' && !quotes[text[i]] {
		i++
	}
	for i < len(text) && (text[i] == ':' || text[i] == '=' || text[i] == ' ' || quotes[text[i]]) {
		i++
	}
	start, words := i, 0
	for {
		stop := run(text, i, lettersSet)
		if n := stop - i; n < 3 || n > 8 || kindsOf(text[i:stop]).upper > 0 {
			break
		}
		words++
		i = stop
		if !is(set7Blank, text, i) {
			break
		}
		i++
	}
	return span{start, min(i, len(text))}, words == 12 || words == 15 || words == 18 || words == 21 || words == 24
}

var set7Blank = set(" \n")

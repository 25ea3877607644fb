package secrets

import "strings"

// forms lists the credentials that are recognised by more than a prefix.
func forms() []detector {
	return []detector{
		{id: "private_key", words: []string{"-----begin", "---- begin", "putty-user-key-file"}, find: findPEM, reach: 16384},
		{id: "jwt", words: []string{"eyj"}, find: findJWT, reach: 8192},
		{id: "gcp_service_account", words: []string{"service_account"}, find: findServiceAccount, reach: 8192},
		{id: "telegram_token", words: []string{":aa"}, find: findTelegram},
		{id: "mailchimp_key", words: []string{"-us"}, find: findMailchimp},
		{id: "terraform_token", words: []string{".atlasv1."}, find: findTerraform},
		{id: "azure_client_secret", words: []string{"8q~", "7q~", "q~"}, find: findAzureClient},
		{id: "azure_storage_key", words: []string{"accountkey=", "sharedaccesskey="}, find: findAzureStorage},
		{id: "azure_sas", words: []string{"sig="}, find: findAzureSAS},
		{id: "slack_webhook", words: []string{"hooks.slack.com/"}, find: webhook("services/", "workflows/", "triggers/")},
		{id: "discord_webhook", words: []string{"discord.com/api/", "discordapp.com/api/"}, find: webhook("webhooks/", "v10/webhooks/")},
		{id: "teams_webhook", words: []string{"webhook.office.com/"}, find: webhook("webhookb2/", "webhook/")},
		{id: "airtable_token", words: []string{"pat"}, find: findAirtable},
		{id: "url_credentials", words: []string{"://"}, find: findURLCredentials},
	}
}

// findPEM wants key material behind the header: the name of a header alone is
// not a key.
func findPEM(text string, start, end int) (span, bool) {
	const window = 128
	line := text[end:min(len(text), end+window)]
	body := end
	if text[start] == '-' {
		i := strings.Index(line, "PRIVATE KEY")
		if i < 0 || i > 40 || strings.ContainsAny(line[:i], "\r\n") {
			return span{}, false
		}
		body = end + i + len("PRIVATE KEY")
	} else if i := strings.Index(text[end:], "Private-Lines:"); i >= 0 {
		body = end + i + len("Private-Lines:")
	}
	// The body may be broken by newlines, escapes, quotes and headers.
	material, at := 0, body
	for at < len(text) && at < body+4096 && material < 40 {
		stop := run(text, at, base64Set)
		if stop-at >= 16 {
			material += stop - at
			if fewDistinct(text[at:stop]) {
				return span{}, false
			}
		}
		at = max(stop, at+1)
	}
	if material < 40 {
		return span{}, false
	}
	if i := strings.Index(text[at:], "-----END"); i >= 0 {
		at += i
		if j := strings.Index(text[at+8:], "-----"); j >= 0 && j < 48 {
			return span{start, at + 8 + j + 5}, true
		}
	}
	return span{start, run(text, at, base64Set)}, true
}

// findJWT wants three parts, of which the first two are JSON objects.
func findJWT(text string, start, end int) (span, bool) {
	if text[start:end] != "eyJ" || is(blobSet, text, start-1) && text[start-1] != '=' {
		return span{}, false
	}
	head := run(text, start, urlSafe)
	if head-start < 12 || !is(set1Dot, text, head) || !strings.HasPrefix(text[head+1:], "eyJ") && !strings.HasPrefix(text[head+1:], "ey") {
		return span{}, false
	}
	claims := run(text, head+1, urlSafe)
	if claims-head < 10 || !is(set1Dot, text, claims) {
		return span{}, false
	}
	stop := run(text, claims+1, urlSafe)
	return span{start, stop}, stop-claims > 16 && !placeholder(text[claims+1:stop])
}

var set1Dot = set(".")

func findServiceAccount(text string, start, end int) (span, bool) {
	if !strings.Contains(text, "private_key") || !strings.Contains(text, `"type"`) && !strings.Contains(text, `'type'`) {
		return span{}, false
	}
	i := strings.Index(text, "private_key_id")
	if i < 0 {
		i = strings.Index(text, "private_key")
	}
	at, ok := assigned(text, i+len("private_key"))
	return span{min(start, i), max(end, at.end)}, ok && !placeholder(text[at.start:at.end])
}

func findTelegram(text string, start, end int) (span, bool) {
	first := runBack(text, start, digits)
	stop := run(text, end, urlSafe)
	ok := start-first >= 8 && start-first <= 10 && text[start:end] == ":AA" && stop-end >= 32 && stop-end <= 34
	return span{first, stop}, ok && !placeholder(text[end:stop])
}

func findMailchimp(text string, start, end int) (span, bool) {
	first, stop := runBack(text, start, lowerHex), run(text, end, digits)
	ok := start-first == 32 && stop > end && stop-end <= 2
	return span{first, stop}, ok && !placeholder(text[first:start])
}

func findTerraform(text string, start, end int) (span, bool) {
	first, stop := runBack(text, start, alnum), run(text, end, urlSafeEq)
	return span{first, stop}, start-first >= 14 && stop-end >= 60
}

// findAzureClient: three characters and a digit before Q~, some thirty behind.
func findAzureClient(text string, start, end int) (span, bool) {
	body := set2Azure
	if text[end-2] != 'Q' || !is(digits, text, end-3) {
		return span{}, false
	}
	first, stop := runBack(text, end-3, body), run(text, end, body)
	n := end - 3 - first
	return span{first, stop}, n >= 3 && n <= 6 && stop-end >= 31 && stop-end <= 34 && !placeholder(text[end:stop])
}

var set2Azure = set("A-Za-z0-9_.~\x2d")

func findAzureStorage(text string, start, end int) (span, bool) {
	stop := run(text, end, base64Set)
	return span{start, stop}, stop-end >= 40 && !placeholder(text[end:stop]) && bitsOver(text[end:stop], 3500)
}

// findAzureSAS: a signature, and beside it the version or the expiry.
func findAzureSAS(text string, start, end int) (span, bool) {
	stop := run(text, end, set3SAS)
	near := text[max(0, start-512):min(len(text), stop+512)]
	ok := stop-end >= 40 && (strings.Contains(near, "sv=") || strings.Contains(near, "se=")) && !is(wordChars, text, start-1)
	return span{start, stop}, ok && !placeholder(text[end:stop])
}

var set3SAS = set("A-Za-z0-9%+/=\x2d_")

func webhook(roots ...string) func(string, int, int) (span, bool) {
	return func(text string, start, end int) (span, bool) {
		for _, root := range roots {
			if !strings.HasPrefix(text[end:], root) {
				continue
			}
			from := end + len(root)
			stop := run(text, from, set4Path)
			last := strings.LastIndexByte(text[from:stop], '/')
			if last < 1 || from+last+1 >= stop {
				return span{}, false
			}
			tail := text[from+last+1 : stop]
			return span{start, stop}, len(tail) >= 20 && !placeholder(text[from:stop]) && kindsOf(tail).letters() > 0
		}
		return span{}, false
	}
}

var set4Path = set("A-Za-z0-9_/@%.\x2d")

func findAirtable(text string, start, end int) (span, bool) {
	dot := run(text, end, alnum)
	if text[start:end] != "pat" || dot-end != 14 || !is(set1Dot, text, dot) || is(alnum, text, start-1) {
		return span{}, false
	}
	stop := run(text, dot+1, lowerHex)
	return span{start, stop}, stop-dot-1 == 64
}

// findURLCredentials finds a password in the authority of a URL. The span is
// the password alone.
func findURLCredentials(text string, start, end int) (span, bool) {
	const limit = 1024
	if !is(alnum, text, start-1) {
		return span{}, false
	}
	stop := end
	at := -1
	for stop < len(text) && stop < end+limit {
		c := text[stop]
		if c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' || c == '\\' || c == '/' && at >= 0 {
			break
		}
		if c == '@' {
			at = stop
		}
		stop++
	}
	if at < 0 {
		return span{}, false
	}
	user := text[end:at]
	colon := strings.IndexByte(user, ':')
	if slash := strings.IndexAny(user, "/?#"); slash >= 0 && (colon < 0 || slash < colon) {
		return span{}, false // the @ belongs to a path
	}
	if colon < 0 || colon+1 == len(user) || !is(alnum, text, at+1) && !is(set5Host, text, at+1) {
		return span{}, false
	}
	password := user[colon+1:]
	if len(password) < 4 || variable(password) || placeholder(password) || common(password) {
		return span{}, false
	}
	return span{end + colon + 1, at}, true
}

var set5Host = set("[_$\x7b")

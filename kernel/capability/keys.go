package capability

import "strings"

// keyClass says what the name of a member suggests about the values below it.
// Names are compared without case, "_" and "-".
type keyClass uint16

const (
	pathKey     keyClass = 1 << iota // names a file or directory
	hostKey                          // names a host
	contentKey                       // holds text that is written, not a name
	optionKey                        // holds one word that selects a behaviour
	patternKey                       // holds a filter on names
	tableKey                         // names tables or collections
	columnKey                        // names columns
	sqlKey                           // holds a statement in a query language
	clauseKey                        // holds a piece of one
	audienceKey                      // names recipients
	memoryKey                        // names a memory store
)

// maxKeyBytes is the longest name that is compared as a whole.
const maxKeyBytes = 48

// classify reads the hints of a member name.
func classify(name string) keyClass {
	var buf [maxKeyBytes]byte
	n := 0
	for i := range len(name) {
		b := name[i]
		if b == '_' || b == '-' {
			continue
		}
		if n == len(buf) { // no word of ours: only what it contains can count
			return contained(strings.ToLower(name))
		}
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		buf[n] = b
		n++
	}
	key := buf[:n]
	return contained(string(key)) | exactFileOrHost(key) | exactText(key) | exactData(key) | exactParty(key)
}

func contained(key string) keyClass {
	var k keyClass
	if strings.Contains(key, "path") || endsInFile(key) {
		k |= pathKey
	}
	for _, word := range [...]string{"url", "uri", "host", "domain", "endpoint", "proxy", "webhook"} {
		if strings.Contains(key, word) {
			k |= hostKey
		}
	}
	if strings.Contains(key, "recipient") || strings.Contains(key, "email") {
		k |= audienceKey
	}
	return k
}

func endsInFile(key string) bool {
	key = strings.TrimSuffix(key, "s")
	for _, word := range [...]string{"file", "filename", "dir", "directory", "directorie", "folder"} {
		if strings.HasSuffix(key, word) && key != "profile" {
			return true
		}
	}
	return false
}

func exactFileOrHost(key []byte) keyClass {
	switch string(key) {
	case "root", "roots", "cwd", "src", "dst":
		return pathKey
	case "origin", "server", "origins", "servers":
		return hostKey
	}
	return 0
}

func exactText(key []byte) keyClass {
	switch string(key) {
	case "content", "contents", "text", "body", "data", "message", "oldtext", "newtext", "edits":
		return contentKey
	case "encoding", "charset", "mode", "format", "sort", "sortby", "order":
		return optionKey
	case "orderby", "groupby":
		return optionKey | clauseKey
	case "pattern", "patterns", "excludepattern", "excludepatterns":
		return patternKey
	}
	return 0
}

func exactData(key []byte) keyClass {
	switch string(key) {
	case "collection", "collections":
		return tableKey | memoryKey
	case "table", "tables", "tablename", "tablenames", "from", "into", "view", "views":
		return tableKey
	case "column", "columns", "columnname", "columnnames", "field", "fields", "select", "projection":
		return columnKey
	case "sql", "query", "queries", "statement", "statements":
		return sqlKey
	case "where", "having", "filter", "filters", "on", "join", "joins", "expression":
		return clauseKey
	}
	return 0
}

func exactParty(key []byte) keyClass {
	switch string(key) {
	case "to", "cc", "bcc", "audience", "audiences", "channel", "channels", "channelid", "channelids",
		"user", "users", "username", "usernames", "userid", "userids", "forwardto", "replyto":
		return audienceKey
	case "store", "stores", "storeid", "storename", "memorystore", "memorystores", "namespace", "namespaces":
		return memoryKey
	}
	return 0
}

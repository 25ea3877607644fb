package network

import "strings"

// argument is what the name of a member says that it holds.
type argument uint8

const (
	argOther  argument = iota
	argHost            // a host
	argURL             // a URL
	argMaybe           // a host, or something else that is called the same
	argRepo            // a repository: user@host:path names one's host
	argHeader          // lines of "Name: value"
)

// argumentOf classifies a member by its name, whatever its case and
// separators.
func argumentOf(name string) argument {
	var buf [32]byte
	s, ok := fold(name, buf[:0])
	if !ok {
		return argOther
	}
	switch string(s) {
	case "host", "hosts", "hostname", "hostnames", "ip", "ips", "ipaddress", "ipaddresses", "ipaddr":
		return argHost
	case "url", "urls", "uri", "uris", "href", "hrefs", "webhook", "webhooks":
		return argURL
	case "server", "servers", "domain", "domains", "domainname", "address", "addresses", "addr", "site", "website",
		"remote", "peer", "broker", "brokers", "proxy", "gateway", "link", "links", "dsn", "connection",
		"connectionstring", "endpoint", "target",
		"upstream", "origin", "callback":
		return argMaybe
	case "repo", "repository", "repos", "repositories", "clonefrom", "source":
		return argRepo
	case "header", "headers":
		return argHeader
	}
	t := string(s)
	switch {
	case strings.HasSuffix(t, "url") || strings.HasSuffix(t, "uri") || strings.HasSuffix(t, "urls"):
		return argURL
	case strings.HasSuffix(t, "hostname") || strings.HasSuffix(t, "ipaddress"):
		return argHost
	case strings.HasSuffix(t, "host") || strings.HasSuffix(t, "hosts"): // smtp_host
		return argMaybe
	}
	return argOther
}

// fold appends the letters and digits of a name in lower case to b, which must
// not grow; false if the name is longer or has other characters than the usual
// separators.
func fold(name string, b []byte) ([]byte, bool) {
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		case c == '_' || c == '-' || c == '.' || c == ' ' || c == '/' || c == ':':
			continue
		default:
			return b, false
		}
		if len(b) == cap(b) {
			return b, false
		}
		b = append(b, c)
	}
	return b, true
}

// networkScheme reports a scheme that contacts the host in its URL. The
// authority of another scheme may name anything.
func networkScheme(scheme string) bool {
	if web(scheme) {
		return true
	}
	var buf [16]byte
	s := buf[:0]
	for i := range len(scheme) {
		if len(s) == cap(s) {
			return false
		}
		c := scheme[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		s = append(s, c)
	}
	switch string(s) {
	case "ftps", "sftp", "ssh", "scp", "git", "git+ssh", "git+https", "git+http", "svn", "svn+ssh", "rsync", "telnet",
		"ldap", "ldaps", "gopher", "dict", "finger", "tftp", "smb", "cifs", "nfs", "afp", "dav", "davs", "webdav",
		"redis", "rediss", "memcached", "postgres", "postgresql", "mysql", "mariadb", "mongodb", "mongodb+srv", "amqp",
		"amqps", "mqtt", "mqtts", "kafka", "nats", "grpc", "grpcs", "tcp", "tcp4", "tcp6", "udp", "tls", "ssl", "quic",
		"rtsp", "rtmp", "rtp", "irc", "ircs", "imap", "imaps", "pop3", "pop3s", "smtp", "smtps", "sip", "sips", "xmpp",
		"stun", "turn", "vnc", "rdp", "socks", "socks4", "socks4a", "socks5", "socks5h", "http+unix", "ipp", "ipps",
		"clickhouse", "cassandra", "elasticsearch", "bolt", "neo4j", "etcd", "consul", "docker", "jdbc", "odbc", "sqlserver", "oracle":
		return true
	}
	return false
}

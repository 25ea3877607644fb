package network

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseHost(t *testing.T) {
	for raw, want := range map[string]string{
		"https://A.Example.ORG:8443/x?y#z": "a.example.org", "example.org": "example.org", "example.org:443": "example.org", "//example.org/x": "example.org",
		"https://u:p@example.org./": "example.org", "wss://example.org": "example.org", "ssh://git@example.org:22/x": "example.org",
		" https://example.org/ ": "example.org", "https://example.org?q=http://a@b": "example.org", "localhost:8080": "localhost",
		"_dmarc.example.org": "_dmarc.example.org", "r3---sn.example.org": "r3---sn.example.org", "https://ex%61mple.org": "example.org",
		"https://bücher.example": "xn--bcher-kva.example", "xn--strae-oqa.example": "xn--strae-oqa.example", "https://日本。example。jp": "xn--wgv71a.example.jp", "ＷＷＷ.example.org": "www.example.org",
		"1.1.1.1": "1.1.1.1", "http://127.1": "127.0.0.1", "http://0x7f.1": "127.0.0.1", "2130706433": "127.0.0.1", "http://0": "0.0.0.0", "0x": "0.0.0.0",
		"http://①②⑦.⓪.⓪.①/": "127.0.0.1", "http://127.000.000.001": "127.0.0.1", "8.8.8.8.:53": "8.8.8.8", "http://3232235777": "192.168.1.1",
		"[::1]:80": "::1", "::1": "::1", "http://[2606:4700::1111]": "2606:4700::1111", "http://[0:0:0::0:1]": "::1", "http://[::ffff:7f00:1]": "127.0.0.1",
		"::ffff:8.8.8.8": "8.8.8.8", "http://[fe80::1%25eth0]/": "fe80::1", "fe80::1%en0": "fe80::1",
	} {
		h, err := ParseHost(raw)
		if err != nil || h.Name != want || h.IsAddr() && h.Addr.String() != h.Name {
			t.Errorf("%q: %+v %v, want %s", raw, h, err, want)
		}
	}
	for raw, want := range map[string]uint16{"a.org:81": 81, "http://a.org:": 0, "[::1]:00065": 65, "https://a.org": 0} {
		if h, err := ParseHost(raw); err != nil || h.Port != want {
			t.Errorf("%q: port %d %v, want %d", raw, h.Port, err, want)
		}
	}
}

func TestParseHostRefuses(t *testing.T) {
	for _, raw := range []string{
		"", " ", ".", "..", "a..b", ".a", "http://", "http:///x", "http:/a.org", "http:a.org", "http:8080", "///a.org", `http:\\a.org`, `http://a.org\@b.org`,
		"http://a@b@c.org", "user:pass@a.org", "http://a b.org", "http://a\tb.org", "http://a\x00.org", "http://a%00.org", "http://%2531.org",
		"http://a%2fb.org", "http://a%40b.org", "http://a%2", "http://a%zz.org", "http://a.org:x", "http://a.org:70000", "http://a,b.org", "http://a.org%",
		"http://::1/", "http://[::1", "http://[a.org]", "http://[1.2.3.4]", "[::1]x", "[]", "http://[::１]/", "http://[2606:4700::1%25lo]", "[fe80::1%]", "1.2.3.4.5",
		"1.2.3.256", "256.1.1.1", "0x100.1.1.1", "4294967296", "1.2.65536", "010.0.0.1", "0177.1", "08.1", "1.0x1g.2", "1.2.3.4x.5", "jar:http://a.org/",
		"view-source:https://a.org", "blob:https://a.org/x", "straße.example", "xn--a", "xn--example-.org", "xn--zzzzzzzz.org", "a\u200db.org", "STRAẞE.example", "faß.日本.example", "πας.example", "نامه\u200cای.example",
		strings.Repeat("a", 64) + ".org", strings.Repeat("a.", 127) + "org", "http://\xff.org", "http://" + strings.Repeat("u", 2000) + "@a.org",
	} {
		if h, err := ParseHost(raw); !errors.Is(err, ErrHost) || h != (Host{}) {
			t.Errorf("%q: %+v %v, want ErrHost", raw, h, err)
		}
	}
	for _, raw := range []string{"mailto:a@b.org", "about:blank", "data:text/html,x", "javascript:alert(1)", "file:///etc", "unix:/run/x", "urn:isbn:1"} {
		if h, err := ParseHost(raw); !errors.Is(err, ErrNoHost) && !errors.Is(err, ErrHost) || h != (Host{}) {
			t.Errorf("%q: %+v %v, want an error", raw, h, err)
		}
	}
}

// Every way to write an IPv4 address leads to it, or is refused.
func TestEveryNotationOfAnAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint32().Draw(t, "addr")
		parts := rapid.IntRange(1, 4).Draw(t, "parts")
		var out []string
		for i := range parts {
			n := uint64(v>>(24-8*i)) & 0xff
			if i == parts-1 {
				n = uint64(v) & (1<<(8*(5-parts)) - 1)
			}
			zeros := strings.Repeat("0", rapid.IntRange(0, 3).Draw(t, "zeros"))
			out = append(out, rapid.SampledFrom([]string{"%d", "0x%x", "0X%X", "0%o"}).Draw(t, "form"))
			out[i] = strings.NewReplacer("%d", dec(n, 10), "0x%x", "0x"+zeros+dec(n, 16), "0X%X", "0X"+strings.ToUpper(dec(n, 16)), "0%o", "0"+zeros+dec(n, 8)).Replace(out[i])
		}
		text := strings.Join(out, ".")
		want := netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
		if h, err := ParseHost("http://" + text + "/"); err == nil && h.Addr != want || err != nil && !errors.Is(err, ErrHost) {
			t.Fatalf("%s: %v %v, want %v or a refusal", text, h, err, want)
		}
	})
}

func dec(n uint64, base int) string {
	const set = "0123456789abcdef"
	if n < uint64(base) {
		return set[n : n+1]
	}
	return dec(n/uint64(base), base) + set[n%uint64(base):n%uint64(base)+1]
}

// Whatever wraps an internal IPv4 address is internal, and so is it.
func TestWrappedAddresses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b [16]byte
		for i := range b {
			b[i] = rapid.Byte().Draw(t, "byte")
		}
		in := [4]byte(rapid.SampledFrom([][]byte{{127, 0, 0, 1}, {10, 9, 8, 7}, {169, 254, 169, 254}, {192, 168, 1, 1}, {100, 64, 0, 9}}).Draw(t, "inner"))
		set := func(at int, bytes ...byte) { copy(b[at:], bytes) }
		switch rapid.IntRange(0, 6).Draw(t, "form") {
		case 0:
			b = [16]byte{}
			set(10, 0xff, 0xff)
			set(12, in[:]...)
		case 1:
			b = [16]byte{}
			set(12, in[:]...)
		case 2:
			b = [16]byte{0, 0x64, 0xff, 0x9b}
			set(12, in[:]...)
		case 3:
			set(0, 0x20, 2)
			set(2, in[:]...)
		case 4:
			set(0, 0x20, 1, 0, 0)
			set(12, ^in[0], ^in[1], ^in[2], ^in[3])
		case 5:
			set(0, 0x20, 1, 0, 0)
			set(4, in[:]...)
		case 6:
			set(8, 0, 0, 0x5e, 0xfe)
			set(12, in[:]...)
		}
		a := netip.AddrFrom16(b)
		if err := CheckAddress(a); !errors.Is(err, ErrInternalAddress) {
			t.Fatalf("%s: %v", a, err)
		}
	})
	for _, s := range []string{"64:ff9b::808:808", "2002:808:808::1", "2606:4700::1111", "8.8.8.8", "::ffff:8.8.8.8"} {
		if err := CheckAddress(netip.MustParseAddr(s)); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{
		"https://u@Example.org:1/x", "0x7f.1", "[::ffff:7f00:1]:80", "fe80::1%eth0", "http://①.②", "xn--bcher-kva.example", "a%2eb", `\\a`, "//a.b", "a:b:c", "１２７。１",
		"http://2130706433.", "mailto:a@b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		h, scheme, err := parse(raw)
		if err != nil {
			if h != (Host{}) || !errors.Is(err, ErrHost) && !errors.Is(err, ErrNoHost) {
				t.Fatalf("%q: %+v %v", raw, h, err)
			}
			return
		}
		again, err := ParseHost(h.Name)
		if h.Port = 0; err != nil || again != h {
			t.Fatalf("%q (%s): %+v, its name %+v %v", raw, scheme, h, again, err)
		}
		if h.IsAddr() != (h.Name == h.Addr.String()) || h.Addr.Zone() != "" || h.Addr.Is4In6() || strings.ContainsAny(h.Name, "/@\\ %?#\x00[]") {
			t.Fatalf("%q: %+v is not canonical", raw, h)
		}
		_ = internalName(h.Name, true)
	})
}

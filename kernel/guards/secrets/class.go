package secrets

// class is a set of bytes.
type class [256]bool

// set builds a class of the bytes of chars, where "a-z" is a range.
func set(chars string) *class {
	var c class
	for i := 0; i < len(chars); i++ {
		if i+2 < len(chars) && chars[i+1] == '-' {
			for b := int(chars[i]); b <= int(chars[i+2]); b++ {
				c[b] = true
			}
			i += 2
			continue
		}
		c[chars[i]] = true
	}
	return &c
}

var (
	lowerHex  = set("0-9a-f")
	hexDigits = set("0-9a-fA-F")
	upperNum  = set("A-Z0-9")
	lowerNum  = set("a-z0-9")
	alnum     = set("A-Za-z0-9")
	wordChars = set("A-Za-z0-9_")
	urlSafe   = set("A-Za-z0-9_\x2d")
	urlSafeEq = set("A-Za-z0-9_=\x2d")
	base64Set = set("A-Za-z0-9+/=")
	dotted    = set("A-Za-z0-9_.\x2d")
	bearerSet = set("A-Za-z0-9._~+/=\x2d")
	blobSet   = set("A-Za-z0-9+/=_\x2d")
	digits    = set("0-9")
	bech32    = set("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")
)

// run returns the end of the run of class bytes that begins at i.
func run(text string, i int, c *class) int {
	for i < len(text) && c[text[i]] {
		i++
	}
	return i
}

// runBack returns the start of the run of class bytes that ends before i.
func runBack(text string, i int, c *class) int {
	for i > 0 && c[text[i-1]] {
		i--
	}
	return i
}

func is(c *class, text string, i int) bool { return i >= 0 && i < len(text) && c[text[i]] }

// kinds says which kinds of characters a text has.
type kinds struct{ lower, upper, digit, other int }

func kindsOf(s string) (k kinds) {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			k.lower++
		case c >= 'A' && c <= 'Z':
			k.upper++
		case c >= '0' && c <= '9':
			k.digit++
		default:
			k.other++
		}
	}
	return k
}

func (k kinds) letters() int { return k.lower + k.upper }

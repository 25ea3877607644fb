package guards

import (
	"errors"
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGlobs(t *testing.T) {
	for _, tc := range []struct {
		use     Use
		pattern string
		path    string
		want    bool
	}{
		{Forbid, "**/.env", ".env", true},
		{Forbid, "**/.env", "/a/b/.env", true},
		{Forbid, "**/.env", "/a/.environment", false},
		{Forbid, "**/.env", "/a/.ENV", true},
		{Forbid, "**/.env", "/a/.env/x", true}, // below a plain name
		{Forbid, "**/.ssh/**", "/home/u/.ssh", true},
		{Forbid, "**/.ssh/**", ".ssh/x/y", true},
		{Forbid, "**/.ssh/**", "/home/u/.sshx/y", false},
		{Forbid, "secrets/*", "/srv/app/secrets/a", true}, // any depth
		{Forbid, "secrets/*", "/srv/app/secrets/a/b", false},
		{Forbid, "/etc/shadow*", "/etc/shadow-", true},
		{Forbid, "/etc/shadow*", "/x/etc/shadow", false},
		{Forbid, "*.PEM", "/a/k.pem", true},
		{Forbid, `C:\Users\*\x`, "c:/users/u/X", true},
		{Forbid, "/a/?/[b-d]", "/a/é/c", true},
		{Forbid, "/a/[!b-d]", "/a/c", false},
		{Forbid, "/a/[]x]", "/a/]", true},
		{Forbid, "/a/[[]", "/a/[", true},
		{Forbid, "/a/[{]", "/a/{", true},
		{Forbid, "/", "/", true},
		{Forbid, "/", "/a", false},
		{Forbid, "**", "/a", true},
		{Forbid, "**/a/**/b", "/a/b", true},
		{Forbid, "**/a/**/b", "/x/a/y/z/b", true},
		{Forbid, "**/a/**/b", "/x/a/y/z/c", false},
		{Forbid, "**/K", "/x/\u212a", true},           // Kelvin sign folds to k
		{Forbid, "**/.ssh/**", "/.s\u200csh/x", true}, // ignored by some file systems
		{Permit, "/srv/**", "/srv", true},
		{Permit, "/srv/**", "/srv/a/b", true},
		{Permit, "/srv/**", "/srvx", false},
		{Permit, "/srv/**", "/SRV/a", false},
		{Permit, "/srv/*", "/srv/a/b", false},
		{Permit, "/srv", "/srv/a", false},
		{Permit, "work/**", "work/a", true},
		{Permit, "work/**", "/x/work/a", false},
		{Permit, "**/work/**", "/x/work/a", true},
		{Permit, "**", "../a", false},
		{Permit, "../a/**", "../a/b", true},
		{Permit, "../../a", "../../a", true},
		{Permit, "*", "..", false},
		{Permit, "./**", "a/b", true},
		{Permit, "./**", "/a/b", false},
		{Permit, "**", "/a", true},
		{Permit, "*.md", "a.md", true},
		{Permit, "*.md", "d/a.md", false},
		{Permit, "/a*b*c", "/aXbYc", true},
		{Permit, "/a*b*c", "/aXbY", false},
	} {
		g, err := CompileGlob(tc.pattern, tc.use)
		if err != nil {
			t.Errorf("%q: %v", tc.pattern, err)
			continue
		}
		p := tc.path
		if tc.use == Forbid {
			p = fold(p)
		}
		if got := g.Match(p); got != tc.want {
			t.Errorf("use %d %q against %q: %v", tc.use, tc.pattern, tc.path, got)
		}
	}
}

func TestRefusedGlobs(t *testing.T) {
	for _, p := range []string{
		"", "{a,b}", "/a/{b}", "/a/[b", "/a/[z-a]", "a\x00b", "a\nb", "\xff", "/a/../b", strings.Repeat("a", maxPatternBytes+1),
		strings.Repeat("*a", maxWildcards+1), "\u200b",
	} {
		if _, err := CompileGlob(p, Forbid); !errors.Is(err, ErrGlob) {
			t.Errorf("%q: %v, want ErrGlob", p, err)
		}
	}
	if _, err := CompileGlob("/a/../b", Permit); !errors.Is(err, ErrGlob) {
		t.Error("an inner .. is accepted")
	}
	if _, err := CompileGlob(strings.Repeat("*a", maxWildcards), Permit); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

func TestCleanPath(t *testing.T) {
	for in, want := range map[string]string{
		"/": "/", "//": "/", "/a/": "/a", "a": "a", "./a": "a", "a/./b": "a/b", "a//b": "a/b", "a/../b": "b", "a/..": ".", ".": ".",
		"..": "..", "../a": "../a", "../a/../b": "../b", "../a/../../b": "../../b", "/..": "/", "/../a": "/a", `a\b`: "a/b",
		`\\host\share`: "/host/share", `C:\a\..\b`: "C:/b", "a/b/../../c": "c", ".env": ".env", "/a/.env": "/a/.env",
		"/a/...": "/a/...", "/a/..b": "/a/..b", "a/../..": "..", "/a/b/..": "/a", "~/x": "~/x",
	} {
		if got, err := CleanPath(in); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "a\x00", "a\nb", "a\r", "a\tb", "\x7f", strings.Repeat("a", maxPathBytes+1)} {
		if got, err := CleanPath(in); err == nil {
			t.Errorf("%.20q: %q, want an error", in, got)
		}
	}
}

// The clean form is the standard library's, for paths both know.
func TestCleanPathAgreesWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringMatching(`/?([a.]{1,3}/{0,2}){1,8}`).Draw(t, "path")
		got, err := CleanPath(in)
		if err != nil || got != path.Clean(in) {
			t.Fatalf("%q: %q %v, want %q", in, got, err, path.Clean(in))
		}
		if again, _ := CleanPath(got); again != got {
			t.Fatalf("%q is not stable: %q", got, again)
		}
	})
}

func FuzzCleanPath(f *testing.F) {
	for _, s := range []string{"a/../..", `\\a\..\b`, "/./.", "../..//x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := CleanPath(in)
		if err != nil {
			return
		}
		if again, err := CleanPath(got); err != nil || again != got {
			t.Fatalf("%q → %q → %q %v", in, got, again, err)
		}
		if want := path.Clean(strings.ReplaceAll(in, `\`, "/")); got != want {
			t.Fatalf("%q: %q, want %q", in, got, want)
		}
		spellings(got, func(string) bool { return false })
	})
}

// slowMatch is the definition: try every split.
func slowMatch(segments []segment, parts []string, use Use, below bool) bool {
	if len(segments) == 0 {
		return len(parts) == 0 || below
	}
	if segments[0].any {
		if slowMatch(segments[1:], parts, use, below) {
			return true
		}
		return len(parts) > 0 && !(use == Permit && parts[0] == "..") && slowMatch(segments, parts[1:], use, below)
	}
	if len(parts) == 0 {
		return false
	}
	s := segments[0]
	ok := s.tokens == nil && s.literal == parts[0] ||
		s.tokens != nil && !(use == Permit && parts[0] == "..") && slowTokens(s.tokens, []rune(parts[0]))
	return ok && slowMatch(segments[1:], parts[1:], use, below)
}

func slowTokens(tokens []token, name []rune) bool {
	if len(tokens) == 0 {
		return len(name) == 0
	}
	if tokens[0].kind == tokenStar {
		return slowTokens(tokens[1:], name) || len(name) > 0 && slowTokens(tokens, name[1:])
	}
	return len(name) > 0 && tokens[0].accepts(name[0]) && slowTokens(tokens[1:], name[1:])
}

func TestMatchEqualsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`/?((\*\*|[ab*?]{1,3}|\.env)/){0,4}(\*\*|[ab*?]{1,3})`).Draw(t, "pattern")
		in := rapid.StringMatching(`/?(\.\./)?([ab]{1,3}/){0,5}[ab]{0,3}`).Filter(func(s string) bool { return s != "" }).Draw(t, "path")
		for _, use := range []Use{Forbid, Permit} {
			g, err := CompileGlob(pattern, use)
			if err != nil {
				t.Fatal(err)
			}
			clean, _ := CleanPath(in)
			var parts []string
			if rest := strings.TrimPrefix(clean, "/"); rest != "" && rest != "." {
				parts = strings.Split(rest, "/")
			}
			want := slowMatch(g.segments, parts, use, g.below) && !(g.rooted && clean[0] != '/')
			if got := g.Match(clean); got != want {
				t.Fatalf("use %d %q against %q: %v, want %v", use, pattern, clean, got, want)
			}
		}
	})
}

func FuzzGlob(f *testing.F) {
	f.Add("**/.env", "/a/.env")
	f.Add("/a/[!b-c]*", "/a/x")
	f.Add(`..\*`, "../a")
	f.Add("[[]", "[")
	f.Fuzz(func(t *testing.T, pattern, in string) {
		for _, use := range []Use{Forbid, Permit} {
			g, err := CompileGlob(pattern, use)
			if err != nil {
				if !errors.Is(err, ErrGlob) {
					t.Fatal(err)
				}
				continue
			}
			clean, err := CleanPath(in)
			if err != nil {
				continue
			}
			if use == Forbid {
				clean = fold(clean)
				if clean == "" {
					continue
				}
			}
			if first := g.Match(clean); first != g.Match(clean) {
				t.Fatal("match is not a function")
			}
		}
	})
}

// The index finds what trying every pattern in turn finds.
func TestGlobSetEqualsItsList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		patterns := rapid.SliceOfN(rapid.StringMatching(`/?(\*\*/)?([ab*?]{1,2}/){0,2}([ab*]{1,2}|\*\*)`), 0, 8).Draw(t, "patterns")
		p := rapid.StringMatching(`/?(\.\./)?([ab]{1,2}/){0,4}[ab]{1,2}`).Draw(t, "path")
		clean, _ := CleanPath(p)
		for _, use := range []Use{Forbid, Permit} {
			s, err := newGlobSet(patterns, use)
			if err != nil {
				t.Fatal(err)
			}
			var want *Glob
			for _, g := range s.all {
				if g.Match(clean) {
					want = g
					break
				}
			}
			if got := s.find(clean); got != want {
				t.Fatalf("%q against %q: %v, want %v", patterns, clean, got, want)
			}
		}
	})
}

package guards

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// ForbiddenPathConfig configures forbidden-path.
type ForbiddenPathConfig struct {
	Patterns   []string // Forbid globs; none is an error, see DefaultForbiddenPaths
	Exceptions []string // Permit globs, matched against the resolved path
	Rule       string   // dotted path of the block; "" is rules.forbidden_paths
}

// ForbiddenPath denies a call that names a forbidden path anywhere in its
// arguments, whatever the tool is.
//
//  1. the clean path, in every spelling, the path its links lead to, or a
//     directory it climbs out of matches a pattern: forbidden
//  2. unless an exception matches the path that is really reached
type ForbiddenPath struct {
	rule       string
	patterns   *globSet
	exceptions *globSet
	examples   []string // one path that each pattern covers
	names      []string // the name that each pattern forbids anywhere, or ""
	allow      kernel.Decision
	excepted   kernel.Decision // an exception was needed
}

// NewForbiddenPath compiles the configuration.
func NewForbiddenPath(c ForbiddenPathConfig) (*ForbiddenPath, error) {
	if len(c.Patterns) == 0 {
		return nil, fmt.Errorf("%s: %w: no pattern is given", ForbiddenPathName, ErrGlob)
	}
	g := &ForbiddenPath{rule: cmp.Or(c.Rule, "rules.forbidden_paths"), allow: guard.Allowed(ForbiddenPathName, "", "", "")}
	g.excepted = guard.Allowed(ForbiddenPathName, "", g.rule+".exceptions", "")
	var err error
	if g.patterns, err = newGlobSet(c.Patterns, Forbid); err != nil {
		return nil, fmt.Errorf("%s patterns: %w", ForbiddenPathName, err)
	}
	for _, p := range g.patterns.all {
		g.examples = append(g.examples, p.example())
		g.names = append(g.names, p.floatingName())
	}
	if g.exceptions, err = newGlobSet(c.Exceptions, Permit); err != nil {
		return nil, fmt.Errorf("%s exceptions: %w", ForbiddenPathName, err)
	}
	return g, nil
}

// Name returns forbidden-path.
func (g *ForbiddenPath) Name() string { return ForbiddenPathName }

// Judge implements guard.Guard.
func (g *ForbiddenPath) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := guard.Unreadable(ForbiddenPathName, r); bad {
		return d, nil
	}
	answer := g.allow
	for i := range r.Action.Paths {
		p := &r.Action.Paths[i]
		clean, err := CleanPath(p.Text)
		if err != nil {
			if p.Guess {
				continue // text that is no path at all
			}
			return guard.Refuse(ForbiddenPathName, CodePathMalformed, g.rule, err.Error()), nil
		}
		at, err := reach(r, p, clean)
		if err != nil && p.Guess {
			at, err = guard.Reach{Path: clean}, nil
		}
		if err != nil {
			return kernel.Decision{}, fmt.Errorf("resolving %s: %w", brief(clean), err)
		}
		hit := g.find(clean)
		if hit == nil {
			hit = g.findOnTheWay(p.Text, clean, p.Guess)
		}
		if hit == nil && at.Path != clean {
			hit = g.find(at.Path) // 1
		}
		switch {
		case hit == nil:
		case g.exceptions.finds(at, clean): // 2
			answer = g.excepted
		default:
			return guard.Refuse(ForbiddenPathName, CodeForbiddenPath, g.rule+".patterns",
				fmt.Sprintf("%s is forbidden by %s", brief(clean), hit)), nil
		}
	}
	return answer, nil
}

// Rejudge implements guard.Rejudger: links may have moved.
func (g *ForbiddenPath) Rejudge(r *guard.Request) (kernel.Decision, error) { return g.Judge(r) }

// Forbids says whether the list forbids a path as written, and by which
// pattern, for a guard that finds paths inside other text. Links are not
// followed. Text that cannot be a path is not forbidden.
func (g *ForbiddenPath) Forbids(path string) (pattern string, forbidden bool) {
	clean, err := CleanPath(path)
	if err != nil {
		return "", false
	}
	hit := g.find(clean)
	if hit == nil {
		hit = g.findOnTheWay(path, clean, true)
	}
	if hit == nil || g.exceptions.find(clean) != nil {
		return "", false
	}
	return hit.String(), true
}

// find returns the first pattern that covers the path in any spelling.
func (g *ForbiddenPath) find(clean string) (hit *Glob) {
	spellings(clean, func(form string) bool {
		hit = g.patterns.find(form)
		return hit != nil
	})
	return hit
}

// findOnTheWay looks at what the clean path does not show: the directories
// that ".." climbs out of, which may be links (/proc/self/cwd), and the files
// that a wildcard would be expanded to.
func (g *ForbiddenPath) findOnTheWay(text, clean string, guess bool) *Glob {
	if strings.Contains(text, "..") {
		text = strings.ReplaceAll(text, `\`, "/")
		for at, tried := 0, 0; at < len(text) && tried < maxPathParts; {
			name, after := cut(text, at)
			if before := text[:at]; name == ".." && strings.Trim(before, "./") != "" {
				tried++
				if c, err := CleanPath(before); err == nil {
					if hit := g.patterns.find(fold(c)); hit != nil {
						return hit
					}
				}
			}
			at = after
		}
	}
	if !strings.ContainsAny(clean, "?[*") {
		return nil
	}
	return g.expands(fold(clean), guess)
}

// DefaultForbiddenPaths returns the patterns of a forbidden_paths block that
// lists none: credentials, keys, password stores, and the ways around them.
func DefaultForbiddenPaths() []string {
	return []string{
		"**/.ssh/**", "**/id_rsa*", "**/id_ed25519*", "**/id_ecdsa*", "**/ssh_host_*_key",
		"**/.aws/**", "**/.azure/**", "**/.config/gcloud/**", "**/.kube/**", "**/.docker/**",
		"**/.config/gh/hosts.yml", "**/.config/git/credentials", "$XDG_CONFIG_HOME/gh/hosts.yml", "$XDG_CONFIG_HOME/git/credentials",
		"**/.env", "**/.env.*", "**/.env~", "**/.envrc", "**/.netrc", "**/_netrc", "**/.pgpass", "**/.my.cnf", "**/.npmrc", "**/.pypirc",
		"**/.git-credentials", "**/.gitconfig", "**/.gnupg/**", "**/.password-store/**", "**/.1password/**", "**/.vault-token",
		"**/.terraform.d/credentials*", "**/.cargo/credentials*", "**/.gem/credentials", "**/.*_history", "**/.chio/**",
		"**/Library/Keychains/**", "**/keyrings/*.keyring", "**/logins.json", "**/key4.db", "**/Login Data",
		"/etc/shadow*", "/etc/gshadow*", "/etc/passwd*", "/etc/master.passwd", "/etc/sudoers*", "/etc/sudoers.d/**",
		"/etc/kubernetes/*.conf", "/run/secrets/**", "/var/run/secrets/**",
		"/proc/**/environ", "/proc/**/mem", "/proc/**/root/**", "/proc/**/cwd/**", "/proc/**/fd/**", "/proc/kcore", "/dev/fd/**",
		"/dev/mem", "/dev/kmem", "/dev/port", "/dev/sd[a-z]*", "/dev/nvme*", "/dev/vd[a-z]*", "/dev/xvd*", "/dev/mapper/**", "/dev/disk/**",
		"**/Microsoft/Credentials/**", "**/Microsoft/Vault/**", "**/Microsoft/Protect/**",
		"**/Microsoft/SystemCertificates/**", "**/NTUSER.DAT*", "**/ntds.dit", "**/Unattend.xml",
		"**/Windows/System32/config/**", "**/System~*/config/**", "**/repair/SAM", "**/*.reg",
		"**/WindowsPowerShell/profile.ps1", "**/PowerShell/profile.ps1",
	}
}

package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
)

func (a *app) policyMergeCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "merge BASE [CHILD]", Short: "print what a policy is with its base merged in",
		Long: "With one policy, everything that it extends is merged in. With two, CHILD is laid over BASE by its own merge_strategy,\n" +
			"whatever it extends.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := a.merged(args)
			if err != nil {
				return err
			}
			text, err := policy.Print(d)
			if err != nil {
				return err
			}
			if out != "" {
				return os.WriteFile(out, text, 0o644)
			}
			return a.print(d, func(w io.Writer) { fmt.Fprintf(w, "%s", text) })
		}}
	c.Flags().StringVar(&out, "out", "", "file to write (default standard output)")
	return c
}

func (a *app) merged(args []string) (*policy.Document, error) {
	base, err := node.LoadPolicy(args[0])
	if err != nil || len(args) == 1 {
		if err != nil {
			return nil, err
		}
		return base.Document, nil
	}
	child, err := a.parsePolicy(args[1])
	if err != nil {
		return nil, err
	}
	d := policy.Merge(base.Document, child)
	d.Extends, d.MergeStrategy = "", ""
	if err := policy.Validate(d); err != nil {
		return nil, policyInvalid(args[0]+" with "+args[1], err)
	}
	return d, nil
}

// parsePolicy reads one document without what it extends.
func (a *app) parsePolicy(path string) (*policy.Document, error) {
	doc, err := a.policyText(path)
	if err != nil {
		return nil, err
	}
	d, err := policy.Parse(path, doc)
	if err != nil {
		return nil, policyInvalid(path, err)
	}
	return d, nil
}

// policyText is a policy as it was written.
func (a *app) policyText(path string) ([]byte, error) {
	if name, is := strings.CutPrefix(path, "builtin:"); is {
		doc, have := policy.Builtin(name)
		if !have {
			return nil, usageProblem(path+" is not a policy of this build", "one of "+strings.Join(policy.BuiltinNames(), ", "))
		}
		return doc, nil
	}
	return a.read(path)
}

// formatted is the JSON of policy fmt.
type formatted struct {
	Files   []string `json:"files"`
	Changed []string `json:"changed"` // those that are not, or were not, in canonical form
}

func (a *app) policyFmtCmd() *cobra.Command {
	var check, write bool
	c := &cobra.Command{Use: "fmt FILE…", Short: "print policies in canonical form: order of the specification, comments kept",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.policyFmt(args, check, write) }}
	c.Flags().BoolVar(&check, "check", false, "change nothing; exit 1 if a file is not in canonical form")
	c.Flags().BoolVar(&write, "write", false, "write the files")
	c.MarkFlagsMutuallyExclusive("check", "write")
	return c
}

func (a *app) policyFmt(files []string, check, write bool) error {
	f := formatted{Files: files, Changed: []string{}}
	for _, file := range files {
		doc, err := a.policyText(file)
		if err != nil {
			return err
		}
		text, err := policy.Format(doc)
		if err != nil {
			return policyInvalid(file, err)
		}
		same := bytes.Equal(doc, text)
		if !same {
			f.Changed = append(f.Changed, file)
		}
		switch {
		case check || a.json && !write:
		case !write:
			fmt.Fprintf(a.Stdout, "%s", text)
		case !same:
			if err := replaceFile(file, text); err != nil {
				return fmt.Errorf("write %s: %w", file, err)
			}
		}
	}
	if a.json || check || write {
		if err := a.print(f, func(w io.Writer) {
			for _, file := range f.Changed {
				fmt.Fprintln(w, file)
			}
		}); err != nil {
			return err
		}
	}
	if check && len(f.Changed) > 0 {
		return exit(node.ExitFailure)
	}
	return nil
}

// replaceFile writes beside a file and renames, so that a node that looks at it
// meanwhile sees the one or the other.
func replaceFile(path string, doc []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(path), ".chio-policy-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(t.Name()) }() // it is gone if all went well
	if _, err = t.Write(doc); err == nil {
		err = t.Chmod(info.Mode().Perm())
	}
	if closed := t.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(t.Name(), path)
}

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// The limits of a batch file.
const (
	maxBatchLines    = 100_000
	maxBatchProblems = 20 // that are printed
)

// batch is the agents of a batch file, and where each stands.
type batch struct {
	path     string
	agents   []node.IssuePassport
	lines    []int
	problems []string
}

func (b *batch) wrong(line int, message string) {
	b.problems = append(b.problems, fmt.Sprintf("line %d: %s", line, message))
}

// err lists what is wrong with the file; nothing was issued then.
func (b *batch) err() error {
	if len(b.problems) == 0 {
		return nil
	}
	shown := b.problems
	more := ""
	if len(shown) > maxBatchProblems {
		more = fmt.Sprintf("\n%d more", len(shown)-maxBatchProblems)
		shown = shown[:maxBatchProblems]
	}
	return &node.Problem{Code: "CHIO-PASSPORT-BATCH", Message: fmt.Sprintf("%d of the lines of %s cannot be issued:\n%s%s", len(b.problems), b.path, strings.Join(shown, "\n"), more),
		Hint: "correct or remove these lines; an agent with an active passport gets another by passport supersede", Exit: node.ExitUsage}
}

// readBatch reads JSON lines, one agent each; empty lines count but say nothing.
func (a *app) readBatch(path string) (*batch, error) {
	doc, err := a.read(path)
	if err != nil {
		return nil, err
	}
	b := &batch{path: path}
	seen := map[string]int{}
	line := 0
	for text := range bytes.Lines(doc) {
		line++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		var req node.IssuePassport
		if err := wire.Unmarshal(text, &req, wire.DocumentLimits); err != nil {
			b.wrong(line, err.Error())
			continue
		}
		if first := seen[req.Agent]; first != 0 {
			b.wrong(line, fmt.Sprintf("agent %q stands in line %d", req.Agent, first))
			continue
		}
		seen[req.Agent] = line
		if req.Key != nil {
			if first := seen[req.Key.String()]; first != 0 {
				b.wrong(line, fmt.Sprintf("its key stands in line %d", first))
				continue
			}
			seen[req.Key.String()] = line
		}
		b.agents, b.lines = append(b.agents, req), append(b.lines, line)
	}
	if line > maxBatchLines || len(b.agents) == 0 && len(b.problems) == 0 {
		return nil, usageProblem(fmt.Sprintf("%s has %d lines: want 1 to %d", path, line, maxBatchLines), "")
	}
	return b, nil
}

// sendBatch sends the agents in groups, and puts what is wrong with them to the
// lines they came from.
func (a *app) sendBatch(cmd *cobra.Command, b *batch, check bool, fn func([]node.IssuedPassport) error) error {
	for at := 0; at < len(b.agents); at += node.MaxPassportBatch {
		group := b.agents[at:min(at+node.MaxPassportBatch, len(b.agents))]
		var out node.IssuedBatch
		if err := a.call(cmd.Context(), "passport/batch", node.IssueBatch{Agents: group, Check: check}, &out); err != nil {
			return err
		}
		for _, p := range out.Problems {
			b.wrong(b.lines[at+p.Index], p.Message)
		}
		if fn == nil {
			continue
		}
		if err := b.err(); err != nil {
			return err
		}
		if err := fn(out.Passports); err != nil {
			return err
		}
	}
	return nil
}

// issueBatch checks the whole file, then issues it in groups of one transaction.
func (a *app) issueBatch(cmd *cobra.Command, path, folder string) error {
	b, err := a.readBatch(path)
	if err != nil {
		return err
	}
	if err := a.sendBatch(cmd, b, true, nil); err != nil {
		return err
	}
	if err := b.err(); err != nil {
		return err
	}
	if folder == "" {
		folder = filepath.Join(a.home, "passports")
	}
	list := make([]written, 0, len(b.agents))
	err = a.sendBatch(cmd, b, false, func(issued []node.IssuedPassport) error {
		for i := range issued {
			p := &issued[i]
			out := filepath.Join(folder, p.Passport.Agent+".json")
			if err := writeFile(out, p.File); err != nil {
				return err
			}
			list = append(list, written{p.Passport, out})
		}
		return nil
	})
	if p := new(node.Problem); errors.As(err, &p) && len(list) > 0 {
		p.Message = fmt.Sprintf("after %d of %d passports were issued: %s", len(list), len(b.agents), p.Message)
	}
	if err != nil {
		return err
	}
	return a.print(struct {
		Passports []written `json:"passports"`
	}{list}, func(w io.Writer) {
		for _, p := range list {
			fmt.Fprintf(w, "%s  %s  %s\n", p.ID, p.Agent, p.Path)
		}
	})
}

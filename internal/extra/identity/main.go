package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

// Case is one document to judge. The foreign side reads Doc as it stands.
type Case struct {
	Name   string `json:"name"`
	By     string `json:"by"` // who issued it: chio-node, or a package
	Suite  string `json:"suite"`
	Kind   string `json:"kind"`             // credential | presentation
	Change string `json:"change,omitempty"` // "" for a whole document
	Media  string `json:"media,omitempty"`  // of a token, such as application/vc+jwt; "" is JSON
	Doc    string `json:"doc"`

	Challenge string `json:"challenge,omitempty"`
	Domain    string `json:"domain,omitempty"`

	Good bool   `json:"good"` // it must be accepted
	Ours bool   `json:"ours"` // our gate accepts it
	Why  string `json:"why,omitempty"`
}

// Handed is what the foreign side needs besides its own.
type Handed struct {
	Documents map[string]json.RawMessage `json:"documents"` // DID documents and status lists by their URL
	Cases     []*Case                    `json:"cases"`
}

func main() {
	theirs := flag.String("theirs", "", "what the foreign implementations have issued")
	out := flag.String("out", "", "where the cases go")
	flag.Parse()
	if err := run(*theirs, *out, time.Now); err != nil {
		fmt.Fprintln(os.Stderr, "identity:", err)
		os.Exit(1)
	}
}

func run(theirs, out string, clock func() time.Time) error {
	p, err := newParties(clock)
	if err != nil {
		return err
	}
	cases, err := p.issueAll()
	if err != nil {
		return fmt.Errorf("issuing: %w", err)
	}
	foreign, err := readTheirs(theirs)
	if err != nil {
		return err
	}
	cases = append(cases, foreign...)
	for _, c := range cases {
		if c.Good {
			cases = append(cases, tamper(c)...)
		}
	}
	surprises := 0
	for _, c := range cases {
		p.judge(c)
		if c.Ours != c.Good {
			surprises++
			fmt.Fprintf(os.Stderr, "%s, %s, %s: %s: accepted is %t (%s)\n", c.By, c.Suite, c.Name, c.Change, c.Ours, c.Why)
		}
	}
	fmt.Printf("our gate: %d documents judged, %d not as they should be\n", len(cases), surprises)
	if surprises > 0 {
		return errors.New("the gate does not judge as it should")
	}
	b, err := json.Marshal(Handed{Documents: p.documents, Cases: cases})
	if err != nil {
		return err
	}
	return os.WriteFile(out, b, 0o600)
}

func readTheirs(path string) ([]*Case, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var cases []*Case
	if err := json.Unmarshal(b, &cases); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return cases, nil
}

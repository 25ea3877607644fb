//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
)

// The clock of an organisation's node is the machine's and what is in a file, in
// seconds. A chio-node reads no such file: clock_test.go makes one that does.

// How far a clock strays from the machine's.
const (
	mostBehind = -100
	mostAhead  = 900
)

// setClock sets how far ahead of the machine's an organisation's clock is.
func (o *org) setClock(seconds int) error {
	path := clockFile(o.home)
	if err := os.WriteFile(path+".new", []byte(strconv.Itoa(seconds)), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func clockFile(home string) string { return home + ".clock" }

// jump moves an organisation's clock.
func (s *storm) jump(n int) {
	by := []int{-90, -20, 20, 90, 400}[s.rand.IntN(5)]
	s.mu.Lock()
	defer s.mu.Unlock()
	to := min(max(s.clocks[n]+by, mostBehind), mostAhead)
	s.say("the clock of %s jumps by %d s, to %d s from the machine's", s.orgs[n].name, to-s.clocks[n], to)
	if err := s.orgs[n].setClock(to); err != nil {
		s.failed = err
	}
	s.clocks[n] = to
	s.latest = max(s.latest, to)
}

// setClocks sets every clock to the latest time that any has shown: what was
// signed then is of the future before it.
func (s *storm) setClocks() error {
	if s.clocks == nil {
		return nil
	}
	for _, o := range s.orgs {
		if err := o.setClock(s.latest); err != nil {
			return err
		}
	}
	return nil
}

// readClocks waits until every node has read its clock.
func (s *storm) readClocks(ctx context.Context) error {
	for _, o := range s.orgs {
		err := until(ctx, patience, o.name+" reads its clock", func() error {
			if _, err := os.Stat(clockFile(o.home) + ".read"); err != nil {
				return fmt.Errorf("the chio-node of -bin does not read a clock that can be set, see clock_test.go: %w", err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

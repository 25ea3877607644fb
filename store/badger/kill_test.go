package badger_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
)

const writerDir = "CHIO_STORE_TEST_WRITER_DIR"

// TestMain turns a re-execution of the test binary into the writer process.
func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		if err := writeForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writeForever updates from eight goroutines and prints each acknowledged
// number. It ends by being killed.
func writeForever(dir string) error {
	e, err := badger.Open(dir, badger.Options{})
	if err != nil {
		return err
	}
	errs := make(chan error, 8)
	var out sync.Mutex
	for range 8 {
		go func() {
			for {
				var n uint64
				err := e.Update(context.Background(), func(tx store.Tx) (err error) {
					if n, err = tx.Next("n"); err != nil {
						return err
					}
					tx.Set(fmt.Sprintf("w/%08d", n), []byte(strings.Repeat("x", 300)))
					return nil
				})
				if err != nil {
					errs <- err
					return
				}
				out.Lock()
				_, err = fmt.Println(n)
				out.Unlock()
				if err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

// TestI6_EveryAcknowledgedUpdateSurvivesKill kills a real writer again and
// again on one directory; whatever it acknowledged is there afterwards, and
// the numbers go on without a gap.
func TestI6_EveryAcknowledgedUpdateSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	var highest uint64
	for round, acks := range []int{1, 50, 400, 1500} {
		highest = max(highest, killAfter(t, dir, acks))
		e := open(t, dir)
		err := e.View(func(r store.Reader) error {
			n, err := store.ReadCounter(r, "n")
			if err != nil {
				return err
			}
			if n < highest {
				t.Errorf("round %d: acknowledged %d, on disk %d", round, highest, n)
			}
			var rows uint64
			err = r.Scan("w/", "", func(k string, _ []byte) error {
				if rows++; k != fmt.Sprintf("w/%08d", rows) {
					t.Errorf("round %d: row %d is %s", round, rows, k)
					return store.ErrStop
				}
				return nil
			})
			if rows != n {
				t.Errorf("round %d: counter %d, rows %d", round, n, rows)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		shut(t, e)
	}
}

// killAfter runs a writer, kills it -9 after so many acknowledgements, and
// returns the highest acknowledged number, those still in the pipe included.
func killAfter(t *testing.T, dir string, acks int) (highest uint64) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), writerDir+"="+dir)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			break // the last line may be cut
		}
		highest = max(highest, n)
		if seen++; seen == acks {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
	if seen < acks {
		t.Fatalf("the writer acknowledged %d updates, want %d", seen, acks)
	}
	return highest
}

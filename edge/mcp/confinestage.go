package mcp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// A confined server is started in two stages. This program starts itself again
// (Confinement.Self), and that process gives up its own rights before it
// executes the server. It is the only process that ever holds the reduced
// rights besides the server, so the server shares them with nothing that it
// could trace to reach the node's memory.

// stage is what the first stage is told, on descriptor stagePlan.
type stage struct {
	Path   string   `json:"path"`
	Args   []string `json:"args"`
	Env    []string `json:"env"`
	Grants []grant  `json:"grants"`
}

// The first stage's descriptors beyond standard error: its orders, and where it
// answers. The answer is stageGoing, then the end of the stream when the server
// has taken over; anything after stageGoing is why it has not.
const (
	stagePlan   = 3
	stageAnswer = 4
)

const stageGoing = "going\n"

// stageLimits bound the orders: mostly paths.
var stageLimits = wire.Limits{Bytes: 64 << 20, Depth: 4}

// RunConfined is the first stage. A program that starts confined servers calls
// it when it is started as Confinement.Self says, before anything else, and
// exits with its result; on success it does not return.
func RunConfined() int {
	answer := os.NewFile(stageAnswer, "answer")
	fail := func(err error) int {
		fmt.Fprint(answer, err) // nobody else is listening
		return 1
	}
	orders := os.NewFile(stagePlan, "orders")
	if answer == nil || orders == nil {
		fmt.Fprintln(os.Stderr, "this is a stage of starting a tool server and is not run by hand")
		return 2
	}
	doc, err := io.ReadAll(io.LimitReader(orders, int64(stageLimits.Bytes)+1))
	if err = errors.Join(err, orders.Close()); err != nil {
		return fail(err)
	}
	var s stage
	if err := wire.Unmarshal(doc, &s, stageLimits); err != nil {
		return fail(err)
	}
	if _, err := io.WriteString(answer, stageGoing); err != nil {
		return 1
	}
	return fail(become(&s))
}

// startConfined starts cmd through the first stage and returns when the server
// runs, or could not be started.
func startConfined(cmd *exec.Cmd, p plan) error {
	if cmd.Err != nil {
		return cmd.Err
	}
	s := stage{Path: cmd.Path, Args: cmd.Args, Env: cmd.Env, Grants: p.grants}
	doc, err := wire.Marshal(s)
	if err != nil {
		return err
	}
	orders, tell, err := os.Pipe()
	if err != nil {
		return err
	}
	answer, answers, err := os.Pipe()
	if err != nil {
		closeAll(orders, tell)
		return err
	}
	defer closeAll(answer)
	cmd.Path, cmd.Args = p.self[0], p.self
	cmd.ExtraFiles = []*os.File{orders, answers} // stagePlan, stageAnswer
	err = cmd.Start()
	cmd.ExtraFiles = nil
	closeAll(orders, answers)
	if err != nil {
		closeAll(tell)
		return err
	}
	_, err = tell.Write(doc)
	return stageError(cmd, errors.Join(err, tell.Close()), answer)
}

// stageTimeout bounds how long the first stage may take: another program in
// its place would never answer.
const stageTimeout = 20 * time.Second

// stageError reads how the first stage went. A stage that failed has ended, or
// is ended here.
func stageError(cmd *exec.Cmd, told error, answer io.ReadCloser) error {
	late := time.AfterFunc(stageTimeout, func() { _ = answer.Close() })
	said, err := io.ReadAll(io.LimitReader(answer, stderrLineBytes))
	late.Stop()
	reason, going := strings.CutPrefix(string(said), stageGoing)
	if told == nil && err == nil && going && reason == "" {
		return nil
	}
	killGroup(cmd.Process.Pid)
	_ = cmd.Wait() // what it said is the reason
	if reason == "" {
		return errors.Join(errors.New("the stage that confines it did not run: is this program's own file still in place?"), told, err)
	}
	return errors.New(reason)
}

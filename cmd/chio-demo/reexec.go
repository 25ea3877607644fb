package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/backbay-labs/chio-node/cmd/chio-node/cli"
	"github.com/backbay-labs/chio-node/cmd/chio-verify/verifier"
	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/edge/mcp/fileserver"
)

// The hidden first arguments by which this binary becomes another program, so
// that the file server and the verifiers run as processes of their own with
// exactly the code of theirs.
const (
	asFileServer = "__fileserver"
	asVerify     = "__chio-verify"
	asNode       = "__chio-node"
	asConfined   = "__confined"
)

// reexecuted runs the program the first argument asks for, if it does.
func reexecuted(args []string) (code int, ok bool) {
	if len(args) == 0 {
		return 0, false
	}
	switch args[0] {
	case asFileServer:
		if len(args) != 2 {
			return exitUsage, true
		}
		if err := fileserver.Run(context.Background(), args[1]); err != nil {
			fmt.Fprintln(os.Stderr, "fileserver:", err)
			return exitFailure, true
		}
		return exitOK, true
	case asVerify:
		return verifier.Main(args[1:], os.Stdin, os.Stdout, os.Stderr), true
	case asConfined:
		return mcp.RunConfined(), true
	case asNode:
		return cli.Main(args[1:], cli.System()), true
	}
	return 0, false
}

// run starts this binary as another program in folder dir, with nothing of
// this process's environment, and returns its exit code and standard output.
func (w *world) run(ctx context.Context, dir string, args ...string) (code int, out []byte, err error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, w.self, args...)
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		return exit.ExitCode(), stdout.Bytes(), nil
	}
	if err != nil {
		return 0, nil, fmt.Errorf("run %v: %w: %.400s", args, err, stderr.Bytes())
	}
	return 0, stdout.Bytes(), nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit codes of every command of this project.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	os.Exit(mainCode())
}

func mainCode() int {
	ctx, stop := interruptible()
	defer stop()
	cmd := newCommand(newTicker)
	cmd.SetArgs(os.Args[1:])
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(os.Stderr, "chio-devnet:", err)
	if errors.Is(err, errUsage) {
		fmt.Fprintln(os.Stderr, "hint: chio-devnet --help")
		return exitUsage
	}
	return exitFailure
}

// interruptible ends the context on the first interrupt and the process on the
// second.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(exitFailure)
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}

// newTicker is the clock that makes blocks.
func newTicker(every time.Duration) (<-chan time.Time, func()) {
	ticker := time.NewTicker(every)
	return ticker.C, ticker.Stop
}

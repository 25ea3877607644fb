package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/ethclient"
	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// noTicks never makes a block on its own.
func noTicks(time.Duration) (<-chan time.Time, func()) { return make(chan time.Time), func() {} }

// start runs the command and returns its output and a function that stops it.
func start(t *testing.T, args ...string) (*bufio.Reader, func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan error, 1)
	cmd := newCommand(noTicks)
	cmd.SetArgs(args)
	cmd.SetOut(write)
	cmd.SetErr(io.Discard)
	go func() {
		err := cmd.ExecuteContext(ctx)
		write.CloseWithError(io.EOF)
		done <- err
	}()
	return bufio.NewReader(read), func() error {
		cancel()
		return <-done
	}
}

func TestJSONReadyLine(t *testing.T) {
	const account = "0x1111111111111111111111111111111111111111"
	out, stop := start(t, "--listen", "127.0.0.1:0", "--chain-id", "777", "--fund", account, "--json")
	line, err := out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err, stop())
	}
	var r ready
	if err := wire.Unmarshal(line, &r, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	client, err := ethclient.Dial(r.RPC)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	id, err := client.ChainID(t.Context())
	if err != nil || id.Uint64() != 777 || r.ChainID != 777 {
		t.Errorf("chain id %v, %v", id, err)
	}
	address, err := evm.ParseAddress(account)
	if err != nil {
		t.Fatal(err)
	}
	gas, err := client.BalanceAt(t.Context(), [20]byte(address), nil)
	if err != nil || gas.Sign() == 0 || len(r.Funded) != 1 {
		t.Errorf("funded %v, gas %v, %v", r.Funded, gas, err)
	}
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

// TestSnippetIsConfiguration: what is printed can be pasted.
func TestSnippetIsConfiguration(t *testing.T) {
	out, stop := start(t, "--listen", "127.0.0.1:0")
	var text strings.Builder
	for !strings.Contains(text.String(), "max_fee_gwei") {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err, stop())
		}
		text.WriteString(line)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	first, rest, _ := strings.Cut(text.String(), "\n")
	if !strings.HasPrefix(first, "chio-devnet ready: chain 31337 at http://127.0.0.1:") {
		t.Errorf("ready line %q", first)
	}
	var config struct {
		Chains []struct {
			Name          string `yaml:"name"`
			ChainID       uint64 `yaml:"chain_id"`
			RPC           string `yaml:"rpc"`
			Token         string `yaml:"token"`
			Channel       string `yaml:"channel"`
			Confirmations uint64 `yaml:"confirmations"`
			MaxFeeGwei    uint64 `yaml:"max_fee_gwei"`
		} `yaml:"chains"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(rest))
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil {
		t.Fatal(err)
	}
	if len(config.Chains) != 1 {
		t.Fatalf("%+v", config)
	}
	entry := config.Chains[0]
	if entry.ChainID != 31337 || !strings.Contains(first, entry.RPC) || entry.MaxFeeGwei == 0 {
		t.Errorf("%+v", entry)
	}
	for _, address := range []string{entry.Token, entry.Channel} {
		if _, err := evm.ParseAddress(address); err != nil {
			t.Error(err)
		}
	}
}

func TestUsage(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown flag": {"--what"},
		"argument":     {"now"},
		"bad address":  {"--fund", "0x12"},
		"no interval":  {"--block-ms", "0"},
		"too much":     {"--fund-usdc", "1000000001"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stop := start(t, args...)
			if err := stop(); !errors.Is(err, errUsage) {
				t.Errorf("got %v", err)
			}
		})
	}
	out, stop := start(t, "--listen", "0.0.0.0:8545")
	_, _ = io.Copy(io.Discard, out)
	if err := stop(); err == nil || errors.Is(err, errUsage) {
		t.Errorf("public listener: %v", err)
	}
}

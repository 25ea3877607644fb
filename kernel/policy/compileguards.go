package policy

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/code"
	"github.com/backbay-labs/chio-node/kernel/guards/desktop"
	"github.com/backbay-labs/chio-node/kernel/guards/network"
	"github.com/backbay-labs/chio-node/kernel/guards/patch"
	"github.com/backbay-labs/chio-node/kernel/guards/prompt"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/kernel/guards/shell"
	"github.com/backbay-labs/chio-node/kernel/guards/spider"
	"github.com/backbay-labs/chio-node/kernel/guards/velocity"
)

var errNotBuilt = errors.New("is not in this build")

func notBuilt(name string) error { return fmt.Errorf("guard %s %w", name, errNotBuilt) }

// This file is the one place where the guards of other folders are made.

func newVelocity(c velocity.Config) (guard.Guard, error) { return as(velocity.NewVelocity(c)) }

func newAgentVelocity(c velocity.Config) (guard.Guard, error) {
	return as(velocity.NewAgentVelocity(c))
}

func newShell(shell.Config) (guard.Guard, error) { return nil, notBuilt("shell-command") }

func newEgress(c network.EgressConfig) (guard.Guard, error) { return as(network.NewEgress(c)) }

func newInternal(c network.InternalConfig) (guard.Guard, error) { return as(network.NewInternal(c)) }

func newBrowser(c network.BrowserConfig) (guard.Guard, error) { return as(network.NewBrowser(c)) }

func newSecrets(c secrets.Config) (guard.Guard, error) { return as(secrets.New(c)) }

func newSanitizer(secrets.SanitizerConfig) (kernel.OutputGuard, error) {
	return nil, notBuilt("output-sanitizer")
}

func newPatch(patch.Config) (guard.Guard, error) { return nil, notBuilt("patch-integrity") }

func newComputerUse(c desktop.ComputerUseConfig) (guard.Guard, error) {
	return as(desktop.NewComputerUse(c))
}

func newChannels(c desktop.ChannelsConfig) (guard.Guard, error) { return as(desktop.NewChannels(c)) }

func newInput(c desktop.InputConfig) (guard.Guard, error) { return as(desktop.NewInput(c)) }

func newCode(code.Config) (guard.Guard, error) { return nil, notBuilt("code-execution") }

func newInjection(prompt.InjectionConfig) (guard.Guard, error) {
	return nil, notBuilt("prompt-injection")
}

func newJailbreak(prompt.JailbreakConfig) (guard.Guard, error) { return nil, notBuilt("jailbreak") }

func newPromptOutput(prompt.OutputConfig) (kernel.OutputGuard, error) {
	return nil, notBuilt("indirect-injection")
}

func newSpider(spider.Config) (guard.Guard, error) { return nil, notBuilt("spider-sense") }

func parseSpider([]byte) (*spider.Database, error) { return nil, notBuilt("spider-sense") }

// detectCredential is secret-leak's detector.
func detectCredential(text string) (detector string, found bool) { return secrets.Detect(text) }

package policy

import (
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

// This file is the one place where the guards of other folders are made.

func newVelocity(c velocity.Config) (guard.Guard, error) { return as(velocity.NewVelocity(c)) }

func newAgentVelocity(c velocity.Config) (guard.Guard, error) {
	return as(velocity.NewAgentVelocity(c))
}

func newShell(c shell.Config) (guard.Guard, error) { return as(shell.New(c)) }

func newEgress(c network.EgressConfig) (guard.Guard, error) { return as(network.NewEgress(c)) }

func newInternal(c network.InternalConfig) (guard.Guard, error) { return as(network.NewInternal(c)) }

func newBrowser(c network.BrowserConfig) (guard.Guard, error) { return as(network.NewBrowser(c)) }

func newSecrets(c secrets.Config) (guard.Guard, error) { return as(secrets.New(c)) }

func newSanitizer(c secrets.SanitizerConfig) (kernel.OutputGuard, error) {
	return asOutput(secrets.NewSanitizer(c))
}

func newPatch(c patch.Config) (guard.Guard, error) { return as(patch.New(c)) }

func newComputerUse(c desktop.ComputerUseConfig) (guard.Guard, error) {
	return as(desktop.NewComputerUse(c))
}

func newChannels(c desktop.ChannelsConfig) (guard.Guard, error) { return as(desktop.NewChannels(c)) }

func newInput(c desktop.InputConfig) (guard.Guard, error) { return as(desktop.NewInput(c)) }

func newCode(c code.Config) (guard.Guard, error) { return as(code.New(c)) }

func newInjection(c prompt.InjectionConfig) (guard.Guard, error) { return as(prompt.NewInjection(c)) }

func newJailbreak(c prompt.JailbreakConfig) (guard.Guard, error) { return as(prompt.NewJailbreak(c)) }

// readTogether lets the two detectors read each text once, where a policy has
// both.
func readTogether(injection, jailbreak guard.Guard) {
	i, ok := injection.(*prompt.Injection)
	j, also := jailbreak.(*prompt.Jailbreak)
	if ok && also {
		i.ReadFor(j)
	}
}

func newPromptOutput(c prompt.OutputConfig) (kernel.OutputGuard, error) {
	return asOutput(prompt.NewOutput(c))
}

func newSpider(c spider.Config) (guard.Guard, error) { return as(spider.New(c)) }

func parseSpider(doc []byte) (*spider.Database, error) { return spider.Parse(doc) }

// detectCredential is secret-leak's detector.
func detectCredential(text string) (detector string, found bool) { return secrets.Detect(text) }

// asOutput is as for output guards.
func asOutput[G kernel.OutputGuard](g G, err error) (kernel.OutputGuard, error) {
	if err != nil {
		return nil, err
	}
	return g, nil
}

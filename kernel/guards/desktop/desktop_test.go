package desktop

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
	"pgregory.net/rapid"
)

func request(tool, args string) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Server: "desk", Tool: tool, Arguments: wire.Raw(args)}}
	return &guard.Request{Call: c, Action: guard.Extract(c)}
}

// declared is a request whose tool's manifest names an action.
func declared(action, tool, args string) *guard.Request {
	r := request(tool, args)
	r.Call.Route.Shape = &kernel.Shape{Action: action}
	return r
}

// abstract is an action of an evaluation suite.
func abstract(action, target string) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Tool: target}}
	if action != "" {
		c.Route.Shape = &kernel.Shape{Action: action}
	}
	return &guard.Request{Call: c, Action: guard.Action{Shape: guard.McpTool{Name: target}}, Abstract: true}
}

func check(t *testing.T, g guard.Guard, r *guard.Request, want kernel.Verdict, rule string) {
	t.Helper()
	d, err := g.Judge(r)
	code := kernel.Code("")
	if want != kernel.Allow || strings.HasSuffix(rule, ".mode") {
		code = map[string]kernel.Code{ComputerUseName: CodeComputerUse, ChannelsName: CodeChannel, InputName: CodeInput}[g.Name()]
	}
	if err != nil || d.Verdict != want || len(d.Evidence) != 1 || d.Evidence[0].Rule != rule || d.Evidence[0].Guard != g.Name() || d.Evidence[0].Code != code {
		t.Errorf("%s %s %s: %v %+v %v, want %v %q", g.Name(), r.Call.Mandate.Tool, r.Call.Mandate.Arguments, d.Verdict, d.Evidence, err, want, rule)
	}
}

func must[T any](g T, err error) T {
	if err != nil {
		panic(err)
	}
	return g
}

func TestComputerUse(t *testing.T) {
	listed := []string{"remote.session.connect", "Input.Inject"}
	byMode := map[string]kernel.Verdict{ModeObserve: kernel.Allow, ModeGuardrail: kernel.PendingApproval, ModeFailClosed: kernel.Deny}
	for mode, unlisted := range byMode {
		g := must(NewComputerUse(ComputerUseConfig{Mode: mode, Allowed: listed}))
		const yes, no = "rules.computer_use.allowed_actions", "rules.computer_use.mode"
		for _, r := range []*guard.Request{
			request("remote.session.connect", `{}`), request("REMOTE.Session.Connect", `{}`), request("mcp__desk__input.inject", `{}`),
			request("desk", `{"action_type":"input.inject"}`), request("desk", `{"customType":"remote.session.connect"}`),
			declared("computer_use", "any", `{"action_type":"input.inject"}`), declared("input", "type", `{}`), abstract("", "input.inject"),
		} {
			check(t, g, r, kernel.Allow, yes)
		}
		for _, r := range []*guard.Request{
			request("remote.clipboard", `{}`), request("desk", `{"actionType":"remote.audio"}`), request("desk", `{"action\u005ftype":"REMOTE.audio"}`),
			request("remote.session.connect", `{"custom_type":"remote.audio"}`), request("input.inject", `{"action_type":"remote.clipboard"}`),
			declared("computer_use", "screenshot", `{}`), abstract("", "remote.audio"), abstract("computer_use", "screenshot"),
			request("desk", `{"action_type":"remote\u002eaudio"}`),
		} {
			check(t, g, r, unlisted, no)
		}
		for _, r := range []*guard.Request{
			request("echo", `{"text":"remote.audio"}`), request("desk", `{"action_type":"create"}`), request("desk", `{"action_type":3}`),
			request("remotely", `{}`), abstract("input", "keyboard"),
		} {
			check(t, g, r, kernel.Allow, "")
		}
		for _, r := range []*guard.Request{
			request("remote.audio", `{"action_type":3}`), request("input.inject", `{"custom_type":["remote.audio"]}`),
			request("remote.audio", `{"action_type":"other"}`), declared("computer_use", "a b", `{}`),
		} {
			check(t, g, r, kernel.Deny, "rules.computer_use")
		}
	}
	d, _ := must(NewComputerUse(ComputerUseConfig{Mode: ModeObserve, Allowed: []string{}})).Judge(request("remote.audio", `{}`))
	if e := d.Evidence[0]; e.Code != CodeComputerUse || !strings.Contains(e.Details, "remote.audio") {
		t.Errorf("observe leaves no evidence: %+v", e)
	}
	g := must(NewComputerUse(ComputerUseConfig{Mode: ModeFailClosed}))
	for _, a := range DefaultActions() {
		check(t, g, request(a, `{}`), kernel.Allow, "rules.computer_use.allowed_actions")
	}
}

func TestChannels(t *testing.T) {
	fields := map[string]string{"clipboard": "", "file_transfer": "", "audio": "", "drive_mapping": "", "printing": "", "session_share": ""}
	off := must(NewChannels(ChannelsConfig{}))
	on := must(NewChannels(ChannelsConfig{Clipboard: true, FileTransfer: true, Audio: true, DriveMapping: true, Printing: true, SessionShare: true, Rule: "x"}))
	for f := range fields {
		check(t, off, request("remote."+f, `{}`), kernel.Deny, "rules.remote_desktop_channels."+f)
		check(t, off, abstract("", "remote."+f), kernel.Deny, "rules.remote_desktop_channels."+f)
		check(t, on, request("desk", `{"action_type":"Remote.`+f+`"}`), kernel.Allow, "x."+f)
	}
	for _, tool := range []string{"remote.session.connect", "remote.session.disconnect", "remote.session.reconnect", "input.inject", "echo"} {
		check(t, off, request(tool, `{}`), kernel.Allow, "")
	}
	for _, tool := range []string{"remote.camera", "remote.", "remote.clipboard.read", "remote.session", "remote.file-transfer"} {
		check(t, on, request(tool, `{}`), kernel.Deny, "x")
	}
	one := must(NewChannels(ChannelsConfig{Audio: true}))
	check(t, one, request("remote.audio", `{"custom_type":"remote.clipboard"}`), kernel.Deny, "rules.remote_desktop_channels.clipboard")
	check(t, one, request("remote.audio", `{"action_type":7}`), kernel.Deny, "rules.remote_desktop_channels")
}

func TestTransferSize(t *testing.T) {
	limit := int64(1000)
	g := must(NewChannels(ChannelsConfig{FileTransfer: true, Clipboard: true, MaxTransferBytes: &limit}))
	const rule = "rules.remote_desktop_channels"
	for args, want := range map[string]kernel.Verdict{
		`{"transfer_size":1000}`: kernel.Allow, `{"transferSize":0}`: kernel.Allow, `{"transfer_size":1001}`: kernel.Deny,
		`{}`: kernel.Deny, `{"transfer_size":"10"}`: kernel.Deny, `{"transfer_size":1.5}`: kernel.Deny, `{"transfer_size":-1}`: kernel.Deny,
		`{"transfer_size":1e2}`: kernel.Deny, `{"transfer_size":null}`: kernel.Deny, `{"transfer_size":1,"transferSize":5000}`: kernel.Deny,
		`{"transfer_size":99999999999999999999}`: kernel.Deny, `{"transfer_size":9223372036854775808}`: kernel.Deny,
	} {
		field := ".file_transfer"
		if want == kernel.Deny {
			field = ".max_transfer_size_bytes"
		}
		check(t, g, request("remote.file_transfer", args), want, rule+field)
	}
	check(t, g, request("remote.clipboard", `{}`), kernel.Allow, rule+".clipboard")
	for _, size := range []string{"2000", `"10"`, "1e2", "-1"} {
		check(t, g, request("remote.clipboard", `{"transfer_size":`+size+`}`), kernel.Deny, rule+".max_transfer_size_bytes")
	}
}

func TestInput(t *testing.T) {
	g := must(NewInput(InputConfig{AllowedTypes: []string{"keyboard", "mouse"}}))
	const yes = "rules.input_injection.allowed_types"
	for _, r := range []*guard.Request{
		request("input.inject", `{"input_type":"keyboard"}`), request("input_inject", `{"inputType":"Mouse"}`), request("keyboard", `{"input_type":"keyboard"}`),
		request("input", `{"input_type":"mouse"}`), request("desk", `{"action_type":"input.inject","input_type":"mouse"}`),
		request("mcp__desk__input_inject", `{"input_type":"mouse"}`), declared("input", "press", `{"input_type":"mouse"}`),
		abstract("input", "keyboard"), abstract("", "mouse"),
	} {
		check(t, g, r, kernel.Allow, yes)
	}
	for _, r := range []*guard.Request{
		request("input.inject", `{}`), request("input.inject", `{"input_type":"touch"}`), request("input.inject", `{"input_type":3}`),
		request("input.inject", `{"input_type":""}`), request("keyboard", `{}`), request("mouse", `{"text":"x"}`), request("input.key", `{}`),
		request("input.inject", `{"input_type":"mouse","inputType":"touch"}`), request("input.inject", `{"input_type":"touch","inputType":"mouse"}`),
		request("input", `{"input_type":null}`), request("desk", `{"custom_type":"INPUT.inject"}`), declared("input", "press", `{}`),
		abstract("input", "gamepad"), abstract("", "touch"), request("touch", `{"input_type":"touch"}`),
	} {
		check(t, g, r, kernel.Deny, yes)
	}
	for _, r := range []*guard.Request{
		request("input", `{"prompt":"your name?"}`), request("echo", `{"input_type":"touch"}`), request("remote.audio", `{}`), abstract("", "input.inject"),
		abstract("computer_use", "touch"),
	} {
		check(t, g, r, kernel.Allow, "")
	}
	none := must(NewInput(InputConfig{}))
	check(t, none, request("input.inject", `{"input_type":"keyboard"}`), kernel.Deny, yes)
	probe := must(NewInput(InputConfig{AllowedTypes: []string{"keyboard"}, RequireProbe: true}))
	for args, want := range map[string]kernel.Verdict{
		`{"input_type":"keyboard"}`: kernel.Deny, `{"input_type":"keyboard","postcondition_probe_hash":""}`: kernel.Deny,
		`{"input_type":"keyboard","postcondition_probe_hash":7}`: kernel.Deny, `{"input_type":"keyboard","postcondition_probe_hash":" "}`: kernel.Deny,
		`{"input_type":"keyboard","postcondition_probe_hash":"ab12"}`: kernel.Allow,
	} {
		rule := yes
		if want == kernel.Deny {
			rule = "rules.input_injection.require_postcondition_probe"
		}
		check(t, probe, request("input.inject", args), want, rule)
	}
	check(t, probe, abstract("input", "keyboard"), kernel.Allow, yes)
}

func TestConfig(t *testing.T) {
	negative := int64(-1)
	_, mode := NewComputerUse(ComputerUseConfig{})
	_, wild := NewComputerUse(ComputerUseConfig{Mode: ModeObserve, Allowed: []string{"a b"}})
	_, empty := NewComputerUse(ComputerUseConfig{Mode: ModeObserve, Allowed: []string{""}})
	_, limit := NewChannels(ChannelsConfig{MaxTransferBytes: &negative})
	_, input := NewInput(InputConfig{AllowedTypes: []string{"\n"}})
	for i, err := range []error{mode, wild, empty, limit, input} {
		if !errors.Is(err, ErrConfig) {
			t.Errorf("%d: %v, want ErrConfig", i, err)
		}
	}
}

func guards() []guard.Guard {
	return []guard.Guard{
		must(NewComputerUse(ComputerUseConfig{Mode: ModeObserve})),
		must(NewChannels(ChannelsConfig{Clipboard: true, FileTransfer: true, Audio: true, DriveMapping: true, Printing: true, SessionShare: true})),
		must(NewInput(InputConfig{AllowedTypes: []string{"keyboard", "mouse", "touch"}})),
	}
}

func TestI5_DesktopGuardsFailClosed(t *testing.T) {
	for _, g := range guards() {
		for _, r := range []*guard.Request{
			nil, {}, {Call: &kernel.Call{}}, {Call: &kernel.Call{Mandate: &kernel.Mandate{}}},
			request("read_file", `{"path":3}`), request("x", `[`),
		} {
			if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Deny || len(d.Evidence) != 1 || d.Evidence[0].Code != guard.CodeMalformed {
				t.Errorf("%s: %+v %v", g.Name(), d, err)
			}
		}
	}
	for _, zero := range []guard.Guard{&ComputerUse{}, &Channels{}, &Input{}, (*ComputerUse)(nil), (*Channels)(nil), (*Input)(nil)} {
		p := guard.NewPipeline("p", zero)
		for _, tool := range []string{"remote.audio", "input.inject", "echo"} {
			if d, err := p.Evaluate(request(tool, `{}`).Call); err != nil || d.Verdict != kernel.Deny {
				t.Errorf("%T %s: %v %v", zero, tool, d, err)
			}
		}
	}
}

// A listed action added to the list, or a channel switched off, never loosens.
func TestI4_NarrowerIsNeverLooser(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		types := append(DefaultActions(), "remote.camera", "echo")
		list := rapid.SliceOf(rapid.SampledFrom(types)).Draw(t, "list")
		n := rapid.IntRange(0, len(list)).Draw(t, "n")
		mode := rapid.SampledFrom([]string{ModeObserve, ModeGuardrail, ModeFailClosed}).Draw(t, "mode")
		r := request(rapid.SampledFrom(types).Draw(t, "tool"), `{"input_type":"mouse"}`)
		wide, _ := must(NewComputerUse(ComputerUseConfig{Mode: mode, Allowed: list})).Judge(r)
		narrow, _ := must(NewComputerUse(ComputerUseConfig{Mode: mode, Allowed: list[:n]})).Judge(r)
		if narrow.Verdict > wide.Verdict {
			t.Fatalf("%v with %v, %v with %v", narrow.Verdict, list[:n], wide.Verdict, list)
		}
	})
}

func FuzzActions(f *testing.F) {
	f.Add("remote.audio", `{"action_type":"input.inject","input_type":"mouse"}`)
	f.Add("a__b/remote.x", `{"customType":"\u0052emote.audio","transfer_size":1}`)
	f.Add("input", `{"inputType":"\ud800"}`)
	strict := must(NewComputerUse(ComputerUseConfig{Mode: ModeFailClosed, Allowed: []string{}}))
	off := must(NewChannels(ChannelsConfig{}))
	none := must(NewInput(InputConfig{}))
	f.Fuzz(func(t *testing.T, tool, args string) {
		r := request(tool, args)
		c, _ := strict.Judge(r)
		ch, _ := off.Judge(r)
		in, _ := none.Judge(r)
		typed, desktop := typeOf(tool)
		if desktop && c.Verdict != kernel.Deny {
			t.Fatalf("%q passed computer-use", tool)
		}
		if desktop && strings.HasPrefix(typed, "remote.") && !lifecycle(typed) && ch.Verdict != kernel.Deny {
			t.Fatalf("%q passed the channels", tool)
		}
		if desktop && strings.HasPrefix(typed, "input.") && in.Verdict != kernel.Deny {
			t.Fatalf("%q passed input", tool)
		}
	})
}

func benchmark(b *testing.B, g guard.Guard, tool, args string) {
	r := request(tool, args)
	b.ReportAllocs()
	for b.Loop() {
		if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Allow {
			b.Fatal(d, err)
		}
	}
}

func BenchmarkComputerUse(b *testing.B) {
	benchmark(b, guards()[0], "remote.session.connect", `{"host":"desk-1"}`)
}

func BenchmarkChannels(b *testing.B) { benchmark(b, guards()[1], "remote.clipboard", `{"text":"x"}`) }

func BenchmarkInput(b *testing.B) {
	benchmark(b, guards()[2], "input.inject", `{"input_type":"keyboard","keys":"a"}`)
}

func BenchmarkOtherCall(b *testing.B) {
	benchmark(b, guards()[0], "read_file", `{"path":"/srv/a"}`)
}

// A type that is named twice is one type, and a declared tool says its own.
func TestTypesAreOne(t *testing.T) {
	g := must(NewComputerUse(ComputerUseConfig{Mode: ModeFailClosed, Allowed: []string{"remote.audio", "click"}}))
	const yes = "rules.computer_use.allowed_actions"
	check(t, g, request("remote.audio", `{"action_type":"Remote.Audio","custom_type":"remote.audio"}`), kernel.Allow, yes)
	check(t, g, declared("computer_use", "desk", `{"action_type":"Click"}`), kernel.Allow, yes)
	check(t, g, declared("computer_use", "desk", `{"action_type":"press"}`), kernel.Deny, "rules.computer_use.mode")
}

package desktop

// ComputerUseConfig configures computer-use.
type ComputerUseConfig struct {
	Mode    string   // observe | guardrail | fail_closed
	Allowed []string // action types; nil: the built-in ten
	Rule    string   // dotted path; "" is rules.computer_use
}

// ChannelsConfig configures remote-desktop-side-channel.
type ChannelsConfig struct {
	Clipboard, FileTransfer, Audio, DriveMapping bool
	Printing, SessionShare                       bool
	MaxTransferBytes                             *int64
	Rule                                         string // dotted path; "" is rules.remote_desktop_channels
}

// InputConfig configures input-injection-capability.
type InputConfig struct {
	AllowedTypes []string // keyboard, mouse, touch; none: nothing
	RequireProbe bool     // a postcondition probe must be named
	Rule         string   // dotted path; "" is rules.input_injection
}

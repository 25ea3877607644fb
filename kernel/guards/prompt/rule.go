package prompt

// rule says which concepts, met within a span, are a signal.
type rule struct {
	id     string
	family family
	weight int
	span   int32      // units
	all    []concepts // of each set one
}

// family groups signals that say the same: only the heaviest of a family counts.
type family uint8

// The families.
const (
	fOverride family = iota
	fNewRule
	fRole
	fTemplate
	fExtract
	fExfiltrate
	fSecrecy
	fAddress
	fAuthority
	fOutput
	fTool
	fHidden
	fDecode
	fPersona
	fFreedom
	fRefusal
	fFiction
	fMode
	familyCount
)

func any1(list ...concept) concepts { return conceptSet(list...) }

// words turns a distance in words into units.
func words(n int32) int32 { return n * unitsWord }

var (
	priorSet       = any1(cPrior, cSysPrompt)
	instructionSet = any1(cInstruction, cSysPrompt)
	somewhere      = any1(cURL, cMail, cDest, cImage)
	secretSet      = any1(cSecret, cSysPrompt)
	machine        = any1(cAddress, cModel)
	deedSet        = any1(cSend, cCall, cDeed, cOverride, cOutput)
)

// injectionRules are the signals of prompt-injection: text that gives orders to
// the model that reads it.
func injectionRules() []rule {
	return []rule{
		{"instruction_override", fOverride, 85, words(8), []concepts{any1(cOverride), priorSet, instructionSet}},
		{"instruction_override_all", fOverride, 80, words(7), []concepts{any1(cOverride), any1(cEvery), instructionSet}},
		{"lapse", fOverride, 18, words(6), []concepts{any1(cLapse), priorSet, instructionSet | any1(cRule)}},
		{"lapse_order", fOverride, 70, words(16), []concepts{any1(cLapse), priorSet, instructionSet | any1(cRule), machine | any1(cRole, cSecrecy, cReveal)}},
		{"rule_override_of_machine", fOverride, 50, words(12), []concepts{any1(cOverride), any1(cRule), any1(cAddress)}},
		{"rule_override", fOverride, 60, words(4), []concepts{any1(cOverride), any1(cPrior), any1(cRule)}},
		{"weak_override", fOverride, 15, words(5), []concepts{any1(cOverride), instructionSet}},
		{"weak_rule_override", fOverride, 15, words(5), []concepts{any1(cOverride), any1(cEvery), any1(cRule)}},
		{"new_instructions", fNewRule, 20, 0, []concepts{any1(cNewRule)}},
		{"role_change", fRole, 25, 0, []concepts{any1(cRole)}},
		{"role_persona", fRole, 60, words(14), []concepts{any1(cRole), any1(cPersona, cWeakPersona)}},
		{"role_without_limits", fRole, 70, words(24), []concepts{any1(cRole), any1(cNoLimits)}},
		{"role_of_machine", fRole, 35, words(10), []concepts{any1(cRole), machine}},
		{"template_token", fTemplate, 35, 0, []concepts{any1(cTemplate)}},
		{"template_with_order", fTemplate, 75, words(16), []concepts{any1(cTemplate), any1(cMust, cOverride, cRole, cSend, cCall, cDeed, cReveal)}},
		{"fence", fTemplate, 15, 0, []concepts{any1(cFence)}},
		{"fence_closed", fTemplate, 50, words(14), []concepts{any1(cFenceEnd), any1(cFence, cRoleLine)}},
		{"role_message", fTemplate, 50, words(16), []concepts{any1(cRoleJSON), any1(cOverride, cLapse, cNewRule, cSecret, cNoLimits, cDeed)}},
		{"fence_with_order", fTemplate, 50, words(14), []concepts{any1(cFence), any1(cMust, cNewRule, cRole, cOverride, cAddress)}},
		{"role_line", fTemplate, 45, words(12), []concepts{any1(cRoleLine), any1(cMust, cNewRule, cRole, cOverride, cAuthority, cNoLimits)}},
		{"prompt_extraction", fExtract, 80, words(8), []concepts{any1(cReveal), any1(cSysPrompt)}},
		{"exfiltration_framing", fExfiltrate, 25, words(10), []concepts{any1(cSend), secretSet}},
		{"exfiltration", fExfiltrate, 70, words(22), []concepts{any1(cSend), secretSet, somewhere}},
		{"exfiltration_private", fExfiltrate, 30, words(22), []concepts{any1(cSend), any1(cPrivate), somewhere}},
		{"exfiltration_by_model", fExfiltrate, 75, words(30), []concepts{any1(cSend), secretSet | any1(cPrivate), somewhere, machine | any1(cSecrecy, cQuiet)}},
		{"image_exfiltration", fExfiltrate, 60, 0, []concepts{any1(cImage)}},
		{"secrecy", fSecrecy, 38, 0, []concepts{any1(cSecrecy)}},
		{"quiet_deed", fSecrecy, 25, words(20), []concepts{any1(cQuiet), any1(cSend, cDeed, cCall)}},
		{"address_order", fAddress, 35, words(20), []concepts{any1(cAddress), deedSet | any1(cMust, cNewRule, cReveal)}},
		{"model_order", fAddress, 15, words(12), []concepts{any1(cModel), deedSet}},
		{"authority", fAuthority, 20, 0, []concepts{any1(cAuthority)}},
		{"authority_order", fAuthority, 45, words(32), []concepts{any1(cAuthority), deedSet | any1(cNoLimits, cMust, cNewRule, cReveal)}},
		{"output_hijack", fOutput, 25, 0, []concepts{any1(cOutput)}},
		{"tool_hijack", fTool, 15, words(5), []concepts{any1(cCall), any1(cTool, cToolName)}},
		{"tool_hijack_target", fTool, 40, words(20), []concepts{any1(cCall), any1(cToolName), secretSet | any1(cDeed, cMail, cURL, cQuiet, cSecrecy)}},
		{"deed_order", fTool, 20, words(24), []concepts{any1(cDeed), machine | any1(cSecrecy, cQuiet, cAuthority, cNewRule)}},
		{"hidden_text", fHidden, 30, words(40), []concepts{any1(cHidden, cComment), any1(cAddress, cNewRule, cOverride, cAuthority, cSecrecy, cOutput, cSysPrompt)}},
		{"encoded_payload", fDecode, 55, words(14), []concepts{any1(cDecode), any1(cFollow)}},
	}
}

// jailbreakRules are the signals of jailbreak: text that talks a model out of
// what it was told not to do.
func jailbreakRules() []rule {
	return []rule{
		{"jb_ignore_policy", fOverride, 80, words(8), []concepts{any1(cOverride), priorSet, instructionSet}},
		{"jb_ignore_every_policy", fOverride, 80, words(7), []concepts{any1(cOverride), any1(cEvery), instructionSet}},
		{"jb_ignore_rules", fOverride, 60, words(4), []concepts{any1(cOverride), any1(cPrior), any1(cRule)}},
		{"jb_ignore_every_rule", fOverride, 25, words(5), []concepts{any1(cOverride), any1(cEvery), any1(cRule)}},
		{"jb_persona", fPersona, 70, 0, []concepts{any1(cPersona)}},
		{"jb_persona_role", fPersona, 88, words(16), []concepts{any1(cPersona, cWeakPersona), any1(cRole)}},
		{"jb_persona_answers", fPersona, 82, words(24), []concepts{any1(cPersona, cWeakPersona), any1(cAnswers, cRefuse) | machine}},
		{"jb_prefix", fRefusal, 82, words(20), []concepts{any1(cOutput), any1(cHarm, cRefuse, cNoLimits)}},
		{"jb_role_change", fRole, 20, 0, []concepts{any1(cRole)}},
		{"jb_role_of_machine", fRole, 30, words(10), []concepts{any1(cRole), machine}},
		{"jb_no_limits", fFreedom, 20, 0, []concepts{any1(cNoLimits)}},
		{"jb_no_limits_role", fFreedom, 85, words(26), []concepts{any1(cNoLimits), any1(cRole)}},
		{"jb_no_limits_answers", fFreedom, 70, words(16), []concepts{any1(cNoLimits), any1(cAnswers)}},
		{"jb_no_limits_machine", fFreedom, 50, words(12), []concepts{any1(cNoLimits), machine}},
		{"jb_no_refusal", fRefusal, 52, 0, []concepts{any1(cRefuse)}},
		{"jb_no_refusal_role", fRefusal, 82, words(40), []concepts{any1(cRefuse), any1(cRole, cPersona)}},
		{"jb_no_refusal_no_limits", fRefusal, 85, words(40), []concepts{any1(cRefuse), any1(cNoLimits)}},
		{"jb_fiction", fFiction, 10, 0, []concepts{any1(cFiction)}},
		{"jb_fiction_harm", fFiction, 45, words(28), []concepts{any1(cFiction), any1(cHarm)}},
		{"jb_fiction_harm_role", fFiction, 82, words(36), []concepts{any1(cFiction), any1(cHarm), any1(cRole, cRefuse, cNoLimits, cPersona)}},
		{"jb_role_harm", fFiction, 55, words(28), []concepts{any1(cRole), any1(cHarm)}},
		{"jb_developer_mode", fMode, 10, 0, []concepts{any1(cDevMode)}},
		{"jb_developer_mode_answers", fMode, 82, words(24), []concepts{any1(cDevMode), any1(cAnswers, cNoLimits, cPersona, cRefuse, cRole)}},
		{"jb_developer_mode_machine", fMode, 55, words(10), []concepts{any1(cDevMode), machine}},
		{"jb_two_answers", fMode, 40, words(14), []concepts{any1(cAnswers), any1(cPersona, cNoLimits, cRefuse)}},
		{"jb_prompt_extraction", fExtract, 85, words(8), []concepts{any1(cReveal), any1(cSysPrompt)}},
		{"jb_encoded_payload", fDecode, 60, words(14), []concepts{any1(cDecode), any1(cFollow)}},
		{"jb_smuggling", fDecode, 60, words(30), []concepts{any1(cSmuggle), any1(cFollow, cAnswers, cReveal, cHarm)}},
	}
}

package prompt

// concept is what a word or a mark stands for.
type concept uint8

// The concepts. The named ones are those of the vocabulary files.
const (
	cOverride concept = iota
	cPrior
	cEvery
	cInstruction
	cRule
	cNewRule
	cReveal
	cSysPrompt
	cRole
	cPersona
	cNoLimits
	cSecrecy
	cQuiet
	cSend
	cSecret
	cPrivate
	cDest
	cAddress
	cModel
	cAuthority
	cOutput
	cCall
	cTool
	cDeed
	cDecode
	cFollow
	cFiction
	cHarm
	cRefuse
	cDevMode
	cAnswers
	cSmuggle
	cMention
	cNone
	cHidden
	cMust
	cLapse       // what was said holds no more
	cWeakPersona // a persona only in an order's company
	cRoleJSON    // a message of a chat interface
	cTemplate    // a token of a chat template
	cFence       // a made-up boundary between instructions and data
	cFenceEnd    // a made-up end of the data
	cRoleLine    // a line that begins with "system:"
	cComment     // a comment of HTML or Markdown
	cURL
	cMail
	cToolName // a_name_like_this
	cImage    // a Markdown image whose address carries data
	conceptCount
)

func conceptNames() map[string]concept {
	return map[string]concept{
		"override": cOverride, "prior": cPrior, "every": cEvery, "instruction": cInstruction, "rule": cRule, "newrule": cNewRule,
		"reveal": cReveal, "sysprompt": cSysPrompt, "role": cRole, "persona": cPersona, "nolimits": cNoLimits, "secrecy": cSecrecy,
		"quiet": cQuiet, "send": cSend, "secret": cSecret, "private": cPrivate, "dest": cDest, "address": cAddress, "model": cModel,
		"authority": cAuthority, "output": cOutput, "call": cCall, "tool": cTool, "deed": cDeed, "decode": cDecode, "follow": cFollow,
		"fiction": cFiction, "harm": cHarm, "refuse": cRefuse, "devmode": cDevMode, "answers": cAnswers, "smuggle": cSmuggle,
		"mention": cMention, "none": cNone, "hidden": cHidden, "must": cMust,
		"lapse": cLapse, "weakpersona": cWeakPersona, "rolejson": cRoleJSON,
	}
}

// conceptSet returns the set of the given concepts.
func conceptSet(list ...concept) (s concepts) {
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

// mark is structure that text imitates: each text begins with a character that
// is no letter.
type mark struct {
	concept concept
	texts   []string
}

func marks() []mark {
	return []mark{
		{cTemplate, []string{
			"<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|system|>", "<|user|>", "<|assistant|>", "<|endoftext|>", "<|end|>", "<|eot_id|>", "<|eom_id|>",
			"<|start_header_id|>", "<|end_header_id|>", "<|begin_of_text|>", "<|end_of_text|>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>",
			"<start_of_turn>", "<end_of_turn>", "<|begin_of_sentence|>", "<|end_of_sentence|>", "<|begin▁of▁sentence|>", "<|end▁of▁sentence|>",
			"<|tool_call|>", "<|tool_calls_begin|>", "<|tool▁calls▁begin|>", "<|channel|>", "<|message|>", "<|start|>", "<|return|>", "<|endofprompt|>",
			"<|fim_prefix|>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "<|start_of_role|>",
			"<|end_of_role|>", "<|header_start|>", "<|header_end|>", "<|eot|>", "<|python_tag|>", "<|developer|>", "<|start_of_turn|>", "<|end_of_turn|>",
			"<|prompter|>", "<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>", "<|SYSTEM_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>",
			"<tool_call>", "<function_calls>", "</function_results>", "<|observation|>", "<|enduser|>", "<|turn|>", "<|separator|>",
		}},
		{cFence, []string{
			"<system>", "</system>", "<system_prompt>", "</system_prompt>", "<system-prompt>", "<sys>", "</sys>", "<admin>", "[system]", "[/system]", "[system message]", "[system:",
			"[system prompt]", "[system note", "[system update", "[system override", "### system", "###system", "### instruction", "###instruction", "### new instruction", "## system",
			"# system prompt", "### assistant", "### human", "### user", "### end", "<instructions>", "</instructions>", "</untrusted",
			"{{#system", "<assistant>", "</assistant>", "<human>", "</human>", "<developer>", "=== system", "===system", "--- system", "---system", "*** system", "***system", "---end of",
			"--- begin", "---begin", "=== begin", "===begin", "<important>", "<override>", "[admin]", "[admin override", "[override", "#system",
			"[assistant]", "[assistant instructions", "[ai instructions", "[instructions", "[begin", "[internal", "<<<", "\"\"\" system", "```system",
			"[developer]", "[important", "[hidden", "[start output]", "{system", "<secret>", "<inject", "(system:", "(system message",
		}},
		{cFenceEnd, []string{
			"</user_input>", "</user>", "</input>", "</document>", "</documents>", "</context>", "</untrusted", "</tool_result>", "</tool_output>",
			"</tool_response>", "</data>", "</email>", "</article>", "</webpage>", "</page>", "</message>", "</content>", "</result>", "</quote>",
			"--- end of", "---end of", "=== end of", "===end of", "[end of", "[/data]", "[/document]", "[/context]", "-----end of",
		}},
		{cComment, []string{"<!--", "[//]:", "[comment]:"}},
	}
}

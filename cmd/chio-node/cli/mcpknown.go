package cli

import (
	"slices"
	"strings"
)

// The groups of known tools, by what they can do.
const (
	riskReads    = "reads"
	riskWrites   = "writes"
	riskDestroys = "destroys"
	riskSends    = "sends"
	riskRuns     = "runs"
)

// known is a public MCP server whose tools are known by name.
type known struct {
	match []string // parts of a command line that name it
	files bool     // its arguments are the directories it serves
	tools map[string]string
}

func knownServers() []known {
	group := func(risk string, names ...string) map[string]string {
		m := map[string]string{}
		for _, n := range names {
			m[n] = risk
		}
		return m
	}
	join := func(maps ...map[string]string) map[string]string {
		m := map[string]string{}
		for _, one := range maps {
			for k, v := range one {
				m[k] = v
			}
		}
		return m
	}
	return []known{
		{[]string{"server-filesystem", "fileserver", "mcp-server-filesystem"}, true, join(
			group(riskReads, "read_file", "read_text_file", "read_media_file", "read_multiple_files", "list_directory", "directory_tree", "search_files", "get_file_info", "list_allowed_directories"),
			group(riskWrites, "create_directory", "edit_file", "write_file"),
			group(riskDestroys, "delete_file", "move_file"))},
		{[]string{"server-git", "mcp-server-git"}, false, join(
			group(riskReads, "git_status", "git_diff", "git_diff_staged", "git_diff_unstaged", "git_log", "git_show"),
			group(riskWrites, "git_add", "git_commit", "git_create_branch", "git_checkout"),
			group(riskDestroys, "git_reset"))},
		{[]string{"server-github", "github-mcp-server"}, false, join(
			group(riskReads, "get_file_contents", "search_repositories", "search_code", "list_issues", "get_issue", "list_commits", "list_pull_requests"),
			group(riskSends, "create_issue", "add_issue_comment", "create_pull_request", "create_repository", "fork_repository", "merge_pull_request"),
			group(riskWrites, "create_or_update_file", "push_files", "create_branch", "update_issue"))},
		{[]string{"server-slack"}, false, join(
			group(riskReads, "slack_list_channels", "slack_get_channel_history", "slack_get_thread_replies", "slack_get_users", "slack_get_user_profile"),
			group(riskSends, "slack_post_message", "slack_reply_to_thread", "slack_add_reaction"))},
		{[]string{"server-postgres"}, false, group(riskReads, "query")},
		{[]string{"server-sqlite"}, false, join(group(riskReads, "read_query", "list_tables", "describe_table"), group(riskDestroys, "write_query", "create_table"))},
		{[]string{"server-fetch", "mcp-server-fetch"}, false, group(riskReads, "fetch")},
		{[]string{"server-puppeteer", "playwright"}, false, join(
			group(riskReads, "puppeteer_navigate", "puppeteer_screenshot", "browser_navigate", "browser_snapshot", "browser_take_screenshot"),
			group(riskSends, "puppeteer_fill", "browser_type", "browser_file_upload"),
			group(riskRuns, "puppeteer_evaluate", "browser_evaluate"))},
		{[]string{"server-memory"}, false, join(
			group(riskReads, "read_graph", "search_nodes", "open_nodes"),
			group(riskWrites, "create_entities", "create_relations", "add_observations"),
			group(riskDestroys, "delete_entities", "delete_observations", "delete_relations"))},
		{[]string{"desktop-commander", "server-shell", "mcp-shell", "iterm-mcp"}, false, group(riskRuns, "execute_command", "run_command", "shell", "bash")},
	}
}

// knownServer recognises a command line: a package, image or program named in it.
func knownServer(command []string) *known {
	for _, k := range knownServers() {
		for _, arg := range command {
			if slices.ContainsFunc(packageNames(arg), func(part string) bool { return slices.Contains(k.match, part) }) {
				return &k
			}
		}
	}
	return nil
}

// packageNames are the parts of an argument that may name a package, an image
// or a program: without scope, version and tag.
func packageNames(arg string) []string {
	parts := strings.Split(arg, "/")
	for i, p := range parts {
		p, _, _ = strings.Cut(strings.TrimPrefix(p, "@"), "@")
		parts[i], _, _ = strings.Cut(p, ":")
	}
	return parts
}

// groupTools collects the known tools of all servers by what they can do.
func groupTools(servers []mcpEntry) map[string][]string {
	groups := map[string][]string{}
	for _, s := range servers {
		for tool, risk := range s.tools {
			groups[risk] = append(groups[risk], tool)
		}
	}
	for risk := range groups {
		groups[risk] = dedupe(groups[risk])
	}
	return groups
}

// Package shell is the shell-command guard: it parses every command line of a
// call and denies what destroys, fetches and runs, opens a shell to the
// network, carries credentials out, or makes itself permanent.
//
// A line is parsed with a real bash grammar and walked in the order in which a
// shell would run it, with quoting, expansions, assignments, "cd", functions
// and pipes followed as far as they are constant. Wrappers (sudo, env, xargs,
// sh -c, find -exec and their kind) are opened. What a word holds is therefore
// judged, not how it is spelled, and text inside quotes is data unless
// something runs it. A command whose name is computed cannot be judged: it is
// denied, or asks for approval. A line that cannot be parsed is denied.
//
// Non-goals: this is no sandbox. A script file that exists already, a program
// that was built before, a pipe inside an interpreter's own code beyond the
// known tricks, and a shell that is neither of the POSIX family nor PowerShell
// or cmd.exe, are not understood. Links are not followed here. PowerShell and
// cmd.exe text is only scanned for known destructive and fetch-and-run forms.
package shell

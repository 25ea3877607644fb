package guard

import (
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// maxPlaces bounds the directories of one call that other paths begin in.
const maxPlaces = 16

// part keeps what may be one half of a path: {"cwd": "/etc", "file": "shadow"}.
func (f *finder) part(key, value string) {
	switch {
	case len(value) > maxPathLike || !singular(value):
	case rooted(value):
		if placeName(key) && len(f.places) <= maxPlaces {
			f.places = append(f.places, value)
		}
	case pathName(key) || leafName(key):
		f.leaves = append(f.leaves, value)
	}
}

// join adds every relative path as it is below every directory of the call.
// Which of them the tool begins in is not known, so they are guesses.
func (f *finder) join() error {
	if len(f.places) > maxPlaces || len(f.places)*len(f.leaves) > maxCandidates {
		return errCandidates
	}
	f.action.Dirs = f.places
	for _, dir := range f.places {
		for _, leaf := range f.leaves {
			f.action.Paths = append(f.action.Paths, Path{Text: strings.TrimRight(dir, `/\`) + "/" + leaf, Access: f.access, Guess: true})
		}
	}
	return nil
}

// argv records a command whose arguments stand beside it, or that is a list
// itself. Both are JSON; what is no string is read as written.
func (f *finder) argv(command, args wire.Raw) error {
	list := wordsOf(nil, command)
	switch {
	case len(args) == 0:
	case args[0] == '"' && len(list) == 1:
		var tail string
		if wire.Unmarshal(args, &tail, wire.ForeignLimits) != nil {
			return errNotObject
		}
		return f.command(list[0] + " " + tail)
	default:
		list = wordsOf(list, args)
	}
	if len(list) > 1 {
		f.action.Argvs = append(f.action.Argvs, list)
	}
	return nil
}

func wordsOf(list []string, raw wire.Raw) []string {
	var items []wire.Raw
	switch {
	case len(raw) == 0:
		return list
	case raw[0] != '[':
		items = []wire.Raw{raw}
	case wire.Unmarshal(raw, &items, wire.ForeignLimits) != nil:
		return list
	}
	for _, item := range items {
		text := string(item)
		if len(item) > 0 && item[0] == '"' {
			_ = wire.Unmarshal(item, &text, wire.ForeignLimits) // valid: the walker read it
		}
		list = append(list, text)
	}
	return list
}

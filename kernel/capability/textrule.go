package capability

// regexMatch holds when there is at least one string value and every string
// value contains a match. Names of members are not values.
func (f *argumentFacts) regexMatch(r *rule) *Error {
	leaves, err := f.strings()
	if err != nil {
		return err
	}
	if err := affordable(RegexMatch, r.patterns, leaves); err != nil {
		return err
	}
	found := false
	for i := range leaves {
		if leaves[i].isName {
			continue
		}
		found = true
		if !r.patterns[0].re.MatchString(leaves[i].text) {
			return refuse(CodeConstraint, "regex_match %.80q: argument at %.80q does not match", r.text, f.at(i))
		}
	}
	if !found {
		return refuse(CodeConstraint, "regex_match %.80q: the arguments have no string", r.text)
	}
	return nil
}

// denyPatterns holds when no string, value or name, contains a match.
func (f *argumentFacts) denyPatterns(r *rule) *Error {
	leaves, err := f.strings()
	if err != nil {
		return err
	}
	if err := affordable(MemoryWriteDenyPatterns, r.patterns, leaves); err != nil {
		return err
	}
	for i := range leaves {
		for j := range r.patterns {
			if r.patterns[j].re.MatchString(leaves[i].text) {
				return refuse(CodeConstraint, "memory_write_deny_patterns: argument at %.80q matches %.80q", f.at(i), r.list[j])
			}
		}
	}
	return nil
}

// maxLength holds when no string value is longer, in bytes.
func (f *argumentFacts) maxLength(r *rule) *Error {
	leaves, err := f.strings()
	if err != nil {
		return err
	}
	for i := range leaves {
		if n := len(leaves[i].text); !leaves[i].isName && uint64(n) > r.limit {
			return refuse(CodeConstraint, "max_length %d: argument at %.80q has %d bytes", r.limit, f.at(i), n)
		}
	}
	return nil
}

// maxArgsSize holds when the canonical arguments are no larger, in bytes.
func (f *argumentFacts) maxArgsSize(r *rule) *Error {
	if size := max(f.call.ArgsBytes, len(f.call.Arguments)); uint64(size) > r.limit {
		return refuse(CodeConstraint, "max_args_size %d: the arguments have %d bytes", r.limit, size)
	}
	return nil
}

func (c *Constraint) parseCustom(r *rule) *Error {
	var pair []*string
	if err := c.decode(&pair); err != nil {
		return err
	}
	if len(pair) != 2 || pair[0] == nil || pair[1] == nil || len(*pair[1]) > MaxItemBytes {
		return c.malformed("it is not [key, value]")
	}
	if err := checkName(*pair[0], MaxNameBytes); err != nil {
		return c.malformed("the key " + err.Error())
	}
	r.text, r.value = *pair[0], *pair[1]
	return nil
}

// custom holds when the argument of that name is that string.
func (f *argumentFacts) custom(r *rule) *Error {
	leaves, err := f.pointed()
	if err != nil {
		return err
	}
	want := "/" + escapePointer(r.text)
	for i := range leaves {
		if !leaves[i].isName && leaves[i].pointer == want && leaves[i].text == r.value {
			return nil
		}
	}
	return refuse(CodeConstraint, "custom: argument %.80q is not %.80q", r.text, r.value)
}

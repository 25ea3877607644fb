package capability

import (
	"errors"
	"regexp"
	"regexp/syntax"
)

// The bounds on matching, in steps and not in time, so that every kernel
// decides alike.
const (
	maxPatternCost  = 8192    // estimated instructions of one compiled pattern
	maxPatternSteps = 1 << 23 // instructions × bytes of one constraint and call
)

var (
	errPatternForm = errors.New("it is not an RE2 expression")
	errPatternCost = errors.New("it expands to too many states")
)

// pattern is a compiled RE2 expression and what one byte of input may cost.
type pattern struct {
	re   *regexp.Regexp
	cost int
}

// compilePattern estimates the size of the program before building it. The
// length of the text is bounded by who decoded it.
func compilePattern(text string) (pattern, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return pattern{}, errPatternForm
	}
	cost := patternCost(tree)
	if cost > maxPatternCost {
		return pattern{}, errPatternCost
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return pattern{}, errPatternForm
	}
	return pattern{re: re, cost: cost}, nil
}

// patternCost estimates the instructions of a tree; it stops counting soon
// after maxPatternCost.
func patternCost(re *syntax.Regexp) int {
	cost := 1 + len(re.Rune) // letters of a literal, bounds of a class
	for _, sub := range re.Sub {
		if cost += patternCost(sub); cost > maxPatternCost {
			return cost
		}
	}
	if re.Op == syntax.OpRepeat {
		cost *= max(re.Min, re.Max, 1)
	}
	return cost
}

func (c *Constraint) parsePatterns(r *rule) *Error {
	if c.Type == RegexMatch {
		if err := c.str(&r.text, MaxItemBytes); err != nil {
			return err
		}
		r.list = []string{r.text}
	} else if err := c.strings(&r.list); err != nil {
		return err
	}
	if len(r.list) > MaxRegexes {
		return c.malformed("it has too many patterns")
	}
	r.patterns = make([]pattern, len(r.list))
	for i, text := range r.list {
		var err error
		if r.patterns[i], err = compilePattern(text); err != nil {
			return c.malformed(err.Error())
		}
	}
	return nil
}

// affordable refuses a call whose strings would take too long to match.
func affordable(kind string, patterns []pattern, leaves []leaf) *Error {
	size, cost := 0, 0
	for i := range leaves {
		size += len(leaves[i].text)
	}
	for i := range patterns {
		cost += patterns[i].cost
	}
	if size > 0 && cost > maxPatternSteps/size {
		return refuse(CodeConstraint, "%s: the arguments have %d bytes of text, too many to match within bounds", kind, size)
	}
	return nil
}

package budget

import "time"

// Window is the time over which a node of the tree counts.
type Window string

// The windows. Days and months are calendar ones in UTC.
const (
	Daily   Window = "daily"
	Monthly Window = "monthly"
	Rolling Window = "rolling" // any rule.seconds in a row
	Total   Window = "total"
)

const daySeconds = 24 * 3600

// windows numbers them for rows.
var windows = [...]Window{Daily, Monthly, Rolling, Total}

func (w Window) valid() bool { return w.number() < len(windows) }

func (w Window) number() int {
	for i, known := range windows {
		if w == known {
			return i
		}
	}
	return len(windows)
}

// bounds are the first second of the calendar window around t, and the first
// one after it. Other windows have none.
func (w Window) bounds(t int64) (start, end int64) {
	switch w {
	case Daily:
		start = t - t%daySeconds
		return start, start + daySeconds
	case Monthly:
		at := time.Unix(t, 0).UTC()
		first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
		return first.Unix(), first.AddDate(0, 1, 0).Unix()
	}
	return 0, 0
}

// rule is what a node's counters are of.
type rule struct {
	window   Window
	seconds  int64  // rolling only
	currency string // of the money counted; "" counts calls only
}

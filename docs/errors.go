package docs

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
)

//go:embed errors.md
var errorsPage string

// ErrUnknownCode: the table has no such code.
var ErrUnknownCode = errors.New("no such error code")

// ErrorCode is one row of the table of error codes.
type ErrorCode struct {
	Code  string `json:"code"`
	Cause string `json:"cause"`
	Fix   string `json:"fix"`
	Retry string `json:"retry"` // no, later or new call
	Where string `json:"where"` // who speaks
	Area  string `json:"area"`  // the heading it stands under
}

// ErrorCodes are all rows in the order of the page. It fails if the page has a
// row that is not one.
func ErrorCodes() ([]ErrorCode, error) { return parse(errorsPage) }

// LookUp finds the row of a code.
func LookUp(code string) (ErrorCode, error) {
	rows, err := ErrorCodes()
	if err != nil {
		return ErrorCode{}, err
	}
	for _, r := range rows {
		if r.Code == code {
			return r, nil
		}
	}
	return ErrorCode{}, fmt.Errorf("%w: %.80q", ErrUnknownCode, code)
}

const columns = 5

func parse(page string) (rows []ErrorCode, err error) {
	area := ""
	for i, line := range strings.Split(page, "\n") {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			area = heading
		}
		if !strings.HasPrefix(line, "| CHIO-") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != columns {
			return nil, fmt.Errorf("errors.md line %d has %d columns, want %d", i+1, len(cells), columns)
		}
		for j := range cells {
			if cells[j] = strings.TrimSpace(cells[j]); cells[j] == "" {
				return nil, fmt.Errorf("errors.md line %d: column %d is empty", i+1, j+1)
			}
		}
		rows = append(rows, ErrorCode{Code: cells[0], Cause: cells[1], Fix: cells[2], Retry: cells[3], Where: cells[4], Area: area})
	}
	return rows, nil
}

package ledger

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// The formats of an export.
const (
	FormatCSV     = "csv"
	FormatHledger = "hledger"
)

// Columns are the columns of an exported CSV, in order. One line is one entry;
// debit and credit are exact decimals in the currency's scale, one of the two
// empty; debit_minor and credit_minor are the same in minor units.
func Columns() []string {
	return []string{"sequence", "posting", "entry", "time", "account", "currency", "debit", "credit", "debit_minor", "credit_minor", "memo"}
}

// Exporter writes postings for accountants, one by one.
type Exporter struct {
	w          io.Writer
	csv        *csv.Writer // nil: hledger
	currencies wire.Currencies
}

// NewExporter writes what goes before the first posting: the column names, or
// how many decimals each commodity has. A currency without a scale is refused
// where it appears (wire.ErrCurrency).
func NewExporter(w io.Writer, format string, currencies wire.Currencies, used []string) (*Exporter, error) {
	x := &Exporter{w: w, currencies: currencies}
	switch format {
	case FormatCSV:
		x.csv = csv.NewWriter(w)
		x.csv.UseCRLF = true // RFC 4180
		return x, x.csv.Write(Columns())
	case FormatHledger:
		return x, x.commodities(used)
	}
	return nil, fmt.Errorf("format %.20q: want %s or %s", format, FormatCSV, FormatHledger)
}

func (x *Exporter) commodities(used []string) error {
	for _, code := range used {
		decimals, ok := x.currencies[code]
		if !ok {
			return fmt.Errorf("%w: %.16q", wire.ErrCurrency, code)
		}
		if _, err := fmt.Fprintf(x.w, "commodity 1000.%s %s\n", strings.Repeat("0", decimals), commodity(code)); err != nil {
			return err
		}
	}
	return nil
}

// Account declares an account of a journal; a CSV has no such line.
func (x *Exporter) Account(name string) error {
	if x.csv != nil {
		return nil
	}
	_, err := fmt.Fprintf(x.w, "account %s  ; type:%s\n", name, accountType(name))
	return err
}

// accountType is the letter that hledger's reports go by.
func accountType(name string) string {
	kind, _, _ := strings.Cut(name, ":")
	switch kind {
	case USDC, kindReceivable, kindChannel:
		return "A"
	case kindPayable, kindDeposit:
		return "L"
	case Revenue:
		return "R"
	case Expense:
		return "X"
	case FXRounding:
		return "V" // conversion
	}
	return "E"
}

// Write exports one posting.
func (x *Exporter) Write(rec Record) error {
	at := time.Unix(rec.Posting.At, 0).UTC()
	if x.csv == nil {
		if _, err := fmt.Fprintf(x.w, "\n%s (%s) %s\n", at.Format(time.DateOnly), rec.Posting.ID, description(rec.Posting.Memo)); err != nil {
			return err
		}
	}
	for i, e := range rec.Posting.Entries {
		if _, ok := x.currencies[e.Currency]; !ok {
			return fmt.Errorf("posting %d: %w: %.16q", rec.Sequence, wire.ErrCurrency, e.Currency)
		}
		if err := x.entry(rec, at, i, e); err != nil {
			return err
		}
	}
	return nil
}

func (x *Exporter) entry(rec Record, at time.Time, i int, e Entry) error {
	if x.csv == nil {
		amount := x.decimal(e.Debit, e.Currency)
		if e.Credit > 0 {
			amount = "-" + x.decimal(e.Credit, e.Currency)
		}
		_, err := fmt.Fprintf(x.w, "    %s  %s %s\n", e.Account, amount, commodity(e.Currency))
		return err
	}
	line := []string{strconv.FormatUint(rec.Sequence, 10), rec.Posting.ID.String(), strconv.Itoa(i + 1), at.Format(time.RFC3339),
		e.Account, e.Currency, "", "", "", "", inert(rec.Posting.Memo)}
	if e.Debit > 0 {
		line[6], line[8] = x.decimal(e.Debit, e.Currency), strconv.FormatUint(e.Debit, 10)
	} else {
		line[7], line[9] = x.decimal(e.Credit, e.Currency), strconv.FormatUint(e.Credit, 10)
	}
	return x.csv.Write(line)
}

// Close writes what is buffered; the writer stays open.
func (x *Exporter) Close() error {
	if x.csv == nil {
		return nil
	}
	x.csv.Flush()
	return x.csv.Error()
}

// decimal is exact: "0.99990" of 99990 in a scale of five.
func (x *Exporter) decimal(units uint64, currency string) string {
	text, _, _ := strings.Cut(x.currencies.Format(wire.MonetaryAmount{Units: units, Currency: currency}), " ")
	return text
}

// commodity is a currency code as a journal spells it: one with a digit needs
// quotes.
func commodity(code string) string {
	if strings.ContainsAny(code, "0123456789") {
		return `"` + code + `"`
	}
	return code
}

// description keeps a memo on its line and out of comments and payee notes.
func description(memo string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == ';' || c == '|' || c == 0x85 || c == 0x2028 || c == 0x2029 {
			return ' '
		}
		return c
	}, memo)
}

// inert keeps a spreadsheet from taking a memo for a formula: a peer's words
// may be in it. Account names and ids begin with a letter or digit.
func inert(memo string) string {
	if memo != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(memo)[0]) {
		return "'" + memo
	}
	return memo
}

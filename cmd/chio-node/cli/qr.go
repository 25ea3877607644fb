package cli

import (
	"bufio"
	"fmt"
	"io"

	"rsc.io/qr"

	"github.com/backbay-labs/chio-node/node"
)

// maxQR is what the largest QR code, version 40 at the lowest correction, holds
// in bytes (ISO/IEC 18004 table 7).
const maxQR = 2953

// quietZone is the white margin of a QR code in modules (ISO/IEC 18004 §9.1).
const quietZone = 4

// qrCode encodes exactly these bytes, with the least correction: what is read
// is signed, and a smaller code is easier to read than a redundant one.
func qrCode(content string) (*qr.Code, error) {
	if len(content) > maxQR {
		return nil, &node.Problem{Code: "CHIO-PASSPORT-QR", Message: fmt.Sprintf("%d bytes do not fit a QR code, which holds %d", len(content), maxQR),
			Hint: "another --format may be shorter, and so is a passport without a reputation", Exit: node.ExitFailure}
	}
	code, err := qr.Encode(content, qr.L)
	if err != nil {
		return nil, fmt.Errorf("encode the QR code: %w", err)
	}
	return code, nil
}

// printQR draws a code for a terminal, two modules in a character. What is
// light is drawn, so that a terminal with a dark background shows it as printed
// codes are; with a light one it is inverted, which most readers understand.
func printQR(w io.Writer, code *qr.Code) error {
	out := bufio.NewWriter(w)
	for y := -quietZone; y < code.Size+quietZone; y += 2 {
		for x := -quietZone; x < code.Size+quietZone; x++ {
			upper, lower := !code.Black(x, y), !code.Black(x, y+1)
			switch {
			case upper && lower:
				_, _ = out.WriteString("█") // the error stays until Flush
			case upper:
				_, _ = out.WriteString("▀")
			case lower:
				_, _ = out.WriteString("▄")
			default:
				_ = out.WriteByte(' ')
			}
		}
		_ = out.WriteByte('\n')
	}
	return out.Flush()
}

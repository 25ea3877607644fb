package cli

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/backbay-labs/chio-node/node"
)

// readQR reads a QR code with somebody else's reader.
func readQR(t *testing.T, img image.Image) string {
	t.Helper()
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	found, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]interface{}{gozxing.DecodeHintType_PURE_BARCODE: true})
	if err != nil {
		t.Fatal(err)
	}
	return found.GetText()
}

// drawn is the picture that a terminal with a dark background shows.
func drawn(text string) image.Image {
	const scale = 4
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	img := image.NewGray(image.Rect(0, 0, len([]rune(lines[0]))*scale, 2*len(lines)*scale))
	for row, line := range lines {
		for x, r := range []rune(line) {
			for half, light := range []bool{r == '█' || r == '▀', r == '█' || r == '▄'} {
				for i := range scale * scale {
					if light {
						img.SetGray(x*scale+i%scale, (2*row+half)*scale+i/scale, color.Gray{0xff})
					}
				}
			}
		}
	}
	return img
}

// TestQRCode: what a reader of another make sees, in a PNG file and in a
// terminal, are the bytes that were encoded; up to the last that fits.
func TestQRCode(t *testing.T) {
	for name, content := range map[string]string{
		"short":    "a",
		"a token":  "eyJhbGciOiJFZERTQSJ9." + strings.Repeat("Abc-_123", 200) + ".sig",
		"no ASCII": `{"name":"Zoë"}`,
		"the most": strings.Repeat("x", maxQR),
	} {
		code, err := qrCode(content)
		if err != nil {
			t.Fatal(name, err)
		}
		img, err := png.Decode(bytes.NewReader(code.PNG()))
		if err != nil {
			t.Fatal(name, err)
		}
		if got := readQR(t, img); got != content {
			t.Errorf("%s: the PNG reads %.80q", name, got)
		}
		var out bytes.Buffer
		if err := printQR(&out, code); err != nil {
			t.Fatal(name, err)
		}
		if got := readQR(t, drawn(out.String())); got != content {
			t.Errorf("%s: the terminal reads %.80q", name, got)
		}
	}
	_, err := qrCode(strings.Repeat("x", maxQR+1))
	if p := new(node.Problem); !errors.As(err, &p) || p.Code != "CHIO-PASSPORT-QR" {
		t.Errorf("one byte more: %v", err)
	}
}
